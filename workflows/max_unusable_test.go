package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"switchboard/activities"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// What a run says of unusable cells reaches the loading, and the loading's refusal
// ends the run.
func TestLimitOfUnusableCellsReachesTheLoading(t *testing.T) {
	fineTune := pipeline.FineTuneInput{Dataset: "/d/x.csv", MaxUnusable: 0.5}
	for name, start := range map[string]func(w *world){
		"finetune": func(w *world) { w.acceptsFineTune().ExecuteWorkflow(FineTune, fineTune) },
		"apply": func(w *world) {
			w.acceptsApply().ExecuteWorkflow(Apply, pipeline.ApplyInput{Dataset: "/d/x.csv", MaxUnusable: 0.5})
		},
		"retrain": func(w *world) {
			w.acceptsFineTune().ExecuteWorkflow(Retrain, pipeline.RetrainInput{FineTune: fineTune})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var given float64
			w.OnActivity(data.StageConversations, mock.Anything, mock.Anything).Return(
				func(_ context.Context, in activities.StageConversationsInput) (activities.StageConversationsResult, error) {
					given = in.MaxUnusable
					return activities.StageConversationsResult{}, temporal.NewNonRetryableApplicationError("no id can be read", string(problem.BadInput), nil)
				})
			w.concludes()
			start(w)
			require.ErrorContains(t, w.GetWorkflowError(), "no id can be read")
			require.Equal(t, 0.5, given)
		})
	}
}
