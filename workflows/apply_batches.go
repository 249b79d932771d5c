package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
)

const (
	// idleBatches in a row that bring no answer at all end a part: what is
	// open then is marked as failed.
	idleBatches = 3
	// roomPause is between two attempts to have a batch taken by a provider
	// at which too much waits already; a day of them is enough.
	roomPause = 15 * time.Minute
	noRoom    = 96
	// batchDeadline is the protocol's day, and time to wind up.
	batchDeadline = 26 * time.Hour
	// windingUp is how long a cancelled batch may take to hand over what it
	// has answered.
	windingUp = 15 * time.Minute
)

// batches classifies one part by batches, one after another, until every
// question has its answer.
type batches struct {
	in        activities.ClassifyPartInput
	maxTokens int64
	spent     []string // whose answers were collected
}

// batches shares the tokens that may wait among the parts under way.
func (a *application) batches(in activities.ClassifyPartInput) *batches {
	return &batches{in: in, maxTokens: max(1, a.in.BatchTokens/window)}
}

func (b *batches) run(ctx workflow.Context) (result activities.ClassifyPartResult, err error) {
	for idle, full := 0, 0; ; {
		sent, err := b.submit(ctx)
		if err != nil {
			return result, err
		}
		ended, err := b.await(ctx, sent)
		if err != nil {
			return result, err
		}
		if ended.Full && full < noRoom {
			full++
			if err := workflow.Sleep(ctx, roomPause); err != nil {
				return result, err
			}
			continue
		}
		got, err := b.collect(ctx, sent.BatchID, idle == idleBatches-1)
		if err != nil {
			return result, err
		}
		if got.Open == 0 {
			return got.ClassifyPartResult, nil
		}
		idle++
		if got.Settled > 0 {
			idle, full = 0, 0
		}
	}
}

func (b *batches) submit(ctx workflow.Context) (sent activities.SubmitBatchResult, err error) {
	err = workflow.ExecuteActivity(call(ctx), provider.SubmitBatch, activities.SubmitBatchInput{
		ClassifyPartInput: b.in, Spent: b.spent, MaxTokens: b.maxTokens,
	}).Get(ctx, &sent)
	return sent, err
}

// await waits for a batch to end. When the run ends first, the batch is
// cancelled, and what it has answered, and is paid for, is kept for another run.
func (b *batches) await(ctx workflow.Context, sent activities.SubmitBatchResult) (ended activities.AwaitBatchResult, err error) {
	if sent.BatchID == "" {
		return ended, nil
	}
	in := activities.AwaitBatchInput{BatchID: sent.BatchID}
	err = workflow.ExecuteActivity(await(ctx, batchDeadline), provider.AwaitBatch, in).Get(ctx, &ended)
	if err == nil || sent.Adopted {
		return ended, err
	}
	after, done := workflow.NewDisconnectedContext(ctx)
	defer done()
	stopped := workflow.ExecuteActivity(call(after), provider.CancelBatch, activities.CancelBatchInput{BatchID: sent.BatchID}).Get(after, nil)
	if stopped == nil {
		stopped = workflow.ExecuteActivity(await(after, windingUp), provider.AwaitBatch, in).Get(after, nil)
	}
	if stopped == nil {
		_, stopped = b.collect(after, sent.BatchID, false)
	}
	if stopped != nil {
		workflow.GetLogger(ctx).Warn("the answers of a cancelled batch were not collected", "batch", sent.BatchID, "error", stopped)
	}
	return ended, err
}

func (b *batches) collect(ctx workflow.Context, id string, last bool) (got activities.CollectBatchResult, err error) {
	err = workflow.ExecuteActivity(call(ctx), provider.CollectBatch, activities.CollectBatchInput{
		ClassifyPartInput: b.in, BatchID: id, LastChance: last,
	}).Get(ctx, &got)
	if id != "" {
		b.spent = append(b.spent, id)
	}
	return got, err
}
