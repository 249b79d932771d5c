// Package thread puts tweets together to threads, and cuts threads into
// conversations.
//
// Tweets are nodes and replies are edges, from the child to the tweet it
// answers. A tweet answers one other at most, so what hangs together is a
// tree, or would be if nothing in the data were wrong. [Build] makes it so:
//
//   - a parent that is not in the data makes its child a root;
//   - a tweet that answers itself answers nothing;
//   - a cycle is cut at its earliest tweet, which becomes a root;
//   - of several rows with one id that say the same the first is the tweet, and
//     the others are told beside it; those that say something else are tweets of
//     their own, and a reply to that id belongs to the one that names it as an
//     answer, or to none;
//   - a tweet that names nothing it answers, but is named as an answer by
//     another tweet, is taken to be that. It keeps its own word otherwise,
//     even where that leads nowhere.
//
// A thread is a tree, a conversation is one path in it from the root to a
// leaf. A path longer than a limit is cut into pieces, at the same depths in
// the whole tree, so that paths that begin alike have their first pieces in
// common and these are given once: chains of 100,000 replies, 100,000 replies
// to one tweet and combs of both cost no more than a constant times their
// tweets.
//
// Nothing here is recursive, because a thread may be as deep as the data is
// long.
package thread

import (
	"cmp"
	"iter"
	"slices"
)

// None stands for an id, a row or a time that is not there.
const None = -1

// NoTime stands for a time that is not known.
const NoTime = -1 << 63

// What can be odd about tweets as a whole. The names are stable.
const (
	// DuplicateID: a row that an earlier one with the same id says already.
	DuplicateID = "duplicate_id"
	// ClashingID: a row whose id an earlier row has, with something else in
	// it.
	ClashingID = "clashing_id"
	// AmbiguousReply: a reply to, or from, an id that several tweets have.
	AmbiguousReply = "ambiguous_reply"
	// MissingParent: a tweet that answers one that is not in the data.
	MissingParent = "missing_parent"
	// MissingResponse: an answer named by a tweet is not in the data.
	MissingResponse = "missing_response"
	// SelfReply: a tweet that answers itself, or names itself as an answer.
	SelfReply = "self_reply"
	// AddedEdge: a reply known from response_tweet_id only.
	AddedEdge = "reply_from_response"
	// ConflictingResponse: a tweet names an answer that answers another
	// tweet by its own word, or by an earlier tweet's.
	ConflictingResponse = "conflicting_response"
	// Cycle: tweets that answer each other in a circle, counted once at the
	// tweet where it is cut.
	Cycle = "cycle"
	// Fork: a tweet with more than one answer.
	Fork = "fork"
)

// Tweets is what threads are built from: columns of equal length, a row each.
type Tweets struct {
	// IDs are the tweets' ids. A negative one says that the row's id is not
	// known: it neither answers a tweet nor is answered by one.
	IDs []int64
	// Parents are the ids of the tweets answered, [None] where there is
	// none.
	Parents []int64
	// Times are when the tweets were written, on any scale, [NoTime] where
	// that is not known. Nil if no time is known.
	Times []int64
	// ResponseIDs[ResponseStarts[i]:ResponseStarts[i+1]] are the ids of the
	// tweets that answer row i. Both are nil if that is not known.
	ResponseStarts, ResponseIDs []int64
	// Content is the same for two rows if they say the same. It is asked of
	// rows that share an id. If it is nil, all of them say the same.
	Content func(row int32) [2]uint64
	// Skip are rows that are no tweets, in their order.
	Skip []int32
}

// Duplicate is a row that an earlier row makes known: it has the same id.
type Duplicate struct {
	Row, First int32
}

// Forest holds all threads. It is immutable, and may be read from several
// goroutines at once.
type Forest struct {
	// Order are the rows of all tweets, thread after thread. A thread starts
	// with its root, and every tweet is followed by all that hangs below it.
	// Threads stand in the order of their roots' rows, and so do a tweet's
	// answers.
	Order []int32
	// Depth[i] is how many tweets the path from the root to Order[i] has:
	// 1 for a root.
	Depth []int32
	// Parent is, by row, the row that a tweet answers; [None] for a root and
	// for what is not in Order.
	Parent []int32
	// Duplicates are the rows that say what another one in Order says; with
	// those to skip they are all that is not in Order. They stand in their
	// order.
	Duplicates []Duplicate
	// Clashing are the rows in Order whose id an earlier row has, First, but
	// that say something else. They stand in their order.
	Clashing []Duplicate
	// Ambiguous are the rows that answer an id that several tweets have, and
	// are not known to answer one of them. They stand in their order.
	Ambiguous []int32
}

