package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// noteTurns notes the turns that are asked about, by the path of the examples.
func (w *world) noteTurns() map[string]pipeline.Turns {
	asked := map[string]pipeline.Turns{}
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ClassifyPartInput) (activities.ClassifyPartResult, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			asked[in.Examples.Path] = in.Turns
			return activities.ClassifyPartResult{Predictions: artifact.Ref{Path: in.Path, Rows: in.Examples.Rows}}, nil
		})
	return asked
}

func (w *world) splits() *world {
	w.OnActivity(data.SplitExamples, mock.Anything, mock.Anything).Return(activities.SplitExamplesResult{
		Validation: artifact.Ref{Path: "validation"}, Test: artifact.Ref{Path: "test"}, Known: artifact.Ref{Path: "growing", Rows: 4},
	}, nil)
	w.OnActivity(data.TakeFirstWords, mock.Anything, mock.Anything).Return(activities.TakeFirstWordsResult{
		Validation: artifact.Ref{Path: "first-validation"}, Test: artifact.Ref{Path: "first-test"},
	}, nil).Maybe()
	return w
}

// A model is judged by what it will be asked about: one that was trained on either by
// both, each with a threshold of its own.
func TestFineTuningIsJudgedByItsTurns(t *testing.T) {
	const first = pipeline.FirstTurn
	for turns, want := range map[pipeline.Turns]map[string]pipeline.Turns{
		"":                 {"validation": "", "test": "", "growing": ""},
		first:              {"validation": first, "test": first, "growing": ""},
		pipeline.BothTurns: {"validation": "", "test": "", "growing": "", "first-validation": first, "first-test": first},
	} {
		t.Run(string(turns), func(t *testing.T) {
			w := newWorld(t)
			asked := w.noteTurns()
			var registered registry.Model
			w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(func(_ context.Context, m registry.Model) (activities.RegisterModelResult, error) {
				registered = m
				return activities.RegisterModelResult{}, nil
			})
			w.OnActivity(data.EvaluateModel, mock.Anything, mock.Anything).Return(
				func(_ context.Context, in activities.EvaluateModelInput) (r activities.EvaluateModelResult, _ error) {
					require.NotEmpty(t, in.KnownPredictions.Path)
					if in.FirstWords != nil {
						require.Equal(t, "first-test", in.FirstWords.Test.Path)
						r.Metrics.FirstWords = &pipeline.FirstWordsMetrics{Threshold: 0.8}
					}
					return r, nil
				})
			w.splits().fineTunes()
			in := fineTuneInput
			in.Turns = turns
			w.ExecuteWorkflow(FineTune, in)
			require.NoError(t, w.GetWorkflowError())
			require.Equal(t, want, asked)
			require.Equal(t, turns, registered.Turns)
			require.Equal(t, turns, w.status().Turns)
			require.Equal(t, turns == pipeline.BothTurns, registered.FirstThreshold == 0.8)
		})
	}
}

