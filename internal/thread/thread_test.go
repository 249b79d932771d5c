package thread_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"switchboard/internal/thread"
)

// tweets makes columns of (id, parent) pairs, and of the responses of rows.
func tweets(pairs [][2]int64, responses map[int][]int64) thread.Tweets {
	t := thread.Tweets{ResponseStarts: []int64{0}}
	for row, pair := range pairs {
		t.IDs = append(t.IDs, pair[0])
		t.Parents = append(t.Parents, pair[1])
		t.ResponseIDs = append(t.ResponseIDs, responses[row]...)
		t.ResponseStarts = append(t.ResponseStarts, int64(len(t.ResponseIDs)))
	}
	return t
}

// notes collects what was odd.
type notes map[string][]int64

func (n notes) add(kind string, id int64) { n[kind] = append(n[kind], id) }

// paths returns all conversations as rows.
func paths(f *thread.Forest, maxTweets int) [][]int32 {
	var all [][]int32
	for c := range f.Conversations(0, len(f.Order), maxTweets) {
		all = append(all, slices.Clone(c.Rows))
	}
	return all
}

const none = thread.None

func TestThreads(t *testing.T) {
	for _, test := range []struct {
		name      string
		pairs     [][2]int64
		responses map[int][]int64
		times     []int64
		paths     [][]int32
		notes     notes
	}{
		{
			name:  "one tweet",
			pairs: [][2]int64{{7, none}},
			paths: [][]int32{{0}},
		},
		{
			name:  "a chain, written backwards as the real table is",
			pairs: [][2]int64{{3, 2}, {2, 1}, {1, none}},
			paths: [][]int32{{2, 1, 0}},
		},
		{
			name:  "a fork makes two conversations",
			pairs: [][2]int64{{1, none}, {2, 1}, {3, 2}, {4, 1}},
			paths: [][]int32{{0, 1, 2}, {0, 3}},
			notes: notes{thread.Fork: {1}},
		},
		{
			name:  "threads stand in the order of their roots",
			pairs: [][2]int64{{9, 8}, {1, none}, {8, none}, {2, 1}},
			paths: [][]int32{{1, 3}, {2, 0}},
		},
		{
			name:  "a missing parent makes a root",
			pairs: [][2]int64{{1, 99}, {2, 1}},
			paths: [][]int32{{0, 1}},
			notes: notes{thread.MissingParent: {1}},
		},
		{
			name:  "a tweet that answers itself",
			pairs: [][2]int64{{1, 1}, {2, 1}},
			paths: [][]int32{{0, 1}},
			notes: notes{thread.SelfReply: {1}},
		},
		{
			name:      "a tweet that names itself as an answer",
			pairs:     [][2]int64{{1, none}},
			responses: map[int][]int64{0: {1}},
			paths:     [][]int32{{0}},
			notes:     notes{thread.SelfReply: {1}},
		},
		{
			name:  "a cycle is cut at its first row",
			pairs: [][2]int64{{5, 1}, {1, 3}, {2, 1}, {3, 2}},
			paths: [][]int32{{1, 0}, {1, 2, 3}},
			notes: notes{thread.Cycle: {1}, thread.Fork: {1}},
		},
		{
			name:  "a cycle is cut at its earliest tweet if all times are known",
			pairs: [][2]int64{{1, 3}, {2, 1}, {3, 2}},
			times: []int64{30, 20, 20},
			paths: [][]int32{{1, 2, 0}},
			notes: notes{thread.Cycle: {2}},
		},
		{
			name:  "one unknown time and the rows decide",
			pairs: [][2]int64{{1, 3}, {2, 1}, {3, 2}},
			times: []int64{30, 20, thread.NoTime},
			paths: [][]int32{{0, 1, 2}},
			notes: notes{thread.Cycle: {1}},
		},
		{
			name:  "two cycles",
			pairs: [][2]int64{{1, 2}, {2, 1}, {3, 4}, {4, 3}},
			paths: [][]int32{{0, 1}, {2, 3}},
			notes: notes{thread.Cycle: {1, 3}},
		},
		{
			name:  "of rows with one id the first is the tweet",
			pairs: [][2]int64{{1, none}, {2, 1}, {2, none}, {1, 2}, {3, 2}},
			paths: [][]int32{{0, 1, 4}},
			notes: notes{thread.DuplicateID: {2, 1}},
		},
		{
			name:  "rows without an id stand alone",
			pairs: [][2]int64{{-1, 2}, {2, -1}, {-3, -1}, {4, -3}},
			paths: [][]int32{{0}, {1}, {2}, {3}},
		},
		{
			name:      "a response is an edge where the child names none",
			pairs:     [][2]int64{{1, none}, {2, none}, {3, 1}},
			responses: map[int][]int64{0: {3, 2}},
			paths:     [][]int32{{0, 1}, {0, 2}},
			notes:     notes{thread.AddedEdge: {2}, thread.Fork: {1}},
		},
		{
			name:      "the child's own word counts, even where it leads nowhere",
			pairs:     [][2]int64{{1, none}, {2, 4}, {3, 99}, {4, none}},
			responses: map[int][]int64{0: {2, 3}},
			paths:     [][]int32{{0}, {2}, {3, 1}},
			notes:     notes{thread.ConflictingResponse: {1, 1}, thread.MissingParent: {3}},
		},
		{
			name:      "a tweet that answers itself has no word of its own",
			pairs:     [][2]int64{{1, none}, {2, 2}},
			responses: map[int][]int64{0: {2}},
			paths:     [][]int32{{0, 1}},
			notes:     notes{thread.SelfReply: {2}, thread.AddedEdge: {2}},
		},
		{
			name:      "of two that name an answer the first counts",
			pairs:     [][2]int64{{1, none}, {2, none}, {3, none}},
			responses: map[int][]int64{0: {3, 3}, 1: {3}},
			paths:     [][]int32{{0, 2}, {1}},
			notes:     notes{thread.AddedEdge: {3}, thread.ConflictingResponse: {2}},
		},
		{
			name:      "responses can close a cycle",
			pairs:     [][2]int64{{1, 2}, {2, none}},
			responses: map[int][]int64{0: {2}},
			paths:     [][]int32{{0, 1}},
			notes:     notes{thread.AddedEdge: {2}, thread.Cycle: {1}},
		},
		{
			name:      "responses outside the data",
			pairs:     [][2]int64{{1, none}},
			responses: map[int][]int64{0: {98, 99, -1}},
			paths:     [][]int32{{0}},
			notes:     notes{thread.MissingResponse: {1, 1, 1}},
		},
		{
			name:      "a duplicate's responses do not count",
			pairs:     [][2]int64{{1, none}, {1, none}, {2, none}},
			responses: map[int][]int64{1: {2}},
			paths:     [][]int32{{0}, {2}},
			notes:     notes{thread.DuplicateID: {1}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := tweets(test.pairs, test.responses)
			in.Times = test.times
			got := notes{}
			f := thread.Build(in, got.add)
			if p := paths(f, 64); !reflect.DeepEqual(p, test.paths) {
				t.Errorf("conversations %v, want %v", p, test.paths)
			}
			if test.notes == nil {
				test.notes = notes{}
			}
			if !reflect.DeepEqual(got, test.notes) {
				t.Errorf("noted %v, want %v", got, test.notes)
			}
			check(t, in, f, 64)
		})
	}
}

