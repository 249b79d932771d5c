package workflows

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

const champion = "ft:switchboard-softmax-1:own:sb-0:0"

// plans lets there be a champion, and enough to learn from.
func (w *world) plans(p activities.PlanRetrainingResult) *world {
	w.OnActivity(data.PlanRetraining, mock.Anything, mock.Anything).Return(p, nil).Maybe()
	return w
}

func (w *world) compares(better bool) *world {
	return w.weighs(activities.CompareModelsResult{Better: better, Reason: "by a comparison", File: artifact.Ref{Path: "comparison.json"}}, activities.StageHeldCallsResult{})
}

// weighs lets a comparison come out, after both models were asked about held calls if
// there are any.
func (w *world) weighs(compared activities.CompareModelsResult, held activities.StageHeldCallsResult) *world {
	w.OnActivity(data.StageHeldCalls, mock.Anything, mock.MatchedBy(func(in activities.StageHeldCallsInput) bool { return in.Challenger == model })).Return(held, nil).Maybe()
	w.OnActivity(data.CompareModels, mock.Anything, mock.MatchedBy(func(in activities.CompareModelsInput) bool {
		return in.Champion == champion && in.Challenger == model && in.Test.Path == "split/test" &&
			in.ChampionPredictions.Path != in.ChallengerPredictions.Path && in.Rule.MaxFall == pipeline.DefaultMaxFall &&
			in.Held == held.Calls && (in.HeldChampion.Path != "") == (held.Calls.Path != "") && (in.HeldChampion.Path != in.HeldChallenger.Path) == (held.Calls.Path != "")
	})).Return(compared, nil).Maybe()
	return w
}

// concludes lets a decision be carried out as the database would, and remembers
// it.
func (w *world) concludes() *activities.ConcludeRetrainingInput {
	var concluded activities.ConcludeRetrainingInput
	w.OnActivity(data.ConcludeRetraining, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ConcludeRetrainingInput) (activities.ConcludeRetrainingResult, error) {
			concluded = in
			decision := registry.Keep
			if in.Promote {
				decision = registry.Promote
			}
			return activities.ConcludeRetrainingResult{Decision: decision, Reason: in.Reason}, nil
		}).Maybe()
	return &concluded
}

func (w *world) retrains(in pipeline.RetrainInput) pipeline.RetrainResult {
	w.t.Helper()
	in.FineTune = fineTuneInput
	w.ExecuteWorkflow(Retrain, in)
	require.NoError(w.t, w.GetWorkflowError())
	var result pipeline.RetrainResult
	require.NoError(w.t, w.GetWorkflowResult(&result))
	return result
}

var enough = activities.PlanRetrainingResult{Train: true, Reason: "enough", Champion: champion, Labels: artifact.Ref{Path: "champion-labels"}}

func TestBetterChallengerIsPromoted(t *testing.T) {
	w := newWorld(t).plans(enough).compares(true)
	concluded := w.concludes()
	w.fineTunes()
	result := w.retrains(pipeline.RetrainInput{})
	require.Equal(t, registry.Promote, result.Decision)
	require.Equal(t, "comparison.json", result.Comparison.Path)
	require.Equal(t, "manifest.json", result.Manifest.Path)
	require.Contains(t, w.manifests[1].Stages[1].Files, result.Comparison) // the first is the fine-tuning's
	require.Equal(t, model, result.FineTune.Model)
	require.Equal(t, champion, concluded.Champion)
	require.Equal(t, model, concluded.Challenger)
	require.True(t, concluded.Promote)
	require.Equal(t, pipeline.Done, w.status().Stage)
}

func TestWorseChallengerLeavesTheChampion(t *testing.T) {
	w := newWorld(t).plans(enough).compares(false)
	concluded := w.concludes()
	w.fineTunes()
	result := w.retrains(pipeline.RetrainInput{Approve: true}) // nobody is asked about it
	require.Equal(t, registry.Keep, result.Decision)
	require.Equal(t, "by a comparison", result.Reason)
	require.False(t, concluded.Promote)
}

func TestTooLittleToLearnFromIsSkipped(t *testing.T) {
	w := newWorld(t).plans(activities.PlanRetrainingResult{Reason: "too little", Champion: champion}).prepares(1).acceptsFineTune()
	result := w.retrains(pipeline.RetrainInput{}) // nothing that spends is there to be called
	require.Equal(t, registry.Skip, result.Decision)
	require.Equal(t, "too little", result.Reason)
	require.Equal(t, champion, result.Champion)
	require.Zero(t, w.sent)
}

func TestFirstModelIsComparedWithNobody(t *testing.T) {
	w := newWorld(t).plans(activities.PlanRetrainingResult{Train: true})
	concluded := w.concludes()
	w.fineTunes()
	require.Equal(t, registry.Promote, w.retrains(pipeline.RetrainInput{Approve: true}).Decision)
	require.Empty(t, concluded.Champion)
}

func TestModelIsNotBetterThanItself(t *testing.T) {
	same := enough
	same.Champion = model
	w := newWorld(t).plans(same)
	w.concludes()
	w.fineTunes()
	result := w.retrains(pipeline.RetrainInput{})
	require.Equal(t, registry.Keep, result.Decision)
	require.Contains(t, result.Reason, "which is the champion")
}

// approves sends an approval after a time, and gives what comes back.
func (w *world) approves(after time.Duration, a pipeline.Approval) *error {
	outcome := new(error)
	w.RegisterDelayedCallback(func() {
		w.UpdateWorkflow(pipeline.ApproveUpdate, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { *outcome = err },
			OnComplete: func(v any, err error) {
				*outcome = err
				if p, ok := v.(pipeline.Proposal); ok && (p.Challenger != model || p.Champion != champion) {
					w.t.Errorf("approved %+v", p)
				}
			},
		}, a)
	}, after)
	return outcome
}

