package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// farthest is how far ahead the next runs are looked for: as far as the server
// does.
const farthest = 100 * 365 * 24 * time.Hour

// clockYear is how far ahead changes of the clock are told: one of each kind.
const clockYear = 366 * 24 * time.Hour

// comingRuns are when a schedule that is not made yet will run.
type comingRuns struct {
	// next are the first of them, in the schedule's time zone.
	next []time.Time
	// notes say where the times may not be what was meant.
	notes []string
}

// comingRuns asks the server, which alone knows how it reads an expression. Times
// that never come are a problem of kind BadInput.
func (c *connection) comingRuns(ctx context.Context, o scheduleOptions, now time.Time) (runs comingRuns, err error) {
	zone, err := time.LoadLocation(o.zone())
	if err != nil {
		return runs, zoneProblem(o.zone())
	}
	if o.cron != "" {
		runs.notes = cronNotes(o.cron)
	}
	err = c.withTimes(ctx, o.schedule().Spec, func(t timetable) error {
		next, err := t.between(ctx, now, now.Add(farthest))
		if err != nil {
			return err
		}
		if len(next) == 0 {
			return problem.Input("the schedule would never run: no time matches --cron %q; give one that comes", o.cron)
		}
		for _, at := range next[:min(nextRuns, len(next))] {
			runs.next = append(runs.next, at.In(zone))
		}
		changes := clockChanges(zone, now, now.Add(clockYear))
		if o.cron == "" || len(changes) == 0 {
			return nil
		}
		more, err := t.clockNotes(ctx, o, changes)
		runs.notes = append(runs.notes, more...)
		return err
	})
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && len(runs.notes) > 0 {
		return runs, problem.Input("the Temporal server refuses the schedule %s: %s (%s)", o.id, invalid.Message, strings.Join(runs.notes, "; "))
	}
	return runs, err
}

// timetable is a paused schedule that exists for as long as its times are asked
// for.
type timetable struct {
	c  *connection
	id string
}

// withTimes makes a timetable and deletes it again.
func (c *connection) withTimes(ctx context.Context, spec client.ScheduleSpec, ask func(timetable) error) error {
	spec.Jitter = 0
	t := timetable{c, "switchboard-times-" + rand.Text()}
	h, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: t.id, Spec: spec, Paused: true, Note: "exists while the starter asks for its times; it may be deleted",
		Action: &client.ScheduleWorkflowAction{ID: t.id, Workflow: "Nothing", TaskQueue: pipeline.TaskQueue},
	})
	if err != nil {
		return err
	}
	err = ask(t)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if deleted := h.Delete(ctx); err == nil {
		err = deleted
	}
	return err
}

// between returns when it runs, at most a thousand times.
func (t timetable) between(ctx context.Context, from, to time.Time) ([]time.Time, error) {
	answer, err := t.c.WorkflowService().ListScheduleMatchingTimes(ctx, &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: t.c.Namespace, ScheduleId: t.id, StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
	})
	var all []time.Time
	for _, at := range answer.GetStartTime() {
		all = append(all, at.AsTime())
	}
	return all, err
}

// clockNotes tells of the runs that a change of the clock leaves out, moves or
// doubles. The same expression in UTC says which times are meant.
func (t timetable) clockNotes(ctx context.Context, o scheduleOptions, changes []clockChange) (notes []string, err error) {
	o.timeZone, o.cron = "UTC", zonePrefix.ReplaceAllString(o.cron, "")
	err = t.c.withTimes(ctx, o.schedule().Spec, func(meant timetable) error {
		for _, change := range changes {
			walls, err := meant.between(ctx, change.from.Add(-time.Hour-time.Second), change.to.Add(time.Hour-time.Second))
			if err != nil {
				return err
			}
			long := change.to.Sub(change.from) + time.Hour
			runs, err := t.between(ctx, change.at.Add(-long-time.Second), change.at.Add(long-time.Second))
			if err != nil {
				return err
			}
			if note := change.note(walls, runs); note != "" {
				notes = append(notes, note)
			}
		}
		return nil
	})
	return notes, err
}

// clockChange is a stretch of the clock on the wall that does not exist or that
// comes twice, written as if the wall were in UTC.
type clockChange struct {
	from, to time.Time
	twice    bool
	// at is when the clock is changed, in its zone.
	at time.Time
}

// clockChanges lists those of a zone between two times.
func clockChanges(zone *time.Location, from, to time.Time) (all []clockChange) {
	for at := from.In(zone); ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.After(to) {
			return all
		}
		at = end.In(zone)
		before, after := wall(end.Add(-time.Second).In(zone)).Add(time.Second), wall(at)
		switch {
		case after.After(before):
			all = append(all, clockChange{from: before, to: after, at: at})
		case after.Before(before):
			all = append(all, clockChange{from: after, to: before, at: at, twice: true})
		}
	}
}

// wall is what the clock on the wall shows, in UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// note says what becomes of the runs that are meant for the stretch: walls are the
// times that are meant around it, runs those that the server has. It is empty
// where nothing is lost or doubled, and for a schedule that runs every hour anyway.
func (c clockChange) note(walls, runs []time.Time) string {
	var meant []time.Time
	before, after := false, false
	for _, at := range walls {
		switch {
		case at.Before(c.from):
			before = true
		case at.Before(c.to):
			meant = append(meant, at)
		default:
			after = true
		}
	}
	if len(meant) == 0 || before && after {
		return ""
	}
	day, run := c.from.Format(time.DateOnly), meant[0].Format("15:04")
	from, to := c.from.Format("15:04"), c.to.Format("15:04")
	came := c.came(meant[0], walls, runs)
	switch {
	case c.twice && len(came) > 1:
		return fmt.Sprintf("on %s the clock is put back from %s to %s: the run of %s comes twice", day, to, from, run)
	case c.twice:
		return ""
	case len(came) > 0:
		return fmt.Sprintf("on %s the clock is put forward from %s to %s: the run of %s comes at %s", day, from, to, run, came[0].Format("15:04"))
	}
	return fmt.Sprintf("on %s the clock is put forward from %s to %s: the run of %s is left out", day, from, to, run)
}

// came returns what the wall shows at the runs that stand for a time that is
// meant: those at this time, and where there is none, those that nobody meant.
func (c clockChange) came(meant time.Time, walls, runs []time.Time) (came []time.Time) {
	for _, run := range runs {
		at := wall(run.In(c.at.Location()))
		if at.Equal(meant) || !c.twice && !slices.ContainsFunc(walls, at.Equal) {
			came = append(came, at)
		}
	}
	return came
}
