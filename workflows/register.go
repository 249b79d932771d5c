package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/pipeline"
)

// registrar is what workflows are registered with: a worker, a replayer, a test
// environment.
type registrar interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register makes every workflow known under its name.
func Register(r registrar) {
	for name, f := range map[string]any{
		pipeline.PrepareDatasetWorkflow: PrepareDataset,
		pipeline.FineTuneWorkflow:       FineTune,
		pipeline.ApplyWorkflow:          Apply,
		pipeline.RetrainWorkflow:        Retrain,
		pipeline.EvaluateWorkflow:       Evaluate,
		pipeline.AnalyzeCallWorkflow:    AnalyzeCall,
	} {
		r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
}
