package pipeline

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Stage is a step of a run as an operator sees it.
type Stage string

// The stages, in the order in which a run goes through them.
const (
	Checking Stage = "checking"
	// Preparing is the parent's view of its PrepareDataset, whose own stages
	// are Staging and Anonymizing.
	Preparing   Stage = "preparing"
	Staging     Stage = "staging"
	Anonymizing Stage = "anonymizing"
	// Transcribing is the anonymizing of a recording, for a transcript is
	// anonymized where it is made.
	Transcribing Stage = "transcribing"
	Planning     Stage = "planning"
	Splitting    Stage = "splitting"
	Estimating   Stage = "estimating"
	Uploading    Stage = "uploading"
	Submitting   Stage = "submitting"
	TrainingJob  Stage = "training"
	Measuring    Stage = "measuring"
	Evaluating   Stage = "evaluating"
	Classifying  Stage = "classifying"
	Merging      Stage = "merging"
	Recording    Stage = "recording"
	// Retraining is a Retrain's view of its FineTune.
	Retraining Stage = "retraining"
	// Planning a retraining is [Planning]; Comparing asks the champion what
	// the challenger was asked, and Approving waits for a person.
	Comparing Stage = "comparing"
	Approving Stage = "approving"
	Done      Stage = "done"
	Cancelled Stage = "cancelled"
	Failed    Stage = "failed"
)

// StageTime is how long a stage took.
type StageTime struct {
	Stage   Stage     `json:"stage"`
	Started time.Time `json:"started"`
	// Seconds is 0 while the stage runs.
	Seconds float64 `json:"seconds"`
	// Reused is true if all of the stage's work was taken over from an
	// earlier run.
	Reused bool `json:"reused,omitempty"`
}

// Accepted answers [AcceptUpdate]: the run's input holds water and the
// provider can do what is asked.
type Accepted struct {
	// Model is the base model of a fine-tuning, the model of an application.
	Model string `json:"model"`
}

