package intake

import (
	"sync"
	"time"
)

// room is how many calls may be started. All intakes see the same count of those
// that are being analyzed, each of them late, and none knows what another starts
// meanwhile: so each takes of what is free the part that it has of the partitions.
type room struct {
	max int
	// settled is when a count of the calls that are being analyzed knows of a start
	// for sure.
	settled time.Duration

	mu     sync.Mutex
	open   int
	free   int
	starts []time.Time // of this intake, that the count may not know of
}

// counted takes note of a count that was begun at some time, and of which part of the
// partitions is this intake's.
func (r *room) counted(begun time.Time, open int, share float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := 0
	for known < len(r.starts) && r.starts[known].Before(begun.Add(-r.settled)) {
		known++
	}
	r.starts = append([]time.Time(nil), r.starts[known:]...)
	r.open = open
	left := float64(r.max-open) * share
	r.free = int(left)
	if left > 0 && r.free == 0 {
		r.free = 1 // or the last places would be nobody's
	}
	r.free -= len(r.starts)
}

// left is how many may be started now. Before the first count it is none.
func (r *room) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.free)
}

// started takes note of a start.
func (r *room) started(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free--
	r.starts = append(r.starts, at)
}

func (r *room) openCalls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}
