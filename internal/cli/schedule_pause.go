package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

func (a *app) schedulePauseCommand() *cobra.Command {
	note := "paused with the starter"
	cmd := &cobra.Command{
		Use:     "pause [SCHEDULE_ID]",
		Short:   "Pause a schedule",
		Long:    "Pause a schedule: it starts no runs until it is unpaused. A running run continues.",
		Example: `  starter schedule pause --note "the provider moves on Monday"`,
		Args:    maybeOneArg("schedule id"),
		RunE: a.onSchedule(func(ctx context.Context, _ *connection, h client.ScheduleHandle) (view, error) {
			return scheduleChange{h.GetID(), "paused"}, h.Pause(ctx, client.SchedulePauseOptions{Note: note})
		}),
	}
	cmd.Flags().StringVar(&note, "note", note, "`text` to show with the schedule, such as the reason")
	return cmd
}