// Status answers [StatusQuery]. Fields that a workflow does not have, or not
// yet, are zero.
type Status struct {
	Workflow string `json:"workflow"`
	// Task is what the run belongs to; runs from before there were tasks do not
	// say.
	Task   string      `json:"task,omitempty"`
	Stage  Stage       `json:"stage"`
	Stages []StageTime `json:"stages"`
	// Dir is the folder of the run's artifacts below the artifacts' root.
	Dir    string  `json:"dir"`
	Model  string  `json:"model,omitempty"`
	Origin *Origin `json:"origin,omitempty"`
	// Turns is how much of a conversation the run trains on, or asks about; empty is
	// [AllTurns].
	Turns    Turns          `json:"turns,omitempty"`
	Prepared *PrepareCounts `json:"prepared,omitempty"`
	// Privacy is how the anonymizer was judged.
	Privacy Evaluation   `json:"privacy,omitzero"`
	Split   *SplitCounts `json:"split,omitempty"`
	// SetAside is as in [FineTuneResult].
	SetAside *SetAside    `json:"set_aside,omitempty"`
	JobID    string       `json:"job_id,omitempty"`
	Job      *JobState    `json:"job,omitempty"`
	Metrics  *Metrics     `json:"metrics,omitempty"`
	Applied  *ApplyCounts `json:"applied,omitempty"`
	// PartsDone and PartsTotal count parts in the stages that work on
	// parts: anonymizing and classifying.
	PartsDone  int  `json:"parts_done,omitempty"`
	PartsTotal int  `json:"parts_total,omitempty"`
	Paused     bool `json:"paused,omitempty"`
	// Proposal is what a person is asked to approve.
	Proposal *Proposal `json:"proposal,omitempty"`
	// Notes say what is to be known about the run, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// Proposal asks for a promotion.
type Proposal struct {
	Champion   string `json:"champion"`
	Challenger string `json:"challenger"`
	// Reason is why it is proposed.
	Reason   string    `json:"reason"`
	Deadline time.Time `json:"deadline"`
}

// Approval answers [ApproveUpdate].
type Approval struct {
	Approved bool `json:"approved"`
	// Who is the name for the audit trail, Why the reason.
	Who string `json:"who"`
	Why string `json:"why"`
}

// PrepareCounts tells what a dataset held.
type PrepareCounts struct {
	Tweets int64 `json:"tweets"`
	// Headers counts rows that repeat the header and are no tweets.
	Headers       int64 `json:"headers,omitempty"`
	Conversations int64 `json:"conversations"`
	Threads       int64 `json:"threads"`
	// Companies counts the known companies; production data has none, which is not
	// to be taken for a count.
	Companies int `json:"companies,omitempty"`
	// Anomalies counts what was wrong in the file, by kind; the load report
	// among the artifacts has example ids.
	Anomalies map[string]int64 `json:"anomalies,omitempty"`
	// Spans counts what the anonymizer replaced, by kind. What is in a tweet
	// counts once, however many conversations it is in; again only where a thread
	// is larger than a part.
	Spans map[string]int64 `json:"spans,omitempty"`
}

// PrepareResult is what PrepareDataset leaves.
type PrepareResult struct {
	Dataset DatasetRef    `json:"dataset"`
	Counts  PrepareCounts `json:"counts"`
	// LoadReport lists the anomalies with example ids, and the labels.
	LoadReport Ref `json:"load_report"`
	// Duplicates lists the rows that repeat another row's tweet.
	Duplicates Ref `json:"duplicates"`
	// Conversations, Anonymized and Audit have one part each per index.
	Conversations []Ref `json:"conversations"`
	Anonymized    []Ref `json:"anonymized"`
	Audit         []Ref `json:"audit"`
	// Clearance is for all parts. EvaluationFile has its evaluation among the
	// run's artifacts.
	Clearance
	EvaluationFile Ref         `json:"evaluation_file"`
	Stages         []StageTime `json:"stages"`
}

// DatasetRef is an input file as it was read.
type DatasetRef struct {
	// URL is the path or URL as given.
	URL string `json:"url"`
	// SHA256 is over the file's bytes as stored, compressed or not.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Rows does not count the header.
	Rows int64 `json:"rows"`
}

// SplitCounts tells what became of the examples. Each example that came in is
// counted once among Train-Repeated, Validation, Test and the reasons for
// leaving one out.
type SplitCounts struct {
	// Classes counts the labels in train.
	Classes    int   `json:"classes"`
	Train      int64 `json:"train"`
	Validation int64 `json:"validation"`
	Test       int64 `json:"test"`
	// Repeated is how many of Train are repetitions in small classes.
	Repeated int64 `json:"repeated"`
	// Unlabelled examples have no company.
	Unlabelled int64 `json:"unlabelled"`
	// Empty examples have no text.
	Empty int64 `json:"empty"`
	// Duplicates have the same text as an earlier example.
	Duplicates int64 `json:"duplicates"`
	// Unopened examples have no words of a customer, where first words are trained
	// on.
	Unopened int64 `json:"unopened,omitempty"`
	// Rare examples belong to a class below the minimal size.
	Rare int64 `json:"rare"`
	// Surplus examples were more than the target size.
	Surplus int64 `json:"surplus"`
	// Corrected examples have the label of a correction.
	Corrected int64 `json:"corrected,omitempty"`
	// Unmatched counts the corrections of conversations that are not among the
	// examples, such as those of another file.
	Unmatched int64 `json:"unmatched_corrections,omitempty"`
	// CallExamples came in beside the dataset's: calls that people gave a label,
	// a long one as several. Calls counts the calls that are in Train,
	// ClassesOfCalls the classes that have no other examples there.
	CallExamples   int64 `json:"call_examples,omitempty"`
	Calls          int64 `json:"calls,omitempty"`
	ClassesOfCalls int   `json:"classes_of_calls,omitempty"`
}

// DatasetChannel is the channel of conversations of a dataset that people look at and
// correct as calls are.
const DatasetChannel = "dataset"

// SetAside counts the calls whose corrections are not used, because the accounts
// that they are of often say otherwise than the model is sure of and others say.
type SetAside struct {
	Calls int64 `json:"calls"`
	// Accounts are pseudonyms, the busiest first; at most [MostSuspects] are told.
	Accounts []string `json:"accounts,omitempty"`
	// Used is true where a person said that they are to be used all the same.
	Used bool `json:"used,omitempty"`
}

// Why is why a person has the last word on a promotion then, as a sentence that has no
// stop.
func (s SetAside) Why() string {
	accounts, calls, what := "1 account", "1 call", "was set aside"
	if len(s.Accounts) != 1 {
		accounts = fmt.Sprintf("%d accounts", len(s.Accounts))
	}
	if s.Calls != 1 {
		calls = fmt.Sprintf("%d calls", s.Calls)
	}
	if s.Used {
		what = "is used all the same"
	}
	return fmt.Sprintf("a person must approve, because what %s said of %s goes against sure answers and %s (%s)", accounts, calls, what, strings.Join(s.Accounts, ", "))
}

// HeldCalls compares two models on the same judged calls.
type HeldCalls struct {
	Calls int `json:"calls"`
	// Champion and Challenger are the shares that each has right.
	Champion   Bounds `json:"champion"`
	Challenger Bounds `json:"challenger"`
	// Difference is what the challenger has more right.
	Difference Bounds `json:"difference"`
}

// Bounds is a figure with its 95% confidence interval.
type Bounds struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// MostSuspects is how many accounts a result names at most.
const MostSuspects = 20

// JobState is the provider's view of a fine-tuning job, as last seen.
type JobState struct {
	Status string `json:"status"`
	// Model is the fine-tuned model, once there is one.
	Model         string   `json:"model,omitempty"`
	TrainedTokens int64    `json:"trained_tokens,omitempty"`
	ResultFiles   []string `json:"result_files,omitempty"`
	// Seconds is how long a finished job took from its creation on, its waiting
	// included; 0 where that is not known.
	Seconds float64 `json:"seconds,omitempty"`
	// Finish is when the provider expects a running job to be done; zero where it
	// does not tell.
	Finish time.Time `json:"finish,omitzero"`
	// ModelBytes is the size of the model; 0 where that is not known.
	ModelBytes int64 `json:"model_bytes,omitempty"`
}

// JobEvent is one line of the provider's event log.
type JobEvent struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Level   string    `json:"level"`
	Message string    `json:"message"`
}

