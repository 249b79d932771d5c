package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
)

func (a *app) applyCommand() *cobra.Command {
	var watch bool
	flags := &applyFlags{}
	cmd := &cobra.Command{
		Use:   "apply {--dataset FILE | --retry-failed RUN}",
		Short: "Assign a company to every conversation of a file",
		Long: `Assign a company to every conversation of a file.

The dataset is a CSV file (also .csv.gz, .csv.zst) with the columns tweet_id,
text and a reply column, or a URL of one. In switchboard.yaml it is named below
apply: the dataset at the top is the one to train on. Without --model the champion
answers. The result is output.csv, with one row for every input row in
input order, a chart, and report.html: one page for people, with shares,
changes since the task's last run, warnings, and answers to check.

With --mode batch the conversations go to the provider's Batch API: answers take up
to a day and cost half as much at most providers. What expires or fails is sent
again. With --review, people look at the conversations and correct them on the page's
list of calls, where they are in the channel "dataset"; the next retraining learns
from what they say. --retry-failed repeats a finished run with the same file and model: only
conversations that failed are sent again, because all other answers are kept.

The command waits until a worker has checked the dataset and the model, and
returns; the run continues in the background. With --watch it follows the run to
the end and prints its summary.`,
		Example: `  # with the champion, and wait for the result
  starter apply --dataset production.csv --watch

  # overnight, at half the price
  starter apply --dataset production.csv --mode batch

  # send again what failed
  starter apply --retry-failed apply-production-1a2b3c4d --watch

  # pause a run between two parts, and resume it
  starter apply pause apply-production-1a2b3c4d
  starter apply resume apply-production-1a2b3c4d

  # the report, to send to whoever asked
  cp "$(starter apply --dataset production.csv --watch --json | jq -r '.files[] | select(.name == "report") | .url')" report.html

  # a script: where the result is
  starter apply --dataset production.csv --watch --json | jq -r '.files[] | select(.name == "output") | .url'`,
		Args: console.NoSuchCommand,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(ctx, a, cmd)
			if err != nil {
				return nil, err
			}
			return a.startAndWatch(ctx, launch{pipeline.ApplyWorkflow, pipeline.ApplyID(in), in}, watch)
		}),
	}
	flags.register(a, cmd)
	addWatch(cmd, &watch)
	a.addAnomalies(cmd)
	cmd.AddCommand(
		a.applyUpdateCommand("pause", "Pause a run before its next part", pipeline.PauseUpdate),
		a.applyUpdateCommand("resume", "Resume a paused run", pipeline.ResumeUpdate),
	)
	return cmd
}

// applyFlags are the flags that make an ApplyInput.
type applyFlags struct {
	in    pipeline.ApplyInput
	retry string
}

func (f *applyFlags) register(a *app, cmd *cobra.Command) {
	flags, in := cmd.Flags(), &f.in
	flags.StringVar(&in.Dataset, "dataset", "", "production `file`: a path or a URL")
	a.taskFlag(cmd, &in.Task)
	a.notifyFlag(cmd, &in.Notify)
	flags.StringVar(&in.Model, "model", "", "fine-tuned `model` of the task (default: its champion)")
	flags.IntVar(&in.MaxTweets, "max-tweets", pipeline.DefaultMaxTweets, "split conversations of more tweets than this")
	turnsFlag(cmd, &in.Turns, "", "how much of each conversation the model is given: `all|first` (default: what it was trained on)")
	addMaxUnusable(cmd, &in.MaxUnusable)
	flags.StringVar((*string)(&in.Mode), "mode", string(pipeline.Online), "`mode` of asking: online, or batch for the provider's Batch API")
	flags.Int64Var(&in.BatchTokens, "batch-tokens", 0, fmt.Sprintf("most `tokens` that wait in batches at a time (default: %d)", pipeline.DefaultBatchTokens))
	flags.StringVar(&f.retry, "retry-failed", "", "finished `run` whose failed rows are sent again")
	flags.BoolVar(&in.Review, "review", false, "keep the redacted conversations with their answers for people to look at and correct, as calls are")
	flags.BoolVar(&in.Force, "force", false, "prepare the file again even if an earlier run did; answers are never paid for twice")
	for _, of := range []string{"dataset", "model", "task", "max-tweets", "turns", "max-unusable"} {
		cmd.MarkFlagsMutuallyExclusive("retry-failed", of) // which has them of the other run
	}
}

// input is what the flags ask for: a file, or what failed in another run.
func (f *applyFlags) input(ctx context.Context, a *app, cmd *cobra.Command) (pipeline.ApplyInput, error) {
	in := f.in
	if f.retry != "" {
		again, err := a.retryInput(ctx, f.retry)
		if err != nil {
			return in, err
		}
		again.Mode, again.BatchTokens, again.Notify, again.Review = in.Mode, in.BatchTokens, in.Notify, in.Review || again.Review
		in = again
	}
	err := checkMaxUnusable(cmd, in.MaxUnusable)
	if err == nil {
		err = in.Validate()
	}
	if err != nil {
		return in, err
	}
	if in.Dataset, err = datasetURL(in.Dataset); err != nil {
		return in, err
	}
	return in.WithDefaults(), nil
}

func (a *app) applyUpdateCommand(use, short, update string) *cobra.Command {
	return &cobra.Command{
		Use:     use + " RUN",
		Short:   short,
		Example: "  starter apply " + use + " apply-production-1a2b3c4d",
		Args:    oneArg("run"),
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return a.updateApply(ctx, c, args[0], update)
		}),
	}
}

// updateApply sends a pause or a resume and reports the run as it is then.
func (a *app) updateApply(ctx context.Context, c *connection, id, update string) (view, error) {
	var status pipeline.Status
	r, err := a.update(ctx, c, id, pipeline.ApplyWorkflow, "can be paused and resumed", update, nil, &status)
	if err != nil {
		return nil, err
	}
	r.setStatus(status)
	return r, nil
}
