package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) callsDeadLettersCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "List events that could not be taken in or analyzed",
		Long: `List events that could not be taken in or analyzed, newest first, with the reason.
Of their content nothing is shown: it may be what a caller said. The original bytes
are in the topic of dead letters.`,
		Example: "  starter calls dead-letters",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			if limit < 1 || limit > pipeline.PageSize {
				return nil, problem.Input("--limit is %d; give a number from 1 to %d", limit, pipeline.PageSize)
			}
			var list deadLetters
			err := a.request(ctx, c, pipeline.ListDeadLettersActivity, pipeline.ListDeadLettersInput{Limit: limit}, &list.DeadLetterList)
			return list, err
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how `many` to list")
	return cmd
}

func (a *app) callsReplayCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "replay [ID...]",
		Short: "Send dead letters again, once what was wrong is mended",
		Long: `Send dead letters again, once what was wrong is mended: those whose ids are given,
or with --all each that was not sent again before. A call that is answered already
stays as it is.`,
		Example: "  starter calls replay 17 18\n  starter calls replay --all",
		RunE: a.withServer(func(ctx context.Context, c *connection, args []string) (view, error) {
			if all == (len(args) > 0) {
				return nil, problem.Input("name the dead letters by their ids, as `starter calls dead-letters` lists them, or give --all")
			}
			var done replayed
			err := a.request(ctx, c, pipeline.ReplayDeadLettersActivity, pipeline.ReplayDeadLettersInput{IDs: args, All: all}, &done.ReplayDeadLettersResult)
			if err == nil && !all && done.Replayed == 0 && done.Before == 0 {
				return nil, problem.Input("none of these dead letters can be sent again: Kafka has none of that id, or it is larger than an event may be; `starter calls dead-letters` lists those there are")
			}
			return done, err
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "send each that was not sent again before")
	return cmd
}

type deadLetters struct{ pipeline.DeadLetterList }

func (l deadLetters) write(t *text) {
	if len(l.DeadLetters) == 0 {
		t.line("no dead letters")
		return
	}
	var rows [][]string
	for _, d := range l.DeadLetters {
		state := ""
		if d.Replayed {
			state = "sent again"
		}
		rows = append(rows, []string{d.ID, t.at(d.At), number(int64(d.Bytes)), strings.ReplaceAll(d.Reason, "\n", " "), state})
	}
	t.table([]string{"ID", "AT", "BYTES", "REASON", "STATE"}, rows)
}

type replayed struct {
	pipeline.ReplayDeadLettersResult
}

func (r replayed) write(t *text) {
	t.line("%s sent again", count(int64(r.Replayed), "dead letter"))
	if r.Before > 0 {
		t.fact("left alone", number(int64(r.Before))+" that were sent again before")
	}
	if r.Gone > 0 {
		t.fact("gone", number(int64(r.Gone))+" that are no longer in Kafka, or larger than an event may be")
	}
}
