package intake

import (
	"testing"
	"time"
)

func TestRoom(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	r := room{max: 100, settled: 2 * time.Second}
	if r.left() != 0 {
		t.Error("there is room before anybody has counted")
	}
	for _, step := range []struct {
		what  string
		after time.Duration
		open  int
		share float64
		left  int
	}{
		{"nothing is open, and all is ours", 0, 0, 1, 100},
		{"a quarter of the partitions is ours", 0, 0, 0.25, 25},
		{"what is open is not free", 0, 60, 0.5, 20},
		{"no partition is ours", 0, 0, 0, 0},
		{"the last place is somebody's", 0, 99, 0.1, 1},
		{"all are open", 0, 100, 1, 0},
		{"there were more starts than there was room for", 0, 120, 1, 0},
	} {
		r.counted(noon.Add(step.after), step.open, step.share)
		if got := r.left(); got != step.left {
			t.Errorf("%s: %d may be started, want %d", step.what, got, step.left)
		}
	}
	// Starts that a count may not know of are taken off until one must know of them.
	r.counted(noon, 0, 1)
	for range 10 {
		r.started(noon.Add(time.Second))
	}
	if got := r.left(); got != 90 {
		t.Errorf("after 10 starts %d are left", got)
	}
	r.counted(noon.Add(2*time.Second), 10, 1)
	if got := r.left(); got != 80 {
		t.Errorf("a second after them %d are left, want 80: the count may know of none of them, or of all", got)
	}
	r.counted(noon.Add(4*time.Second), 10, 1)
	if got := r.left(); got != 90 {
		t.Errorf("three seconds after them %d are left, want 90", got)
	}
}
