package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

const fineTuneExample = `  # all there is, unbalanced
  starter finetune --dataset tweets.csv

  # 1,000 conversations a company, none of fewer than 150, and wait for the result
  starter finetune --dataset tweets.csv --target-size 1000 --min-class-size 150 --watch

  # what it would cost, and then as much as ten dollars buy
  starter finetune --dataset tweets.csv --dry-run
  starter finetune --dataset tweets.csv --budget 10 --watch

  # a script: the model's name
  starter finetune --dataset s3://data/tweets.csv.zst --watch --json | jq -r .fine_tune.model`

func (a *app) fineTuneCommand() *cobra.Command {
	var watch bool
	flags := &fineTuneFlags{}
	cmd := &cobra.Command{
		Use:   "finetune --dataset FILE",
		Short: "Prepare a dataset and fine-tune a model on it",
		Long: `Prepare a dataset and fine-tune a model on it.

The dataset is a CSV file (also .csv.gz, .csv.zst) with the columns tweet_id,
author_id, text and in_response_to_tweet_id, or a URL of one. A worker reads it,
so a path must be the same for the worker.

Steps that an earlier run did with the same file and the same settings (loading,
threading, removing names, splitting, uploading) are reused; --force repeats them.

The command waits until a worker has checked the dataset and the provider, and
returns; the run continues in the background. The same input gives the same
workflow id, so a second start joins a run that is under way. With --watch it
follows the run to the end and prints its summary.

Flags can also come from a file named switchboard.yaml in this folder or one above
it, within the repository or the home folder. The command line and the environment
take precedence:

  task: airlines
  dataset: data/tweets.csv
  finetune:
    target-size: 1000
  apply:
    dataset: data/production.csv

The dataset at the top is the one to train on: finetune, retrain and schedule create
take it. apply works on another file, and takes only the dataset below its own name.`,
		Example: fineTuneExample,
		Args:    noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(cmd)
			if err != nil {
				return nil, err
			}
			// Nobody wants an estimate for later.
			return a.startAndWatch(ctx, launch{pipeline.FineTuneWorkflow, pipeline.FineTuneID(in), in}, watch || in.DryRun)
		}),
	}
	a.taskFlag(cmd, &flags.in.Task)
	a.notifyFlag(cmd, &flags.in.Notify)
	flags.register(cmd)
	cmd.Flags().BoolVar(&flags.in.DryRun, "dry-run", false, "prepare and split, print the cost at each known price, and upload nothing; implies --watch")
	addWatch(cmd, &watch)
	a.addAnomalies(cmd)
	return cmd
}

func addWatch(cmd *cobra.Command, watch *bool) {
	cmd.Flags().BoolVar(watch, "watch", false, "follow the run to its end; Ctrl-C stops following, not the run")
}

func (a *app) addAnomalies(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.anomalies, "anomalies", false, "list in the summary everything that was wrong in the file, kind by kind")
}

func addMaxUnusable(cmd *cobra.Command, part *float64) {
	cmd.Flags().Float64Var(part, "max-unusable", pipeline.DefaultMaxUnusable, "highest share of ids, replies or authors in the file that may be unusable, and of answers that may be no label")
}

// turnsFlag says how much of a conversation a model is given.
func turnsFlag(cmd *cobra.Command, turns *pipeline.Turns, usual pipeline.Turns, usage string) {
	cmd.Flags().StringVar((*string)(turns), "turns", string(usual), usage)
}

// checkMaxUnusable refuses a 0 that somebody wrote: the input takes it for unset.
func checkMaxUnusable(cmd *cobra.Command, part float64) error {
	if cmd.Flags().Changed("max-unusable") && part == 0 {
		return problem.Input("the part that may be unusable is 0; it must be above 0 and at most 1")
	}
	return nil
}

// fineTuneFlags are the flags that make a FineTuneInput.
type fineTuneFlags struct{ in pipeline.FineTuneInput }

