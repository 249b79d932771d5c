package cli

import (
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) callsIntakeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "intake",
		Short: "Show how far the intake of calls is",
		Long: `Show how far the intake of calls is: how many events wait in each partition of the
topic and since when, how many calls are being analyzed, how many dead letters there
are, and whether the intake is paused.`,
		Example: "  starter calls intake\n  starter calls intake --json | jq '[.partitions[].waiting] | add'",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			return a.intakeState(ctx, c)
		}),
	}
}

func (a *app) intakeState(ctx context.Context, c *connection) (intakeState, error) {
	var s intakeState
	err := a.request(ctx, c, pipeline.DescribeIntakeActivity, nil, &s.IntakeState)
	return s, err
}

func (a *app) callsPauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Take in no more calls until resume",
		Long: `Take in no more calls until resume. Events wait in Kafka; calls that were taken in
are analyzed to their end. Every intake obeys within some seconds, also one that is
started later.`,
		Example: "  starter calls pause",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			return a.pauseIntake(ctx, c, true)
		}),
	}
}

func (a *app) callsResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "resume",
		Short:   "Take in calls again after pause or drain",
		Example: "  starter calls resume",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			return a.pauseIntake(ctx, c, false)
		}),
	}
}

func (a *app) callsDrainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drain",
		Short: "Take in no more calls, and wait until those taken in are answered",
		Long: `Take in no more calls, and wait until those taken in are answered. Then nothing of
the live path is at work, and everything may be stopped or updated. Go on with
resume.`,
		Example: "  starter calls drain",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			return a.drainIntake(ctx, c)
		}),
	}
}

func (a *app) pauseIntake(ctx context.Context, c *connection, pause bool) (view, error) {
	var s intakeState
	err := a.request(ctx, c, pipeline.PauseIntakeActivity, pipeline.PauseIntakeInput{Pause: pause, Who: whoami()}, &s.IntakeState)
	return s, err
}

// settled is how often in a row nothing may be open before the intake counts as
// drained: one that has just heard of the pause may still be starting calls.
const settled = 5

func (a *app) drainIntake(ctx context.Context, c *connection) (view, error) {
	if _, err := a.pauseIntake(ctx, c, true); err != nil {
		return nil, err
	}
	tick := time.NewTicker(a.watchEvery)
	defer tick.Stop()
	for quiet := 0; ; {
		s, err := a.intakeState(ctx, c)
		if err != nil {
			return nil, err
		}
		if quiet++; s.Open > 0 {
			quiet = 0
		}
		if quiet >= settled {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, &interruption{"stopped waiting; the intake stays paused, and the calls that were taken in go on"}
		case <-tick.C:
		}
	}
}

// whoami is the user's name, for the note of who did something.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

type intakeState struct{ pipeline.IntakeState }

func (s intakeState) write(t *text) {
	state := "taking in calls"
	if !s.Paused.IsZero() {
		state = "paused since " + t.at(s.Paused)
		if s.PausedBy != "" {
			state += " by " + s.PausedBy
		}
	}
	t.fact("intake", state)
	if !s.Kafka {
		t.fact("note", "the worker has no Kafka, so that calls come from files alone")
		return
	}
	t.fact("in work", count(s.Open, "call"))
	t.fact("dead letters", number(s.DeadLetters))
	var rows [][]string
	for _, p := range s.Partitions {
		oldest := ""
		if !p.Oldest.IsZero() {
			oldest = span(t.now.Sub(p.Oldest))
		}
		rows = append(rows, []string{fmt.Sprint(p.Partition), number(p.Waiting), oldest})
	}
	t.table([]string{"PARTITION", "WAITING", "OLDEST"}, rows)
}
