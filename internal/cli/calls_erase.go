package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/config"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) callsEraseCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "erase ID...",
		Short: "Erase calls and all that was found out about them",
		Long: `Erase calls and all that was found out about them: the redacted turns, the answer,
what people said of it, an answer that was not published yet, and the files of a run
that kept them. Readers of the topic of answers are told to forget the call. An erased
call's id stays used: the event is not analyzed again.

What cannot be reached is listed, with what to do about it: the event in the topic that
calls come from, models that were trained on the call, and the files of runs over a
dataset. That a call was erased is kept in the audit, without what was in it.

--dry-run tells what would be erased, and erases nothing.`,
		Example: `  starter calls erase call-0042 --dry-run
  starter calls erase call-0042 call-0043`,
		RunE: a.withServer(func(ctx context.Context, c *connection, ids []string) (view, error) {
			in := pipeline.EraseCallsInput{CallIDs: ids, DryRun: dryRun, Who: whoami()}
			if err := in.Validate(); err != nil {
				return nil, err
			}
			var done erased
			err := a.request(ctx, c, pipeline.EraseCallsActivity, in, &done.ErasedCalls)
			if err == nil && done.Calls == 0 {
				return nil, problem.Input("nothing is known of any of these calls; `starter calls list` shows those there are")
			}
			return done, err
		}),
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would be erased, and erase nothing")
	return cmd
}

func (a *app) callsExpireCommand() *cobra.Command {
	var dryRun bool
	var age string
	cmd := &cobra.Command{
		Use:   "expire --older-than AGE",
		Short: "Erase the calls that were stored before some time",
		Long: `Erase the calls that were stored before some time, as "starter calls erase" does. An
age is a number of days, such as 90d, or a duration, such as 36h.

Workers do this once a day where ` + config.Retention + ` says for how long calls are kept.`,
		Example: "  starter calls expire --older-than 90d --dry-run",
		Args:    noArgs,
		RunE: a.withServer(func(ctx context.Context, c *connection, _ []string) (view, error) {
			keep, err := config.Age(age)
			if err != nil || keep == 0 {
				return nil, problem.Input("--older-than is %q; give an age such as 90d or 36h", age)
			}
			var done erased
			in := pipeline.ExpireCallsInput{Before: time.Now().Add(-keep).UTC(), DryRun: dryRun, Who: whoami()}
			err = a.request(ctx, c, pipeline.ExpireCallsActivity, in, &done.ErasedCalls)
			return done, err
		}),
	}
	cmd.Flags().StringVar(&age, "older-than", "", "erase calls that were stored longer than this `age` ago")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would be erased, and erase nothing")
	return cmd
}

type erased struct{ pipeline.ErasedCalls }

func (e erased) write(t *text) {
	done := "erased"
	if e.DryRun {
		done = "would be erased"
	}
	t.line("%s %s", count(e.Calls, "call"), done)
	for _, part := range []struct {
		n    int64
		noun string
	}{{e.Judgements, "judgement"}, {e.Unpublished, "unpublished answer"}, {e.Files, "file"}} {
		if part.n > 0 {
			t.fact("with them", count(part.n, part.noun))
		}
	}
	if e.Published > 0 {
		t.fact("readers", "of the topic of answers are told to forget "+count(e.Published, "call"))
	}
	if e.More {
		t.fact("more", "calls are old enough; ask again for the rest")
	}
	if e.Missing > 0 {
		t.fact("unknown", count(e.Missing, "call")+" of which nothing is known")
	}
	for _, l := range e.Left {
		t.fact("not reached", leftLines(t, l)...)
	}
}

// leftLines tells where something may be left, and what to do.
func leftLines(t *text, l pipeline.NotErased) []string {
	of := ""
	if l.Calls > 0 {
		of = " (" + count(l.Calls, "call") + ")"
	}
	where, do := whereLeft(l)
	switch {
	case !l.Until.IsZero():
		do = "gone by " + t.at(l.Until)
	case do == "":
		do = "nothing to do"
	}
	return []string{where + of, do}
}

func whereLeft(l pipeline.NotErased) (where, do string) {
	switch l.Place {
	case pipeline.InputTopic:
		return "the events in topic " + l.Name, "Kafka does not say until when it keeps them; set retention.ms of the topic"
	case pipeline.DeadLetters:
		return "events in topic " + l.Name + ", if any of these calls could not be used at first", "they are kept without end; remove them with kafka-delete-records once they are dealt with"
	case pipeline.TrainedModel:
		return "model " + l.Name + ", which was trained on it, and the files of its training", "retrain, then delete the model at the provider and its folder among the artifacts"
	case pipeline.RunFiles:
		return "the files of the run " + l.Name + ", which hold the conversation as it was given", "delete its folder among the artifacts"
	case pipeline.JudgedFiles:
		return "the files of the retraining " + l.Name, "delete held-calls.parquet in its folder among the artifacts"
	case pipeline.Histories:
		return "the history of its run at Temporal, which holds the id and no word of the call", "it ends with the namespace's retention"
	}
	return fmt.Sprintf("%s %s", strings.ReplaceAll(string(l.Place), "_", " "), l.Name), ""
}
