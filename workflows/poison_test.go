package workflows

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/review"
)

// kept opens a database and a folder, with a champion and with calls that it was sure
// about.
func kept(t *testing.T) *activities.Data {
	t.Helper()
	base, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "switchboard.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = base.Close() })
	files, err := artifact.Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	d := &activities.Data{Store: files, Models: base, Results: results.New(base)}
	d.Results.Sampling = review.Sampling{}
	_, err = d.RegisterModel(t.Context(), registry.Model{ID: champion, Created: time.Now().Add(-time.Hour), RunID: "first", DatasetSHA256: "old", TestCoverage: 0.9})
	require.NoError(t, err)
	return d
}

// judge lets somebody say what so many calls are about, of which the champion was sure
// that they are for AcmeHelp.
func judge(t *testing.T, d *activities.Data, n int, reviewer, label string) {
	t.Helper()
	for i := range n {
		id := fmt.Sprint(reviewer, "-", i)
		_, err := d.Results.SaveRedacted(t.Context(), results.Call{
			ID: id, Task: pipeline.DefaultTask, Origin: results.Origin{SHA256: strings.Repeat("ab", 32)}, Turns: []results.Turn{{Text: "hello from " + id}},
		})
		require.NoError(t, err)
		_, err = d.Results.SavePrediction(t.Context(), results.Prediction{
			CallID: id, Model: champion, Company: "AcmeHelp", Named: "AcmeHelp", Confidence: 0.99, Threshold: 0.5, Status: pipeline.AnswerClassified,
		})
		require.NoError(t, err)
		_, err = d.Results.Judge(t.Context(), results.Judgement{CallID: id, Label: label, Reviewer: reviewer})
		require.NoError(t, err)
	}
}

// One account says of 30 calls that they are for another company. However good the
// challenger looks, it waits for a person, and everybody who looks at the run sees why.
func TestPoisonedCorrectionsPromoteNothingUnseen(t *testing.T) {
	for name, test := range map[string]struct {
		flipped  string
		approves bool
		use      bool // a person says that they are to be used
		champion string
		waits    bool
	}{
		"honest":                     {"AcmeHelp", false, false, model, false},
		"flipped, and nobody looks":  {"BoltRail", false, false, champion, true},
		"flipped, and somebody does": {"BoltRail", true, false, model, true},
		"flipped, and to be used":    {"BoltRail", false, true, champion, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := kept(t)
			judge(t, d, 40, "anna", "AcmeHelp")
			judge(t, d, 30, "mallory", test.flipped)
			w := newWorld(t)
			w.OnActivity(data.PlanRetraining, mock.Anything, mock.Anything).Return(d.PlanRetraining)
			w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(func(ctx context.Context, m registry.Model) (activities.RegisterModelResult, error) {
				m.TestAccuracy, m.TestCoverage = 0.9, 0.9
				return d.RegisterModel(ctx, m)
			})
			w.OnActivity(data.ConcludeRetraining, mock.Anything, mock.Anything).Return(d.ConcludeRetraining)
			w.weighs(activities.CompareModelsResult{Better: true, Reason: "better"}, activities.StageHeldCallsResult{})
			w.fineTunes()
			var waiting pipeline.Status
			w.RegisterDelayedCallback(func() { waiting = w.status() }, time.Hour)
			if test.approves {
				w.approves(2*time.Hour, pipeline.Approval{Approved: true, Who: "anna", Why: "looked at them"})
			}
			in := pipeline.RetrainInput{When: pipeline.RetrainWhen{Always: true}, FineTune: fineTuneInput}
			in.FineTune.UseSetAside = test.use
			w.ExecuteWorkflow(Retrain, in)
			require.NoError(t, w.GetWorkflowError())
			now, err := d.Models.Task("").Champion(t.Context())
			require.NoError(t, err)
			require.Equal(t, test.champion, now.ID)
			require.Equal(t, test.waits, waiting.Stage == pipeline.Approving)
			if !test.waits {
				return
			}
			pseudonym, err := d.Models.Pseudonym(t.Context(), "mallory")
			require.NoError(t, err)
			require.Equal(t, &pipeline.SetAside{Calls: 30, Accounts: []string{pseudonym}, Used: test.use}, waiting.SetAside)
			require.Contains(t, waiting.Proposal.Reason, pseudonym)
		})
	}
}
