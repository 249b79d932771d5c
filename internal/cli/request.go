package cli

import (
	"context"
	"errors"

	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// request lets a worker carry out an activity, outside of any workflow, and
// decodes its answer. It fails soon where no worker takes the request.
func (a *app) request(ctx context.Context, c *connection, activity string, in, answer any) error {
	err := request.Ask(ctx, c.Client, request.Request{Activity: activity, Input: in, Wait: a.takeWait}, answer)
	switch {
	case err != nil && ctx.Err() != nil:
		return &interruption{"stopped before a worker answered"}
	case errors.Is(err, request.ErrNoWorker):
		return problem.New(problem.Environment, "no worker answered within %s; start one with `go run ./worker`, or everything with `go run ./standalone` (workers of an earlier version do not answer such requests)", span(a.takeWait))
	}
	return err
}
