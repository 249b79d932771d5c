package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

func TestScheduleOptions(t *testing.T) {
	in := pipeline.RetrainInput{FineTune: pipeline.FineTuneInput{Dataset: "/d/tweets.csv"}, Approve: true}.WithDefaults()
	options := scheduleOptions{id: "retrain", cron: "0 3 * * MON", timeZone: "Europe/Berlin", jitter: time.Minute, overlap: "skip", catchUp: time.Hour, note: "why", input: in}
	o := options.schedule()
	action := o.Action.(*client.ScheduleWorkflowAction)
	if o.Overlap != enumspb.SCHEDULE_OVERLAP_POLICY_SKIP || o.CatchupWindow != time.Hour || !o.PauseOnFailure {
		t.Errorf("overlap %s, catch-up window %s, pause on failure %t", o.Overlap, o.CatchupWindow, o.PauseOnFailure)
	}
	if o.Spec.Jitter != time.Minute || o.Spec.TimeZoneName != "Europe/Berlin" || o.Note != "why" {
		t.Errorf("jitter %s, time zone %q, note %q", o.Spec.Jitter, o.Spec.TimeZoneName, o.Note)
	}
	if action.Workflow != pipeline.RetrainWorkflow || action.TaskQueue != pipeline.TaskQueue || !strings.HasPrefix(action.ID, "retrain-tweets-") {
		t.Errorf("it starts %v as %s on %s", action.Workflow, action.ID, action.TaskQueue)
	}
	if got := action.Args[0].(pipeline.RetrainInput); got != in {
		t.Errorf("it starts with %+v, want %+v", got, in)
	}

	options.overlap, options.catchUp, options.goOn, options.note = "cancel", 2*time.Hour, true, "now"
	before := client.ScheduleDescription{Schedule: client.Schedule{State: &client.ScheduleState{Paused: true, Note: "why"}}}
	changed, err := options.update(connected(t), client.ScheduleUpdateInput{Description: before})
	if err != nil {
		t.Fatal(err)
	}
	if p := changed.Schedule.Policy; p.Overlap != enumspb.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER || p.CatchupWindow != 2*time.Hour || p.PauseOnFailure {
		t.Errorf("changed to %+v", p)
	}
	if s := changed.Schedule.State; !s.Paused || s.Note != "now" {
		t.Errorf("a paused schedule that is changed is %+v", s)
	}
}

func TestKeepExpression(t *testing.T) {
	for cron, want := range map[string]string{
		"0 3 * * MON":      "0 3 * * MON # 0 3 * * MON",
		"@daily":           "@daily # @daily",
		"0 3 * * * # mine": "0 3 * * * # mine",
		"@every 5m":        "@every 5m",
	} {
		if got := keepExpression(cron); got != want {
			t.Errorf("keepExpression(%q) is %q, want %q", cron, got, want)
		}
	}
}

