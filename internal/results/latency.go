package results

import "time"

// latencyBounds part calls by how long they took: at most the first, at most the
// second, and so on, or longer than the last. The columns of table call_hours
// stand for them, so they cannot change without it.
var latencyBounds = [...]time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute,
}

func bucketOf(took time.Duration) int {
	for i, bound := range latencyBounds {
		if took <= bound {
			return i
		}
	}
	return len(latencyBounds)
}

// Latency sums up how long calls took from their event to their stored answer: from
// when the event's record was written, or, if that is unknown, from when the call
// says it was received. Calls whose latency is unknown, in the future or above 24
// hours are not in it.
type Latency struct {
	// Calls is how many calls are in it.
	Calls int64 `json:"calls"`
	// Mean is 0 if there are none.
	Mean time.Duration `json:"mean"`
	// Buckets counts the calls of at most 0.1, 0.25, 0.5, 1, 2, 5, 15 and 60
	// seconds, each without those before, and those that took longer.
	Buckets [len(latencyBounds) + 1]int64 `json:"buckets"`
}

// And sums up other calls, too.
func (l Latency) And(o Latency) Latency {
	sum := int64(l.Mean)*l.Calls + int64(o.Mean)*o.Calls
	l.Calls += o.Calls
	if l.Calls > 0 {
		l.Mean = time.Duration(sum / l.Calls)
	}
	for i, n := range o.Buckets {
		l.Buckets[i] += n
	}
	return l
}

// AtMost returns the smallest bound that a share of the calls keeps, from 0 to 1;
// false if no bound does, or there are no calls.
func (l *Latency) AtMost(share float64) (time.Duration, bool) {
	var within int64
	for i, bound := range latencyBounds {
		within += l.Buckets[i]
		if l.Calls > 0 && float64(within) >= share*float64(l.Calls) {
			return bound, true
		}
	}
	return 0, false
}
