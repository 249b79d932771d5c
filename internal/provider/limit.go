package provider

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// jitter is how much later one request may reach the provider than another
// that was released by the limiter at the same time: a sleepy scheduler, a new
// connection, one lost packet (a SYN is repeated after a second).
//
// A limit of R requests in 60 seconds is kept at the provider's side when any
// R+1 requests in a row leave here over 60 seconds plus jitter: even if the
// first is late by that much and the last is not late at all, they arrive more
// than 60 seconds apart. Requests are spaced evenly, (60s + jitter) / R apart,
// so the margin costs jitter/60s of the limit: 2 s leave 60/62 = 96.8% of it.
// Spacing them, rather than letting R go at once and then none, also keeps
// providers content that enforce the limit over shorter windows.
const jitterPerMinute = 2 * time.Second

// errHeld is returned by acquire when the provider asked for a longer hold
// than the caller waits.
type errHeld struct{ left time.Duration }

func (errHeld) Error() string { return "the provider asked to hold requests" }

// limiter is a client's budget: slots, a pace, and a hold that the provider
// asked for.
type limiter struct {
	slots chan struct{}
	pace  *rate.Limiter // nil: none

	mu    sync.Mutex
	until time.Time
}

// newLimiter allows concurrent requests at a time and requests in any minute
// (0: any number).
func newLimiter(concurrent, requests int) *limiter {
	l := &limiter{slots: make(chan struct{}, concurrent)}
	if requests > 0 {
		// As a rate and not as an interval, which would be cut to whole
		// nanoseconds. Burst 1: nothing saved up may go out in a bunch.
		l.pace = rate.NewLimiter(rate.Limit(float64(requests)/(time.Minute+jitterPerMinute).Seconds()), 1)
	}
	return l
}

// acquire waits until a request may be sent and returns what to call when its
// answer has been read. It fails with errHeld when the provider asked to hold
// for longer than patience, with the cause of ctx when that ends, and with
// [ErrNotSent] when the turn of ctx does (see [WithTurn]).
//
// The slot comes first and the pace second: a request that has its turn in the
// pace must leave at once, or the spacing is lost while it waits for a slot.
func (l *limiter) acquire(ctx context.Context, patience time.Duration) (release func(), err error) {
	turn, stop := turnOf(ctx)
	defer stop()

	select {
	case l.slots <- struct{}{}:
	case <-turn.Done():
		return nil, endOfTurn(ctx)
	}
	free := sync.OnceFunc(func() { <-l.slots })
	defer func() {
		if err != nil {
			free()
		}
	}()
	// Select picks at random when a slot is free and the turn is over.
	if turn.Err() != nil {
		return nil, endOfTurn(ctx)
	}
	for {
		if err := l.waitHold(turn, patience); err != nil {
			if turn.Err() != nil {
				err = endOfTurn(ctx)
			}
			return nil, err
		}
		if l.pace == nil {
			return free, nil
		}
		reserved := l.pace.Reserve()
		if err := sleep(turn, reserved.Delay()); err != nil {
			reserved.Cancel()
			return nil, endOfTurn(ctx)
		}
		if l.held() <= 0 { // a hold may have come while waiting
			return free, nil
		}
	}
}

// waitHold returns once nothing is held.
func (l *limiter) waitHold(ctx context.Context, patience time.Duration) error {
	for {
		left := l.held()
		if left <= 0 {
			return nil
		}
		if left > patience {
			return errHeld{left}
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hold keeps new requests back for d from now; a longer hold stays.
func (l *limiter) hold(d time.Duration) {
	if d <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.until) {
		l.until = until
	}
}

func (l *limiter) held() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.until)
}

// ErrNotSent is returned, wrapped, by a call whose turn ended before its
// request was sent. The provider knows nothing of it.
var ErrNotSent = errors.New("the request was not sent")

type turnKey struct{}

// WithTurn returns a context for calls that stop waiting for their turn (a
// slot, the pace, the end of a hold) when turn ends, and then fail with
// [ErrNotSent], while a request that was sent goes on until ctx ends. Whoever
// stops sending can so keep the answers that are already paid for.
func WithTurn(ctx, turn context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, turn)
}

// turnOf returns the context that ends with ctx and with its turn.
func turnOf(ctx context.Context) (context.Context, func()) {
	turn, ok := ctx.Value(turnKey{}).(context.Context)
	if !ok {
		return ctx, func() {}
	}
	both, cancel := context.WithCancel(ctx)
	if turn.Err() != nil {
		cancel() // at once: AfterFunc would take a moment
	}
	stop := context.AfterFunc(turn, cancel)
	return both, func() { stop(); cancel() }
}

// endOfTurn says why waiting ended: the caller's context, or only its turn.
func endOfTurn(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ErrNotSent
}
