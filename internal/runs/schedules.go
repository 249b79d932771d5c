package runs

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
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
	// Next is zero for one that is paused or whose times do not come any more, Last
	// for one that has started nothing yet.
	Next, Last time.Time
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
		if len(s.NextActionTimes) > 0 && !s.Paused {
			entry.Next = s.NextActionTimes[0]
		}
		if n := len(s.RecentActions); n > 0 {
			entry.Last = s.RecentActions[n-1].ActualTime
		}
		all = append(all, entry)
	}
	return all, nil
}
