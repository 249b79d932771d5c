package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/call"
	"switchboard/internal/console"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/registry"
	"switchboard/internal/temporal"
)

// The runs of the tests ended at noon, and it is five past.
var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	now  = noon.Add(5 * time.Minute)
)

func before(d time.Duration) *time.Time {
	at := noon.Add(-d)
	return &at
}

func stage(name pipeline.Stage, start time.Duration, seconds float64) pipeline.StageTime {
	return pipeline.StageTime{Stage: name, Started: noon.Add(-start), Seconds: seconds}
}

var prepared = pipeline.PrepareCounts{
	Tweets: 157688, Conversations: 91234, Threads: 63001, Companies: 108,
	Anomalies: map[string]int64{"missing_parent": 40212, "duplicate_id": 3, "self_reply": 1, "cycle": 0},
	Spans:     map[string]int64{"person": 12345, "email": 67},
}

var passed = privacy.Evaluation{
	Anonymizer: "0f1e2d3c4b5a", Models: map[string]string{}, Set: "generated", SetSHA256: "aa11bb22", Texts: 3000, Passed: true,
	Recall: map[string]privacy.Proportion{
		"Person": {Count: 2385, Of: 2431, Share: 0.98108, Low: 0.97483, High: 0.98579},
		"Email":  {Count: 16, Of: 16, Share: 1, Low: 0.80639, High: 1},
	},
}

var failed = privacy.Evaluation{
	Anonymizer: "0f1e2d3c4b5a", Models: map[string]string{}, Set: "generated", SetSHA256: "aa11bb22", Texts: 3000,
	Recall: map[string]privacy.Proportion{"Person": {Count: 1, Of: 4, Share: 0.25, Low: 0.04559, High: 0.69936}},
	Failed: []string{"1 of 4 details of kind Person were found, 25.0%, and 88% is asked", "there is more"},
}

var fineTuned = pipeline.FineTuneResult{
	Privacy: passed,
	Model:   "ft:switchboard-softmax-1:1a2b3c4d", BaseModel: "switchboard-softmax-1", JobID: "ftjob-1", TrainedTokens: 1234567,
	Prepared: prepared,
	Split: pipeline.SplitCounts{
		Classes: 62, Train: 55800, Validation: 6200, Test: 9201, Repeated: 1200,
		Unlabelled: 12, Duplicates: 1203, Rare: 301, Surplus: 20123,
	},
	Metrics: pipeline.Metrics{
		Threshold: 0.6213, Precision: 0.95,
		Validation: pipeline.Score{Examples: 6200, Accuracy: 0.9312, Precision: 0.9502, Coverage: 0.91},
		Test:       pipeline.Score{Examples: 9201, Accuracy: 0.8841, Precision: 0.9413, Coverage: 0.8622},
	},
	Dir:      "finetune-tweets-1a2b3c4d/run-1",
	Manifest: artifact.Ref{Path: "finetune-tweets-1a2b3c4d/run-1/manifest.json"},
	Stages: []pipeline.StageTime{
		stage(pipeline.Checking, 200*time.Second, 0.012), stage(pipeline.Staging, 199*time.Second, 1.26),
		stage(pipeline.Anonymizing, 198*time.Second, 12.04), stage(pipeline.TrainingJob, 180*time.Second, 61.7),
		stage(pipeline.Evaluating, 100*time.Second, 99),
	},
}

var applied = pipeline.ApplyResult{
	Privacy:  passed,
	Model:    "ft:switchboard-softmax-1:1a2b3c4d",
	Prepared: pipeline.PrepareCounts{Tweets: 5000, Conversations: 1990, Threads: 1502, Spans: map[string]int64{"person": 321}},
	Counts: pipeline.ApplyCounts{
		Rows: 5000, RowStatuses: map[string]int64{"classified": 4101, "unsure": 870, "empty": 29, "failed": 0},
		Conversations: 1990, ConversationStatuses: map[string]int64{"classified": 1630, "unsure": 351, "empty": 9},
		Companies: 83, UnknownShare: 0.1809, Tokens: 98765,
	},
	Output: artifact.Ref{Path: "apply-production-1a2b3c4d/run-2/output/output.csv", Rows: 5000},
	Chart:  artifact.Ref{Path: "apply-production-1a2b3c4d/run-2/output/analyze.png"},
	Dir:    "apply-production-1a2b3c4d/run-2", Manifest: artifact.Ref{Path: "apply-production-1a2b3c4d/run-2/manifest.json"},
	Stages: []pipeline.StageTime{stage(pipeline.Classifying, 60*time.Second, 59.94), stage(pipeline.Merging, time.Second, 0.4)},
}

