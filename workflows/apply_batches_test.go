package workflows

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

var batchInput = pipeline.ApplyInput{Dataset: "/data/production.csv", Mode: pipeline.InBatches, BatchTokens: 4000}

// clerk answers for the activities that send and read batches, for one part. Each batch settles what
// answers says for its turn, of the part's ten questions.
type clerk struct {
	mu        sync.Mutex
	open      int
	answers   []int
	submitted []activities.SubmitBatchInput
	collected []activities.CollectBatchInput
}

func (w *world) batches(c *clerk) *world {
	w.OnActivity(provider.SubmitBatch, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.SubmitBatchInput) (activities.SubmitBatchResult, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.submitted = append(c.submitted, in)
			return activities.SubmitBatchResult{BatchID: fmt.Sprint("batch_", len(c.submitted))}, w.asksClearance(in.Clearance)
		}).Maybe()
	w.OnActivity(provider.CollectBatch, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.CollectBatchInput) (activities.CollectBatchResult, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			turn := len(c.collected)
			c.collected = append(c.collected, in)
			result := activities.CollectBatchResult{}
			if turn < len(c.answers) {
				result.Settled = c.answers[turn]
			}
			c.open -= result.Settled
			if result.Settled == 0 && in.LastChance {
				c.open = 0
			}
			if result.Open = c.open; c.open == 0 {
				result.Predictions = artifact.Ref{Path: in.Path, Rows: in.Examples.Rows}
			}
			return result, nil
		}).Maybe()
	w.OnActivity(provider.AwaitBatch, mock.Anything, mock.Anything).Return(activities.AwaitBatchResult{}, nil).Maybe()
	return w
}

func TestApplyInBatchesGoesOnUntilEveryQuestionIsAnswered(t *testing.T) {
	w, c := newWorld(t), &clerk{open: 10, answers: []int{4, 0, 0, 5, 1}}
	w.batches(c).applies(1)
	w.ExecuteWorkflow(Apply, batchInput)
	require.NoError(t, w.GetWorkflowError())
	require.Len(t, c.submitted, 5)
	require.Equal(t, []string{"batch_1", "batch_2", "batch_3", "batch_4"}, c.submitted[4].Spent, "a batch whose answers were collected must not be taken for a new one")
	require.EqualValues(t, 1000, c.submitted[0].MaxTokens, "four parts share the tokens that may wait")
	require.Zero(t, w.times("ClassifyPart"))
	var result pipeline.ApplyResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Equal(t, pipeline.InBatches, result.Mode)
}

func TestPartIsGivenUpAfterBatchesThatBringNothing(t *testing.T) {
	w, c := newWorld(t), &clerk{open: 10, answers: []int{3}}
	w.batches(c).applies(1)
	w.ExecuteWorkflow(Apply, batchInput)
	require.NoError(t, w.GetWorkflowError())
	var last []bool
	for _, in := range c.collected {
		last = append(last, in.LastChance)
	}
	require.Equal(t, []bool{false, false, false, true}, last)
}

func TestApplyInBatchesWaitsForRoomAtTheProvider(t *testing.T) {
	w, c := newWorld(t), &clerk{open: 10, answers: []int{10}}
	w.OnActivity(provider.AwaitBatch, mock.Anything, mock.Anything).Return(activities.AwaitBatchResult{Full: true}, nil).Times(8)
	w.batches(c).applies(1)
	began := w.Now()
	w.ExecuteWorkflow(Apply, batchInput)
	require.NoError(t, w.GetWorkflowError())
	require.Len(t, c.submitted, 9)
	require.Len(t, c.collected, 1)
	require.GreaterOrEqual(t, w.Now().Sub(began), 8*roomPause)
}

func TestCancelledApplyCancelsItsBatchAndKeepsItsAnswers(t *testing.T) {
	for _, ours := range []bool{true, false} {
		t.Run(fmt.Sprint("ours ", ours), func(t *testing.T) {
			w, c := newWorld(t), &clerk{open: 10, answers: []int{6}}
			w.OnActivity(provider.AwaitBatch, mock.Anything, mock.Anything).Once().Return(
				func(ctx context.Context, _ activities.AwaitBatchInput) (activities.AwaitBatchResult, error) {
					w.CancelWorkflow()
					<-ctx.Done()
					return activities.AwaitBatchResult{}, ctx.Err()
				})
			var asked activities.CancelBatchInput
			w.OnActivity(provider.CancelBatch, mock.Anything, mock.Anything).Return(
				func(_ context.Context, in activities.CancelBatchInput) (activities.CancelBatchResult, error) {
					asked = in
					return activities.CancelBatchResult{Ends: ours}, nil
				})
			w.batches(c).applies(1)
			w.ExecuteWorkflow(Apply, batchInput)
			require.Error(t, w.GetWorkflowError())
			require.Equal(t, activities.CancelBatchInput{BatchID: "batch_1", Owner: c.submitted[0].Owner}, asked)
			require.NotEmpty(t, asked.Owner)
			if !ours {
				require.Empty(t, c.collected, "another run waits for this batch")
				require.Equal(t, 1, w.times("AwaitBatch"))
				return
			}
			require.Len(t, c.collected, 1, "what was answered is paid for")
		})
	}
}

func TestApplyInBatchesRefuses(t *testing.T) {
	for name, change := range map[string]func(*pipeline.ApplyInput){
		"another mode":         func(in *pipeline.ApplyInput) { in.Mode = "soon" },
		"negative tokens":      func(in *pipeline.ApplyInput) { in.BatchTokens = -1 },
		"tokens without batch": func(in *pipeline.ApplyInput) { in.Mode = pipeline.Online },
	} {
		t.Run(name, func(t *testing.T) {
			w, in := newWorld(t), batchInput
			change(&in)
			w.applies(1)
			w.ExecuteWorkflow(Apply, in)
			require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
		})
	}
}
