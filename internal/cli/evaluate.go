package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) evaluateCommand() *cobra.Command {
	var (
		in    pipeline.EvaluateInput
		run   string
		with  []string
		watch bool
	)
	cmd := &cobra.Command{
		Use:   "evaluate --run WORKFLOW_ID",
		Short: "Judge a model on the held-out conversations of a fine-tuning",
		Long: `Judge a model on the held-out conversations of a fine-tuning.

Every fine-tuning judges the model that it makes; this judges any other on the
same conversations, beside the commonest company and the model server's
classifier. It leaves report.html for people and report.json for programs, and
registers and promotes nothing. Without --model the champion is judged.

With --with the model's base model is asked too, untrained: as it is (base), and
with a conversation of each of the commonest companies in its prompt (few-shot).
Their questions are longer, and cost more each.`,
		Example: `  starter evaluate --run finetune-tweets-1a2b3c4d --watch
  starter evaluate --run finetune-tweets-1a2b3c4d --model ft:switchboard-softmax-1:own:sb-1a2b3c4d5e6f:7g8h9j0k --without-texts --watch`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			if run == "" {
				return nil, problem.Input("no run is given; name a finished fine-tuning with --run, as `starter status` shows it")
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			r, err := c.reportOf(ctx, run)
			c.Close()
			switch {
			case err != nil:
				return nil, err
			case r.FineTune == nil || r.FineTune.Dir == "":
				return nil, problem.Input("the run %s is a %s that has left no splits; name a finished fine-tuning", run, r.Workflow)
			}
			in.Dir, in.Task = r.FineTune.Dir, cmp.Or(in.Task, r.FineTune.Task)
			for _, way := range with {
				in.With = append(in.With, pipeline.Untuned(way))
			}
			if err := checkMaxUnusable(cmd, in.MaxUnusable); err != nil {
				return nil, err
			}
			in = in.WithDefaults()
			if err := in.Validate(); err != nil {
				return nil, err
			}
			return a.startAndWatch(ctx, launch{pipeline.EvaluateWorkflow, pipeline.EvaluateID(in), in}, watch)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&run, "run", "", "workflow `id` of the fine-tuning whose held-out conversations are used")
	flags.StringVar(&in.Task, "task", "", "`name` of the model's task (default: that of the run)")
	flags.StringVar(&in.Model, "model", "", "fine-tuned `model` of the task (default: its champion)")
	flags.Float64Var(&in.Precision, "precision", pipeline.DefaultPrecision, "precision to calibrate the threshold to")
	flags.Int64Var(&in.Seed, "seed", 1, "seed of the intervals")
	flags.StringSliceVar(&with, "with", nil, "further `columns`: base, few-shot, or both with a comma between them")
	flags.BoolVar(&in.WithoutTexts, "without-texts", false, "leave the conversations out of the report, so that it can be shared")
	flags.Float64Var(&in.MaxUnusable, "max-unusable", pipeline.DefaultMaxUnusable, "refuse more than this part of answers that are no label")
	a.notifyFlag(cmd, &in.Notify)
	addWatch(cmd, &watch)
	return cmd
}

// writeEvaluate is the summary of a finished evaluation.
func writeEvaluate(t *text, r pipeline.EvaluateResult) {
	writeTask(t, r.Task)
	t.fact("model", r.Model)
	writeMetrics(t, r.Metrics)
	writeStages(t, r.Stages)
}