// warned is an application whose model was trained on other conversations, and gave
// some no answer.
var warned = func() pipeline.ApplyResult {
	r := applied
	r.Task = "demo"
	r.Origin = &pipeline.Origin{
		Dataset: "tweets.csv", DatasetSHA256: "72c1347abd6a00", DatasetRows: 12501, Created: noon.AddDate(0, -1, 0),
		TestCoverage: 0.91, Confidences: map[int]int64{9: 500, 3: 64},
	}
	r.Warnings = []string{
		"199 of 1,990 conversations (10.0%) got no answer in all attempts (mostly rate_limited) and are left out of all shares: ask them again with --retry-failed",
		"61.2% of the conversations are Unknown, against 9.0% in the model's own test",
		"these conversations may be of another kind than those that the model was trained on: look at some answers before you use them, and check that the task and the model are the right ones (--task, --model)",
	}
	r.Counts.ConversationStatuses = map[string]int64{"classified": 1431, "unsure": 351, "failed": 199, "empty": 9}
	r.Report = artifact.Ref{Path: "apply-production-1a2b3c4d/run-2/output/report.html"}
	return r
}()

var onBoth = func() pipeline.FineTuneResult {
	r := fineTuned
	r.Turns = pipeline.BothTurns
	r.Metrics.FirstWords = &pipeline.FirstWordsMetrics{Threshold: 0.81, Test: pipeline.Score{Examples: 4339, Accuracy: 0.601, Precision: 0.952, Coverage: 0.272}}
	r.Metrics.Known = []pipeline.KnownScore{
		{Tweets: 1, Conversations: 500, Accuracy: 0.6, Low: 0.556, High: 0.642, Coverage: 0.27},
		{Tweets: 2, Conversations: 500, Accuracy: 0.9, Low: 0.871, High: 0.923, Coverage: 0.95},
		{Conversations: 500, Accuracy: 0.94, Low: 0.916, High: 0.958, Coverage: 0.99},
	}
	return r
}()

var unfit = func() pipeline.FineTuneResult {
	r := fineTuned
	r.Task, r.Unfit = "airlines", "it answers nothing of its test set"
	return r
}()

var keptOut, taken = func() (kept, promoted pipeline.RetrainResult) {
	kept = pipeline.RetrainResult{Decision: registry.Keep, Reason: "no better than chance", Champion: "ft:old", FineTune: fineTuned}
	kept.FineTune.Champion = "ft:old"
	kept.Comparison = artifact.Ref{Path: "retrain-tweets-1a2b3c4d/run-1/comparison.json"}
	promoted = kept
	promoted.Decision, promoted.Reason = registry.Promote, "better beyond chance"
	return kept, promoted
}()