func TestDuplicatesLeadToTheFirst(t *testing.T) {
	in := tweets([][2]int64{{1, none}, {2, 1}, {2, none}, {1, 2}}, nil)
	f := thread.Build(in, notes{}.add)
	want := []thread.Duplicate{{Row: 2, First: 1}, {Row: 3, First: 0}}
	if !slices.Equal(f.Duplicates, want) {
		t.Errorf("duplicates %v, want %v", f.Duplicates, want)
	}
}

// A chain with forks at depths 2 and 3, cut at every second tweet. The piece
// that both branches begin with is given once.
func TestLongPathsAreCut(t *testing.T) {
	in := tweets([][2]int64{{1, none}, {2, 1}, {3, 2}, {4, 3}, {5, 4}, {6, 2}, {7, 3}}, nil)
	f := thread.Build(in, notes{}.add)
	for maxTweets, want := range map[int][][]int32{
		1:  {{0}, {1}, {2}, {3}, {4}, {6}, {5}},
		2:  {{0, 1}, {2, 3}, {4}, {2, 6}, {5}},
		3:  {{0, 1, 2}, {3, 4}, {6}, {0, 1, 5}},
		5:  {{0, 1, 2, 3, 4}, {0, 1, 2, 6}, {0, 1, 5}},
		64: {{0, 1, 2, 3, 4}, {0, 1, 2, 6}, {0, 1, 5}},
	} {
		if got := paths(f, maxTweets); !reflect.DeepEqual(got, want) {
			t.Errorf("cut at %d: %v, want %v", maxTweets, got, want)
		}
		check(t, in, f, maxTweets)
	}
}

