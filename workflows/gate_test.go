package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
)

// runs are the workflows that send text to the provider, each with two parts of it
// if it has any; older are those that were there before the gate.
var (
	older = map[string]func(w *world){
		"FineTune": func(w *world) { w.fineTunes().ExecuteWorkflow(FineTune, fineTuneInput) },
		"Apply":    func(w *world) { w.applies(2).ExecuteWorkflow(Apply, applyInput) },
	}
	runs = map[string]func(w *world){
		"FineTune":    older["FineTune"],
		"Apply":       older["Apply"],
		"AnalyzeCall": func(w *world) { w.analyzes().ExecuteWorkflow(AnalyzeCall, callInput) },
	}
)

// refusedAt expects that the run was refused with a sentence, and sent nothing.
func (w *world) refusedAt(says string) {
	w.t.Helper()
	err := w.GetWorkflowError()
	require.ErrorContains(w.t, err, says)
	require.Equal(w.t, string(problem.Refused), w.kind(err))
	require.Zero(w.t, w.sent)
	require.Equal(w.t, pipeline.Failed, w.status().Stage)
}

func TestTextIsSentOnceTheAnonymizerPassed(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var manifest activities.Manifest
			w.OnActivity(data.WriteManifest, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.WriteManifestInput) (artifact.Ref, error) {
				manifest = in.Manifest
				return artifact.Ref{}, nil
			})
			run(w)
			require.NoError(t, w.GetWorkflowError())
			require.Positive(t, w.sent)
			require.Equal(t, 1, w.times("EvaluateAnonymizer"))
			require.Equal(t, passed, manifest.Privacy)
			require.Contains(t, manifest.Stages, activities.ManifestStage{Name: "privacy", Files: []artifact.Ref{{Path: w.status().Dir + "/privacy.json"}}})
			require.Equal(t, passed, w.status().Privacy)
			var result struct{ Privacy privacy.Evaluation }
			require.NoError(t, w.GetWorkflowResult(&result))
			require.Equal(t, passed, result.Privacy)
		})
	}
}

// An anonymizer that is not good enough is not even set to work.
func TestAnonymizerThatFailedEndsTheRun(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).evaluates(privacy.Evaluation{Anonymizer: "v1", Failed: []string{"too few names were found"}})
			run(w)
			w.refusedAt("too few names were found")
			require.Zero(t, w.times("AnonymizePart"))
		})
	}
}

func TestEvaluationOfNothingEndsTheRun(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).evaluates(privacy.Evaluation{})
			run(w)
			w.refusedAt("may not leave the machine")
			require.Zero(t, w.times("AnonymizePart"))
		})
	}
}

// Workers of several versions share a task queue. It does not matter which of
// the parts another version made.
func TestPartOfAnotherVersionEndsTheRun(t *testing.T) {
	for name, run := range runs {
		for part := range 2 {
			if part == 1 && name == "AnalyzeCall" {
				continue // a call is one part
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t).anonymizes(func(i int) string {
					if i == part {
						return "v2"
					}
					return "v1"
				})
				run(w)
				w.refusedAt("made by version v2 of the anonymizer, and version v1 was evaluated")
				require.Zero(t, w.times("SplitExamples"))
			})
		}
	}
}

// A dataset without conversations has no part that tells the version.
func TestDatasetWithoutPartsIsPrepared(t *testing.T) {
	w := newWorld(t).prepares(0)
	w.ExecuteWorkflow(PrepareDataset, pipeline.PrepareInput{Dataset: "x.csv", Kind: pipeline.Production, MaxTweets: 64, Dir: "dir"})
	require.NoError(t, w.GetWorkflowError())
	var result pipeline.PrepareResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.NoError(t, result.Check())
}

// A run that was past its preparation when the gate came replays as it was
// recorded, and has no evaluation. It is refused where its text would leave.
func TestRunFromBeforeTheGateIsRefusedWhereItSends(t *testing.T) {
	for name, run := range older {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.OnGetVersion(privacyGate, workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
			run(w)
			w.refusedAt("was not evaluated")
			require.Zero(t, w.times("EvaluateAnonymizer"))
			require.Positive(t, w.times("UploadFile")+w.times("ClassifyPart"))
			require.Zero(t, w.times("SubmitJob"))
		})
	}
}

// A child from before the gate has no evaluation either; its parent, which
// comes to the gate later, does not go on.
func TestPreparationFromBeforeTheGateEndsTheRun(t *testing.T) {
	for name, run := range older {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.OnWorkflow(PrepareDataset, mock.Anything, mock.Anything).Return(pipeline.PrepareResult{Clearance: pipeline.Clearance{Anonymizer: "v1"}}, nil)
			run(w)
			w.refusedAt("was not evaluated")
			require.Zero(t, w.times("SplitExamples")+w.times("UploadFile")+w.times("ClassifyPart"))
		})
	}
}

// An application that continued as new before the gate came carries no
// evaluation.
func TestApplyThatGoesOnWithoutAnEvaluationIsRefused(t *testing.T) {
	w := newWorld(t).applies(2)
	in := applyInput
	in.Resume = &pipeline.ApplyProgress{Prepared: pipeline.PrepareResult{Clearance: pipeline.Clearance{Anonymizer: "v1"}, Anonymized: []artifact.Ref{{Path: "anonymized/0", Rows: 10}}}}
	w.ExecuteWorkflow(Apply, in)
	w.refusedAt("was not evaluated")
}
