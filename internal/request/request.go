package request

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/temporal"
)

// ErrNoWorker tells that no worker took a request in time.
var ErrNoWorker = errors.New("no worker answers; start one with `go run ./worker`")

// Bounds of a request to a worker. A request that a worker has taken is tried again
// where the worker is lost.
const (
	// timeout is for one attempt: the slowest looks at a provider that does
	// not answer.
	timeout  = 3 * time.Minute
	attempts = 5
	// silence is after how long without a heartbeat a worker counts as lost.
	silence = 20 * time.Second
)

// Request is what a worker is asked for.
type Request struct {
	// Activity is one of the queue's.
	Activity string
	// Queue is the task queue; [pipeline.ControlTaskQueue] if empty.
	Queue string
	// Input is the activity's, nil if it takes none.
	Input any
	// Wait bounds how long the request waits for a worker to take it.
	Wait time.Duration
}

// Ask lets a worker carry out an activity, outside of any workflow, and decodes its
// answer into what answer points to. It returns [ErrNoWorker] soon where no worker
// takes the request, the context's error where that ends first, and otherwise what
// [Failure] and [Problem] make of the reason.
func Ask(ctx context.Context, c *temporal.Client, r Request, answer any) error {
	var args []any
	if r.Input != nil {
		args = []any{r.Input}
	}
	handle, err := c.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     id(r.Activity),
		TaskQueue:              cmp.Or(r.Queue, pipeline.ControlTaskQueue),
		ScheduleToStartTimeout: r.Wait,
		StartToCloseTimeout:    timeout,
		HeartbeatTimeout:       silence,
		RetryPolicy:            &sdk.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: attempts},
	}, r.Activity, args...)
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	var late *sdk.TimeoutError
	var unknown *serviceerror.Unimplemented
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &late) && late.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return ErrNoWorker
	case errors.As(err, &unknown):
		return problem.New(problem.Environment, "the Temporal server at %s runs no activities without a workflow: %s; update it to version 1.32 or later", c.Address, unknown.Message)
	}
	return Problem(c, Failure(err), "request")
}

// id names a request: what is asked, and something that no other has.
func id(activity string) string {
	return activity + "-" + strings.ToLower(rand.Text()[:10])
}

// Update is what a workflow is asked for.
type Update struct {
	// WorkflowID and RunID name the run; without a run id it is the latest.
	WorkflowID, RunID string
	Name              string
	Args              []any
}

// Send sends an update to a workflow, waits until it is carried out and decodes the
// answer into what answer points to. Its errors are those of [Ask]; a context whose
// deadline comes first tells that no worker answers.
func Send(ctx context.Context, c *temporal.Client, u Update, answer any) error {
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: u.WorkflowID, RunID: u.RunID, UpdateName: u.Name, Args: u.Args, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.As(err, &late):
		return ErrNoWorker
	}
	return Problem(c, Failure(err), "run "+u.WorkflowID)
}
