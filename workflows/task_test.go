package workflows

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// The task of a run reaches every activity that looks into the database.
func TestTaskTravels(t *testing.T) {
	for name, task := range map[string]string{"": registry.DefaultTask, "airlines": "airlines"} {
		t.Run(task, func(t *testing.T) {
			t.Run("fine-tuning", func(t *testing.T) {
				w := newWorld(t)
				var registered registry.Model
				var split activities.SplitExamplesInput
				w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(func(_ context.Context, m registry.Model) (activities.RegisterModelResult, error) {
					registered = m
					return activities.RegisterModelResult{Unfit: "it answers nothing"}, nil
				}).Once()
				w.OnActivity(data.SplitExamples, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.SplitExamplesInput) (activities.SplitExamplesResult, error) {
					split = in
					return activities.SplitExamplesResult{Test: artifact.Ref{Path: "split/test", Rows: 2}}, nil
				}).Once()
				w.fineTunes()
				in := fineTuneInput
				in.Task = name
				w.ExecuteWorkflow(FineTune, in)
				require.NoError(t, w.GetWorkflowError())
				var result pipeline.FineTuneResult
				require.NoError(t, w.GetWorkflowResult(&result))
				require.Equal(t, task, registered.Task)
				require.Equal(t, "tweets.csv", registered.Dataset)
				require.Equal(t, task, split.Task)
				require.Equal(t, task, result.Task)
				require.Equal(t, task, w.status().Task)
				require.Empty(t, result.Champion)
				require.Equal(t, "it answers nothing", result.Unfit)
			})
			t.Run("application", func(t *testing.T) {
				w := newWorld(t)
				origin := &pipeline.Origin{Dataset: "tweets.csv", DatasetRows: 7}
				w.OnActivity(provider.ResolveModel, mock.Anything, mock.MatchedBy(func(in activities.ResolveModelInput) bool { return in.Task == task })).
					Return(activities.ResolveModelResult{Model: model, Origin: origin}, nil).Once()
				w.OnActivity(data.MergeOutput, mock.Anything, mock.MatchedBy(func(in activities.MergeOutputInput) bool {
					return in.Task == task && in.Origin.Dataset == "tweets.csv"
				})).Return(activities.MergeOutputResult{Output: artifact.Ref{Rows: 100}, Warnings: []string{"odd"}}, nil).Once()
				var manifest activities.WriteManifestInput
				w.OnActivity(data.WriteManifest, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.WriteManifestInput) (artifact.Ref, error) {
					manifest = in
					return artifact.Ref{}, nil
				}).Once()
				w.applies(2)
				w.ExecuteWorkflow(Apply, pipeline.ApplyInput{Task: name, Dataset: "/data/production.csv"})
				require.NoError(t, w.GetWorkflowError())
				var result pipeline.ApplyResult
				require.NoError(t, w.GetWorkflowResult(&result))
				require.Equal(t, task, result.Task)
				require.Equal(t, origin, result.Origin)
				require.Equal(t, []string{"odd"}, result.Warnings)
				text, err := json.Marshal(manifest.Manifest.Result)
				require.NoError(t, err)
				require.Contains(t, string(text), `"odd"`)
				require.Contains(t, string(text), `"tweets.csv"`)
			})
			t.Run("retraining", func(t *testing.T) {
				w := newWorld(t)
				retrainsOfTask(w, task, activities.RegisterModelResult{Champion: champion})
				in := pipeline.RetrainInput{FineTune: fineTuneInput}
				in.FineTune.Task = name
				w.ExecuteWorkflow(Retrain, in)
				require.NoError(t, w.GetWorkflowError())
				var result pipeline.RetrainResult
				require.NoError(t, w.GetWorkflowResult(&result))
				require.Equal(t, task, result.Task)
				require.Equal(t, task, result.FineTune.Task)
				require.Equal(t, registry.Promote, result.Decision)
			})
		})
	}
}

// retrainsOfTask lets a better challenger be made in a task, and nothing happen in
// another.
func retrainsOfTask(w *world, task string, registered activities.RegisterModelResult) {
	w.OnActivity(data.PlanRetraining, mock.Anything, mock.MatchedBy(func(in activities.PlanRetrainingInput) bool { return in.Retraining.Task == task })).
		Return(enough, nil).Once()
	w.OnActivity(data.RegisterModel, mock.Anything, mock.MatchedBy(func(m registry.Model) bool { return m.Task == task })).
		Return(registered, nil).Once()
	w.OnActivity(data.StageHeldCalls, mock.Anything, mock.MatchedBy(func(in activities.StageHeldCallsInput) bool { return in.Task == task })).
		Return(activities.StageHeldCallsResult{}, nil).Maybe()
	w.OnActivity(data.CompareModels, mock.Anything, mock.MatchedBy(func(in activities.CompareModelsInput) bool { return in.Retraining.Task == task })).
		Return(activities.CompareModelsResult{Better: true, Reason: "by a comparison"}, nil).Once()
	w.OnActivity(data.ConcludeRetraining, mock.Anything, mock.MatchedBy(func(in activities.ConcludeRetrainingInput) bool { return in.Retraining.Task == task })).
		Return(func(_ context.Context, in activities.ConcludeRetrainingInput) (activities.ConcludeRetrainingResult, error) {
			decision := registry.Keep
			if in.Promote {
				decision = registry.Promote
			}
			return activities.ConcludeRetrainingResult{Decision: decision, Reason: in.Reason}, nil
		}).Once()
	w.fineTunes()
}

// The input is that which a schedule of the version before tasks gives to its runs.
func TestScheduleFromBeforeTasksRetrainsTheDefault(t *testing.T) {
	text, err := os.ReadFile("testdata/schedule-before-tasks.json")
	require.NoError(t, err)
	var in pipeline.RetrainInput
	require.NoError(t, json.Unmarshal(text, &in))
	w := newWorld(t)
	retrainsOfTask(w, registry.DefaultTask, activities.RegisterModelResult{Champion: champion})
	w.ExecuteWorkflow(Retrain, in)
	require.NoError(t, w.GetWorkflowError())
	var result pipeline.RetrainResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Equal(t, registry.DefaultTask, result.Task)
	require.Equal(t, registry.Promote, result.Decision)
}

func TestUnfitChallengerIsKeptOut(t *testing.T) {
	for name, plan := range map[string]activities.PlanRetrainingResult{"the first model": {Train: true}, "a challenger": enough} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).plans(plan).compares(true)
			concluded := w.concludes()
			w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(activities.RegisterModelResult{Unfit: "it answers nothing"}, nil).Once()
			w.fineTunes()
			result := w.retrains(pipeline.RetrainInput{Approve: true}) // nobody is asked about it
			require.Equal(t, registry.Keep, result.Decision)
			require.Equal(t, "it answers nothing", result.Reason)
			require.False(t, concluded.Promote)
		})
	}
}
