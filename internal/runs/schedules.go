package runs

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/temporal"
)

// Schedule is one that starts retrainings.
type Schedule struct {
	ID string
	// Spec says when it starts them.
	Spec   *client.ScheduleSpec
	Paused bool
	// Note is what somebody said of it, such as why it is paused.
	Note string
	// Coming are the next times, none for one that is paused or whose times do not
	// come any more.
	Coming []time.Time
	// Last is when it last started one, zero if it never did.
	Last time.Time
}

// Next is when it starts the next one, zero if it starts none.
func (s Schedule) Next() time.Time {
	if len(s.Coming) == 0 {
		return time.Time{}
	}
	return s.Coming[0]
}

// Schedules lists those that start a Retrain; a namespace may have others. Errors
// are the server's own.
func Schedules(ctx context.Context, c *temporal.Client) ([]Schedule, error) {
	it, err := c.ScheduleClient().List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return nil, err
	}
	var all []Schedule
	for it.HasNext() {
		s, err := it.Next()
		if err != nil {
			return nil, err
		}
		if s.WorkflowType.Name != pipeline.RetrainWorkflow {
			continue
		}
		entry := Schedule{ID: s.ID, Spec: s.Spec, Paused: s.Paused, Note: s.Note}
		if !s.Paused {
			entry.Coming = s.NextActionTimes
		}
		if n := len(s.RecentActions); n > 0 {
			entry.Last = s.RecentActions[n-1].ActualTime
		}
		all = append(all, entry)
	}
	return all, nil
}

// Trigger starts a run of a schedule now, even if it is paused. Where a run of it still
// goes on it starts none, and returns that one's workflow id: the server would skip the
// run without a word. Errors are the server's own.
func Trigger(ctx context.Context, h client.ScheduleHandle) (going string, err error) {
	d, err := h.Describe(ctx)
	if err != nil {
		return "", err
	}
	if running := d.Info.RunningWorkflows; len(running) > 0 {
		return running[0].WorkflowID, nil
	}
	return "", h.Trigger(ctx, client.ScheduleTriggerOptions{})
}

// CheckSchedule returns an error unless a schedule is there and starts retrainings: a
// problem of kind BadInput for one that is somebody else's, and else the server's own.
func CheckSchedule(ctx context.Context, h client.ScheduleHandle) error {
	d, err := h.Describe(ctx)
	if err != nil {
		return err
	}
	start, ok := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	if !ok || start.Workflow != any(pipeline.RetrainWorkflow) {
		return problem.Input("the schedule %s starts no retrainings", h.GetID())
	}
	return nil
}
