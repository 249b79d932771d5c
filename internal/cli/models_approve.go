package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) modelsApproveCommand() *cobra.Command {
	var (
		r      reason
		reject bool
	)
	cmd := &cobra.Command{
		Use:   "approve RUN --why REASON",
		Short: "Approve or reject the promotion that a retraining proposes",
		Long: `Approve or reject the promotion that a retraining proposes.

A retraining with --approve waits for an answer until its deadline;
` + "`starter status`" + ` shows the proposal. Its comparison.json has the figures of every
company.`,
		Example: `  starter models approve retrain-tweets-1a2b3c4d --why "better on every large company"
  starter models approve retrain-tweets-1a2b3c4d --reject --why "the labels of May are wrong"`,
		Args: oneArg("run"),
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			by, err := r.by()
			if err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return a.approve(ctx, c, args[0], pipeline.Approval{Approved: !reject, Who: by, Why: r.why})
		}),
	}
	r.register(cmd)
	cmd.Flags().BoolVar(&reject, "reject", false, "keep the champion instead")
	return cmd
}

// approve sends the answer and tells what it was about.
func (a *app) approve(ctx context.Context, c *connection, id string, answer pipeline.Approval) (view, error) {
	var proposal pipeline.Proposal
	if _, err := a.update(ctx, c, id, pipeline.RetrainWorkflow, "asks for an approval", pipeline.ApproveUpdate, []any{answer}, &proposal); err != nil {
		return nil, err
	}
	return answered{Approval: answer, Proposal: proposal}, nil
}

// answered is what was approved or rejected.
type answered struct {
	pipeline.Approval
	Proposal pipeline.Proposal `json:"proposal"`
}

func (v answered) write(t *text) {
	if v.Approved {
		t.line("approved: %s takes the place of %s", v.Proposal.Challenger, v.Proposal.Champion)
		return
	}
	t.line("rejected: %s stays", v.Proposal.Champion)
}
