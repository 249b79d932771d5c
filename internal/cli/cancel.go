package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/problem"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel [RUN]",
		Short: "Cancel a run, and the provider's job with it",
		Long: `Cancel a run, and the provider's job with it.

Without RUN it cancels the latest fine-tuning. The command returns as soon as the
server has the request; the run then cleans up, and ` + "`starter status`" + ` shows
its progress.

A call that is cancelled stays without an answer, and is no dead letter.
` + "`starter calls retry`" + ` analyzes it once more, if it was stored.`,
		Example: `  starter cancel
  starter cancel finetune-tweets-1a2b3c4d
  starter cancel call/call-0042`,
		Args: maybeOneArg("run"),
		RunE: a.doWithRun(func(ctx context.Context, c *connection, run runRef) (view, error) {
			r, err := c.describe(ctx, run.workflow, run.run)
			if err != nil {
				return nil, err
			}
			if r.State != stateRunning {
				return nil, problem.Input("the run %s is over already (%s)", r.WorkflowID, r.State)
			}
			if err := c.CancelWorkflow(ctx, r.WorkflowID, r.RunID); err != nil {
				return nil, c.serverProblem(err, "run "+r.WorkflowID)
			}
			return cancelled{r.WorkflowID, r.RunID, c.flags}, nil
		}),
	}
}

// cancelled tells that a run was asked to end.
type cancelled struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	flags      string
}

func (c cancelled) write(t *text) {
	t.line("cancelling %s", c.WorkflowID)
	t.fact("next", "starter status "+c.WorkflowID+c.flags)
}