// check holds a forest against everything that must be true of any.
func check(t testing.TB, in thread.Tweets, f *thread.Forest, maxTweets int) {
	t.Helper()
	n := len(in.IDs)
	place := make([]int, n) // in Order, from 1
	for i, row := range f.Order {
		if place[row] != 0 {
			t.Fatalf("row %d is in the order twice", row)
		}
		place[row] = i + 1
		p := f.Parent[row]
		switch {
		case p == none && f.Depth[i] != 1:
			t.Fatalf("root %d has depth %d", row, f.Depth[i])
		case p != none && (place[p] == 0 || f.Depth[i] != f.Depth[place[p]-1]+1):
			t.Fatalf("row %d at depth %d does not follow its parent %d", row, f.Depth[i], p)
		}
	}
	for _, d := range f.Duplicates {
		if place[d.Row] != 0 || place[d.First] == 0 || in.IDs[d.Row] != in.IDs[d.First] || d.First >= d.Row {
			t.Fatalf("duplicate %+v", d)
		}
	}
	if len(f.Order)+len(f.Duplicates) != n {
		t.Fatalf("%d tweets and %d duplicates of %d rows", len(f.Order), len(f.Duplicates), n)
	}

	var cells, conversations int
	covered, last := make([]bool, n), make([]bool, n)
	for c := range f.Conversations(0, len(f.Order), maxTweets) {
		conversations++
		cells += len(c.Rows)
		if len(c.Rows) == 0 || len(c.Rows) > maxTweets {
			t.Fatalf("a conversation of %d tweets", len(c.Rows))
		}
		if depth := int(f.Depth[place[c.Rows[0]]-1]); (depth-1)%maxTweets != 0 {
			t.Fatalf("a conversation begins at depth %d", depth)
		}
		if f.Parent[c.Root] != none || place[c.Root] > place[c.Rows[0]] {
			t.Fatalf("row %d is no root of %d", c.Root, c.Rows[0])
		}
		for i, row := range c.Rows {
			covered[row] = true
			if i > 0 && f.Parent[row] != c.Rows[i-1] {
				t.Fatalf("row %d does not answer %d", row, c.Rows[i-1])
			}
		}
		end := c.Rows[len(c.Rows)-1]
		if last[end] {
			t.Fatalf("two conversations end with row %d", end)
		}
		last[end] = true
	}
	for _, row := range f.Order {
		if !covered[row] {
			t.Fatalf("row %d is in no conversation", row)
		}
	}
	if conversations != f.Count(maxTweets) {
		t.Fatalf("%d conversations, Count says %d", conversations, f.Count(maxTweets))
	}
	if cells > maxTweets*n {
		t.Fatalf("%d tweets in the conversations of %d", cells, n)
	}
}