func TestPromotionWaitsForAPerson(t *testing.T) {
	for name, test := range map[string]struct {
		approval pipeline.Approval
		after    time.Duration
		want     registry.Decision
		says, by string
	}{
		"approved":      {pipeline.Approval{Approved: true, Who: "anna", Why: "looks right"}, 47 * time.Hour, registry.Promote, "looks right (by a comparison)", "anna"},
		"rejected":      {pipeline.Approval{Who: "anna", Why: "odd labels"}, 2 * time.Hour, registry.Keep, "it was rejected: odd labels", "anna"},
		"nobody":        {pipeline.Approval{}, 0, registry.Keep, "nobody approved it within 48h0m0s: by a comparison", ""},
		"after the end": {pipeline.Approval{Approved: true, Who: "anna", Why: "late"}, 49 * time.Hour, registry.Keep, "nobody approved it within 48h0m0s", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).plans(enough).compares(true)
			concluded := w.concludes()
			w.fineTunes()
			var early *error
			if test.after > 0 {
				early = w.approves(0, test.approval) // before anything was trained
				w.approves(test.after, test.approval)
			}
			w.RegisterDelayedCallback(func() {
				s := w.status()
				require.Equal(t, pipeline.Approving, s.Stage)
				require.Equal(t, model, s.Proposal.Challenger)
				require.Equal(t, "by a comparison", s.Proposal.Reason)
			}, time.Hour)
			result := w.retrains(pipeline.RetrainInput{Approve: true, ApprovalDeadline: 48 * time.Hour})
			require.Equal(t, test.want, result.Decision)
			require.Contains(t, result.Reason, test.says)
			require.Equal(t, test.by, concluded.By)
			require.Nil(t, w.status().Proposal)
			if early != nil {
				require.ErrorContains(t, *early, "waits for no approval")
			}
		})
	}
}

var doubted = pipeline.SetAside{Calls: 30, Accounts: []string{"person-1a2b3c4d5e6f"}}

// Whatever is better after somebody's labels were set aside waits for a person,
// although nobody asked for that, and so does what only calls speak for.
func TestPromotionWaitsForAPersonUnasked(t *testing.T) {
	held := activities.StageHeldCallsResult{Calls: artifact.Ref{Path: "held", Rows: 20}, Labels: artifact.Ref{Path: "labels"}}
	for name, test := range map[string]struct {
		planned, tuned pipeline.SetAside
		compared       activities.CompareModelsResult
		held           activities.StageHeldCallsResult
		approved       bool
		want           registry.Decision
		waits          bool
		says           string
	}{
		"doubted when it was planned":  {doubted, pipeline.SetAside{}, activities.CompareModelsResult{Better: true, Reason: "better"}, held, false, registry.Keep, true, "what 1 account said of 30 calls goes against sure answers and was set aside (person-1a2b3c4d5e6f): better"},
		"doubted when it was trained":  {pipeline.SetAside{}, doubted, activities.CompareModelsResult{Better: true, Reason: "better"}, activities.StageHeldCallsResult{}, true, registry.Promote, true, "looks right (a person must approve"},
		"doubted and not better":       {doubted, doubted, activities.CompareModelsResult{Reason: "worse"}, held, true, registry.Keep, false, "worse"},
		"only calls speak for it":      {pipeline.SetAside{}, pipeline.SetAside{}, activities.CompareModelsResult{Ask: true, Reason: "a new company"}, held, true, registry.Promote, true, "looks right (a new company)"},
		"only calls, and nobody comes": {pipeline.SetAside{}, pipeline.SetAside{}, activities.CompareModelsResult{Ask: true, Reason: "a new company"}, held, false, registry.Keep, true, "nobody approved it within 72h0m0s: a new company"},
		"nothing is doubted":           {pipeline.SetAside{}, pipeline.SetAside{}, activities.CompareModelsResult{Better: true, Reason: "better"}, held, false, registry.Promote, false, "better"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := enough
			plan.SetAside = test.planned
			w := newWorld(t).plans(plan).weighs(test.compared, test.held)
			concluded := w.concludes()
			w.setAside = test.tuned
			w.fineTunes()
			if test.approved {
				w.approves(time.Hour, pipeline.Approval{Approved: true, Who: "anna", Why: "looks right"})
			}
			waited := false
			w.RegisterDelayedCallback(func() { waited = w.status().Stage == pipeline.Approving }, time.Minute)
			result := w.retrains(pipeline.RetrainInput{})
			require.Equal(t, test.want, result.Decision)
			require.Equal(t, test.want == registry.Promote, concluded.Promote)
			require.Equal(t, test.waits, waited)
			require.Contains(t, result.Reason, test.says)
			aside := max(test.planned.Calls, test.tuned.Calls)
			require.Equal(t, aside, result.SetAside.Calls)
			if s := w.status(); (s.SetAside != nil) != (aside > 0) || s.SetAside != nil && s.SetAside.Calls != aside {
				t.Errorf("the status has %+v", s.SetAside)
			}
		})
	}
}

func TestRetrainingRefusesBadInput(t *testing.T) {
	w := newWorld(t)
	in := pipeline.RetrainInput{FineTune: fineTuneInput}
	in.Rule.MaxFall = 2
	w.ExecuteWorkflow(Retrain, in)
	require.Equal(t, "BadInput", w.kind(w.GetWorkflowError()))
}
