package thread

import (
	"iter"
	"slices"
)

// Conversation is a path from a root, or from where the path was cut, to a
// leaf or to the next cut.
type Conversation struct {
	// Root is the row of the whole thread's root.
	Root int32
	// Rows are the path's rows, at least one. The slice is reused.
	Rows []int32
}

// ends tells whether a conversation ends with Order[i]: no answers follow, or
// the path has reached the length at which it is cut.
func (f *Forest) ends(i, maxTweets int) bool {
	return i+1 == len(f.Order) || f.Depth[i+1] <= f.Depth[i] || int(f.Depth[i])%maxTweets == 0
}

// Conversations gives the conversations that end with one of
// Order[from:to], cut to at most maxTweets tweets. Every tweet is in at least
// one conversation of the whole Order, and is the last of at most one.
//
// The conversations of n tweets have n times maxTweets rows together at most,
// and usually hardly more than n.
func (f *Forest) Conversations(from, to, maxTweets int) iter.Seq[Conversation] {
	return func(yield func(Conversation) bool) {
		if from >= to {
			return
		}
		path := f.above(from)
		for i := from; i < to; i++ {
			depth := int(f.Depth[i])
			path = append(path[:depth-1], f.Order[i])
			if !f.ends(i, maxTweets) {
				continue
			}
			cut := (depth - 1) / maxTweets * maxTweets
			if !yield(Conversation{Root: path[0], Rows: path[cut:]}) {
				return
			}
		}
	}
}

// above returns the path from the root down to the parent of Order[i].
func (f *Forest) above(i int) []int32 {
	path := make([]int32, f.Depth[i]-1)
	row := f.Order[i]
	for depth := range slices.Backward(path) {
		row = f.Parent[row]
		path[depth] = row
	}
	return path
}

// Part is a range of a forest's Order.
type Part struct {
	From, To int
	// Conversations is how many end in the range, at least 1.
	Conversations int
}

// Parts cuts the forest into consecutive parts of about equal numbers of
// conversations, at least atLeast each if there are that many in all, and
// never more than atMost parts. A part holds whole threads, but a thread with
// more conversations than two parts should have is cut itself.
func (f *Forest) Parts(maxTweets, atLeast, atMost int) []Part {
	total := f.Count(maxTweets)
	n := max(1, min(atMost, total/atLeast))
	size := (total + n - 1) / n
	var parts []Part
	part := Part{}
	for from := 0; from < len(f.Order); {
		to, conversations := f.threadEnd(from, maxTweets)
		if conversations <= 2*size {
			part.To, part.Conversations = to, part.Conversations+conversations
			if part.Conversations >= size {
				parts = append(parts, part)
				part = Part{From: to, To: to}
			}
			from = to
			continue
		}
		for ; from < to; from++ {
			part.To = from + 1
			if !f.ends(from, maxTweets) {
				continue
			}
			if part.Conversations++; part.Conversations == size {
				parts = append(parts, part)
				part = Part{From: part.To, To: part.To}
			}
		}
	}
	if part.Conversations == 0 {
		return parts
	}
	if last := len(parts) - 1; last >= 0 && part.Conversations < atLeast {
		parts[last].To = part.To
		parts[last].Conversations += part.Conversations
		return parts
	}
	return append(parts, part)
}

// Count returns how many conversations the forest has.
func (f *Forest) Count(maxTweets int) int {
	n := 0
	for i := range f.Order {
		if f.ends(i, maxTweets) {
			n++
		}
	}
	return n
}

// threadEnd returns where the thread that starts at Order[from] ends, and how
// many conversations it has.
func (f *Forest) threadEnd(from, maxTweets int) (to, conversations int) {
	for to = from; to < len(f.Order) && (to == from || f.Depth[to] > 1); to++ {
		if f.ends(to, maxTweets) {
			conversations++
		}
	}
	return to, conversations
}