// Clashes tells whether the id of a row is another tweet's.
func (f *Forest) Clashes(row int32) bool {
	_, found := slices.BinarySearchFunc(f.Clashing, row, func(c Duplicate, row int32) int { return cmp.Compare(c.Row, row) })
	return found
}

// Build puts tweets together. It calls note with the kind and the tweet's id
// for everything odd it meets, in an order that depends on the tweets only.
// Its cost in time and memory is linear in rows and responses.
func Build(t Tweets, note func(kind string, id int64)) *Forest {
	b := &builder{Tweets: t, note: note, forest: &Forest{}}
	b.index()
	b.ownWord()
	b.responses()
	b.unclear()
	b.cutCycles()
	b.rows = nil
	b.order()
	return b.forest
}

type builder struct {
	Tweets
	note   func(kind string, id int64)
	forest *Forest
	// rows finds a tweet's row by its id, the first of several.
	rows map[int64]int32
	// shared are the ids that several tweets have.
	shared map[int64]bool
	// out are the rows that are no tweets of their own, in their order.
	out []int32
}

// said is what a row says under an id.
type said struct {
	id      int64
	content [2]uint64
}

// index finds every id's first row.
func (b *builder) index() {
	b.rows = make(map[int64]int32, len(b.IDs))
	known := make(map[said]int32)
	skip := b.Skip
	for row, id := range b.IDs {
		row := int32(row)
		if len(skip) > 0 && skip[0] == row {
			skip = skip[1:]
			b.out = append(b.out, row)
			continue
		}
		first, found := b.rows[id]
		if !found {
			b.rows[id] = row
			continue
		}
		if before, same := b.before(known, row, first); same {
			b.note(DuplicateID, id)
			b.forest.Duplicates = append(b.forest.Duplicates, Duplicate{Row: row, First: before})
			b.out = append(b.out, row)
			continue
		}
		b.note(ClashingID, id)
		b.forest.Clashing = append(b.forest.Clashing, Duplicate{Row: row, First: first})
		if b.shared == nil {
			b.shared = make(map[int64]bool)
		}
		b.shared[id] = true
	}
}

// before returns the earlier row that says what row says under its id, of which
// first is the first one. Known are the rows of ids that several rows have.
func (b *builder) before(known map[said]int32, row, first int32) (before int32, same bool) {
	if b.Content == nil {
		return first, true
	}
	id := b.IDs[row]
	// Nothing is known of the first row before there is a second.
	of := said{id, b.Content(first)}
	if _, found := known[of]; !found {
		known[of] = first
	}
	is := said{id, b.Content(row)}
	if before, same = known[is]; !same {
		known[is] = row
	}
	return before, same
}

// tweets gives the rows that are tweets of their own.
func (b *builder) tweets() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		out := b.out
		for row := range int32(len(b.IDs)) {
			if len(out) > 0 && out[0] == row {
				out = out[1:]
				continue
			}
			if !yield(row) {
				return
			}
		}
	}
}

// ownWord links tweets to what they say they answer.
func (b *builder) ownWord() {
	parent := make([]int32, len(b.IDs))
	for i := range parent {
		parent[i] = None
	}
	b.forest.Parent = parent
	for row := range b.tweets() {
		id, answered := b.IDs[row], b.Parents[row]
		if answered < 0 || id < 0 {
			continue
		}
		if b.shared[answered] {
			continue // responses may tell which one it is
		}
		if answered == id {
			b.note(SelfReply, id)
			continue
		}
		p, found := b.rows[answered]
		if !found {
			b.note(MissingParent, id)
			continue
		}
		parent[row] = p
	}
}

// responses links tweets that name nothing they answer, or an id that several
// tweets have, to those that name them as answers; the first in the data counts.
func (b *builder) responses() {
	if b.ResponseStarts == nil {
		return
	}
	for row := range b.tweets() {
		id := b.IDs[row]
		if id < 0 {
			continue
		}
		for _, response := range b.ResponseIDs[b.ResponseStarts[row]:b.ResponseStarts[row+1]] {
			b.response(row, id, response)
		}
	}
}