// Origin tells what a model was trained on and when, and how it did in its own
// test.
type Origin struct {
	// Dataset is the file's name without its folder, empty if it is not known.
	Dataset       string    `json:"dataset,omitempty"`
	DatasetSHA256 string    `json:"dataset_sha256"`
	DatasetRows   int64     `json:"dataset_rows,omitempty"`
	Created       time.Time `json:"created"`
	TestCoverage  float64   `json:"test_coverage"`
	// AskedPrecision is what its threshold was calibrated to; 0 where it is not
	// known.
	AskedPrecision float64 `json:"asked_precision,omitempty"`
	// Confidences counts the answers to the test set by confidence, all of them.
	Confidences map[int]int64 `json:"confidences,omitempty"`
	// Turns is how much of a conversation it was trained on; empty is [AllTurns].
	Turns Turns `json:"turns,omitempty"`
}

// OriginOf returns what is known of a model's training.
func OriginOf(m Model) *Origin {
	o := &Origin{
		Dataset: m.Dataset, DatasetSHA256: m.DatasetSHA256, DatasetRows: m.DatasetRows, Created: m.Created,
		TestCoverage: m.TestCoverage, AskedPrecision: m.AskedPrecision, Confidences: m.Confidences,
		Turns: m.Turns,
	}
	// Models from before the name was kept have it among their parameters.
	if in, ok := m.Parameters.(map[string]any); ok && o.Dataset == "" {
		dataset, _ := in["dataset"].(string)
		o.Dataset = DatasetName(dataset)
	}
	return o
}

