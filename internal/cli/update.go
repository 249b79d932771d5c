package cli

import (
	"context"
	"errors"

	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// update sends an update to a run of a type that takes it, waits for the answer
// and decodes it. It returns the run as it was before; verb says what others
// cannot do, for the error.
func (a *app) update(ctx context.Context, c *connection, name, workflow, verb, update string, args []any, answer any) (report, error) {
	run, err := c.find(ctx, name)
	if err != nil {
		return report{}, err
	}
	id := run.workflow
	r, err := c.describe(ctx, id, run.run)
	if err != nil {
		return r, err
	}
	switch {
	case r.Workflow != workflow:
		return r, problem.Input("the run %s is of the type %s; only %s %s", id, r.Workflow, workflow, verb)
	case r.State != stateRunning:
		return r, problem.Input("the run %s is over (%s)", id, r.State)
	}
	wait, cancel := context.WithTimeout(ctx, a.acceptWait)
	defer cancel()
	err = request.Send(wait, c.Client, request.Update{WorkflowID: id, RunID: run.run, Name: update, Args: args}, answer)
	switch {
	case err == nil:
		return r, nil
	case ctx.Err() != nil:
		return r, &interruption{"stopped before a worker answered"}
	case errors.Is(err, request.ErrNoWorker):
		return r, problem.New(problem.Environment, "no worker answered within %s; start one with `go run ./worker`", span(a.acceptWait))
	}
	return r, err
}