func (f *fineTuneFlags) register(cmd *cobra.Command) {
	flags, in := cmd.Flags(), &f.in
	flags.StringVar(&in.Dataset, "dataset", "", "training `file`: a path or a URL")
	flags.StringVar(&in.BaseModel, "base-model", "", "the provider's `model` to start from (default: the worker's setting)")
	flags.IntVar(&in.TargetSize, "target-size", 0, "conversations to balance each class to (default: all there is, unbalanced)")
	flags.IntVar(&in.MinClassSize, "min-class-size", pipeline.DefaultMinClassSize, "smallest class to train on, in conversations")
	flags.StringVar((*string)(&in.RareClasses), "rare-classes", string(pipeline.DropRare), "what to do with smaller classes: `drop|unknown`")
	flags.IntVar(&in.MaxTweets, "max-tweets", pipeline.DefaultMaxTweets, "split conversations of more tweets than this")
	turnsFlag(cmd, &in.Turns, pipeline.AllTurns, "how much of each conversation to train on: `all|first|both`; first is the customer's first tweet alone, both is either")
	addMaxUnusable(cmd, &in.MaxUnusable)
	flags.Float64Var(&in.TestShare, "test-share", pipeline.DefaultTestShare, "share of the threads held out for testing, at most 0.5")
	flags.Float64Var(&in.Precision, "precision", pipeline.DefaultPrecision, "precision to calibrate the threshold to")
	flags.IntVar(&in.Epochs, "epochs", 0, "passes over the training data (default: the trainer chooses)")
	flags.Int64Var(&in.Seed, "seed", 1, "seed of every random choice")
	flags.IntVar(&in.CorrectionWeight, "correction-weight", 0, "how often each corrected conversation and call is trained on; 0 leaves corrections out")
	flags.BoolVar(&in.UseSetAside, "use-set-aside", false, "train also on corrections of calls by accounts that go against sure answers much more often than others do")
	flags.Float64Var(&in.Budget, "budget", 0, "US `dollars` for training and evaluation, from which the target size is derived")
	flags.Float64Var(&in.MaxCost, "max-cost", 0, "refuse to upload if training and evaluation would cost more US `dollars`")
	flags.BoolVar(&in.Force, "force", false, "repeat work that an earlier run did, up to the upload; a job is never paid for twice")
	annotate(cmd, "dataset", commonFlag, "dataset")
	annotate(cmd, "budget", excludes, "target-size")
	annotate(cmd, "target-size", excludes, "budget")
	flags.DurationVar(&in.JobDeadline, "job-deadline", pipeline.DefaultJobDeadline, "cancel the provider's job after this time")
}

// input returns what the flags say, checked. Zeros that the input takes for
// unset are refused where somebody wrote them.
func (f *fineTuneFlags) input(cmd *cobra.Command) (pipeline.FineTuneInput, error) {
	in := f.in
	given := cmd.Flags().Changed
	switch {
	case given("target-size") && in.TargetSize < 1:
		return in, pipeline.TargetSizeProblem(in.TargetSize)
	case given("budget") && in.Budget <= 0:
		return in, problem.Input("the budget is %g dollars; it must be above 0", in.Budget)
	case given("max-cost") && in.MaxCost <= 0:
		return in, problem.Input("the most a run may cost is %g dollars; it must be above 0", in.MaxCost)
	case given("epochs") && in.Epochs < 1:
		return in, problem.Input("the number of epochs is %d; it must be 1 or more (leave it out to let the trainer choose)", in.Epochs)
	case given("seed") && in.Seed == 0:
		return in, problem.Input("the seed is 0; give any other whole number")
	case given("base-model") && in.BaseModel == "":
		return in, problem.Input("the base model is empty; name one, or leave it out to take the worker's setting")
	}
	err := checkMaxUnusable(cmd, in.MaxUnusable)
	if err == nil {
		err = in.Validate()
	}
	if err != nil {
		return in, err
	}
	in.Dataset, err = datasetURL(in.Dataset)
	return in.WithDefaults(), err
}
