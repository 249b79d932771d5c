package runs

import (
	"context"

	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
	"switchboard/internal/request"
	"switchboard/internal/temporal"
)

// Result is what a run came to that is over: one of them by its type, and none for a
// run that failed.
type Result struct {
	FineTune *pipeline.FineTuneResult
	Apply    *pipeline.ApplyResult
	// Retrain is set beside FineTune, which is then that of its child, if there was
	// one.
	Retrain  *pipeline.RetrainResult
	Evaluate *pipeline.EvaluateResult
	Call     *pipeline.AnalyzeCallResult
}

// ReadResult waits until a run of a type is over, for some seconds, and returns its
// result, or as an error why it failed.
func ReadResult(ctx context.Context, c *temporal.Client, id, runID, workflow string) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var r Result
	err := r.read(ctx, c.GetWorkflow(ctx, id, runID), workflow)
	return r, request.Failure(err)
}

func (r *Result) read(ctx context.Context, run client.WorkflowRun, workflow string) error {
	switch workflow {
	case pipeline.FineTuneWorkflow:
		return get(ctx, run, &r.FineTune)
	case pipeline.ApplyWorkflow:
		return get(ctx, run, &r.Apply)
	case pipeline.EvaluateWorkflow:
		return get(ctx, run, &r.Evaluate)
	case pipeline.AnalyzeCallWorkflow:
		return get(ctx, run, &r.Call)
	case pipeline.RetrainWorkflow:
		if err := get(ctx, run, &r.Retrain); err != nil {
			return err
		}
		if r.Retrain.FineTune.Model != "" {
			r.FineTune = &r.Retrain.FineTune
		}
		return nil
	}
	return run.Get(ctx, nil)
}

// get sets result only if the run has one.
func get[T any](ctx context.Context, run client.WorkflowRun, result **T) error {
	var value T
	if err := run.Get(ctx, &value); err != nil {
		return err
	}
	*result = &value
	return nil
}
