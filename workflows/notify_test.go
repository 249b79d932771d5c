package workflows

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"switchboard/activities"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

const hook = "https://hooks.example.com/T0/password"

// hears lets the address be told, and remembers of what.
func (w *world) hears() *[]pipeline.Event {
	var heard []pipeline.Event
	var mu sync.Mutex // two may be told at once
	ids := map[string]bool{}
	w.OnActivity(notify.CheckNotify, mock.Anything, activities.CheckNotifyInput{URL: hook}).Return(nil).Once()
	w.OnActivity(notify.Notify, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.NotifyInput) error {
		mu.Lock()
		defer mu.Unlock()
		require.Equal(w.t, hook, in.URL)
		require.False(w.t, ids[in.ID], "two events have the id %s", in.ID)
		ids[in.ID] = true
		heard = append(heard, in.Event)
		return nil
	}).Maybe()
	return &heard
}

func types(events []pipeline.Event) (all []pipeline.EventType) {
	for _, e := range events {
		all = append(all, e.Type)
	}
	return all
}

// only is the data of the one event of a type.
func only(t *testing.T, events []pipeline.Event, about pipeline.EventType) pipeline.EventRun {
	t.Helper()
	i := slices.IndexFunc(events, func(e pipeline.Event) bool { return e.Type == about })
	require.GreaterOrEqual(t, i, 0, "nothing was told of %s", about)
	return events[i].Data
}

func TestRunsTellHowTheyEnded(t *testing.T) {
	for name, test := range map[string]struct {
		fails error
		want  pipeline.EventType
		kind  string
	}{
		"done":                    {nil, pipeline.RunDone, ""},
		"failed, by the provider": {problemOf(problem.Refused), pipeline.RunFailed, "Refused"},
		"failed, by the input":    {problemOf(problem.BadInput), pipeline.RunFailed, "BadInput"},
		"failed, by a bug":        {temporal.NewNonRetryableApplicationError("text of a tweet", "oops", nil), pipeline.RunFailed, "Error"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			heard := w.hears()
			w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(activities.MergeOutputResult{}, test.fails).Once()
			w.applies(1)
			in := applyInput
			in.Notify = hook
			w.ExecuteWorkflow(Apply, in)
			require.Equal(t, test.fails == nil, w.GetWorkflowError() == nil)
			require.Len(t, *heard, 1)
			got := (*heard)[0]
			require.Equal(t, test.want, got.Type)
			require.False(t, got.Timestamp.IsZero())
			require.Equal(t, pipeline.EventRun{
				Workflow: "Apply", WorkflowID: got.Data.WorkflowID, RunID: got.Data.RunID, Task: "default", Model: model, Failure: test.kind,
			}, got.Data)
			require.NotEmpty(t, got.Data.WorkflowID)
		})
	}
}

func problemOf(kind problem.Kind) error {
	return temporal.NewNonRetryableApplicationError("a sentence", string(kind), nil)
}

func TestCancelledRunTellsSo(t *testing.T) {
	w := newWorld(t)
	heard := w.hears()
	w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).After(time.Hour).Return(activities.MergeOutputResult{}, nil).Maybe()
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Minute)
	w.applies(1)
	in := applyInput
	in.Notify = hook
	w.ExecuteWorkflow(Apply, in)
	require.True(t, temporal.IsCanceledError(w.GetWorkflowError()))
	require.Equal(t, []pipeline.EventType{pipeline.RunCancelled}, types(*heard))
}

// Whoever cannot be notified keeps no run from its end, and it ends as it would have.
func TestReceiverThatIsAwayFailsNoRun(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(notify.CheckNotify, mock.Anything, mock.Anything).Return(nil).Once()
	w.OnActivity(notify.Notify, mock.Anything, mock.Anything).Return(errors.New("nobody answers")).Times(15)
	w.applies(1)
	in := applyInput
	in.Notify = hook
	begun := w.Now()
	w.ExecuteWorkflow(Apply, in)
	require.NoError(t, w.GetWorkflowError())
	require.Greater(t, w.times("Notify"), 5)
	require.Less(t, w.Now().Sub(begun), 15*time.Minute)
}

// An address that the workers may not notify is refused before anything is done, and
// not told of it.
func TestAddressThatMayNotBeNotifiedIsRefused(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(notify.CheckNotify, mock.Anything, mock.Anything).Return(problemOf(problem.BadInput)).Once()
	answer := w.acceptsApply().asksAccept()
	in := applyInput
	in.Notify = hook
	w.ExecuteWorkflow(Apply, in)
	require.Error(t, w.GetWorkflowError())
	require.ErrorContains(t, answer.err, "a sentence")
	require.Zero(t, w.times("Notify"))
	require.Zero(t, w.times("StageConversations"))
}

func TestNobodyIsToldWithoutAnAddress(t *testing.T) {
	w := newWorld(t)
	w.applies(1)
	w.ExecuteWorkflow(Apply, applyInput)
	require.NoError(t, w.GetWorkflowError())
	require.Zero(t, w.times("Notify")+w.times("CheckNotify"))
}

func TestApplicationTellsOfDrift(t *testing.T) {
	w := newWorld(t)
	heard := w.hears()
	w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(activities.MergeOutputResult{Warnings: []string{"half of them are AcmeHelp's"}}, nil).Once()
	w.applies(1)
	in := applyInput
	in.Notify = hook
	w.ExecuteWorkflow(Apply, in)
	require.NoError(t, w.GetWorkflowError())
	require.ElementsMatch(t, []pipeline.EventType{pipeline.DataDrifted, pipeline.RunDone}, types(*heard))
}

func TestRetrainingTellsOfDriftAndOfWhatItWaitsFor(t *testing.T) {
	drifted := enough
	drifted.ConfidenceDrift = 0.3
	w := newWorld(t).plans(drifted).compares(true)
	heard := w.hears()
	w.concludes()
	w.fineTunes()
	w.approves(2*time.Hour, pipeline.Approval{Approved: true, Who: "anna", Why: "looks right"})
	w.retrains(pipeline.RetrainInput{Approve: true, Notify: hook})
	// What is told at once is heard in any order; the end is heard two hours later.
	require.ElementsMatch(t, []pipeline.EventType{pipeline.DataDrifted, pipeline.ApprovalDue, pipeline.RunDone}, types(*heard))
	asked, done := only(t, *heard, pipeline.ApprovalDue), only(t, *heard, pipeline.RunDone)
	require.Equal(t, model, asked.Model)
	require.NotZero(t, asked.Deadline)
	require.Empty(t, asked.Decision)
	require.Equal(t, model, done.Model)
	require.Equal(t, "promoted", done.Decision)
	require.Equal(t, "Retrain", done.Workflow) // and of its fine-tuning, nothing
}

// Whether the runs of a schedule could begin is asked by a run that tells nobody.
func TestCheckOfAScheduleTellsNobody(t *testing.T) {
	w := newWorld(t)
	heard := w.hears()
	w.acceptsFineTune()
	w.retrains(pipeline.RetrainInput{CheckOnly: true, Notify: hook})
	require.Equal(t, 1, w.times("CheckNotify"))
	require.Empty(t, *heard)
}

func TestContinuedApplicationTellsOfItsEndAlone(t *testing.T) {
	w := newWorld(t)
	heard := w.hears()
	w.SetContinueAsNewSuggested(true)
	w.applies(9)
	in := applyInput
	in.Notify = hook
	w.ExecuteWorkflow(Apply, in)
	require.ErrorContains(t, w.GetWorkflowError(), "continue as new")
	require.Empty(t, *heard)
}
