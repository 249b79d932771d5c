package modelserver

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// jitter is how much too early a request may come: two requests that left
// their client a minute apart may arrive a little less than that apart.
const jitter = 50 * time.Millisecond

// bucket bounds what is spent in a minute. It holds a minute's allowance and
// refills evenly, so that it admits everything that stays below the limit in
// each window of a minute, however it counts its windows: a client that keeps
// to the limit is never refused. Who does not can spend up to two allowances
// in the first minute, and one in each of the next.
type bucket struct {
	perMinute float64

	mu    sync.Mutex
	level float64 // as it was at the time at; below 0 by what jitter allows
	at    time.Time
}

// newBucket returns nil, which means no limit, for 0.
func newBucket(perMinute int) *bucket {
	if perMinute == 0 {
		return nil
	}
	return &bucket{perMinute: float64(perMinute), level: float64(perMinute)}
}

// after returns the bucket that takes over from an old one: that one, if the
// limit is the same.
func (b *bucket) after(old *bucket) *bucket {
	if b != nil && old != nil && b.perMinute == old.perMinute {
		return old
	}
	return b
}

// allowance is the state of a bucket.
type allowance struct {
	limit, left int
	full        time.Duration // until nothing counts any more
	// wait is how long to wait before trying again; 0 if the try succeeded.
	wait time.Duration
}

// take spends n if there is as much, and returns what is left. What is more
// than a minute's allowance is taken from a full bucket, and the debt is waited
// off: otherwise it could never be spent.
func (b *bucket) take(now time.Time, n int) allowance {
	b.mu.Lock()
	defer b.mu.Unlock()
	if elapsed := now.Sub(b.at); elapsed > 0 {
		b.level = min(b.perMinute, b.level+b.perMinute*elapsed.Minutes())
		b.at = now
	}
	a := allowance{limit: int(b.perMinute)}
	needed := min(float64(n), b.perMinute)
	if missing := needed - b.level; missing > b.perMinute*jitter.Minutes() {
		a.wait = max(b.fill(missing), time.Millisecond)
	} else {
		b.level -= float64(n)
	}
	a.left = max(0, int(math.Floor(b.level)))
	a.full = b.fill(b.perMinute - b.level)
	return a
}

// fill is how long n takes to flow in, rounded up to milliseconds so that who
// waits as long has it.
func (b *bucket) fill(n float64) time.Duration {
	return time.Duration(math.Ceil(n/b.perMinute*60_000)) * time.Millisecond
}

// announce puts an allowance into the headers that OpenAI uses for it; kind is
// "requests" or "tokens".
func (a allowance) announce(header http.Header, kind string) {
	header.Set("X-Ratelimit-Limit-"+kind, strconv.Itoa(a.limit))
	header.Set("X-Ratelimit-Remaining-"+kind, strconv.Itoa(a.left))
	header.Set("X-Ratelimit-Reset-"+kind, a.full.String())
}

// admit counts a request against its key's limits, and tells the client in
// every answer what is left of them.
func (s *Server) admit(w http.ResponseWriter, h *holder) error {
	now := time.Now()
	if h.tokens != nil {
		h.tokens.take(now, 0).announce(w.Header(), typeTokens)
	}
	return s.spend(w, h, h.requests, typeRequests, now, 1)
}

// spendTokens counts an answer's tokens. It is called before the answer is
// written, and its error is the answer if the tokens are more than is left.
func (s *Server) spendTokens(w http.ResponseWriter, r *http.Request, u usage) error {
	h := exchangeOf(r.Context()).holder
	if err := s.spend(w, h, h.tokens, typeTokens, time.Now(), u.TotalTokens); err != nil {
		return err
	}
	s.meters.answered(u)
	return nil
}

func (s *Server) spend(w http.ResponseWriter, h *holder, b *bucket, kind string, now time.Time, n int) error {
	if b == nil {
		return nil
	}
	a := b.take(now, n)
	a.announce(w.Header(), kind)
	if a.wait == 0 {
		return nil
	}
	s.meters.limited.WithLabelValues(h.name, kind).Inc()
	retryAfter(w.Header(), a.wait)
	return &apiError{
		status: http.StatusTooManyRequests, Type: kind, Code: optional("rate_limit_exceeded"),
		Message: fmt.Sprintf("Rate limit reached on %s per minute: limit %d, remaining %d, requested %d. Please try again in %v.", kind, a.limit, a.left, n, a.wait),
	}
}

// retryAfter tells a client when to come again: in whole seconds for all of
// them, in milliseconds for OpenAI's.
func retryAfter(header http.Header, wait time.Duration) {
	header.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
	header.Set("Retry-After-Ms", strconv.FormatInt(wait.Milliseconds(), 10))
}

// queue lets a bounded number of chat completions work at once, and a bounded
// number wait for their turn. Answering is work for the CPU alone: more at once
// than there are processors makes each slower and none faster, and a queue
// without an end makes everybody wait for answers that nobody waits for any
// more.
type queue struct {
	working chan struct{}
	waiting atomic.Int64
	most    int64 // that may wait
}

func newQueue(working, waiting int) *queue {
	return &queue{working: make(chan struct{}, working), most: int64(waiting)}
}

// enter waits for a turn. Leave must be called when the work is done and before
// the answer is written, because a client may take its time to read; it may be
// called again. The error is an [apiError] if too many wait already, or the
// context's.
func (q *queue) enter(ctx context.Context, w http.ResponseWriter) (leave func(), err error) {
	select {
	case q.working <- struct{}{}:
		return sync.OnceFunc(q.leave), nil
	default:
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.most {
		retryAfter(w.Header(), time.Second)
		return nil, &apiError{
			status: http.StatusServiceUnavailable, Type: typeServer, Code: optional("overloaded"),
			Message: "The server is currently overloaded. Please try again after a brief wait.",
		}
	}
	select {
	case q.working <- struct{}{}:
		return sync.OnceFunc(q.leave), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turn does work in its turn, however many wait: for work that nobody waits for.
func (q *queue) turn(ctx context.Context, work func()) error {
	select {
	case q.working <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer q.leave()
	work()
	return nil
}

func (q *queue) leave() { <-q.working }
