package pipeline

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// Metadata is what Temporal's Web UI shows of a run beside its id: a line, and
// Markdown below it. It is set when the run starts, by whoever starts it, and stays
// as it is; Temporal keeps it where everybody can read it who may list runs. So it
// holds file names without their folders, names of models and options, and nothing
// that was read from a file.
type Metadata struct{ Summary, Details string }

// Metadata describes a fine-tuning.
func (in FineTuneInput) Metadata() Metadata {
	in = in.WithDefaults()
	var d details
	d.fact("task", in.Task)
	d.fact("dataset", DatasetName(in.Dataset))
	d.fact("base model", in.BaseModel)
	d.fineTuneOptions(in, FineTuneInput{}.WithDefaults())
	d.fact("notifies", notified(in.Notify))
	summary := "Fine-tune " + clip(cmp.Or(in.BaseModel, "a model")) + " on " + clip(DatasetName(in.Dataset))
	if in.DryRun {
		summary = "Estimate what it costs to fine-tune on " + clip(DatasetName(in.Dataset))
	}
	return Metadata{summary, d.String()}
}

func (d *details) fineTuneOptions(in, usual FineTuneInput) {
	option(d, "target-size", in.TargetSize, usual.TargetSize)
	option(d, "min-class-size", in.MinClassSize, usual.MinClassSize)
	option(d, "rare-classes", in.RareClasses, usual.RareClasses)
	option(d, "max-tweets", in.MaxTweets, usual.MaxTweets)
	option(d, "turns", in.Turns, usual.Turns)
	option(d, "max-unusable", in.MaxUnusable, usual.MaxUnusable)
	option(d, "test-share", in.TestShare, usual.TestShare)
	option(d, "precision", in.Precision, usual.Precision)
	option(d, "epochs", in.Epochs, usual.Epochs)
	option(d, "seed", in.Seed, usual.Seed)
	option(d, "job-deadline", in.JobDeadline, usual.JobDeadline)
	option(d, "correction-weight", in.CorrectionWeight, usual.CorrectionWeight)
	option(d, "use-set-aside", in.UseSetAside, false)
	option(d, "budget", in.Budget, usual.Budget)
	option(d, "max-cost", in.MaxCost, usual.MaxCost)
	option(d, "dry-run", in.DryRun, usual.DryRun)
	option(d, "force", in.Force, usual.Force)
}

// Metadata describes an application.
func (in ApplyInput) Metadata() Metadata {
	in = in.WithDefaults()
	usual := ApplyInput{Mode: in.Mode}.WithDefaults()
	var d details
	d.fact("task", in.Task)
	d.fact("dataset", DatasetName(in.Dataset))
	d.fact("model", cmp.Or(in.Model, "the champion"))
	option(&d, "max-tweets", in.MaxTweets, usual.MaxTweets)
	option(&d, "turns", in.Turns, "")
	option(&d, "max-unusable", in.MaxUnusable, usual.MaxUnusable)
	option(&d, "mode", in.Mode, Online)
	option(&d, "batch-tokens", in.BatchTokens, usual.BatchTokens)
	option(&d, "review", in.Review, false)
	option(&d, "force", in.Force, false)
	d.fact("notifies", notified(in.Notify))
	return Metadata{"Apply " + clip(cmp.Or(in.Model, "the champion")) + " to " + clip(DatasetName(in.Dataset)), d.String()}
}

// Metadata describes an evaluation.
func (in EvaluateInput) Metadata() Metadata {
	in = in.WithDefaults()
	usual := EvaluateInput{}.WithDefaults()
	run, _, _ := strings.Cut(in.Dir, "/")
	var d details
	d.fact("task", in.Task)
	d.fact("test set of", run)
	if len(in.Compare) > 0 {
		d.fact("models", strings.Join(in.Compare, ", "))
	} else {
		d.fact("model", cmp.Or(in.Model, "the champion"))
	}
	option(&d, "turns", in.Turns, "")
	option(&d, "precision", in.Precision, usual.Precision)
	option(&d, "max-unusable", in.MaxUnusable, usual.MaxUnusable)
	option(&d, "seed", in.Seed, usual.Seed)
	for _, way := range in.With {
		option(&d, "with", way, "")
	}
	option(&d, "without-texts", in.WithoutTexts, false)
	d.fact("notifies", notified(in.Notify))
	if n := len(in.Compare); n > 0 {
		return Metadata{fmt.Sprintf("Compare %d models on the test set of %s", n, clip(run)), d.String()}
	}
	if in.Contender {
		return Metadata{"Judge " + clip(in.Model) + " for a comparison on the test set of " + clip(run), d.String()}
	}
	return Metadata{"Evaluate " + clip(cmp.Or(in.Model, "the champion")) + " on the test set of " + clip(run), d.String()}
}