// DatasetName is a file's name without its folder, empty for no file.
func DatasetName(dataset string) string {
	if dataset == "" {
		return ""
	}
	name, _, _ := strings.Cut(path.Base(dataset), "?")
	return name
}

// Metrics judges a model.
type Metrics struct {
	// Threshold is the confidence below which an answer becomes Unknown,
	// calibrated on validation to the asked precision.
	Threshold  float64 `json:"threshold"`
	Precision  float64 `json:"asked_precision"`
	Validation Score   `json:"validation"`
	Test       Score   `json:"test"`
	// WithoutConfidence counts answers for which the provider gave no
	// probability. They count as certain, so no threshold helps.
	WithoutConfidence int `json:"without_confidence,omitempty"`
	// InvalidAnswers counts answers that were no label, of those to both
	// splits.
	InvalidAnswers int `json:"invalid_answers"`
	// MajorityAccuracy is that of always naming the commonest company of the
	// test set, see package evaluate's Majority; 0 in runs from before it was measured.
	MajorityAccuracy Share `json:"majority_accuracy,omitempty"`
	// Known is how the model does on a sample of the test set, by how much of a
	// conversation it knows; empty where that was not measured.
	Known []KnownScore `json:"known,omitempty"`
	// FirstWords judges a model that was trained on [BothTurns] on first words alone,
	// the rest of the metrics on whole conversations; nil of other models.
	FirstWords *FirstWordsMetrics `json:"first_words,omitempty"`
}

// NoMetrics are those of a run that judges no model itself.
func NoMetrics(precision float64) Metrics {
	nothing := Score{Accuracy: None, Precision: None, Coverage: None}
	return Metrics{Precision: precision, Validation: nothing, Test: nothing, MajorityAccuracy: None}
}

// KnownScore is a model's performance on conversations as they were when the customer
// had begun and so many tweets were there, the threshold left as it is.
type KnownScore struct {
	// Tweets is 0 for whole conversations.
	Tweets        int   `json:"tweets"`
	Conversations int64 `json:"conversations"`
	// Accuracy counts every answer, Low and High bound it with 95% confidence.
	Accuracy Share `json:"accuracy"`
	Low      Share `json:"low"`
	High     Share `json:"high"`
	// Coverage is as in [Score].
	Coverage Share `json:"coverage"`
}

// FirstWordsMetrics is as [Metrics], with a threshold of its own.
type FirstWordsMetrics struct {
	Threshold  float64 `json:"threshold"`
	Validation Score   `json:"validation"`
	Test       Score   `json:"test"`
}

// Answers counts the answers that the model was judged by.
func (m Metrics) Answers() int64 { return m.Validation.Examples + m.Test.Examples }

// Score is a model's performance on one split.
type Score struct {
	Examples int64 `json:"examples"`
	// Accuracy counts every answer, whatever its confidence. Examples of
	// classes that the model was not trained on count as wrong.
	Accuracy Share `json:"accuracy"`
	// Precision is the share of right answers among those given at the
	// threshold, [None] if none is given. Coverage is the share of examples
	// for which one is given.
	Precision Share `json:"precision"`
	Coverage  Share `json:"coverage"`
}

