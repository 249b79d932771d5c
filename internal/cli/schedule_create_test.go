package cli

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/request/requesttest"
)

func (f *frontend) CreateSchedule(_ context.Context, in *workflowservice.CreateScheduleRequest) (*workflowservice.CreateScheduleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.schedules = append(f.schedules, in.ScheduleId)
	return &workflowservice.CreateScheduleResponse{}, nil
}

func (f *frontend) DeleteSchedule(context.Context, *workflowservice.DeleteScheduleRequest) (*workflowservice.DeleteScheduleResponse, error) {
	return &workflowservice.DeleteScheduleResponse{}, nil
}

func (f *frontend) ListScheduleMatchingTimes(_ context.Context, in *workflowservice.ListScheduleMatchingTimesRequest) (*workflowservice.ListScheduleMatchingTimesResponse, error) {
	next := in.StartTime.AsTime().Add(time.Minute)
	return &workflowservice.ListScheduleMatchingTimesResponse{StartTime: []*timestamppb.Timestamp{timestamppb.New(next)}}, nil
}

// A schedule whose runs could not begin is not made, and nothing but the reason
// is printed: next runs of a schedule that is not there would mislead.
func TestRefusedScheduleShowsNoRuns(t *testing.T) {
	f := &frontend{workers: true, refused: requesttest.Application("BadInput", "the reason", nil)}
	h := f.serve(t)
	args := strings.Fields("schedule create --dataset /d/x.csv --every 1h")
	r := h.run(args...)
	if r.code != exitBadInput || r.stdout != "" || r.stderr != "error: the reason\n" {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if r := h.run(append(args, "--json")...); !strings.Contains(r.stdout, `"change": "refused"`) {
		t.Errorf("as JSON: %s", r.stdout)
	}
	for _, id := range f.schedules {
		if id == "retrain" {
			t.Error("the schedule was made")
		}
	}
}

func TestNotesOnSteps(t *testing.T) {
	for cron, want := range map[string]string{
		"*/90 * * * *":     "*/90 counts minutes from the start of each hour anew, so it matches once in each hour; --every 1h30m keeps the same gap",
		"*/60 * * * *":     "",
		"*/7 * * * *":      "*/7 counts minutes from the start of each hour anew, so the last gap of each hour is shorter; --every 7m keeps the same gap",
		"*/15 * * * *":     "",
		"0 */5 * * *":      "*/5 counts hours from the start of each day anew, so the last gap of each day is shorter; --every 5h keeps the same gap",
		"0 */48 * * *":     "*/48 counts hours from the start of each day anew, so it matches once in each day; --every 48h keeps the same gap",
		"0 3 */2 * *":      "*/2 counts days from the start of each month anew, so the last gap of each month is shorter; --every 48h keeps the same gap",
		"0 3 1 */5 *":      "*/5 counts months from the start of each year anew, so the last gap of each year is shorter",
		"*/45 0 3 * * * *": "*/45 counts seconds from the start of each minute anew, so the last gap of each minute is shorter; --every 45s keeps the same gap",
		"0 3 * * MON":      "",
		"@daily":           "",
	} {
		if got := strings.Join(cronNotes(cron), "\n"); got != want {
			t.Errorf("%s: note %q, want %q", cron, got, want)
		}
	}
}

// What the server would refuse in its own words is refused in plain ones before it
// is asked.
func TestCronIsCheckedHere(t *testing.T) {
	for cron, says := range map[string]string{
		"0 3 * *":              `--cron is "0 3 * *", which has 4 fields; it takes five: minute, hour, day of month, month and day of week`,
		"0 3 * * * * * *":      "which has 8 fields",
		"at three":             "which has 2 fields",
		"":                     "which has 0 fields",
		"61 3 * * *":           `the minute of --cron "61 3 * * *" is "61"; it can be * or numbers from 0 to 59`,
		"0 3 * * FOO":          `is "FOO"; it can be * or numbers from 0 to 7, or names such as SUN`,
		"0 3 * 0 *":            "it can be * or numbers from 1 to 12, or names such as JAN",
		"0 3 5-1 * *":          `the day of the month of`,
		"0 */0 * * *":          `the hour of`,
		"0 30 * * * *":         `give "30 * * * *")`,
		"TZ=Nowhere 0 3 * * *": `there is no time zone "Nowhere"; give a name`,
		"TZ=Berlin 0 3 * * *":  `did you mean Europe/Berlin?`,
		"0 3 * * MON":          "",
		"*/15 8-18/2,22 1,15 jan-MAR mon-fri 2026-2030": "",
		"30 0 3 * * Sunday *":                           "",
		"TZ=Asia/Kolkata 15 9 * * *":                    "",
		"0 3 * * 7 # every Sunday, for the report":      "",
		"@daily":      "",
		"@every 90m":  "",
		"0 3 * * 1-7": "",
	} {
		err := cmp.Or(checkCron(cron), zoneProblem(scheduleOptions{cron: cron}.zone()))
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", cron, err, says)
		}
	}
}
