package modelserver

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
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

// tooMany is the refusal of what a key has too much of already, which time cures.
func (s *Server) tooMany(w http.ResponseWriter, h *holder, kind, format string, args ...any) *apiError {
	s.meters.limited.WithLabelValues(h.name, kind).Inc()
	w.Header().Set("Retry-After", "30")
	return &apiError{
		status: http.StatusTooManyRequests, Type: typeRequests, Code: optional("rate_limit_exceeded"),
		Message: fmt.Sprintf(format, args...),
	}
}

// codeTrainingTokens is the code of a job that failed because its key may not
// have as many tokens in training.
const codeTrainingTokens = "training_tokens_exceeded"

// countActive counts what an owner has under way.
func countActive[R interface {
	belonging
	active() bool
}](c *collection[R], owner string) int {
	count := 0
	for _, r := range c.newest() {
		if r.active() && r.owner() == owner {
			count++
		}
	}
	return count
}

// tokensInTraining are those of an owner's active jobs whose files were checked.
func (s *Server) tokensInTraining(owner string) int64 {
	var tokens int64
	for _, j := range s.jobs.newest() {
		if j.active() && j.Owner == owner {
			tokens += j.PlannedTokens
		}
	}
	return tokens
}

// uploads counts the uploads under way by owner.
type uploads struct {
	mu   sync.Mutex
	open map[string]int
}

// openUpload counts an upload, and lets it take as long as the key's least rate
// allows. Closed must be called at its end.
func (s *Server) openUpload(w http.ResponseWriter, r *http.Request) (closed func(), err error) {
	e := exchangeOf(r.Context())
	h, u := e.holder, &s.uploads
	u.mu.Lock()
	defer u.mu.Unlock()
	if open := u.open[h.owner]; open >= h.limits.OpenUploads {
		return nil, s.tooMany(w, h, "uploads", "%d uploads are under way, which is the limit: try again when one has ended.", open)
	}
	if u.open == nil {
		u.open = map[string]int{}
	}
	u.open[h.owner]++
	if e.body != nil {
		e.body.least = h.limits.UploadRate
	}
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.open[h.owner]--; u.open[h.owner] == 0 {
			delete(u.open, h.owner)
		}
	}, nil
}

// queue lets a bounded number of chat completions work at once, and a bounded
// number of each owner wait for their turn. Answering is work for the CPU alone:
// more at once than there are processors makes each slower and none faster, and a
// queue without an end makes everybody wait for answers that nobody waits for any
// more. Owners take turns, so that one with many questions is in nobody's way.
type queue struct {
	waiting atomic.Int64
	most    int // that may wait, of an owner
	size    int // that may work

	mu   sync.Mutex
	free int // turns that nobody has; nobody waits if there are any
	// lines are those who wait, by owner, and order is whose turn is next.
	lines map[string][]chan struct{}
	order []string
}

func newQueue(working, waiting int) *queue {
	return &queue{most: waiting, size: working, free: working, lines: map[string][]chan struct{}{}}
}

// working is how many have a turn.
func (q *queue) working() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free
}

// enter waits for a turn. Leave must be called when the work is done and before
// the answer is written, because a client may take its time to read; it may be
// called again. The error is an [apiError] if too many of the same owner wait
// already, or the context's.
func (q *queue) enter(ctx context.Context, w http.ResponseWriter) (leave func(), err error) {
	turn, ok := q.line(exchangeOf(ctx).holder.owner, q.most)
	if !ok {
		retryAfter(w.Header(), time.Second)
		return nil, &apiError{
			status: http.StatusServiceUnavailable, Type: typeServer, Code: optional("overloaded"),
			Message: "The server is currently overloaded. Please try again after a brief wait.",
		}
	}
	if err := q.wait(ctx, exchangeOf(ctx).holder.owner, turn); err != nil {
		return nil, err
	}
	return sync.OnceFunc(q.leave), nil
}

// turn does work in its turn, however many wait: for work that nobody waits for.
func (q *queue) turn(ctx context.Context, owner string, work func()) error {
	turn, _ := q.line(owner, math.MaxInt)
	if err := q.wait(ctx, owner, turn); err != nil {
		return context.Cause(ctx)
	}
	defer q.leave()
	work()
	return nil
}

// line takes a place in the line of an owner, and returns what is closed when it
// is its turn: at once, if a turn is free. It takes none if so many wait already.
func (q *queue) line(owner string, most int) (turn chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn = make(chan struct{})
	if q.free > 0 {
		q.free--
		close(turn)
		return turn, true
	}
	line := q.lines[owner]
	if len(line) >= most {
		return nil, false
	}
	if len(line) == 0 {
		q.order = append(q.order, owner)
	}
	q.lines[owner] = append(line, turn)
	q.waiting.Add(1)
	return turn, true
}

// wait waits for a turn. If the context ends first, the place in the line is
// given up, or the turn that just came.
func (q *queue) wait(ctx context.Context, owner string, turn chan struct{}) error {
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	if !q.giveUp(owner, turn) {
		q.leave()
	}
	return ctx.Err()
}

// giveUp takes a place out of its line, and reports whether it was still there.
func (q *queue) giveUp(owner string, turn chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.lines[owner], turn)
	if at < 0 {
		return false
	}
	q.waiting.Add(-1)
	q.setLine(owner, slices.Delete(q.lines[owner], at, at+1))
	return true
}

// setLine keeps order free of those of whom nobody waits.
func (q *queue) setLine(owner string, line []chan struct{}) {
	if len(line) > 0 {
		q.lines[owner] = line
		return
	}
	delete(q.lines, owner)
	q.order = slices.DeleteFunc(q.order, func(o string) bool { return o == owner })
}

// leave hands a turn to the first of the owner who is next, and puts that owner
// behind the others.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.order) == 0 {
		q.free++
		return
	}
	owner := q.order[0]
	q.order = append(q.order[1:], owner)
	turn := q.lines[owner][0]
	q.setLine(owner, q.lines[owner][1:])
	q.waiting.Add(-1)
	close(turn)
}
