package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) retrainCommand() *cobra.Command {
	var watch bool
	flags := &retrainFlags{}
	cmd := &cobra.Command{
		Use:   "retrain --dataset FILE",
		Short: "Fine-tune a challenger and promote it if it beats the champion",
		Long: `Fine-tune a challenger and promote it if it beats the champion.

This is one run of what a schedule repeats. It is skipped if too little is new since
the latest training: fewer rows than --new-rows, fewer corrections than
--new-corrections, and less drift than --drift. Otherwise challenger and champion
answer the same test set. The challenger becomes the champion if it is right more
often beyond chance, and no company falls by more than --max-fall. With --approve a
person decides.

Calls that people judged are learned from as corrections are. Some judged calls are
held out: both models are asked about them, and a challenger that is worse on them
beyond chance is not promoted. A person is asked, with --approve or without, where the
challenger knows a company from calls alone, where only the held-out calls speak for
it, and where the corrections of an account were set aside because they go against
sure answers much more often than others do. --use-set-aside trains on these too.`,
		Example: `  starter retrain --dataset tweets.csv --watch
  starter retrain --dataset tweets.csv --approve --approval-deadline 24h
  starter models approve retrain-tweets-1a2b3c4d --why "looked at comparison.json"`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(cmd)
			if err != nil {
				return nil, err
			}
			return a.startAndWatch(ctx, launch{pipeline.RetrainWorkflow, pipeline.RetrainID(in), in}, watch)
		}),
	}
	a.taskFlag(cmd, &flags.fineTuneFlags.in.Task)
	a.notifyFlag(cmd, &flags.in.Notify)
	flags.register(cmd)
	addWatch(cmd, &watch)
	a.addAnomalies(cmd)
	return cmd
}

// retrainFlags are the flags that make a RetrainInput.
type retrainFlags struct {
	fineTuneFlags
	in pipeline.RetrainInput
}

func (f *retrainFlags) register(cmd *cobra.Command) {
	f.fineTuneFlags.register(cmd)
	flags, in := cmd.Flags(), &f.in
	weight := flags.Lookup("correction-weight")
	weight.DefValue, f.fineTuneFlags.in.CorrectionWeight = strconv.Itoa(pipeline.DefaultCorrectionWeight), pipeline.DefaultCorrectionWeight
	flags.Int64Var(&in.When.NewRows, "new-rows", pipeline.DefaultNewRows, "train if at least this many rows are new since the latest training")
	flags.Int64Var(&in.When.NewCorrections, "new-corrections", pipeline.DefaultNewCorrections, "train if at least this many corrections are new")
	flags.Float64Var(&in.When.Drift, "drift", pipeline.MuchDrift, "train if the labels, or the champion's confidence in production, drifted at least this much (population stability index)")
	flags.BoolVar(&in.When.Always, "always", false, "train even if nothing is new")
	flags.Float64Var(&in.Rule.MaxFall, "max-fall", pipeline.DefaultMaxFall, "keep the champion if the recall of any class falls by more than this")
	flags.IntVar(&in.Rule.MinExamples, "min-examples", pipeline.DefaultMinExamples, "leave classes with fewer test conversations out of --max-fall")
	flags.BoolVar(&in.Approve, "approve", false, "wait for \"starter models approve\" before promoting")
	flags.DurationVar(&in.ApprovalDeadline, "approval-deadline", pipeline.DefaultApprovalDeadline, "keep the champion if nobody approves within this time")
}

// input returns what the flags say, checked.
func (f *retrainFlags) input(cmd *cobra.Command) (pipeline.RetrainInput, error) {
	in := f.in
	// Zeros that the input takes for unset are refused where somebody wrote
	// them.
	for _, name := range []string{"new-rows", "new-corrections", "drift", "max-fall", "min-examples"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && (flag.Value.String() == "0") {
			return in, problem.Input("--%s is 0; give a number above it (--always trains in any case)", name)
		}
	}
	var err error
	if in.FineTune, err = f.fineTuneFlags.input(cmd); err != nil {
		return in, err
	}
	in = in.WithDefaults()
	return in, in.Validate()
}

// writeRetrain is the summary of a finished retraining.
func writeRetrain(t *text, r pipeline.RetrainResult) {
	t.fact("because", r.Reason)
	writeTask(t, r.Task)
	if r.Champion != "" {
		t.fact("compared with", r.Champion)
	}
	if r.FineTune.Model == "" {
		writeSetAside(t, r.SetAside)
		return
	}
	writeHeldCalls(t, r.HeldCalls)
	t.fact("model", r.FineTune.Model)
	if r.Decision == pipeline.Promote {
		t.fact("champion", "this model")
	}
	writeTuning(t, r.FineTune)
}

// writeProposal tells what waits for a person, and how to answer.
func writeProposal(t *text, id string, p *pipeline.Proposal) {
	if p == nil {
		return
	}
	t.fact("asks", "whether "+p.Challenger+" may take the place of "+p.Champion,
		p.Reason,
		"answer by "+t.at(p.Deadline)+" with `starter models approve "+id+" --why REASON`, or with --reject")
}