// A model that a retraining kept out is not advertised, and neither is one that it
// made the champion.
func TestRetrainingAdvertisesNothing(t *testing.T) {
	for _, name := range []string{"retrain-kept", "retrain-promoted", "finetune-retrained"} {
		if text := render(t, reports[name]); strings.Contains(text, "starter models promote") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// Corrections that fit no conversation are counted, lest nobody sees that they were
// made for another file.
func TestCorrectionsWithoutAConversation(t *testing.T) {
	r := fineTuned
	r.Split.Corrected, r.Split.Unmatched = 12, 3
	want := "corrected     12 conversations; 3 corrections of conversations that are not in the dataset\n"
	if text := render(t, report{FineTune: &r}); !strings.Contains(text, want) {
		t.Errorf("the summary lacks %q:\n%s", want, text)
	}
}

func TestFilesOfARetraining(t *testing.T) {
	r := report{Retrain: &keptOut, FineTune: &keptOut.FineTune}
	want := pipeline.RunFile{Name: "comparison", Path: "retrain-tweets-1a2b3c4d/run-1/comparison.json"}
	if files := r.files(); !slices.Contains(files, want) {
		t.Errorf("the files are %+v", files)
	}
}

var events = []pipeline.JobEvent{
	{ID: "1", At: noon.Add(-3 * time.Minute), Level: "info", Message: "Created fine-tuning job"},
	{ID: "2", At: noon.Add(-2 * time.Minute), Level: "warn", Message: "line 7 of the training file\nis long"},
	{ID: "3", At: noon.Add(-time.Minute), Level: "info", Message: "The job has successfully completed"},
}

// reports are runs in every condition, by the name of their golden file.
var reports = map[string]view{
	"finetune-started": started{report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
		Accepted: &pipeline.Accepted{Model: "switchboard-softmax-1"},
	}},
	"finetune-started-unchecked": started{report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
	}},
	"finetune-completed": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateCompleted,
		Started: before(200 * time.Second), Closed: before(0), Stage: pipeline.Done,
		FineTune: &fineTuned, Events: events,
		Files: []file{{"manifest", "/a/manifest.json"}, {"step metrics", "/a/metrics/step_metrics.csv"}, {"folder", "/a"}},
	},
	"apply-completed": report{
		WorkflowID: "apply-production-1a2b3c4d", RunID: "run-2", Workflow: pipeline.ApplyWorkflow, State: stateCompleted,
		Started: before(61 * time.Second), Closed: before(0), Apply: &applied,
		Files: []file{{"output", "/a/output/output.csv"}, {"report", "/a/output/report.html"}, {"chart", "/a/output/analyze.png"}, {"manifest", "/a/manifest.json"}, {"folder", "/a"}},
	},
	"apply-warned": report{
		WorkflowID: "apply-production-1a2b3c4d", RunID: "run-2", Workflow: pipeline.ApplyWorkflow, State: stateCompleted,
		Started: before(61 * time.Second), Closed: before(0), Apply: &warned,
	},
	"finetune-unfit": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateCompleted,
		Started: before(200 * time.Second), Closed: before(0), FineTune: &unfit,
	},
	// What the retraining that made the model decided is for it to tell.
	"finetune-retrained": report{
		WorkflowID: "retrain-tweets-1a2b3c4d-finetune", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateCompleted,
		Parent: "retrain-tweets-1a2b3c4d", Started: before(200 * time.Second), Closed: before(0), FineTune: &keptOut.FineTune,
	},
	"retrain-kept": report{
		WorkflowID: "retrain-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.RetrainWorkflow, State: stateCompleted,
		Started: before(200 * time.Second), Closed: before(0), FineTune: &keptOut.FineTune, Retrain: &keptOut,
	},
	"retrain-promoted": report{
		WorkflowID: "retrain-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.RetrainWorkflow, State: stateCompleted,
		Started: before(200 * time.Second), Closed: before(0), FineTune: &taken.FineTune, Retrain: &taken,
	},
	"call-completed": report{
		WorkflowID: "call/0042", RunID: "run-3", Workflow: pipeline.AnalyzeCallWorkflow, State: stateCompleted,
		Started: before(time.Second), Closed: before(0), Stage: pipeline.Done,
		Call: &pipeline.AnalyzeCallResult{
			Model: "ft:switchboard-softmax-1:1a2b3c4d", Status: dataset.Classified, Confidence: 0.9312, Spans: map[string]int64{"Person": 2},
			Answer: artifact.Ref{Path: "a/output/call.json"}, Dir: "a", Privacy: passed,
			Stages: []pipeline.StageTime{stage(pipeline.Anonymizing, time.Second, 0.2), stage(pipeline.Classifying, time.Second, 0.1)},
		},
		Answer: &call.Answer{CallID: "0042", Company: "BoltRail", Confidence: 0.9312, Status: dataset.Classified, Model: "ft:switchboard-softmax-1:1a2b3c4d"},
		Files:  []file{{"answer", "/a/output/call.json"}, {"folder", "/a"}},
	},
	"finetune-preparing": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
		Started: before(20 * time.Second), Stage: pipeline.Anonymizing,
		Status: &pipeline.Status{Stage: pipeline.Preparing, Stages: []pipeline.StageTime{
			stage(pipeline.Checking, 20*time.Second, 0.5), stage(pipeline.Preparing, 19*time.Second, 0),
		}},
		Children: []pipeline.Status{{
			Stage: pipeline.Anonymizing, PartsDone: 3, PartsTotal: 12, Prepared: &prepared,
			Stages: []pipeline.StageTime{stage(pipeline.Staging, 19*time.Second, 9), stage(pipeline.Anonymizing, 10*time.Second, 0)},
		}},
		Activities: []activity{{Type: "AnonymizePart", Attempt: 1, Progress: &pipeline.Progress{Done: 50, Total: 100, Unit: "conversations"}}},
	},
	"prepare-refused": report{
		WorkflowID: "finetune-tweets-1a2b3c4d-prepare", RunID: "run-3", Workflow: pipeline.PrepareDatasetWorkflow, State: stateFailed,
		Started: before(20 * time.Second), Closed: before(0), Stage: pipeline.Failed,
		Status: &pipeline.Status{Stage: pipeline.Failed, Privacy: failed, Stages: []pipeline.StageTime{
			stage(pipeline.Staging, 20*time.Second, 19), stage(pipeline.Anonymizing, time.Second, 1),
		}},
		Failure: &failure{"Refused", "the anonymizer leaves too much behind", 1},
	},
	"finetune-training": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
		Started: before(200 * time.Second), Stage: pipeline.TrainingJob,
		Status: &pipeline.Status{
			Stage: pipeline.TrainingJob, JobID: "ftjob-1", Prepared: &prepared, Privacy: passed, Split: &fineTuned.Split,
			Stages: []pipeline.StageTime{stage(pipeline.Checking, 200*time.Second, 0.5), stage(pipeline.TrainingJob, 180*time.Second, 0)},
		},
		Job:    &pipeline.JobProgress{Events: 3, Recent: events, State: pipeline.JobState{Status: "running", TrainedTokens: 4567}},
		Events: events,
		Activities: []activity{{
			Type: "AwaitJob", Attempt: 3, NextAttempt: before(-5*time.Minute - 12*time.Second),
			Failure: "the connection to the provider at http://127.0.0.1:8090 failed (connection refused)",
		}},
	},
	"finetune-evaluated": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
		Started: before(200 * time.Second), Stage: pipeline.Recording,
		Status: &pipeline.Status{
			Stage: pipeline.Recording, JobID: "ftjob-1", Model: fineTuned.Model, Metrics: &fineTuned.Metrics,
			Job:    &pipeline.JobState{Status: "succeeded", TrainedTokens: 1234567, Model: fineTuned.Model},
			Stages: []pipeline.StageTime{stage(pipeline.Recording, time.Second, 0)},
		},
	},
	"evaluate-answers-nothing": report{
		WorkflowID: "evaluate-1a2b3c4d", RunID: "run-1", Workflow: pipeline.EvaluateWorkflow, State: stateCompleted,
		Started: before(20 * time.Second), Closed: before(0), Stage: pipeline.Done,
		Evaluate: &pipeline.EvaluateResult{Model: fineTuned.Model, Metrics: pipeline.Metrics{
			Threshold: evaluate.Never, Precision: 0.95, InvalidAnswers: 21,
			Validation: pipeline.Score{Examples: 60, Accuracy: 0.1, Precision: evaluate.None, Coverage: 0},
			Test:       pipeline.Score{Examples: 72, Accuracy: 0.125, Precision: evaluate.None, Coverage: 0},
		}},
	},
	"evaluate-compared": report{
		WorkflowID: "evaluate-1a2b3c4d", RunID: "run-1", Workflow: pipeline.EvaluateWorkflow, State: stateCompleted,
		Started: before(20 * time.Second), Closed: before(0), Stage: pipeline.Done,
		Evaluate: &pipeline.EvaluateResult{Turns: pipeline.FirstTurn, Dir: "evaluate-1a2b3c4d/run-1", Compared: []pipeline.ComparedModel{
			{
				Name: "champion", Model: "ft:a", Accuracy: 0.571, Low: 0.55, High: 0.59, Coverage: 0.211, Precision: 0.951, FirstWords: 0.57, MacroF1: 0.2,
				TrainingSeconds: 92.4, TrainedTokens: 1000, AnswersPerSecond: 2345.6, ModelBytes: 34_400_000, Asked: evaluate.None,
			},
			pipeline.FailedModel("llama", "the provider does not have the model \"llama\""),
			{
				Name: "gpt-x", Model: "ft:b", Accuracy: 0.642, Low: 0.62, High: 0.66, Coverage: 0.4, Precision: 0.94, FirstWords: evaluate.None, MacroF1: 0.31,
				Cost: 12.345, Priced: true, AnswersPerSecond: 3.21, Asked: evaluate.None,
			},
			{
				Name: "champion, then gpt-x", Accuracy: 0.66, Low: 0.64, High: 0.68, Coverage: 0.45, Precision: 0.95, FirstWords: evaluate.None, MacroF1: 0.33,
				Asked: 0.71,
			},
		}},
	},
	"finetune-both": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateCompleted,
		Started: before(200 * time.Second), Closed: before(0), FineTune: &onBoth,
	},
	"finetune-failed": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateFailed,
		Started: before(200 * time.Second), Closed: before(0), Stage: pipeline.Failed,
		Status: &pipeline.Status{Stage: pipeline.Failed, JobID: "ftjob-1", Stages: []pipeline.StageTime{
			stage(pipeline.Checking, 200*time.Second, 0.5), stage(pipeline.TrainingJob, 180*time.Second, 61),
		}},
		Failure: &failure{"Refused", "the fine-tuning job ftjob-1 failed at the provider", 1},
	},
	"finetune-cancelled": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateCancelled,
		Started: before(200 * time.Second), Closed: before(0), Stage: pipeline.Cancelled,
		Failure: &failure{"Failed", "the run was cancelled", 1},
	},
	"finetune-no-worker": report{
		WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1", Workflow: pipeline.FineTuneWorkflow, State: stateRunning,
		Started: before(200 * time.Second), Stage: pipeline.Splitting, WorkerSilent: true,
	},
	"apply-paused": report{
		WorkflowID: "apply-production-1a2b3c4d", RunID: "run-2", Workflow: pipeline.ApplyWorkflow, State: stateRunning,
		Started: before(200 * time.Second), Stage: pipeline.Classifying,
		Status: &pipeline.Status{Stage: pipeline.Classifying, Model: fineTuned.Model, Paused: true, PartsDone: 4, PartsTotal: 20},
	},
	"cancel": cancelled{WorkflowID: "finetune-tweets-1a2b3c4d", RunID: "run-1"},
	"doctor": diagnosis{[]pipeline.Check{
		{Name: "temporal", State: pipeline.CheckOK, Message: "a server answers at localhost:7233"},
		{Name: "artifacts", State: pipeline.CheckProblem, Message: "s3://data cannot be written"},
		{Name: "jobs", State: pipeline.CheckSkipped, Message: "needs what is missing above"},
		{Name: "batches", State: pipeline.CheckNote, Message: "not offered; without them apply asks call by call, and refuses --mode batch"},
	}},
	"version": version{Version: "v1.2.3", Revision: "1a2b3c4d", Modified: true, Go: "go1.26.8"},
}

