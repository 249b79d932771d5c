package cli

import (
	"context"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

func (a *app) scheduleTriggerCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "trigger [SCHEDULE_ID]",
		Short:   "Start a run of a schedule now, even if it is paused",
		Example: "  starter schedule trigger\n  starter schedule trigger airlines",
		Args:    maybeOneArg("schedule id"),
		RunE: a.onSchedule(func(ctx context.Context, _ *connection, h client.ScheduleHandle) (view, error) {
			going, err := runs.Trigger(ctx, h)
			if err != nil {
				return nil, err
			}
			if going != "" {
				return nil, problem.New(problem.Refused, "the run %s of the schedule %s is still going on; wait for it, or cancel it with `starter cancel %s`",
					going, h.GetID(), going)
			}
			return scheduleChange{h.GetID(), "triggered"}, nil
		}),
	}
}
