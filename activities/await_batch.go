package activities

import (
	"context"
	"time"

	"switchboard/internal/pipeline"
)

// AwaitBatchInput names a batch.
type AwaitBatchInput struct {
	BatchID string `json:"batch_id"`
}

// AwaitBatchResult tells how a batch ended.
type AwaitBatchResult struct {
	// Full: the provider did not take the batch, because too much waits
	// already. Later it will.
	Full bool `json:"full,omitempty"`
}

// mostBatchPoll is longer than for jobs: a batch takes minutes to hours.
const mostBatchPoll = 30 * time.Second

// AwaitBatch watches a batch until it ends, in whatever way; what it answered is
// there to be collected. One that the provider refused for what is in it is a
// problem of kind Refused. The heartbeat is a pipeline.Progress.
func (p *Provider) AwaitBatch(ctx context.Context, in AwaitBatchInput) (AwaitBatchResult, error) {
	report(ctx, pipeline.Progress{Unit: "conversations"})
	ctx, stop := untilWorkerStops(ctx)
	defer stop()
	for pause := firstPoll; ; pause = min(pause*3/2, mostBatchPoll) {
		b, err := p.Client.Batch(ctx, in.BatchID)
		if err != nil {
			return AwaitBatchResult{}, err
		}
		report(ctx, pipeline.Progress{Done: int64(b.Completed + b.Failed), Total: int64(b.Total), Unit: "conversations"})
		if b.Status.Ended() {
			return AwaitBatchResult{Full: b.Full()}, b.Failure()
		}
		select {
		case <-ctx.Done():
			return AwaitBatchResult{}, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}