// FineTuneResult is what FineTune leaves.
type FineTuneResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Turns is how much of a conversation it was trained on; empty is [AllTurns].
	Turns Turns `json:"turns,omitempty"`
	// Champion is the task's model that answers where nobody names one, once
	// this model was registered; empty if there is none.
	Champion string `json:"champion,omitempty"`
	// Unfit says why only a person makes this model the champion, empty if
	// nothing is in the way.
	Unfit         string        `json:"unfit,omitempty"`
	BaseModel     string        `json:"base_model"`
	JobID         string        `json:"job_id"`
	TrainedTokens int64         `json:"trained_tokens"`
	Prepared      PrepareCounts `json:"prepared"`
	Split         SplitCounts   `json:"split"`
	// SetAside tells which corrections of calls were not believed.
	SetAside SetAside    `json:"set_aside,omitzero"`
	Metrics  Metrics     `json:"metrics"`
	Dir      string      `json:"dir"`
	Manifest Ref         `json:"manifest"`
	Stages   []StageTime `json:"stages"`
	// Privacy is how the anonymizer was judged. Runs that ended before there
	// was an evaluation have none.
	Privacy Evaluation `json:"privacy,omitzero"`
	// Estimates tell what the run costs, the run's own first, if its price
	// is known, and what it would cost elsewhere.
	Estimates []CostEstimate `json:"estimates,omitempty"`
	// Report is report.html, the evaluation for people.
	Report Ref `json:"report,omitzero"`
	// Test is the test set, TestPredictions the model's answers to it; a
	// retraining asks the champion the same.
	Test            Ref `json:"test,omitzero"`
	TestPredictions Ref `json:"test_predictions,omitzero"`
	// DryRun is true if the run ended with the estimates.
	DryRun bool `json:"dry_run,omitempty"`
	// Notes say what the provider does not do, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// ApplyCounts tells what became of the rows and conversations.
type ApplyCounts struct {
	Rows          int64 `json:"rows"`
	Conversations int64 `json:"conversations"`
	// RowStatuses and ConversationStatuses count by status: classified,
	// unsure, invalid, empty, failed.
	RowStatuses          map[string]int64 `json:"row_statuses,omitempty"`
	ConversationStatuses map[string]int64 `json:"conversation_statuses,omitempty"`
	// Companies counts the distinct companies that were named.
	Companies int `json:"companies"`
	// UnknownShare is the share of conversations that ended as Unknown, of those
	// that did not fail.
	UnknownShare Share `json:"unknown_share"`
	Tokens       int64 `json:"tokens"`
	// Cost is what the answers cost in US dollars, at the prices known for
	// the model's provider: those of earlier runs that were taken over are
	// among them. Priced is false where no price is known.
	Cost   float64 `json:"cost_usd,omitempty"`
	Priced bool    `json:"priced,omitempty"`
}

// Answers counts the conversations that the model answered: those with a text,
// less those that got no answer in all attempts.
func (c ApplyCounts) Answers() int64 {
	n := int64(0)
	for _, status := range []AnswerStatus{AnswerClassified, AnswerUnsure, AnswerInvalid} {
		n += c.ConversationStatuses[string(status)]
	}
	return n
}

// ApplyResult is what Apply leaves.
type ApplyResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Origin is what the model was trained on; nil in runs that did not say.
	Origin *Origin `json:"origin,omitempty"`
	// Warnings are sentences on what to know before the output is used: that
	// conversations got no answer, or that the model may be the wrong one for them.
	Warnings []string `json:"warnings,omitempty"`
	// Mode is how the model was asked.
	Mode ApplyMode `json:"mode,omitempty"`
	// Turns is how much of a conversation it was given; empty is [AllTurns].
	Turns    Turns         `json:"turns,omitempty"`
	Prepared PrepareCounts `json:"prepared"`
	Counts   ApplyCounts   `json:"counts"`
	// Reviewable counts the conversations that people can look at and correct as
	// calls, each as the workflow id, a slash and the conversation's id.
	Reviewable int64 `json:"reviewable,omitempty"`
	Output     Ref   `json:"output"`
	Chart      Ref   `json:"chart"`
	// Report is report.html, the result for people. Runs from before there was one
	// have none.
	Report   Ref         `json:"report,omitzero"`
	Dir      string      `json:"dir"`
	Manifest Ref         `json:"manifest"`
	Stages   []StageTime `json:"stages"`
	// Privacy is as in [FineTuneResult].
	Privacy Evaluation `json:"privacy,omitzero"`
}