// withEnd gives a report what the connection to a server on this machine adds.
func withEnd(r report) report {
	c := &connection{Client: &temporal.Client{Namespace: "default"}, ui: "http://localhost:8233"}
	r.Next, r.WebUI = r.nextCommand(), c.runURL(r.WorkflowID, r.RunID)
	return r
}

func TestViews(t *testing.T) {
	for name, v := range reports {
		switch r := v.(type) {
		case report:
			v = withEnd(r)
		case started:
			v = started{withEnd(r.report)}
		}
		t.Run(name, func(t *testing.T) { goldenView(t, name, v) })
	}
}

func render(t *testing.T, v view) string {
	t.Helper()
	var out bytes.Buffer
	if err := console.PrintText(&out, printed{view: v}, now); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// goldenView compares a view's text and its JSON.
func goldenView(t *testing.T, name string, v view) {
	t.Helper()
	text := render(t, v)
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("a line ends in spaces: %q", line)
		}
	}
	golden(t, "views/"+name+".txt", text)
	var out bytes.Buffer
	if err := console.PrintJSON(&out, printed{view: v}, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "views/"+name+".json", out.String())
}

func TestJSONWithFailure(t *testing.T) {
	f := &failure{"Refused", "no \"more\" jobs", 1}
	for _, v := range []view{nil, diagnosis{}, cancelled{WorkflowID: "w", RunID: "r"}} {
		var out bytes.Buffer
		var shown any
		if v != nil {
			shown = printed{view: v}
		}
		if err := console.PrintJSON(&out, shown, (*console.Failure)(f)); err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(out.Bytes(), &object); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if e, ok := object["error"].(map[string]any); !ok || e["message"] != f.Message {
			t.Errorf("no error in\n%s", out.String())
		}
	}
}

func TestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 8 * time.Millisecond: "8ms", 1234 * time.Millisecond: "1.2s", 59940 * time.Millisecond: "59.9s",
		90 * time.Second: "1m30s", 10 * time.Minute: "10m", time.Hour: "1h", 24 * time.Hour: "24h", 90 * time.Minute: "1h30m",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%s) is %q, want %q", d, got, want)
		}
	}
	for noun, want := range map[string]string{"tweet": "1,000 tweets", "company": "1,000 companies", "class": "1,000 classes"} {
		if got := count(1000, noun); got != want {
			t.Errorf("count(1000, %q) is %q, want %q", noun, got, want)
		}
	}
	if got := count(1, "company"); got != "1 company" {
		t.Errorf("count(1) is %q", got)
	}
}
