package cli

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
)

// How long a worker may take to say whether a run could begin. Whoever hears
// nothing by then starts the run, which looks by itself.
const (
	takenWithin   = 5 * time.Second
	saidWithin    = time.Minute
	checkAttempts = 3
)

// checkRun lets a worker look whether a run could begin, before there is one. It
// returns the reason why not, and false where nobody could say: a server that runs
// no activity by itself, no worker, or one of an earlier version.
func (a *app) checkRun(ctx context.Context, c *connection, in pipeline.CheckRunInput) (said bool, err error) {
	wait, cancel := context.WithTimeout(ctx, a.acceptWait)
	defer cancel()
	handle, err := c.ExecuteActivity(wait, client.StartActivityOptions{
		ID:                     pipeline.CheckRunActivity + "-" + strings.ToLower(rand.Text()[:10]),
		TaskQueue:              pipeline.ProviderTaskQueue,
		ScheduleToStartTimeout: takenWithin,
		ScheduleToCloseTimeout: saidWithin,
		HeartbeatTimeout:       20 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumAttempts: checkAttempts},
		Summary:                "look whether a run could begin",
	}, pipeline.CheckRunActivity, in)
	var result pipeline.CheckRunResult
	if err == nil {
		err = handle.Get(wait, &result)
	}
	switch {
	case ctx.Err() != nil:
		return false, &interruption{"stopped before a worker answered; no run was started"}
	case err != nil:
		return false, nil
	case result.Refusal != "":
		return true, runFailure(temporal.NewNonRetryableApplicationError(result.Reason, result.Refusal, nil))
	}
	return true, nil
}