// Metadata describes the analysis of a call.
func (in AnalyzeCallInput) Metadata() Metadata {
	in = in.WithDefaults()
	var d details
	d.fact("task", in.Task)
	summary := "Analyze the call of " + clip(DatasetName(in.Event))
	if r := in.Record; r != nil {
		summary = "Analyze a call"
		d.fact("record", fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset))
	}
	d.fact("event", DatasetName(in.Event))
	d.fact("model", cmp.Or(in.Model, "the champion"))
	option(&d, "recording", in.Audio, false)
	option(&d, "keep-artifacts", !in.Stored, false)
	d.fact("notifies", notified(in.Notify))
	return Metadata{summary, d.String()}
}

// Metadata describes a retraining.
func (in RetrainInput) Metadata() Metadata {
	in = in.WithDefaults()
	usual := RetrainInput{}.WithDefaults()
	dataset := DatasetName(in.FineTune.Dataset)
	var d details
	d.fact("task", in.FineTune.Task)
	d.fact("dataset", dataset)
	d.fact("base model", in.FineTune.BaseModel)
	option(&d, "new-rows", in.When.NewRows, usual.When.NewRows)
	option(&d, "new-corrections", in.When.NewCorrections, usual.When.NewCorrections)
	option(&d, "drift", in.When.Drift, usual.When.Drift)
	option(&d, "always", in.When.Always, false)
	option(&d, "max-fall", in.Rule.MaxFall, usual.Rule.MaxFall)
	option(&d, "min-examples", in.Rule.MinExamples, usual.Rule.MinExamples)
	option(&d, "approve", in.Approve, false)
	option(&d, "approval-deadline", in.ApprovalDeadline, usual.ApprovalDeadline)
	usual.FineTune.CorrectionWeight = DefaultCorrectionWeight // of the commands
	d.fineTuneOptions(in.FineTune, usual.FineTune)
	d.fact("notifies", notified(in.Notify))
	summary := "Retrain on " + clip(dataset)
	if in.CheckOnly {
		summary = "Check whether a retraining on " + clip(dataset) + " could begin"
	}
	return Metadata{summary, d.String()}
}

// ChallengerMetadata describes the fine-tuning that a retraining starts.
func (in FineTuneInput) ChallengerMetadata(retraining string) Metadata {
	m := in.Metadata()
	return Metadata{"Fine-tune a challenger on " + clip(DatasetName(in.Dataset)), "- for: " + code(retraining) + "\n" + m.Details}
}

// Metadata describes the preparation of a parent's dataset.
func (in PrepareInput) Metadata() Metadata {
	var d details
	run, _, _ := strings.Cut(in.Dir, "/")
	d.fact("dataset", DatasetName(in.Dataset))
	d.fact("kind", string(in.Kind))
	d.fact("for", run)
	option(&d, "max-tweets", in.MaxTweets, DefaultMaxTweets)
	option(&d, "max-unusable", in.MaxUnusable, 0)
	option(&d, "force", in.Force, false)
	return Metadata{"Prepare " + clip(DatasetName(in.Dataset)) + " for " + clip(run), d.String()}
}

// details is a list in Markdown.
type details struct{ strings.Builder }

// fact adds a line, unless there is nothing to say.
func (d *details) fact(name, value string) {
	if value != "" {
		fmt.Fprintf(d, "- %s: %s\n", name, code(value))
	}
}

// option adds a flag that is not as it is by default.
func option[T comparable](d *details, flag string, value, usual T) {
	switch {
	case value == usual:
	case any(value) == true:
		fmt.Fprintf(d, "- %s\n", code("--"+flag))
	default:
		fmt.Fprintf(d, "- %s\n", code(fmt.Sprintf("--%s=%v", flag, value)))
	}
}

// code keeps Markdown from reading anything into a value.
func code(value string) string { return "`" + strings.ReplaceAll(value, "`", "'") + "`" }

// clip keeps a summary under the length that Temporal takes, 400 bytes, in which
// there are at most two names. Its end tells one model from another.
func clip(name string) string {
	const most = 100
	name = strings.ReplaceAll(name, "`", "'")
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most/2], "") + "…" + strings.ToValidUTF8(name[len(name)-most/2:], "")
}

// notified is the host that is told, as the rest of the address may be a secret.
func notified(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(path.Clean(rest), "/")
	host, _, _ = strings.Cut(host, "?")
	if address == "" {
		return ""
	}
	return host
}
