package cli

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"switchboard/internal/runs"
)

func (a *app) scheduleListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the schedules",
		Long:    "List the schedules. A new one may take a second to appear.",
		Example: "  starter schedule list\n  starter schedule list --json | jq -r '.schedules[].schedule_id'",
		Args:    noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			list, err := c.schedules(ctx)
			if err != nil {
				return nil, c.serverProblem(err, "list of schedules")
			}
			return list, nil
		}),
	}
}

type scheduleList struct {
	Schedules []scheduleEntry `json:"schedules"`
}

type scheduleEntry struct {
	ScheduleID string     `json:"schedule_id"`
	Times      []string   `json:"times"`
	Paused     bool       `json:"paused"`
	Note       string     `json:"note,omitempty"`
	NextRun    *time.Time `json:"next_run,omitempty"`
	LastRun    *time.Time `json:"last_run,omitempty"`
}

// schedules lists those that start a Retrain.
func (c *connection) schedules(ctx context.Context) (scheduleList, error) {
	all, err := runs.Schedules(ctx, c.Client)
	list := scheduleList{Schedules: []scheduleEntry{}}
	for _, s := range all {
		list.Schedules = append(list.Schedules, scheduleEntry{
			ScheduleID: s.ID, Times: times(s.Spec), Paused: s.Paused, Note: s.Note, NextRun: maybe(s.Next()), LastRun: maybe(s.Last),
		})
	}
	return list, err
}

// maybe is nil for no time.
func maybe(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func (l scheduleList) write(t *text) {
	if len(l.Schedules) == 0 {
		t.line("no schedules; create one with `starter schedule create`")
		return
	}
	var rows [][]string
	for _, s := range l.Schedules {
		state := "active"
		if s.Paused {
			state = "paused"
		}
		rows = append(rows, []string{s.ScheduleID, state, strings.Join(s.Times, "; "), t.maybe(s.NextRun), t.maybe(s.LastRun), s.Note})
	}
	t.table([]string{"SCHEDULE", "STATE", "TIMES", "NEXT RUN", "LAST RUN", "NOTE"}, rows)
}

func (t *text) maybe(when *time.Time) string {
	if when == nil {
		return "-"
	}
	return t.at(*when)
}

// times says when a schedule runs, one string a rule.
func times(spec *client.ScheduleSpec) []string {
	out := []string{}
	if spec == nil {
		return out
	}
	zone := " " + cmp.Or(spec.TimeZoneName, "UTC")
	for _, i := range spec.Intervals {
		out = append(out, "every "+span(i.Every))
	}
	for _, c := range spec.Calendars {
		out = append(out, inZone(cmp.Or(c.Comment, "at calendar times"), zone))
	}
	for _, c := range spec.CronExpressions {
		out = append(out, inZone(c, zone))
	}
	return out
}

// inZone names the time zone that an expression is meant in, unless it does.
func inZone(expression, zone string) string {
	if zonePrefix.MatchString(expression) {
		return expression
	}
	return expression + zone
}
