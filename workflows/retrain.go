package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/pipeline"
)

// Retrain is what a Schedule starts: a fine-tuning on the dataset as it is by
// then. Its model is the latest one from there on. Where the dataset has not
// changed, the provider's finished job and the answers to its evaluation are
// found, and nothing is paid again.
func Retrain(ctx workflow.Context, in pipeline.RetrainInput) (result pipeline.RetrainResult, err error) {
	r, err := newRun(ctx)
	if err != nil {
		return result, err
	}
	defer func() { r.end(ctx, err) }()
	if err := r.enter(ctx, pipeline.Retraining); err != nil {
		return result, err
	}
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          pipeline.RetrainedID(workflow.GetInfo(ctx).WorkflowExecution.ID),
		WaitForCancellation: true,
	})
	err = workflow.ExecuteChildWorkflow(child, FineTune, in.FineTune).Get(ctx, &result.FineTune)
	return result, err
}
