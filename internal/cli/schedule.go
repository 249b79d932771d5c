package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

// defaultSchedule is the schedule that create makes and the other commands
// take if none is named.
const defaultSchedule = "retrain"

func (a *app) scheduleCommand() *cobra.Command {
	return a.group("schedule", "Repeat a fine-tuning at set times",
		a.scheduleCreateCommand(),
		a.scheduleListCommand(),
		a.scheduleDescribeCommand(),
		a.schedulePauseCommand(),
		a.scheduleUnpauseCommand(),
		a.scheduleTriggerCommand(),
		a.scheduleDeleteCommand(),
	)
}

// onSchedule makes an action that needs the schedule its argument names.
func (a *app) onSchedule(act func(ctx context.Context, c *connection, h client.ScheduleHandle) (view, error)) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		c, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		id := defaultSchedule
		if len(args) == 1 {
			id = args[0]
		}
		v, err := act(ctx, c, c.ScheduleClient().GetHandle(ctx, id))
		if err != nil {
			return nil, c.serverProblem(err, "schedule "+id)
		}
		return v, nil
	})
}

// scheduleChange tells what was done to a schedule.
type scheduleChange struct {
	ScheduleID string `json:"schedule_id"`
	// Change is created, changed, refused, paused, unpaused, triggered or deleted.
	Change string `json:"change"`
}

func (s scheduleChange) write(t *text) { t.line("%s %s", s.Change, s.ScheduleID) }
