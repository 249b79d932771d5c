package thread_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"switchboard/internal/thread"
)

// says makes rows alike that have the same text.
func says(texts ...uint64) func(int32) [2]uint64 {
	return func(row int32) [2]uint64 { return [2]uint64{texts[row], 0} }
}

// Rows of one id that say different things are different tweets, and a reply to
// that id has a parent only if one of them names it.
func TestTweetsOfOneID(t *testing.T) {
	for _, test := range []struct {
		name       string
		pairs      [][2]int64
		responses  map[int][]int64
		says       []uint64
		skip       []int32
		paths      [][]int32
		duplicates []thread.Duplicate
		clashing   []thread.Duplicate
		ambiguous  []int32
		notes      notes
	}{
		{
			name:     "two tweets",
			pairs:    [][2]int64{{1, none}, {1, none}},
			says:     []uint64{7, 8},
			paths:    [][]int32{{0}, {1}},
			clashing: []thread.Duplicate{{Row: 1, First: 0}},
			notes:    notes{thread.ClashingID: {1}},
		},
		{
			name:       "the same tweet",
			pairs:      [][2]int64{{1, none}, {1, none}},
			says:       []uint64{7, 7},
			paths:      [][]int32{{0}},
			duplicates: []thread.Duplicate{{Row: 1, First: 0}},
			notes:      notes{thread.DuplicateID: {1}},
		},
		{
			name:       "each of two once more",
			pairs:      [][2]int64{{1, none}, {1, none}, {1, none}, {1, none}},
			says:       []uint64{7, 8, 8, 7},
			paths:      [][]int32{{0}, {1}},
			duplicates: []thread.Duplicate{{Row: 2, First: 1}, {Row: 3, First: 0}},
			clashing:   []thread.Duplicate{{Row: 1, First: 0}},
			notes:      notes{thread.ClashingID: {1}, thread.DuplicateID: {1, 1}},
		},
		{
			name:      "a reply to both",
			pairs:     [][2]int64{{1, none}, {1, none}, {2, 1}},
			says:      []uint64{7, 8, 9},
			paths:     [][]int32{{0}, {1}, {2}},
			clashing:  []thread.Duplicate{{Row: 1, First: 0}},
			ambiguous: []int32{2},
			notes:     notes{thread.ClashingID: {1}, thread.AmbiguousReply: {2}},
		},
		{
			name:      "a reply that one of them names",
			pairs:     [][2]int64{{1, none}, {1, none}, {2, 1}},
			responses: map[int][]int64{1: {2}},
			says:      []uint64{7, 8, 9},
			paths:     [][]int32{{0}, {1, 2}},
			clashing:  []thread.Duplicate{{Row: 1, First: 0}},
			notes:     notes{thread.ClashingID: {1}, thread.AddedEdge: {2}},
		},
		{
			name:      "a tweet that names both as its answer",
			pairs:     [][2]int64{{1, none}, {1, none}, {2, none}},
			responses: map[int][]int64{2: {1}},
			says:      []uint64{7, 8, 9},
			paths:     [][]int32{{0}, {1}, {2}},
			clashing:  []thread.Duplicate{{Row: 1, First: 0}},
			notes:     notes{thread.ClashingID: {1}, thread.AmbiguousReply: {2}},
		},
		{
			name:     "both answer the same tweet by their own word",
			pairs:    [][2]int64{{2, none}, {1, 2}, {1, 2}},
			says:     []uint64{7, 8, 9},
			paths:    [][]int32{{0, 1}, {0, 2}},
			clashing: []thread.Duplicate{{Row: 2, First: 1}},
			notes:    notes{thread.ClashingID: {1}, thread.Fork: {2}},
		},
		{
			name:  "a row to skip",
			pairs: [][2]int64{{1, none}, {-2, none}, {2, 1}},
			skip:  []int32{1},
			paths: [][]int32{{0, 2}},
			notes: notes{},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := tweets(test.pairs, test.responses)
			in.Content, in.Skip = says(test.says...), test.skip
			got := notes{}
			f := thread.Build(in, got.add)
			if p := paths(f, 64); !reflect.DeepEqual(p, test.paths) {
				t.Errorf("paths %v, want %v", p, test.paths)
			}
			if !slices.Equal(f.Duplicates, test.duplicates) || !slices.Equal(f.Clashing, test.clashing) || !slices.Equal(f.Ambiguous, test.ambiguous) {
				t.Errorf("duplicates %v, clashing %v, ambiguous %v", f.Duplicates, f.Clashing, f.Ambiguous)
			}
			for _, c := range test.clashing {
				if !f.Clashes(c.Row) || f.Clashes(c.First) {
					t.Errorf("row %d clashes: %v, row %d: %v", c.Row, f.Clashes(c.Row), c.First, f.Clashes(c.First))
				}
			}
			if !reflect.DeepEqual(got, test.notes) {
				t.Errorf("notes %v, want %v", got, test.notes)
			}
		})
	}
}

// Every row is in the forest once, repeats one that is, or is to be skipped.
func TestEveryRowIsSomewhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + r.IntN(40)
		in := random(r, n)
		texts := make([]uint64, n)
		for i := range texts {
			texts[i] = r.Uint64N(3)
			if r.IntN(9) == 0 {
				in.Skip = append(in.Skip, int32(i))
			}
		}
		in.Content = says(texts...)
		f := thread.Build(in, func(string, int64) {})
		seen := make([]int, n)
		for _, row := range slices.Concat(f.Order, in.Skip) {
			seen[row]++
		}
		for _, d := range f.Duplicates {
			seen[d.Row]++
			if in.IDs[d.Row] != in.IDs[d.First] || texts[d.Row] != texts[d.First] || !slices.Contains(f.Order, d.First) {
				t.Fatalf("%v is no duplicate", d)
			}
		}
		for row, times := range seen {
			if times != 1 {
				t.Fatalf("row %d is there %d times", row, times)
			}
		}
	}
}

// A hundred thousand tweets of one id cost no more than others.
func TestManyTweetsOfOneID(t *testing.T) {
	const n = 100_000
	in := thread.Tweets{IDs: make([]int64, n), Parents: make([]int64, n)}
	asked := 0
	in.Content = func(row int32) [2]uint64 { asked++; return [2]uint64{uint64(row), 0} }
	f := thread.Build(in, func(string, int64) {})
	if len(f.Order) != n || len(f.Clashing) != n-1 || asked > 2*n {
		t.Errorf("%d tweets, %d clash, content asked %d times", len(f.Order), len(f.Clashing), asked)
	}
}
