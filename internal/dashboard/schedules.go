package dashboard

import (
	"context"

	"go.temporal.io/sdk/client"

	"switchboard/internal/account"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/runs"
)

// scheduleRow is a schedule as the list shows it.
type scheduleRow struct {
	runs.Schedule
	Times []string
}

// times says when a schedule runs, one text a rule.
func (v *visit) times(spec *client.ScheduleSpec) (all []string) {
	if spec == nil {
		return nil
	}
	zone := spec.TimeZoneName
	if zone == "" {
		zone = "UTC"
	}
	for _, i := range spec.Intervals {
		all = append(all, v.T("every %s", v.span(i.Every)))
	}
	for _, c := range spec.Calendars {
		if c.Comment == "" {
			c.Comment = v.T("at calendar times")
		}
		all = append(all, c.Comment+" ("+zone+")")
	}
	for _, c := range spec.CronExpressions {
		all = append(all, c+" ("+zone+")")
	}
	return all
}

// What is done to schedules, for the audit.
const (
	schedulePaused    account.Action = "schedule.paused"
	scheduleUnpaused  account.Action = "schedule.unpaused"
	scheduleTriggered account.Action = "schedule.triggered"
)

// changeSchedule pauses a schedule, lets it go on, or starts a run of it.
func (s *Server) changeSchedule(v *visit) error {
	id := v.r.PostFormValue("id")
	why, err := v.reason()
	if err != nil {
		return err
	}
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	kept, notice, err := v.schedule(ctx, id, v.r.PostFormValue("do"), why)
	if err != nil {
		return v.answered(request.Problem(v.Temporal, err, "schedule "+id))
	}
	if err := v.did(kept, id, map[string]string{"reason": why}); err != nil {
		return err
	}
	return v.redirect("/runs#schedules", notice)
}

func (v *visit) schedule(ctx context.Context, id, do, why string) (kept account.Action, notice string, err error) {
	h := v.Temporal.ScheduleClient().GetHandle(ctx, id)
	if err := runs.CheckSchedule(ctx, h); err != nil {
		return "", "", err
	}
	// Whoever sees the schedule elsewhere sees who held it, and why.
	note := v.user.Name + ": " + why
	switch do {
	case "pause":
		return schedulePaused, v.T("The schedule %s is paused.", id), h.Pause(ctx, client.SchedulePauseOptions{Note: note})
	case "unpause":
		return scheduleUnpaused, v.T("The schedule %s is resumed.", id), h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
	case "trigger":
		going, err := runs.Trigger(ctx, h)
		if going != "" {
			err = problem.New(problem.Refused, "%s", v.T("The run %s of this schedule is still going on. Wait until it has ended.", going))
		}
		return scheduleTriggered, v.T("A run of the schedule %s is started.", id), err
	}
	return "", "", problem.Input("%s", v.T("A schedule can be paused, resumed, or started now."))
}