func (b *builder) response(row int32, id, response int64) {
	parent := b.forest.Parent
	child, found := b.rows[response]
	switch {
	case !found || response < 0:
		b.note(MissingResponse, id)
	case b.shared[response]:
		b.note(AmbiguousReply, id)
	case parent[child] == row:
	case child == row:
		b.note(SelfReply, id)
	case parent[child] != None || b.Parents[child] >= 0 && b.Parents[child] != response && !(b.Parents[child] == id && b.shared[id]):
		b.note(ConflictingResponse, id)
	default:
		b.note(AddedEdge, response)
		parent[child] = row
	}
}

// unclear notes the tweets that answer an id that several tweets have.
func (b *builder) unclear() {
	if b.shared == nil {
		return
	}
	for row := range b.tweets() {
		if id := b.IDs[row]; id >= 0 && b.forest.Parent[row] == None && b.Parents[row] >= 0 && b.shared[b.Parents[row]] {
			b.note(AmbiguousReply, id)
			b.forest.Ambiguous = append(b.forest.Ambiguous, row)
		}
	}
}

// cutCycles makes a root of the earliest tweet of every cycle. It follows
// each tweet's parents until it comes to one it has seen before; if it has
// seen it on the same walk, that one is on a cycle. No tweet is seen twice.
func (b *builder) cutCycles() {
	parent := b.forest.Parent
	// walk is the number, from 1, of the walk that has seen a row.
	walk := make([]int32, len(parent))
	for row := range b.tweets() {
		at := row
		for at != None && walk[at] == 0 {
			walk[at] = row + 1
			at = parent[at]
		}
		if at != None && walk[at] == row+1 {
			first := b.earliest(at)
			b.note(Cycle, b.IDs[first])
			parent[first] = None
		}
	}
}

// earliest returns the tweet of a cycle that was written first, by time if
// all its tweets' times are known, otherwise by row.
func (b *builder) earliest(start int32) int32 {
	parent := b.forest.Parent
	timed := b.Times != nil
	for at := start; ; {
		timed = timed && b.Times[at] != NoTime
		if at = parent[at]; at == start {
			break
		}
	}
	before := func(x, y int32) bool {
		if timed && b.Times[x] != b.Times[y] {
			return b.Times[x] < b.Times[y]
		}
		return x < y
	}
	first := start
	for at := parent[start]; at != start; at = parent[at] {
		if before(at, first) {
			first = at
		}
	}
	return first
}

// order walks all trees, children after their parent. It needs no stack: from
// a tweet without children it climbs back along the parents until there is a
// sibling left to visit, and it climbs each edge once.
func (b *builder) order() {
	f := b.forest
	child, sibling := b.children()
	f.Order = make([]int32, 0, len(b.IDs)-len(b.out))
	f.Depth = make([]int32, 0, cap(f.Order))
	for root := range b.tweets() {
		if f.Parent[root] != None {
			continue
		}
		at, depth := root, int32(1)
		for {
			f.Order = append(f.Order, at)
			f.Depth = append(f.Depth, depth)
			if child[at] != None {
				at = child[at]
				depth++
				continue
			}
			for at != root && sibling[at] == None {
				at = f.Parent[at]
				depth--
			}
			if at == root {
				break
			}
			at = sibling[at]
		}
	}
}

// children turns the edges round: a tweet's first child, and every child's
// next sibling, in the order of rows.
func (b *builder) children() (child, sibling []int32) {
	parent := b.forest.Parent
	child = make([]int32, len(parent))
	sibling = make([]int32, len(parent))
	for i := range child {
		child[i] = None
	}
	// From the last row to the first, each child goes before those already
	// there.
	for row := int32(len(parent)) - 1; row >= 0; row-- {
		sibling[row] = None
		if p := parent[row]; p != None {
			sibling[row], child[p] = child[p], row
		}
	}
	for row := range b.tweets() {
		if c := child[row]; c != None && sibling[c] != None {
			b.note(Fork, b.IDs[row])
		}
	}
	return child, sibling
}

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
