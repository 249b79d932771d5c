package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Bounds of a request to a worker. A request that a worker has taken is tried again
// where the worker is lost.
const (
	// requestTimeout is for one attempt: the slowest looks at a provider that does
	// not answer.
	requestTimeout  = 3 * time.Minute
	requestAttempts = 5
	// silenceTimeout is after how long without a heartbeat a worker counts as lost.
	silenceTimeout = 20 * time.Second
)

// request lets a worker carry out an activity, outside of any workflow, and
// decodes its answer. It fails soon where no worker takes the request.
func (a *app) request(ctx context.Context, c *connection, activity string, in, answer any) error {
	var args []any
	if in != nil {
		args = []any{in}
	}
	handle, err := c.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     requestID(activity),
		TaskQueue:              pipeline.ControlTaskQueue,
		ScheduleToStartTimeout: a.takeWait,
		StartToCloseTimeout:    requestTimeout,
		HeartbeatTimeout:       silenceTimeout,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: requestAttempts},
	}, activity, args...)
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	return a.requestProblem(ctx, c, err)
}

// requestID names a request: what is asked, and something that no other has.
func requestID(activity string) string {
	return activity + "-" + strings.ToLower(rand.Text()[:10])
}

// requestProblem says why a request has no answer.
func (a *app) requestProblem(ctx context.Context, c *connection, err error) error {
	var late *temporal.TimeoutError
	var unknown *serviceerror.Unimplemented
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &interruption{"stopped before a worker answered"}
	case errors.As(err, &late) && late.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return problem.New(problem.Environment, "no worker answered within %s; start one with `go run ./worker`, or everything with `go run ./standalone` (workers of an earlier version do not answer such requests)", span(a.takeWait))
	case errors.As(err, &unknown):
		return problem.New(problem.Environment, "the Temporal server at %s runs no activities without a workflow: %s; update it to version 1.32 or later", c.Address, unknown.Message)
	}
	return c.serverProblem(runFailure(err), "request")
}