// checkParts holds a forest's parts against its whole.
func checkParts(t testing.TB, f *thread.Forest, maxTweets, atLeast, atMost int) {
	t.Helper()
	parts := f.Parts(maxTweets, atLeast, atMost)
	if len(parts) > atMost {
		t.Fatalf("%d parts, at most %d", len(parts), atMost)
	}
	type conversation struct {
		root int32
		rows []int32
	}
	var whole, joined []conversation
	for c := range f.Conversations(0, len(f.Order), maxTweets) {
		whole = append(whole, conversation{c.Root, slices.Clone(c.Rows)})
	}
	at := 0
	for i, part := range parts {
		if part.From != at || part.To <= part.From {
			t.Fatalf("part %d is %+v, the one before ends at %d", i, part, at)
		}
		at = part.To
		before := len(joined)
		for c := range f.Conversations(part.From, part.To, maxTweets) {
			joined = append(joined, conversation{c.Root, slices.Clone(c.Rows)})
		}
		if n := len(joined) - before; n != part.Conversations || n < atLeast && len(parts) > 1 {
			t.Fatalf("part %d has %d conversations, says %d, at least %d", i, n, part.Conversations, atLeast)
		}
	}
	if !reflect.DeepEqual(whole, joined) {
		t.Fatal("the parts together differ from the whole")
	}
}

func TestPartsHoldWholeThreads(t *testing.T) {
	// 300 threads of 1 to 5 conversations each.
	var pairs [][2]int64
	id := int64(0)
	for i := range 300 {
		root := id
		pairs = append(pairs, [2]int64{root, none})
		for range i%5 + 1 {
			id++
			pairs = append(pairs, [2]int64{id, root})
		}
		id++
	}
	f := thread.Build(tweets(pairs, nil), notes{}.add)
	parts := f.Parts(64, 50, 10)
	if len(parts) != 10 {
		t.Errorf("%d parts", len(parts))
	}
	for _, part := range parts {
		if f.Depth[part.From] != 1 || part.Conversations < 50 || part.Conversations > 120 {
			t.Errorf("part %+v", part)
		}
	}
	checkParts(t, f, 64, 50, 10)
	if parts := f.Parts(64, 10_000, 100); len(parts) != 1 {
		t.Errorf("%d parts of a small forest", len(parts))
	}
}

func TestPartsCutAHugeThread(t *testing.T) {
	for name, pairs := range shapes(2000) {
		f := thread.Build(tweets(pairs, nil), notes{}.add)
		for _, maxTweets := range []int{1, 3, 64} {
			checkParts(t, f, maxTweets, 100, 10)
			if total := f.Count(maxTweets); total > 1000 && len(f.Parts(maxTweets, 100, 10)) < 5 {
				t.Errorf("%s: %d conversations in %d parts", name, total, len(f.Parts(maxTweets, 100, 10)))
			}
		}
	}
}

// shapes are threads of n tweets that are hard on whoever recurses, or copies
// a path for every leaf.
func shapes(n int64) map[string][][2]int64 {
	s := map[string][][2]int64{}
	add := func(name string, parent func(i int64) int64) {
		for i := range n {
			s[name] = append(s[name], [2]int64{i, parent(i)})
		}
	}
	add("chain", func(i int64) int64 { return i - 1 })
	add("fan-out", func(i int64) int64 { return min(i-1, 0) })
	// Every second tweet goes on, and every other one ends beside it.
	add("comb", func(i int64) int64 {
		if i%2 == 1 {
			return i - 1
		}
		return i - 2
	})
	// As long a path as is not cut, then all tweets under its end.
	add("broom", func(i int64) int64 { return min(i-1, 62) })
	add("binary tree", func(i int64) int64 { return (i+1)/2 - 1 })
	add("one cycle", func(i int64) int64 { return (i + n - 1) % n })
	add("cycles of two", func(i int64) int64 { return i ^ 1 })
	// Half the tweets in a cycle, the others below it.
	add("sun", func(i int64) int64 {
		if i < n/2 {
			return (i + 1) % (n / 2)
		}
		return i - n/2
	})
	return s
}

// Whatever the shape, 100,000 tweets are put together, each is in a
// conversation, and the conversations stay as small as promised.
func TestShapesOf100000(t *testing.T) {
	const n = 100_000
	for name, pairs := range shapes(n) {
		t.Run(name, func(t *testing.T) {
			in := tweets(pairs, nil)
			f := thread.Build(in, notes{}.add)
			check(t, in, f, 64)
			checkParts(t, f, 64, 10_000, 100)
		})
	}
}

