package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

func (a *app) scheduleDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "delete SCHEDULE_ID",
		Short:   "Delete a schedule",
		Long:    "Delete a schedule. Its running and finished runs stay.",
		Example: "  starter schedule delete airlines",
		Args:    oneArg("schedule id"),
		RunE: a.onSchedule(func(ctx context.Context, _ *connection, h client.ScheduleHandle) (view, error) {
			return scheduleChange{h.GetID(), "deleted"}, h.Delete(ctx)
		}),
	}
}
