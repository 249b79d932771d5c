package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) modelsApproveCommand() *cobra.Command {
	var (
		r      reason
		reject bool
	)
	cmd := &cobra.Command{
		Use:   "approve WORKFLOW_ID --why REASON",
		Short: "Approve the promotion that a retraining asks for, or reject it",
		Long: `Approve the promotion that a retraining asks for, or reject it.

A retraining with --approve waits for this, until its deadline; ` + "`starter status`" + `
shows what it asks. Its comparison.json has the figures of every company.`,
		Example: `  starter models approve retrain-tweets-1a2b3c4d --why "better on every large company"
  starter models approve retrain-tweets-1a2b3c4d --reject --why "the labels of May are wrong"`,
		Args: oneArg("workflow id"),
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
			return a.approve(ctx, c, args[0], pipeline.Approval{Approved: !reject, Who: by.Name, Why: r.why})
		}),
	}
	r.register(cmd)
	cmd.Flags().BoolVar(&reject, "reject", false, "keep the champion instead")
	return cmd
}

// approve sends the answer and tells what it was about.
func (a *app) approve(ctx context.Context, c *connection, id string, answer pipeline.Approval) (view, error) {
	run, err := c.describe(ctx, id, "")
	if err != nil {
		return nil, err
	}
	switch {
	case run.Workflow != pipeline.RetrainWorkflow:
		return nil, problem.Input("the run %s is of the type %s; only %s asks for an approval", id, run.Workflow, pipeline.RetrainWorkflow)
	case run.State != stateRunning:
		return nil, problem.Input("the run %s is over (%s)", id, run.State)
	}
	wait, cancel := context.WithTimeout(ctx, a.acceptWait)
	defer cancel()
	handle, err := c.UpdateWorkflow(wait, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: pipeline.ApproveUpdate, Args: []any{answer}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var proposal pipeline.Proposal
	if err == nil {
		err = handle.Get(wait, &proposal)
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return answered{Approval: answer, Proposal: proposal}, nil
	case ctx.Err() != nil:
		return nil, &interruption{"stopped before a worker answered"}
	case errors.As(err, &late):
		return nil, problem.New(problem.Environment, "no worker answered within %s; start one with `go run ./worker`", span(a.acceptWait))
	}
	return nil, c.serverProblem(runFailure(err), "run "+id)
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
