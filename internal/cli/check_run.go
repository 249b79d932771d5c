package cli

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/request"
)

// checkRun lets a worker look whether a run could begin, before there is one. It
// returns the reason why not, and false where nobody could say within the time that a
// run has to be accepted: no worker, one of an earlier version, or a server that runs
// no activity by itself. The run, once started, looks by itself.
func (a *app) checkRun(ctx context.Context, c *connection, in pipeline.CheckRunInput) (said bool, err error) {
	wait, cancel := context.WithTimeout(ctx, a.acceptWait)
	defer cancel()
	var result pipeline.CheckRunResult
	err = a.request(wait, c, pipeline.CheckRunActivity, in, &result)
	switch {
	case ctx.Err() != nil:
		return false, &interruption{"stopped before a worker answered; no run was started"}
	case err != nil:
		return false, nil
	case result.Refusal != "":
		return true, request.Failure(temporal.NewNonRetryableApplicationError(result.Reason, result.Refusal, nil))
	}
	return true, nil
}
