package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeatEvery is a fraction of the silence after which a worker counts as
// lost, so that a few missed beats on a busy machine do no harm.
const heartbeatEvery = 2 * time.Second

// errStopping ends the work of an activity whose worker is about to stop. The
// attempt fails, keeps what it saved, and the next one goes on from there.
var errStopping = errors.New("the worker is stopping; another attempt goes on from what was saved")

// pulse sends the heartbeats of one attempt: that it lives, and how far it is.
// Every activity has one, given by [Failures].
type pulse struct {
	mu    sync.Mutex
	value any
}

type pulseKey struct{}

// report makes v what the next heartbeats carry: the progress that an operator
// sees, and the cursor from which another attempt can go on. It is cheap.
func report(ctx context.Context, v any) {
	p, ok := ctx.Value(pulseKey{}).(*pulse)
	if !ok {
		return // outside a worker, nobody listens
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.value = v
}

// told is what the next heartbeat carries. Sending takes as long as the server does, and
// the work must not wait for that to report.
func (p *pulse) told() any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.value
}

func (p *pulse) beat(ctx context.Context) {
	if value := p.told(); value != nil {
		activity.RecordHeartbeat(ctx, value)
		return
	}
	activity.RecordHeartbeat(ctx)
}

// last sends the value that is the cursor of the next attempt. Of what has none there
// is nothing to say: a step of a call is over before anybody could miss it, and every
// heartbeat is a write.
func (p *pulse) last(ctx context.Context) {
	if value := p.told(); value != nil {
		activity.RecordHeartbeat(ctx, value)
	}
}

// start sends heartbeats until stop is called.
func (p *pulse) start(ctx context.Context) (_ context.Context, stop func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(heartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.beat(ctx)
			case <-done:
				p.last(ctx)
				return
			}
		}
	})
	return context.WithValue(ctx, pulseKey{}, p), func() {
		close(done)
		ended.Wait()
	}
}

// untilWorkerStops returns a context that also ends when the worker is about
// to stop. It is for long work that can be resumed; short work is let finish.
func untilWorkerStops(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancelCause(ctx)
	stopping := activity.GetWorkerStopChannel(ctx)
	go func() {
		select {
		case <-stopping:
			cancel(errStopping)
		case <-work.Done():
		}
	}()
	return work, func() { cancel(nil) }
}

// resume returns the last heartbeat of the attempt before this one, the zero
// value if there is none.
func resume[T any](ctx context.Context) T {
	var v T
	if !activity.HasHeartbeatDetails(ctx) {
		return v
	}
	if err := activity.GetHeartbeatDetails(ctx, &v); err != nil {
		// Written by another version: starting over is always correct.
		var zero T
		return zero
	}
	return v
}
