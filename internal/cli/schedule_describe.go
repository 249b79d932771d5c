package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
)

func (a *app) scheduleDescribeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "describe [SCHEDULE_ID]",
		Short: "Show a schedule's times, next runs and recent results",
		Long: `Show a schedule's times, next runs and recent results.

Missed runs were due while the server was down for longer than the catch-up window.
Skipped runs were due while the previous run was still running. A retraining that
found too little new data says so among the recent runs.`,
		Example: "  starter schedule describe\n  starter schedule describe airlines --json",
		Args:    maybeOneArg("schedule id"),
		RunE: a.onSchedule(func(ctx context.Context, c *connection, h client.ScheduleHandle) (view, error) {
			d, err := h.Describe(ctx)
			if err != nil {
				return nil, err
			}
			return c.scheduleReport(ctx, h.GetID(), d), nil
		}),
	}
}

// scheduleReport is all that is known of one schedule.
type scheduleReport struct {
	ScheduleID string                 `json:"schedule_id"`
	Input      *pipeline.RetrainInput `json:"input,omitempty"`
	Times      []string               `json:"times"`
	// Jitter and CatchUp are in seconds.
	Jitter  float64 `json:"jitter_seconds"`
	CatchUp float64 `json:"catch_up_seconds"`
	// Overlap says what happens to a run that is due while another goes on.
	Overlap        string      `json:"overlap"`
	PauseOnFailure bool        `json:"pause_on_failure"`
	Paused         bool        `json:"paused"`
	Note           string      `json:"note,omitempty"`
	Runs           int         `json:"runs"`
	Missed         int         `json:"missed"`
	Skipped        int         `json:"skipped"`
	NextRuns       []time.Time `json:"next_runs"`
	// Recent is the newest first.
	Recent []scheduledRun `json:"recent_runs"`
}

type scheduledRun struct {
	Due        time.Time `json:"due"`
	Started    time.Time `json:"started"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	// State is that of a run; empty if the server has forgotten it.
	State   string            `json:"state,omitempty"`
	Model   string            `json:"model,omitempty"`
	Metrics *pipeline.Metrics `json:"metrics,omitempty"`
	Failure *failure          `json:"failure,omitempty"`
	// Decision is what became of a retraining, Reason a sentence.
	Decision pipeline.Decision `json:"decision,omitempty"`
	Reason   string            `json:"reason,omitempty"`
}

// nextRuns is how many of the coming runs are shown.
const nextRuns = 5

func (c *connection) scheduleReport(ctx context.Context, id string, d *client.ScheduleDescription) scheduleReport {
	r := scheduleReport{
		ScheduleID: id,
		Times:      times(d.Schedule.Spec),
		Runs:       d.Info.NumActions,
		Missed:     d.Info.NumActionsMissedCatchupWindow,
		Skipped:    d.Info.NumActionsSkippedOverlap,
		NextRuns:   append([]time.Time{}, d.Info.NextActionTimes[:min(nextRuns, len(d.Info.NextActionTimes))]...),
		Recent:     []scheduledRun{},
	}
	if spec := d.Schedule.Spec; spec != nil {
		r.Jitter = spec.Jitter.Seconds()
	}
	if policy := d.Schedule.Policy; policy != nil {
		r.CatchUp, r.PauseOnFailure = policy.CatchupWindow.Seconds(), policy.PauseOnFailure
		r.Overlap = strings.ToLower(policy.Overlap.String())
	}
	if state := d.Schedule.State; state != nil {
		r.Paused, r.Note = state.Paused, state.Note
	}
	r.Input = c.retrainInput(d.Schedule.Action)
	for _, action := range slices.Backward(d.Info.RecentActions) {
		if action.StartWorkflowResult != nil {
			r.Recent = append(r.Recent, c.scheduledRun(ctx, action))
		}
	}
	return r
}

// retrainInput is what the schedule gives its runs, nil if it cannot be read.
func (c *connection) retrainInput(action client.ScheduleAction) *pipeline.RetrainInput {
	start, ok := action.(*client.ScheduleWorkflowAction)
	if !ok || len(start.Args) != 1 {
		return nil
	}
	payload, ok := start.Args[0].(*commonpb.Payload)
	var in pipeline.RetrainInput
	if !ok || c.Decode(&commonpb.Payloads{Payloads: []*commonpb.Payload{payload}}, &in) != nil {
		return nil
	}
	return &in
}

// scheduledRun tells how a run of the schedule ended.
func (c *connection) scheduledRun(ctx context.Context, action client.ScheduleActionResult) scheduledRun {
	run := scheduledRun{
		Due:        action.ScheduleTime,
		Started:    action.ActualTime,
		WorkflowID: action.StartWorkflowResult.WorkflowID,
		RunID:      action.StartWorkflowResult.FirstExecutionRunID,
	}
	r, err := c.describe(ctx, run.WorkflowID, run.RunID)
	if err != nil {
		return run
	}
	run.State = r.State
	if r.State == stateRunning {
		return run
	}
	c.addResult(ctx, &r)
	run.Failure = r.Failure
	if r.Retrain != nil {
		run.Decision, run.Reason = r.Retrain.Decision, r.Retrain.Reason
	}
	if r.FineTune != nil {
		run.Model, run.Metrics = r.FineTune.Model, &r.FineTune.Metrics
	}
	return run
}

func (r scheduleReport) write(t *text) {
	state := "active"
	if r.Paused {
		state = "paused"
	}
	t.line("%s: %s", r.ScheduleID, state)
	t.fact("note", r.Note)
	if r.Input != nil {
		t.fact("task", cmp.Or(r.Input.FineTune.Task, pipeline.DefaultTask))
		t.fact("dataset", r.Input.FineTune.Dataset)
	}
	t.fact("times", r.Times...)
	t.fact("jitter", "up to "+seconds(r.Jitter))
	t.fact("rules", fmt.Sprintf("overlap %s, catch-up window %s, %s", r.Overlap, seconds(r.CatchUp), pauseRule(r.PauseOnFailure)))
	t.fact("runs", fmt.Sprintf("%d started, %d missed, %d skipped", r.Runs, r.Missed, r.Skipped))
	if !r.Paused {
		var next []string
		for _, at := range r.NextRuns {
			next = append(next, t.at(at))
		}
		if len(next) == 0 {
			next = []string{"none: its times do not come any more"}
		}
		t.fact("next", next...)
	}
	if len(r.Recent) == 0 {
		return
	}
	var rows [][]string
	for _, run := range r.Recent {
		rows = append(rows, []string{t.at(run.Started), run.State, run.WorkflowID, run.outcome()})
	}
	t.fact("recent", columns(nil, rows)...)
}

func pauseRule(pause bool) string {
	if pause {
		return "pauses when a run fails"
	}
	return "goes on when a run fails"
}

func (r scheduledRun) outcome() string {
	switch {
	case r.Failure != nil:
		return r.Failure.Message
	case r.Decision != "":
		return string(r.Decision) + ": " + r.Reason
	case r.Metrics != nil:
		return fmt.Sprintf("%s, accuracy %s", r.Model, r.Metrics.Test.Accuracy)
	}
	return ""
}
