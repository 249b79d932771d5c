// Package layout says where a run keeps its files: it is the one owner of their
// paths. Paths are relative to the root of the artifacts, with forward slashes.
//
//	manifest.json  privacy.json  load.json  duplicates.parquet
//	conversations/part-00000.parquet ...   also anonymized/, audit/, predictions/
//	split.json  split/{train,validation,test}.parquet  calls.json
//	finetune/{train,validation}.jsonl  labels.json  job.json  events.jsonl
//	metrics/step_metrics.csv  curves.png
//	evaluation/scores.json  report.json  report.html  confusion.png  ...
//	output/output.csv  summary.json  report.html  ...   or, for a call, call.json
//	comparison.json  champion-predictions.parquet  held-calls.parquet ...    of a retraining
//
// Which of them are there depends on the workflow. The folder itself is named
// after the run, see [Of].
package layout

import (
	"fmt"
	"path"
	"strings"
)

// Run is the folder of a run.
type Run string

// Of returns the folder of a workflow's run. Where a workflow continues as new,
// the run is its first one, so that all of it is in one folder.
func Of(workflowID, runID string) Run { return Run(workflowID + "/" + runID) }

func (r Run) file(path string) string { return string(r) + "/" + path }

func (r Run) part(stage string, i int) string {
	return r.file(fmt.Sprintf("%s/part-%05d.parquet", stage, i))
}

// Manifest lists all other files.
func (r Run) Manifest() string { return r.file("manifest.json") }

// Privacy is how the anonymizer was judged.
func (r Run) Privacy() string { return r.file("privacy.json") }

// Cost is what a fine-tuning was estimated to cost.
func (r Run) Cost() string { return r.file("cost.json") }

// LoadReport says how the input was read, and counts its labels.
func (r Run) LoadReport() string { return r.file("load.json") }

// Duplicates are the conversations that others repeat.
func (r Run) Duplicates() string { return r.file("duplicates.parquet") }

// Conversations is part i of the conversations as they were staged.
func (r Run) Conversations(i int) string { return r.part("conversations", i) }

// Anonymized is part i of the examples that were made of them.
func (r Run) Anonymized(i int) string { return r.part("anonymized", i) }

// Saved is the folder in which part i is kept while an anonymizer of that version
// works on it. What another version saved is not found there.
func (r Run) Saved(i int, version string) string {
	return r.Anonymized(i) + ".saved-" + version[:min(12, len(version))]
}

// Audit is where and why texts of part i were changed, without the texts.
func (r Run) Audit(i int) string { return r.part("audit", i) }

// Predictions is what a model said of part i.
func (r Run) Predictions(i int) string { return r.part("predictions", i) }

// A fine-tuning divides its examples into these.
const (
	Train      = "train"
	Validation = "validation"
	Test       = "test"
)

// Split is [Train], [Validation] or [Test].
func (r Run) Split(name string) string { return r.file("split/" + name + ".parquet") }

// Growing are conversations of the test split at several lengths.
func (r Run) Growing() string { return r.file("split/growing.parquet") }

// SplitReport counts them.
func (r Run) SplitReport() string { return r.file("split.json") }

// LearnedCalls names the calls whose corrections are in the training split.
func (r Run) LearnedCalls() string { return r.file("split/calls.json") }

// Uploaded is a split in the provider's format, [Train] or [Validation].
func (r Run) Uploaded(name string) string { return r.file("finetune/" + name + ".jsonl") }

// Labels lists the answers that a model may give.
func (r Run) Labels() string { return r.file("finetune/labels.json") }

// Job is the provider's fine-tuning job.
func (r Run) Job() string { return r.file("finetune/job.json") }

// Events are those of the job, one a line.
func (r Run) Events() string { return r.file("finetune/events.jsonl") }

// StepMetrics are the training's figures by step.
func (r Run) StepMetrics() string { return r.file("metrics/step_metrics.csv") }

// Curves is a picture of them.
func (r Run) Curves() string { return r.file("metrics/curves.png") }

// Prompt is the instruction for a model that was not trained.
func (r Run) Prompt(way string) string { return r.file("evaluation/prompt-" + way + ".txt") }

// Answers is what a model said of a split; the name tells which model and which
// split.
func (r Run) Answers(name string) string {
	return r.file("evaluation/" + name + "-predictions.parquet")
}

// FirstWords are the conversations of a split that begin with a customer's words.
func (r Run) FirstWords(split string) string {
	return r.file("evaluation/first-words-" + split + ".parquet")
}

// Scores are the figures of an evaluation.
func (r Run) Scores() string { return r.file("evaluation/scores.json") }

// Report compares a model with baselines.
func (r Run) Report() string { return r.file("evaluation/report.json") }

// ReportPage is the same for people.
func (r Run) ReportPage() string { return r.file("evaluation/report.html") }

// Confusion is a picture of what a model takes for what.
func (r Run) Confusion() string { return r.file("evaluation/confusion.png") }

// Output is the result of an application.
func (r Run) Output() string { return r.file("output/output.csv") }

// Summary is what is to be said of it.
func (r Run) Summary() string { return r.file("output/summary.json") }

// OutputPage is the same for people.
func (r Run) OutputPage() string { return r.file("output/report.html") }

// IsPage tells whether a path is that of the page of an evaluation or of an
// application, which are written for people.
func IsPage(file string) bool {
	run := Run(path.Dir(path.Dir(file)))
	return run != "." && path.Clean(file) == file && !strings.HasPrefix(file, "/") && !strings.HasPrefix(file, "../") &&
		(file == run.ReportPage() || file == run.OutputPage())
}

// Companies counts conversations by company.
func (r Run) Companies() string { return r.file("output/companies.json") }

// Chart is a picture of them.
func (r Run) Chart() string { return r.file("output/analyze.png") }

// Call is whom a call is for.
func (r Run) Call() string { return r.file("output/call.json") }

// Comparison sets the challenger of a retraining against the champion.
func (r Run) Comparison() string { return r.file("comparison.json") }

// ChampionAnswers is what the champion said of the challenger's test set.
func (r Run) ChampionAnswers() string { return r.file("champion-predictions.parquet") }

// HeldCalls are calls that people judged and no model is trained on.
func (r Run) HeldCalls() string { return r.file("held-calls.parquet") }

// HeldCallIDs names them.
func (r Run) HeldCallIDs() string { return r.file("held-calls.json") }

// HeldAnswers is what the champion, or the challenger, said of them.
func (r Run) HeldAnswers(who string) string { return r.file("held-calls-" + who + ".parquet") }
