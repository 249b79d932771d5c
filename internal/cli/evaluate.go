package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) evaluateCommand() *cobra.Command {
	var watch bool
	flags := &evaluateFlags{}
	cmd := &cobra.Command{
		Use:   "evaluate --run RUN",
		Short: "Evaluate a model on the held-out conversations of a fine-tuning",
		Long: `Evaluate a model on the held-out conversations of a fine-tuning.

Every fine-tuning evaluates the model it makes. This command evaluates any other on
the same conversations, and compares it with always naming the commonest company
and with the model server's classifier. It writes report.html for people and
report.json for programs; it registers and promotes nothing. Without --model it
evaluates the champion.

--with adds the model's base model, untrained: as it is (base), and with examples of
the commonest companies in its prompt (few-shot). Their prompts are longer, and each
costs more.

--compare judges several models one after another and prints one table: fine-tuned
models by id or alias, and base models, which are trained on the run's own split
first. A model that cannot be judged is a row that says so. From the second model on
there is a row for the first one and it in turn: the first answers where it is sure,
the other is asked about the rest.`,
		Example: `  starter evaluate --run finetune-tweets-1a2b3c4d --watch
  starter evaluate --run finetune-tweets-1a2b3c4d --turns first --watch
  starter evaluate --run finetune-tweets-1a2b3c4d --compare champion,previous,switchboard-hybrid-1 --watch
  starter evaluate --run finetune-tweets-1a2b3c4d --model previous --without-texts --watch`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(ctx, a, cmd)
			if err != nil {
				return nil, err
			}
			return a.startAndWatch(ctx, launch{pipeline.EvaluateWorkflow, pipeline.EvaluateID(in), in}, watch)
		}),
	}
	flags.register(a, cmd)
	addWatch(cmd, &watch)
	return cmd
}

// evaluateFlags are the flags that make an EvaluateInput.
type evaluateFlags struct {
	in   pipeline.EvaluateInput
	run  string
	with []string
}

func (f *evaluateFlags) register(a *app, cmd *cobra.Command) {
	flags, in := cmd.Flags(), &f.in
	flags.StringVar(&f.run, "run", "", "fine-tuning `run` whose held-out conversations are used")
	flags.StringVar(&in.Task, "task", "", "`name` of the model's task (default: that of the run)")
	flags.StringVar(&in.Model, "model", "", "fine-tuned `model` of the task (default: its champion)")
	flags.StringSliceVar(&in.Compare, "compare", nil, "`models` to judge and set side by side, with commas between them: ids and aliases of fine-tuned ones, and base models")
	turnsFlag(cmd, &in.Turns, "", "how much of each conversation the model is given: `all|first` (default: what the run trained on)")
	flags.Float64Var(&in.Precision, "precision", pipeline.DefaultPrecision, "precision to calibrate the threshold to")
	flags.Int64Var(&in.Seed, "seed", 1, "seed of the confidence intervals")
	flags.StringSliceVar(&f.with, "with", nil, "`baselines` to add: base, few-shot, or both with a comma between them")
	flags.BoolVar(&in.WithoutTexts, "without-texts", false, "leave conversations out of the report, so that it can be shared")
	flags.Float64Var(&in.MaxUnusable, "max-unusable", pipeline.DefaultMaxUnusable, "highest share of answers that may be no label")
	a.notifyFlag(cmd, &in.Notify)
	cmd.MarkFlagsMutuallyExclusive("compare", "model")
	cmd.MarkFlagsMutuallyExclusive("compare", "with")
}

// input is what the flags ask for, with the splits of the run that they name.
func (f *evaluateFlags) input(ctx context.Context, a *app, cmd *cobra.Command) (pipeline.EvaluateInput, error) {
	in := f.in
	if f.run == "" {
		return in, problem.Input("no run is given; name a finished fine-tuning with --run, as `starter status` shows it")
	}
	c, err := a.connect(ctx)
	if err != nil {
		return in, err
	}
	r, err := c.reportOf(ctx, f.run)
	c.Close()
	switch {
	case err != nil:
		return in, err
	case r.FineTune == nil || r.FineTune.Dir == "":
		return in, problem.Input("the run %s (%s) has left no held-out conversations; name a finished fine-tuning", f.run, r.Workflow)
	}
	in.Dir, in.Task = r.FineTune.Dir, cmp.Or(in.Task, r.FineTune.Task)
	for _, way := range f.with {
		in.With = append(in.With, pipeline.Untuned(way))
	}
	if err := checkMaxUnusable(cmd, in.MaxUnusable); err != nil {
		return in, err
	}
	in = in.WithDefaults()
	return in, in.Validate()
}

// writeEvaluate is the summary of a finished evaluation.
func writeEvaluate(t *text, r pipeline.EvaluateResult) {
	writeTask(t, r.Task)
	if len(r.Compared) > 0 {
		writeTurns(t, "asked about", r.Turns)
		writeCompared(t, r.Compared)
		writeStages(t, r.Stages)
		return
	}
	t.fact("model", r.Model)
	t.fact("note", r.Notes...)
	writeTurns(t, "asked about", r.Turns)
	writeMetrics(t, r.Metrics)
	writeStages(t, r.Stages)
}
