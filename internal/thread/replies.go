package thread

import (
	"iter"
)

type builder struct {
	Tweets
	note   func(kind string, id int64)
	forest *Forest
	rows   *index
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
	b.rows = newIndex(len(b.IDs))
	known := make(map[said]int32)
	skip := b.Skip
	for row, id := range b.IDs {
		row := int32(row)
		if len(skip) > 0 && skip[0] == row {
			skip = skip[1:]
			b.out = append(b.out, row)
			continue
		}
		first := b.rows.add(id, row)
		if first == None {
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
	answers := b.rows.findAll(b.Parents)
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
		if answers[row] == None {
			b.note(MissingParent, id)
			continue
		}
		parent[row] = answers[row]
	}
}

// responses links tweets that name nothing they answer, or an id that several
// tweets have, to those that name them as answers; the first in the data counts.
func (b *builder) responses() {
	if b.ResponseStarts == nil {
		return
	}
	children := b.rows.findAll(b.ResponseIDs)
	for row := range b.tweets() {
		id := b.IDs[row]
		if id < 0 {
			continue
		}
		for i := b.ResponseStarts[row]; i < b.ResponseStarts[row+1]; i++ {
			b.response(row, id, b.ResponseIDs[i], children[i])
		}
	}
}

// response links the tweet of the id that another one names as its answer, which is in
// the row child.
func (b *builder) response(row int32, id, response int64, child int32) {
	parent := b.forest.Parent
	switch {
	case child == None || response < 0:
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
