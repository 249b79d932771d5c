package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
)

func (a *app) scheduleCommand() *cobra.Command {
	return a.group("schedule", "Manage schedules that retrain at set times",
		a.scheduleCreateCommand(),
		a.scheduleListCommand(),
		a.ofTask(a.scheduleDescribeCommand()),
		a.ofTask(a.schedulePauseCommand()),
		a.ofTask(a.scheduleUnpauseCommand()),
		a.ofTask(a.scheduleTriggerCommand()),
		a.scheduleDeleteCommand(),
	)
}

// onSchedule makes an action that needs the schedule its argument names, or else
// that of the task.
func (a *app) onSchedule(act func(ctx context.Context, c *connection, h client.ScheduleHandle) (view, error)) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, cmd *cobra.Command, args []string) (view, error) {
		id, err := scheduleID(cmd, args)
		if err != nil {
			return nil, err
		}
		c, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		v, err := act(ctx, c, c.ScheduleClient().GetHandle(ctx, id))
		if err != nil {
			return nil, c.serverProblem(err, "schedule "+id)
		}
		return v, nil
	})
}

func scheduleID(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	task := cmd.Flags().Lookup("task").Value.String()
	return pipeline.ScheduleID(task), pipeline.CheckTask(task)
}

// ofTask gives a command --task.
func (a *app) ofTask(cmd *cobra.Command) *cobra.Command {
	a.taskFlag(cmd, new(string))
	return cmd
}

// scheduleChange tells what was done to a schedule.
type scheduleChange struct {
	ScheduleID string `json:"schedule_id"`
	// Change is created, changed, refused, paused, unpaused, triggered or deleted.
	Change string `json:"change"`
}

func (s scheduleChange) write(t *text) { t.line("%s %s", s.Change, s.ScheduleID) }
