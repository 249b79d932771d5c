package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

func (a *app) scheduleUnpauseCommand() *cobra.Command {
	note := "unpaused with the starter"
	cmd := &cobra.Command{
		Use:     "unpause [SCHEDULE_ID]",
		Short:   "Unpause a schedule",
		Long:    "Unpause a schedule, including one that paused because a run failed.",
		Example: `  starter schedule unpause --note "the quota was raised"`,
		Args:    maybeOneArg("schedule id"),
		RunE: a.onSchedule(func(ctx context.Context, _ *connection, h client.ScheduleHandle) (view, error) {
			return scheduleChange{h.GetID(), "unpaused"}, h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
		}),
	}
	cmd.Flags().StringVar(&note, "note", note, "`text` to show with the schedule, such as the reason")
	return cmd
}
