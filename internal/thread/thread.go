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
