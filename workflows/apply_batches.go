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
	part      string // for people
	owner     string // the run
	maxTokens int64
	spent     []string // whose answers were collected
}

// batches shares the tokens that may wait among the parts under way.
func (a *application) batches(in activities.ClassifyPartInput, part string) *batches {
	return &batches{in: in, part: part, owner: a.status.Dir, maxTokens: max(1, a.in.BatchTokens/window)}
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
	err = workflow.ExecuteActivity(call(ctx, "submit a batch for "+b.part), provider.SubmitBatch, activities.SubmitBatchInput{
		ClassifyPartInput: b.in, Spent: b.spent, MaxTokens: b.maxTokens, Owner: b.owner,
	}).Get(ctx, &sent)
	return sent, err
}

// await waits for a batch to end. When the run ends first, its batch is
// cancelled, and what it has answered, and is paid for, is kept for another run.
func (b *batches) await(ctx workflow.Context, sent activities.SubmitBatchResult) (ended activities.AwaitBatchResult, err error) {
	if sent.BatchID == "" {
		return ended, nil
	}
	in := activities.AwaitBatchInput{BatchID: sent.BatchID}
	err = workflow.ExecuteActivity(await(ctx, "await the batch for "+b.part, batchDeadline), provider.AwaitBatch, in).Get(ctx, &ended)
	if err == nil {
		return ended, nil
	}
	after, done := workflow.NewDisconnectedContext(ctx)
	defer done()
	if lost := b.windUp(after, sent.BatchID); lost != nil {
		workflow.GetLogger(ctx).Warn("the answers of a cancelled batch were not collected", "batch", sent.BatchID, "error", lost)
	}
	return ended, err
}

// windUp cancels a batch and collects what it has answered.
func (b *batches) windUp(ctx workflow.Context, id string) error {
	var cancelled activities.CancelBatchResult
	err := workflow.ExecuteActivity(call(ctx, "cancel the batch for "+b.part), provider.CancelBatch, activities.CancelBatchInput{BatchID: id, Owner: b.owner}).Get(ctx, &cancelled)
	if err != nil || !cancelled.Ends {
		return err
	}
	err = workflow.ExecuteActivity(await(ctx, "await the cancelled batch for "+b.part, windingUp), provider.AwaitBatch, activities.AwaitBatchInput{BatchID: id}).Get(ctx, nil)
	if err != nil {
		return err
	}
	_, err = b.collect(ctx, id, false)
	return err
}

func (b *batches) collect(ctx workflow.Context, id string, last bool) (got activities.CollectBatchResult, err error) {
	err = workflow.ExecuteActivity(call(ctx, "collect the answers for "+b.part), provider.CollectBatch, activities.CollectBatchInput{
		ClassifyPartInput: b.in, BatchID: id, LastChance: last,
	}).Get(ctx, &got)
	if id != "" {
		b.spent = append(b.spent, id)
	}
	return got, err
}
