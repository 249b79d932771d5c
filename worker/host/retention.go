package host

import (
	"context"
	"log/slog"
	"time"

	"switchboard/internal/pipeline"
)

// Bounds of a retention.
const (
	// retentionEvery is how often old calls are removed: they go by whole days.
	retentionEvery = 24 * time.Hour
	// retentionPause is for a database or a broker that does not answer.
	retentionPause = time.Hour
)

// retention removes old calls, once a day. There is one in every worker that is told
// how long calls are kept: the database lets one at a time remove a day, and where one
// has been, the others find nothing.
type retention struct {
	keep   time.Duration
	expire func(context.Context, pipeline.ExpireCallsInput) (pipeline.ErasedCalls, error)
	now    func() time.Time
	log    *slog.Logger
	stop   context.CancelFunc
	done   chan struct{}
}

func (r *retention) start() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan struct{})
	go r.run(ctx)
}

// close waits for what is being removed, which ends soon.
func (r *retention) close() {
	r.stop()
	<-r.done
}

func (r *retention) run(ctx context.Context) {
	defer close(r.done)
	for ctx.Err() == nil {
		wait := retentionEvery
		if err := r.remove(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("Old calls cannot be removed; it is tried again in an hour.", "error", err)
			wait = retentionPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// remove removes all calls that are old enough.
func (r *retention) remove(ctx context.Context) error {
	for {
		done, err := r.expire(ctx, pipeline.ExpireCallsInput{Before: r.now().Add(-r.keep)})
		if err != nil || !done.More {
			return err
		}
	}
}