// EvaluateResult is what Evaluate leaves.
type EvaluateResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Turns is how much of a conversation the model was given; empty is [AllTurns].
	Turns   Turns   `json:"turns,omitempty"`
	Metrics Metrics `json:"metrics"`
	// Notes say what is to be known of the judgement, a sentence each.
	Notes []string `json:"notes,omitempty"`
	// Contender is set in the part of a comparison that is about one model, Compared
	// in the comparison itself, which has no metrics of its own.
	Contender *Contender      `json:"contender,omitempty"`
	Compared  []ComparedModel `json:"compared,omitempty"`
	// Report is report.html, JSON report.json.
	Report Ref         `json:"report"`
	JSON   Ref         `json:"json"`
	Dir    string      `json:"dir"`
	Stages []StageTime `json:"stages"`
}

// Contender is what a comparison wants to know of a model beside how it was judged.
type Contender struct {
	BaseModel string `json:"base_model"`
	// Provider is its base URL.
	Provider string `json:"provider,omitempty"`
	// Job is the last that is known of its training; zero where nothing is.
	Job JobState `json:"job,omitzero"`
	// AnswersPerSecond is how fast it answered; 0 where all answers were there.
	AnswersPerSecond float64 `json:"answers_per_second,omitempty"`
	// The splits that it was judged on, and its answers to them.
	Validation            Ref `json:"validation"`
	ValidationPredictions Ref `json:"validation_predictions"`
	Test                  Ref `json:"test"`
	TestPredictions       Ref `json:"test_predictions"`
}

// ComparedModel is a row of a comparison. What is not known is [None], or 0 where it is
// no share.
type ComparedModel struct {
	// Name is what the model was called, Model its id. A cascade has no id: its
	// first model answers where it is sure, and its second is asked about the rest.
	Name  string `json:"name"`
	Model string `json:"model,omitempty"`
	// Failure says why nothing else is known.
	Failure string `json:"failure,omitempty"`
	// Accuracy counts every answer, Low and High bound it with 95% confidence.
	Accuracy Share `json:"accuracy"`
	Low      Share `json:"low"`
	High     Share `json:"high"`
	// Coverage is the share that is answered at the threshold, Precision how much of
	// that is right.
	Coverage  Share `json:"coverage"`
	Precision Share `json:"precision"`
	// FirstWords is the accuracy on first words alone, of a sample.
	FirstWords Share `json:"first_words"`
	MacroF1    Share `json:"macro_f1"`
	// TrainingSeconds is how long the job took, its waiting included. Cost is in US
	// dollars, where Priced.
	TrainingSeconds float64 `json:"training_seconds,omitempty"`
	TrainedTokens   int64   `json:"trained_tokens,omitempty"`
	Cost            float64 `json:"cost_usd,omitempty"`
	Priced          bool    `json:"priced,omitempty"`
	// AnswersPerSecond is as in [Contender].
	AnswersPerSecond float64 `json:"answers_per_second,omitempty"`
	// ModelBytes is as in [JobState].
	ModelBytes int64 `json:"model_bytes,omitempty"`
	// Asked is the share of conversations about which a cascade asks its second
	// model.
	Asked Share `json:"asked"`
	// Report is the model's own.
	Report Ref `json:"report,omitzero"`
}

// Size is the model's in megabytes, a dash where it is not known.
func (m ComparedModel) Size() string {
	if m.ModelBytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(m.ModelBytes)/1e6)
}

// FailedModel is the row of a model that could not be judged.
func FailedModel(name, why string) ComparedModel {
	return ComparedModel{
		Name: name, Failure: why, Accuracy: None, Low: None, High: None, Coverage: None, Precision: None, FirstWords: None, MacroF1: None, Asked: None,
	}
}

