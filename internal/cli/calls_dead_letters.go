package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/call"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) callsDeadLettersCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "List events that could not be taken in or analyzed",
		Long: `List events that could not be taken in or analyzed, the latest first, with the reason,
and the call and its task where the event tells them. Of what was said nothing is
shown. The original bytes are in the topic of dead letters.

GIVEN UP is when an event became a dead letter, EVENT when it came.`,
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
	cmd.Flags().IntVar(&limit, "limit", 20, "most dead letters to list")
	return cmd
}

// deadLetterReasons are those that a dead letter can have.
func deadLetterReasons() []string {
	var names []string
	for _, r := range call.Reasons {
		names = append(names, string(r))
	}
	return append(names, "bad-input", "refused", "gave-up")
}

func (a *app) callsReplayCommand() *cobra.Command {
	var in pipeline.ReplayDeadLettersInput
	cmd := &cobra.Command{
		Use:   "replay [ID...]",
		Short: "Send dead letters again, once what was wrong is mended",
		Long: `Send dead letters again, once what was wrong is mended: those whose ids are given,
or with --reason those of a reason, or with --all each. The latter two leave alone
what was sent again or discarded before. A call that is answered already stays as
it is, unless the answer is that asking failed.`,
		Example: "  starter calls replay 17 18\n  starter calls replay --reason refused\n  starter calls replay --all",
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			in.IDs = args
			if err := checkReplay(in); err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			var done replayed
			err = a.request(ctx, c, pipeline.ReplayDeadLettersActivity, in, &done.ReplayDeadLettersResult)
			switch {
			case err != nil:
				return nil, err
			case len(args) > 0 && done.Replayed == 0 && done.Before == 0:
				return nil, problem.Input("none of these dead letters can be sent again: Kafka has none of that id, or it is larger than an event may be; `starter calls dead-letters` lists those there are")
			}
			return done, nil
		}),
	}
	cmd.Flags().BoolVar(&in.All, "all", false, "send each that was not sent again or discarded before")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "send those of this `reason`: "+strings.Join(deadLetterReasons(), ", "))
	return cmd
}

// checkReplay holds that it is said in one way which dead letters are meant.
func checkReplay(in pipeline.ReplayDeadLettersInput) error {
	ways := 0
	for _, given := range []bool{in.All, in.Reason != "", len(in.IDs) > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return problem.Input("name the dead letters by their ids, as `starter calls dead-letters` lists them, or give --reason, or --all")
	}
	if in.Reason != "" {
		return oneOf("--reason", in.Reason, deadLetterReasons())
	}
	return nil
}

func (a *app) callsDiscardCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "discard ID...",
		Short: "Mark dead letters as dealt with",
		Long: `Mark dead letters as dealt with: they are no longer counted, and ` + "`replay`" + ` sends them
again only by their ids. They stay in the topic of dead letters.`,
		Example: "  starter calls discard 17 18",
		Args:    someArgs("the dead letters by their ids, as `starter calls dead-letters` lists them"),
		RunE: a.withServer(func(ctx context.Context, c *connection, args []string) (view, error) {
			var done discarded
			err := a.request(ctx, c, pipeline.DiscardDeadLettersActivity, pipeline.DiscardDeadLettersInput{IDs: args}, &done.DiscardDeadLettersResult)
			if err == nil && done.Discarded == 0 && done.Before == 0 {
				return nil, problem.Input("Kafka has no dead letters of these ids; `starter calls dead-letters` lists those there are")
			}
			return done, err
		}),
	}
}

// someArgs holds that there is at least one argument, and else says what to name.
func someArgs(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return problem.Input("name %s", what)
		}
		return nil
	}
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
		switch {
		case d.Replayed:
			state = "sent again"
		case d.Discarded:
			state = "discarded"
		}
		rows = append(rows, []string{d.ID, t.at(d.DeadAt), t.at(d.At), d.CallID, d.Task, number(int64(d.Bytes)), d.Reason, state})
	}
	t.table([]string{"ID", "GIVEN UP", "EVENT", "CALL", "TASK", "BYTES", "REASON", "STATE"}, rows)
	if l.More {
		t.line("there are more: --limit lists up to %d", pipeline.PageSize)
	}
}

type replayed struct {
	pipeline.ReplayDeadLettersResult
}

func (r replayed) write(t *text) {
	t.line("%s sent again", count(int64(r.Replayed), "dead letter"))
	writeRest(t, r.Before, r.Gone, "no longer in Kafka, or larger than an event may be")
}

type discarded struct {
	pipeline.DiscardDeadLettersResult
}

func (d discarded) write(t *text) {
	t.line("%s discarded", count(int64(d.Discarded), "dead letter"))
	writeRest(t, d.Before, d.Gone, "not in Kafka")
}

// writeRest counts the dead letters that nothing was done with.
func writeRest(t *text, before, gone int, where string) {
	if before > 0 {
		t.fact("left alone", number(int64(before))+" that were sent again or discarded before")
	}
	if gone > 0 {
		t.fact("gone", number(int64(gone))+" that are "+where)
	}
}