// connected is a connection to a server of which nothing is asked.
func connected(t *testing.T) *connection {
	t.Helper()
	c, err := temporal.Dial(t.Context(), temporal.Options{Address: (&frontend{}).listen(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &connection{Client: c}
}

// A schedule of before tasks is the default task's. It can be changed for that, and
// for no other.
func TestScheduleOfAnotherTaskIsNotChanged(t *testing.T) {
	old := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"fine_tune":{"dataset":"/d/tweets.csv"}}`)}
	before := client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: client.Schedule{
		Action: &client.ScheduleWorkflowAction{Args: []any{old}},
	}}}
	for task, says := range map[string]string{"default": "", "airlines": "the schedule retrain belongs to the task default, not to airlines"} {
		in := pipeline.RetrainInput{FineTune: pipeline.FineTuneInput{Task: task, Dataset: "/d/tweets.csv"}}.WithDefaults()
		_, err := scheduleOptions{id: "retrain", cron: "@daily", overlap: "skip", input: in}.update(connected(t), before)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("for %s: %v", task, err)
		}
	}
}

func TestScheduleReport(t *testing.T) {
	in := pipeline.RetrainInput{FineTune: pipeline.FineTuneInput{Dataset: "/d/tweets.csv", TargetSize: 1000}}.WithDefaults()
	payload, err := converter.GetDefaultDataConverter().ToPayload(in)
	if err != nil {
		t.Fatal(err)
	}
	description := &client.ScheduleDescription{
		Schedule: client.Schedule{
			Action: &client.ScheduleWorkflowAction{Args: []any{payload}},
			Spec:   &client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Comment: "0 3 * * MON"}}, TimeZoneName: "Europe/Berlin", Jitter: time.Minute},
			Policy: &client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: time.Hour, PauseOnFailure: true},
			State:  &client.ScheduleState{Note: "every Monday"},
		},
		Info: client.ScheduleInfo{NumActions: 12, NumActionsMissedCatchupWindow: 1, NumActionsSkippedOverlap: 2,
			NextActionTimes: []time.Time{noon, noon.AddDate(0, 0, 7), noon.AddDate(0, 0, 14), noon.AddDate(0, 0, 21), noon.AddDate(0, 0, 28), noon.AddDate(0, 0, 35)}},
	}
	r := connected(t).scheduleReport(context.Background(), "retrain", description)
	r.Recent = []scheduledRun{
		{Due: noon, Started: noon.AddDate(0, 0, -7), WorkflowID: "retrain-tweets-1", RunID: "r1", State: stateFailed, Failure: &failure{"BadInput", "tweets.csv, line 7: a quote is never closed", 2}},
		{Due: noon, Started: noon.AddDate(0, 0, -13), WorkflowID: "retrain-tweets-2", RunID: "r2", State: stateCompleted, Decision: "skipped", Reason: "too little to learn from: 3 new rows"},
		{Due: noon, Started: noon.AddDate(0, 0, -14), WorkflowID: "retrain-tweets-0", RunID: "r0", State: stateCompleted, Model: "ft:m:1", Metrics: &fineTuned.Metrics},
	}
	goldenView(t, "schedule-describe", r)

	r.Paused, r.NextRuns = true, nil
	if text := render(t, r); strings.Contains(text, "next") {
		t.Errorf("a paused schedule has next runs:\n%s", text)
	}
}

func TestRetrainInputOfOthers(t *testing.T) {
	for name, action := range map[string]client.ScheduleAction{
		"no arguments":   &client.ScheduleWorkflowAction{},
		"other argument": &client.ScheduleWorkflowAction{Args: []any{&commonpb.Payload{Data: []byte("x")}}},
		"no payload":     &client.ScheduleWorkflowAction{Args: []any{7}},
		"nothing":        nil,
	} {
		if got := connected(t).retrainInput(action); got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A time of day says nothing without its zone, and Temporal's is UTC where none is
// given.
func TestTimesNameTheirZone(t *testing.T) {
	for want, spec := range map[string]*client.ScheduleSpec{
		"0 3 * * MON UTC":           {Calendars: []client.ScheduleCalendarSpec{{Comment: "0 3 * * MON"}}},
		"0 3 * * MON Europe/Berlin": {CronExpressions: []string{"0 3 * * MON"}, TimeZoneName: "Europe/Berlin"},
		"TZ=Asia/Tokyo 0 3 * * *":   {Calendars: []client.ScheduleCalendarSpec{{Comment: "TZ=Asia/Tokyo 0 3 * * *"}}, TimeZoneName: "Asia/Tokyo"},
		"every 6h":                  {Intervals: []client.ScheduleIntervalSpec{{Every: 6 * time.Hour}}},
	} {
		if got := times(spec); len(got) != 1 || got[0] != want {
			t.Errorf("times are %q, want %q", got, want)
		}
	}
}

func TestScheduleList(t *testing.T) {
	goldenView(t, "schedule-list-none", scheduleList{Schedules: []scheduleEntry{}})
	later := noon.Add(time.Hour)
	goldenView(t, "schedule-list", scheduleList{Schedules: []scheduleEntry{
		{ScheduleID: "airlines", Times: times(&client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 6 * time.Hour}}}), NextRun: &later, LastRun: &noon},
		{ScheduleID: "retrain", Times: times(&client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Comment: "0 3 * * MON"}, {}}, TimeZoneName: "Europe/Berlin"}), Paused: true, Note: "the provider moves"},
	}})
}