// AnalyzeCallResult is what AnalyzeCall leaves. The company is in the database or
// in the answer's file alone.
type AnalyzeCallResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Status and Confidence are those of the answer. Both are empty where the
	// call was a duplicate.
	Status     AnswerStatus `json:"status"`
	Confidence float64      `json:"confidence"`
	// Duplicate says why there was nothing to do: see [CallOutcome].
	Duplicate CallOutcome `json:"duplicate,omitempty"`
	// Turns counts those that were stored.
	Turns int `json:"turns,omitempty"`
	// Spans counts what the anonymizer replaced, by kind.
	Spans map[string]int64 `json:"spans,omitempty"`
	// Answer is call.json, Dir the run's folder and Manifest its manifest, where
	// the run leaves files.
	Answer   Ref         `json:"answer,omitzero"`
	Dir      string      `json:"dir,omitempty"`
	Manifest Ref         `json:"manifest,omitzero"`
	Stages   []StageTime `json:"stages,omitempty"`
	// Privacy is how the anonymizer was judged, where the run leaves files.
	Privacy Evaluation `json:"privacy,omitzero"`
}

// CallOutcome is what became of a call that was to be stored.
type CallOutcome string

const (
	// CallStored: the call is new, or an attempt to store it was not finished.
	CallStored CallOutcome = "stored"
	// CallAnswered: this very event was analyzed before.
	CallAnswered CallOutcome = "answered"
	// CallTaken: another event has used the call's id before, for good.
	CallTaken CallOutcome = "taken"
)

// RetrainResult is what Retrain leaves.
type RetrainResult struct {
	// Task is as in [Status].
	Task string `json:"task,omitempty"`
	// FineTune is zero where the retraining was skipped.
	FineTune FineTuneResult `json:"fine_tune,omitzero"`
	// Decision is what became of it, Reason a sentence. Runs from before
	// there were promotions have neither.
	Decision Decision `json:"decision,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	// Champion is the model that the challenger was compared with, or that
	// it had no reason to challenge; empty before there was one.
	Champion string `json:"champion,omitempty"`
	// Comparison is comparison.json.
	Comparison Ref `json:"comparison,omitzero"`
	// SetAside is as in [FineTuneResult]; a skipped retraining has it too.
	SetAside SetAside `json:"set_aside,omitzero"`
	// HeldCalls compares both models on calls that people judged and that are
	// never trained on; nil where there are too few.
	HeldCalls *HeldCalls `json:"held_calls,omitempty"`
	// Manifest is the retraining's own, which lists that file; its fine-tuning
	// has another. Skipped retrainings have none.
	Manifest Ref `json:"manifest,omitzero"`
}

// Progress is the heartbeat of activities that go through rows or
// conversations: how far they are, for an operator to see.
type Progress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total,omitempty"`
	// Unit names what is counted, such as "tweets" or "conversations".
	Unit string `json:"unit"`
	// Saved is the cursor: how many files hold what was done so far, in
	// activities that save their work in files.
	Saved int `json:"saved,omitempty"`
	// Rate is how many units a second the worker did of late in all its activities of
	// this kind, not counting what was taken over; 0 where that is not known, or not yet.
	Rate float64 `json:"rate,omitempty"`
}

// JobProgress is the heartbeat of the activity that awaits a job.
type JobProgress struct {
	// LastEvent is the cursor: events after it were not yet seen.
	LastEvent string `json:"last_event,omitempty"`
	Events    int    `json:"events"`
	// Recent holds the latest few events, oldest first.
	Recent []JobEvent `json:"recent,omitempty"`
	State  JobState   `json:"state"`
}

// ApplyProgress is what an Apply carries over when it continues as new.
type ApplyProgress struct {
	Accepted  Accepted `json:"accepted"`
	Threshold float64  `json:"threshold"`
	Labels    Ref      `json:"labels"`
	// Provider and BaseModel are what prices are found by.
	Provider  string  `json:"provider,omitempty"`
	BaseModel string  `json:"base_model,omitempty"`
	Origin    *Origin `json:"origin,omitempty"`
	// Turns is how much of a conversation the model is given; empty is
	// [AllTurns].
	Turns       Turns         `json:"turns,omitempty"`
	Prepared    PrepareResult `json:"prepared"`
	Predictions []Ref         `json:"predictions"`
	Stages      []StageTime   `json:"stages"`
	Paused      bool          `json:"paused,omitempty"`
}