// Splits of whole conversations are judged by first words where that is asked for; a
// model that knows something else is said to.
func TestEvaluateTakesFirstWords(t *testing.T) {
	for name, c := range map[string]struct {
		run, trained, asked, given pipeline.Turns
		note                       bool
	}{
		"as the run":               {"", "", "", "", false},
		"first words":              {"", "", pipeline.FirstTurn, pipeline.FirstTurn, true},
		"of a run on first words":  {pipeline.FirstTurn, pipeline.FirstTurn, "", pipeline.FirstTurn, false},
		"whole after first words":  {pipeline.FirstTurn, pipeline.FirstTurn, pipeline.AllTurns, "", true},
		"of a model that knows it": {"", pipeline.BothTurns, pipeline.FirstTurn, pipeline.FirstTurn, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			asked := w.noteTurns()
			w.OnActivity(provider.ResolveModel, mock.Anything, mock.Anything).Return(activities.ResolveModelResult{Model: model, Turns: c.trained}, nil)
			w.OnActivity(data.LocateSplits, mock.Anything, mock.Anything).Return(activities.LocateSplitsResult{
				Validation: artifact.Ref{Path: "validation"}, Test: artifact.Ref{Path: "test"}, Turns: c.run, Anonymizer: "v1", Privacy: passed,
			}, nil)
			w.splits().judges()
			w.ExecuteWorkflow(Evaluate, pipeline.EvaluateInput{Dir: "finetune/r1", Turns: c.asked})
			require.NoError(t, w.GetWorkflowError())
			names := []string{"validation", "test"}
			if c.given == pipeline.FirstTurn && c.run != pipeline.FirstTurn {
				names = []string{"first-validation", "first-test"}
			}
			require.Equal(t, map[string]pipeline.Turns{names[0]: c.given, names[1]: c.given}, asked)
			var result pipeline.EvaluateResult
			require.NoError(t, w.GetWorkflowResult(&result))
			require.Equal(t, c.note, len(result.Notes) > 0)
			require.Equal(t, c.given, result.Turns)
		})
	}
}

func TestApplyGivesTheModelWhatItKnows(t *testing.T) {
	for name, c := range map[string]struct{ trained, asked, given pipeline.Turns }{
		"whole":                      {"", "", ""},
		"as it was trained":          {pipeline.FirstTurn, "", pipeline.FirstTurn},
		"whole, whatever it knows":   {pipeline.FirstTurn, pipeline.AllTurns, ""},
		"first words, if it is said": {pipeline.BothTurns, pipeline.FirstTurn, pipeline.FirstTurn},
		"either, and nobody says":    {pipeline.BothTurns, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			asked := w.noteTurns()
			w.OnActivity(provider.ResolveModel, mock.Anything, mock.Anything).Return(
				func(_ context.Context, in activities.ResolveModelInput) (activities.ResolveModelResult, error) {
					require.Equal(t, c.asked, in.Turns)
					return activities.ResolveModelResult{Model: model, Turns: c.trained, Origin: &pipeline.Origin{Turns: c.trained}}, nil
				})
			var merged activities.MergeOutputInput
			w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.MergeOutputInput) (activities.MergeOutputResult, error) {
				merged = in
				return activities.MergeOutputResult{Output: artifact.Ref{Rows: in.Dataset.Rows}}, nil
			})
			w.applies(1)
			w.ExecuteWorkflow(Apply, pipeline.ApplyInput{Dataset: "/data/production.csv", Turns: c.asked})
			require.NoError(t, w.GetWorkflowError())
			require.Equal(t, map[string]pipeline.Turns{"anonymized/0": c.given}, asked)
			require.Equal(t, c.given, merged.Turns)
			require.Equal(t, c.given, w.status().Turns)
			require.Equal(t, c.trained, merged.Origin.Turns)
		})
	}
}

// A champion for whole conversations gives way to a model for first words only if a
// person says so: they are for different calls.
func TestChallengerForOtherTurnsNeedsAPerson(t *testing.T) {
	for turns, asks := range map[pipeline.Turns]bool{"": false, pipeline.FirstTurn: true} {
		w := newWorld(t).plans(enough).compares(true)
		w.concludes()
		w.fineTunes()
		in := pipeline.RetrainInput{FineTune: fineTuneInput}
		in.FineTune.Turns = turns
		w.ExecuteWorkflow(Retrain, in)
		require.NoError(t, w.GetWorkflowError())
		var result pipeline.RetrainResult
		require.NoError(t, w.GetWorkflowResult(&result))
		require.Equal(t, asks, result.Decision == registry.Keep, "%q: %s", turns, result.Reason)
		if asks {
			require.Contains(t, result.Reason, "nobody approved it")
			require.Contains(t, result.Reason, "trained on whole conversations and the challenger on the customer's first words alone")
		}
	}
}
