package thread

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the ids look like, the table finds what a map finds.
func TestIndexFindsWhatAMapFinds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for name, id := range map[string]func(i int) int64{
		"one after the other":  func(i int) int64 { return int64(i) },
		"far apart":            func(int) int64 { return random.Int64() },
		"multiples of a block": func(i int) int64 { return int64(i) << together },
		"large steps":          func(i int) int64 { return int64(i) << 22 },
		"several times":        func(int) int64 { return random.Int64N(500) },
		"unknown":              func(i int) int64 { return -int64(i) - 1 },
	} {
		for _, rows := range []int{1, 2, 3, 11, 12, 13, 1000, 5000} {
			x, want := newIndex(rows), map[int64]int32{}
			var ids []int64
			for i := range rows {
				id := id(i)
				ids = append(ids, id, id+1, id-1)
				before, known := want[id]
				if !known {
					before, want[id] = None, int32(i)
				}
				if got := x.add(id, int32(i)); got != before {
					t.Fatalf("%s: row %d was noted after %d, want %d", name, i, got, before)
				}
			}
			found := x.findAll(ids)
			for i, id := range ids {
				row, known := want[id]
				if !known {
					row = None
				}
				if found[i] != row || x.find(id) != row {
					t.Fatalf("%s: %d is found in row %d, want %d", name, id, found[i], row)
				}
			}
			if !slices.Equal(found, x.findAll(ids)) {
				t.Fatalf("%s: looking twice finds something else", name)
			}
		}
	}
}
