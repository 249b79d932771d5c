package workflows

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// A run without what it needs around it ends with the sentence, having done
// nothing, and sets no search attribute that the namespace may not know.
func TestNothingIsDoneWithoutTheSurroundings(t *testing.T) {
	for workflow, input := range map[string]any{
		pipeline.FineTuneWorkflow:    fineTuneInput,
		pipeline.ApplyWorkflow:       pipeline.ApplyInput{Dataset: "/data/production.csv"},
		pipeline.RetrainWorkflow:     pipeline.RetrainInput{FineTune: fineTuneInput},
		pipeline.EvaluateWorkflow:    pipeline.EvaluateInput{Dir: "finetune-x/run-1"},
		pipeline.AnalyzeCallWorkflow: pipeline.AnalyzeCallInput{Event: "/data/call.json", CallID: "1"},
	} {
		t.Run(workflow, func(t *testing.T) {
			w := newWorld(t)
			w.lacks = temporal.NewNonRetryableApplicationError("what to do", string(problem.Environment), nil)
			w.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(mock.Arguments) { t.Error("a search attribute was set") }).Return(nil).Maybe()
			w.ExecuteWorkflow(workflow, input)
			var app *temporal.ApplicationError
			require.ErrorAs(t, w.GetWorkflowError(), &app)
			require.Equal(t, "what to do", app.Message())
			require.Equal(t, string(problem.Environment), app.Type())
			require.Empty(t, w.ran)
			require.Equal(t, pipeline.Failed, w.status().Stage)
		})
	}
}

// What a schedule asks before it is made ends when the run is accepted.
func TestCheckAloneDoesNothingElse(t *testing.T) {
	w := newWorld(t).acceptsFineTune()
	w.ExecuteWorkflow(Retrain, pipeline.RetrainInput{FineTune: fineTuneInput, CheckOnly: true})
	require.NoError(t, w.GetWorkflowError())
	require.ElementsMatch(t, []string{"CheckDataset", "CheckProvider"}, w.ran)
}
