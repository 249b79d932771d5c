package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// reports lets everything of an evaluation succeed, and shows what is reported.
// Where seen holds a column at first, the base model has to be asked for.
func (w *world) reports(seen *activities.ReportEvaluationInput) *world {
	w.OnActivity(provider.ResolveModel, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ResolveModelInput) (activities.ResolveModelResult, error) {
			require.Equal(w.t, len(seen.Untuned) > 0, in.Base)
			return activities.ResolveModelResult{Model: model, BaseModel: "base-model", Labels: artifact.Ref{Path: "model-labels"}}, nil
		})
	w.OnActivity(data.LocateSplits, mock.Anything, mock.Anything).Return(activities.LocateSplitsResult{
		Train: artifact.Ref{Path: "train"}, Validation: artifact.Ref{Path: "validation"}, Test: artifact.Ref{Path: "test"},
		Labels: artifact.Ref{Path: "split-labels"}, Anonymizer: "v1", Privacy: passed,
	}, nil)
	w.OnActivity(data.WritePrompts, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.WritePromptsInput) (result activities.WritePromptsResult, _ error) {
			require.Equal(w.t, "train", in.Train.Path)
			for _, way := range in.With {
				result.Prompts = append(result.Prompts, artifact.Ref{Path: "prompt-" + string(way)})
			}
			return result, nil
		}).Maybe()
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ClassifyPartInput) (activities.ClassifyPartResult, error) {
			name := in.Model + " " + in.Examples.Path + " " + in.Labels.Path + " " + in.Prompt.Path
			return activities.ClassifyPartResult{Predictions: artifact.Ref{Path: name}}, w.asksClearance(in.Clearance)
		})
	w.OnActivity(data.EvaluateModel, mock.Anything, mock.Anything).Return(activities.EvaluateModelResult{}, nil)
	w.OnActivity(data.ReportEvaluation, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ReportEvaluationInput) (activities.ReportEvaluationResult, error) {
			*seen = in
			return activities.ReportEvaluationResult{}, nil
		})
	return w
}

func TestEvaluateAsksTheBaseModelWhereItIsAsked(t *testing.T) {
	seen := activities.ReportEvaluationInput{Untuned: make([]activities.UntunedAnswers, 1)}
	w := newWorld(t).reports(&seen)
	w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", With: []pipeline.Untuned{pipeline.Base, pipeline.FewShot}})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, model+" test model-labels ", seen.TestPredictions.Path)
	require.Equal(t, []activities.UntunedAnswers{
		{Way: pipeline.Base, Validation: artifact.Ref{Path: "base-model validation split-labels prompt-base"}, Test: artifact.Ref{Path: "base-model test split-labels prompt-base"}},
		{Way: pipeline.FewShot, Validation: artifact.Ref{Path: "base-model validation split-labels prompt-few-shot"}, Test: artifact.Ref{Path: "base-model test split-labels prompt-few-shot"}},
	}, seen.Untuned)
}

func TestEvaluateAloneAsksTheModelOnly(t *testing.T) {
	var seen activities.ReportEvaluationInput
	w := newWorld(t).reports(&seen)
	w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1"})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, 2, w.times("ClassifyPart"))
	require.Zero(t, w.times("WritePrompts"))
}

func TestEvaluateRefusesColumnsThatItDoesNotKnow(t *testing.T) {
	for _, with := range [][]pipeline.Untuned{{"best"}, {pipeline.Base, pipeline.Base}} {
		w := newWorld(t)
		w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", With: with})
		require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
	}
}
