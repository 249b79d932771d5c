package workflows

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// contends lets models called "ft:..." be known, "base-..." be base models, and all
// others be missing.
func (w *world) contends(turns pipeline.Turns, seen *activities.ReportComparisonInput) *world {
	w.OnActivity(provider.ResolveModel, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ResolveModelInput) (activities.ResolveModelResult, error) {
			require.True(w.t, in.Contender)
			switch {
			case strings.HasPrefix(in.Model, "ft:"):
				return activities.ResolveModelResult{Model: in.Model, BaseModel: "base", Labels: artifact.Ref{Path: "labels"}, Job: pipeline.JobState{Seconds: 12}}, nil
			case strings.HasPrefix(in.Model, "base-"):
				return activities.ResolveModelResult{BaseModel: in.Model, Train: true}, nil
			}
			return activities.ResolveModelResult{}, temporal.NewNonRetryableApplicationError("no such model", string(problem.BadInput), nil)
		}).Maybe()
	w.OnActivity(data.LocateSplits, mock.Anything, mock.Anything).Return(activities.LocateSplitsResult{
		Train: artifact.Ref{Path: "train"}, Validation: artifact.Ref{Path: "validation"}, Test: artifact.Ref{Path: "test"}, Labels: artifact.Ref{Path: "labels"},
		Known: artifact.Ref{Path: "growing", Rows: 4}, TrainFile: artifact.Ref{Path: "train.jsonl", SHA256: "t"}, ValidationFile: artifact.Ref{Path: "validation.jsonl"},
		Epochs: 3, Seed: 7, Turns: turns, Anonymizer: "v1", Privacy: passed,
	}, nil)
	w.OnActivity(data.ReportComparison, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ReportComparisonInput) (activities.ReportComparisonResult, error) {
			*seen = in
			return activities.ReportComparisonResult{Models: []pipeline.ComparedModel{{Name: "x"}}, HTML: artifact.Ref{Path: "report.html"}}, nil
		}).Maybe()
	return w.acceptsFineTune().trains().finishes().judges()
}

func TestComparisonTrainsBaseModelsAndKeepsFailuresAsRows(t *testing.T) {
	var seen activities.ReportComparisonInput
	w := newWorld(t)
	var job activities.SubmitJobInput
	w.OnActivity(provider.SubmitJob, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.SubmitJobInput) (activities.SubmitJobResult, error) {
			job = in
			return activities.SubmitJobResult{JobID: jobID}, nil
		}).Once()
	w.contends("", &seen)
	w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", Compare: []string{"ft:a", "missing", "base-b"}})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, []string{"", "no such model", ""}, []string{seen.Contenders[0].Failure, seen.Contenders[1].Failure, seen.Contenders[2].Failure})
	require.Equal(t, "ft:a", seen.Contenders[0].Result.Model)
	require.EqualValues(t, 12, seen.Contenders[0].Result.Contender.Job.Seconds)
	require.Equal(t, model, seen.Contenders[2].Result.Model)
	require.Equal(t, "base-b", seen.Contenders[2].Result.Contender.BaseModel)
	// What the fine-tuning of the splits was trained with.
	require.Equal(t, "base-b", job.BaseModel)
	require.Equal(t, "t", job.TrainingSHA256)
	require.Equal(t, 3, job.Epochs)
	require.EqualValues(t, 7, job.Seed)
	require.Zero(t, w.times("RegisterModel"))
	var result pipeline.EvaluateResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Len(t, result.Compared, 1)
	require.Equal(t, "report.html", result.Report.Path)
}

func TestComparisonOfModelsThatAllFail(t *testing.T) {
	var seen activities.ReportComparisonInput
	w := newWorld(t).contends("", &seen)
	w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", Compare: []string{"missing", "gone"}})
	require.Equal(t, string(problem.Refused), w.kind(w.GetWorkflowError()))
	require.ErrorContains(t, w.GetWorkflowError(), "none of the 2 models could be judged")
	require.Zero(t, w.times("ReportComparison"))
}

func TestComparisonRefusesWhatItCannotCompare(t *testing.T) {
	for name, in := range map[string]pipeline.EvaluateInput{
		"one":              {Compare: []string{"a"}},
		"twice":            {Compare: []string{"a", "a"}},
		"a model besides":  {Compare: []string{"a", "b"}, Model: "c"},
		"columns besides":  {Compare: []string{"a", "b"}, With: []pipeline.Untuned{pipeline.Base}},
		"too many to wait": {Compare: strings.Split("abcdefghijk", "")},
	} {
		t.Run(name, func(t *testing.T) {
			in.Dir = "finetune/r1"
			w := newWorld(t)
			w.ExecuteWorkflow(Evaluate, in)
			require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
		})
	}
}

func TestCancelledComparisonStartsNoFurtherModel(t *testing.T) {
	var seen activities.ReportComparisonInput
	w := newWorld(t)
	w.OnActivity(data.EvaluateModel, mock.Anything, mock.Anything).Return(
		func(context.Context, activities.EvaluateModelInput) (activities.EvaluateModelResult, error) {
			w.CancelWorkflow()
			return activities.EvaluateModelResult{}, nil
		})
	w.contends("", &seen)
	w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", Compare: []string{"ft:a", "ft:b"}})
	require.True(t, temporal.IsCanceledError(w.GetWorkflowError()), "got %v", w.GetWorkflowError())
	require.Equal(t, 1, w.times("EvaluateModel"))
}