// Twice the tweets, twice the tweets in conversations and twice the memory:
// counted, not timed. The binary tree's paths are longer by one tweet in 14
// as well.
func TestCostIsLinear(t *testing.T) {
	cost := func(pairs [][2]int64) (cells int, bytes uint64) {
		in := tweets(pairs, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f := thread.Build(in, func(string, int64) {})
		for c := range f.Conversations(0, len(f.Order), 64) {
			cells += len(c.Rows)
		}
		runtime.ReadMemStats(&after)
		return cells, after.TotalAlloc - before.TotalAlloc
	}
	small, large := shapes(1<<14), shapes(1<<15)
	for name := range small {
		cells, bytes := cost(small[name])
		cells2, bytes2 := cost(large[name])
		if float64(cells2) > 2.2*float64(cells) || float64(bytes2) > 2.5*float64(bytes) {
			t.Errorf("%s: twice the tweets cost %d instead of %d tweets in conversations, %d instead of %d bytes", name, cells2, cells, bytes2, bytes)
		}
	}
}

// random makes tweets with everything in them that may be wrong, from a few
// ids so that it happens often.
func random(r *rand.Rand, n int) thread.Tweets {
	pairs := make([][2]int64, n)
	responses := map[int][]int64{}
	id := func() int64 { return r.Int64N(int64(n)*5/4 + 1) }
	for i := range pairs {
		pairs[i] = [2]int64{id(), none}
		switch {
		case r.IntN(20) == 0:
			pairs[i][0] = -int64(i) - 1
		case r.IntN(3) > 0:
			pairs[i][1] = id()
		}
		for range r.IntN(3) {
			responses[i] = append(responses[i], id()-1)
		}
	}
	in := tweets(pairs, responses)
	if r.IntN(2) == 0 {
		for range pairs {
			in.Times = append(in.Times, r.Int64N(10))
		}
	}
	return in
}

func TestRandomTweets(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 0))
		in := random(r, r.IntN(60))
		counts, again := notes{}, notes{}
		f := thread.Build(in, counts.add)
		maxTweets := r.IntN(8) + 1
		check(t, in, f, maxTweets)
		checkParts(t, f, maxTweets, r.IntN(5)+1, r.IntN(6)+1)
		if g := thread.Build(in, again.add); !reflect.DeepEqual(f, g) || !reflect.DeepEqual(counts, again) {
			t.Fatalf("seed %d: built twice, and differently", seed)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzBuild(f *testing.F) {
	f.Add([]byte{1, 0, 2, 1, 3, 2}, uint8(2))
	f.Add([]byte{1, 2, 2, 1, 3, 3}, uint8(64))
	f.Add([]byte{1, 0, 1, 0, 255, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, maxTweets uint8) {
		if maxTweets == 0 {
			return
		}
		var pairs [][2]int64
		responses := map[int][]int64{}
		for i := 0; i+2 < len(data); i += 3 {
			pairs = append(pairs, [2]int64{int64(int8(data[i])), int64(int8(data[i+1]))})
			responses[i/3] = []int64{int64(int8(data[i+2]))}
		}
		for i := range pairs {
			if pairs[i][0] < 0 {
				pairs[i][0] = -int64(i) - 1
			}
		}
		in := tweets(pairs, responses)
		f := thread.Build(in, notes{}.add)
		check(t, in, f, int(maxTweets))
		checkParts(t, f, int(maxTweets), int(maxTweets%5)+1, len(data)%7+1)
	})
}

func ExampleBuild() {
	in := thread.Tweets{
		IDs:     []int64{10, 11, 12, 13},
		Parents: []int64{thread.None, 10, 11, 10},
	}
	forest := thread.Build(in, func(kind string, id int64) { fmt.Println(kind, id) })
	for c := range forest.Conversations(0, len(forest.Order), 64) {
		fmt.Println("rows", c.Rows)
	}
	// Output:
	// fork 10
	// rows [0 1 2]
	// rows [0 3]
}

func BenchmarkBuild(b *testing.B) {
	for name, pairs := range shapes(100_000) {
		in := tweets(pairs, nil)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f := thread.Build(in, func(string, int64) {})
				for c := range f.Conversations(0, len(f.Order), 64) {
					_ = c
				}
			}
			b.ReportMetric(float64(len(pairs))*float64(b.N)/b.Elapsed().Seconds(), "tweets/s")
		})
	}
}
