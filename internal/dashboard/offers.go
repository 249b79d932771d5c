package dashboard

import (
	"sync"
	"time"
)

// offered is how long a call stays before one reviewer.
const offered = 5 * time.Minute

// offers remember which call is before whom, so that two reviewers at once do not
// judge the same. They are forgotten after a while, and with the process: it is a
// courtesy and no lock, for a call that two people judge does no harm.
type offers struct {
	mu    sync.Mutex
	calls map[string]offer
}

type offer struct {
	reviewer string
	until    time.Time
}

// taken returns the calls that are before others than a reviewer.
func (o *offers) taken(reviewer string, now time.Time) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var others []string
	for call, offer := range o.calls {
		switch {
		case !now.Before(offer.until):
			delete(o.calls, call)
		case offer.reviewer != reviewer:
			others = append(others, call)
		}
	}
	return others
}

// give puts a call before a reviewer, who leaves the one that was. It is false if the
// call is before somebody else.
func (o *offers) give(call, reviewer string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if other, ok := o.calls[call]; ok && other.reviewer != reviewer && now.Before(other.until) {
		return false
	}
	if o.calls == nil {
		o.calls = map[string]offer{}
	}
	for left, offer := range o.calls {
		if offer.reviewer == reviewer {
			delete(o.calls, left)
		}
	}
	o.calls[call] = offer{reviewer, now.Add(offered)}
	return true
}
