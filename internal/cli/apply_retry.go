package cli

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// retryInput is the input of a finished application that asks again what failed
// in it: the same file and the same model. Every other answer is kept already,
// and is not asked for again.
func (a *app) retryInput(ctx context.Context, name string) (pipeline.ApplyInput, error) {
	c, err := a.connect(ctx)
	if err != nil {
		return pipeline.ApplyInput{}, err
	}
	defer c.Close()
	r, err := c.reportOf(ctx, name)
	if err != nil {
		return pipeline.ApplyInput{}, err
	}
	switch id := r.WorkflowID; {
	case r.Workflow != pipeline.ApplyWorkflow:
		return pipeline.ApplyInput{}, problem.Input("the run %s is of the type %s; only the failed rows of an application can be asked again", id, r.Workflow)
	case r.State == stateRunning:
		return pipeline.ApplyInput{}, problem.Input("the run %s goes on; wait until it has ended", id)
	case r.Apply == nil:
		return pipeline.ApplyInput{}, problem.Input("the run %s has ended without a result (%s); start it again with --dataset: what was answered is not asked again", id, r.State)
	case r.Apply.Counts.ConversationStatuses[string(pipeline.AnswerFailed)] == 0:
		return pipeline.ApplyInput{}, problem.Input("the run %s has no failed conversations: there is nothing to ask again", id)
	}
	var in pipeline.ApplyInput
	if err := c.input(ctx, r, &in); err != nil {
		return in, err
	}
	in.Model, in.Resume, in.Force = r.Apply.Model, nil, false
	return in, nil
}

// input decodes what a run was started with, from the first event of its history.
func (c *connection) input(ctx context.Context, r report, in any) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	first, err := c.GetWorkflowHistory(ctx, r.WorkflowID, r.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	if err != nil {
		return c.serverProblem(err, "run "+r.WorkflowID)
	}
	err = c.Decode(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), in)
	if err != nil {
		return problem.New(problem.Environment, "what the run %s was started with cannot be read: %w", r.WorkflowID, err)
	}
	return nil
}
