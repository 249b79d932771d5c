package pipeline

import (
	"cmp"
	"time"
)

// MinTargetSize is the least target size of which a tenth is one conversation,
// rounded: validation would be empty below.
const MinTargetSize = 5

// RareClasses says what becomes of companies with too few conversations.
type RareClasses string

const (
	// DropRare leaves their conversations out of training.
	DropRare RareClasses = "drop"
	// FoldRare trains on them with the label Unknown.
	FoldRare RareClasses = "unknown"
)

// FineTuneInput starts a FineTune. Dataset is required; [FineTuneInput.WithDefaults]
// fills the rest.
type FineTuneInput struct {
	// Task is what the model will belong to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Dataset is the training file: an absolute path, or a URL of a scheme
	// that gocloud.dev/blob knows.
	Dataset string `json:"dataset"`
	// BaseModel is the provider's model to start from. Empty takes the
	// worker's setting.
	BaseModel string `json:"base_model,omitempty"`
	// TargetSize is how many conversations each class is balanced to, in
	// training and validation together. 0 takes all there is, unbalanced.
	TargetSize int `json:"target_size,omitempty"`
	// MinClassSize is the fewest conversations a class may have outside
	// the test set; smaller ones are RareClasses.
	MinClassSize int         `json:"min_class_size,omitempty"`
	RareClasses  RareClasses `json:"rare_classes,omitempty"`
	// MaxTweets cuts longer conversations.
	MaxTweets int `json:"max_tweets,omitempty"`
	// Turns is how much of a conversation is trained on: [AllTurns], which empty
	// stands for, [FirstTurn] or [BothTurns].
	Turns Turns `json:"turns,omitempty"`
	// MaxUnusable is the part of a column that the result depends on that may
	// be unusable, at most 1; of a file with more the run is refused. 0 is
	// [DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// TestShare is the part of all threads held out for testing, above 0
	// and at most 0.5.
	TestShare float64 `json:"test_share,omitempty"`
	// Precision is what the threshold is calibrated to, above 0 and at
	// most 1.
	Precision float64 `json:"precision,omitempty"`
	// Epochs is how often the trainer sees the data; 0 lets it choose.
	Epochs int   `json:"epochs,omitempty"`
	Seed   int64 `json:"seed,omitempty"`
	// JobDeadline is how long the provider's job may take, from its
	// submission, before it is cancelled.
	JobDeadline time.Duration `json:"job_deadline,omitempty"`
	// CorrectionWeight is how often a corrected conversation is trained; 0
	// leaves corrections out.
	CorrectionWeight int `json:"correction_weight,omitempty"`
	// UseSetAside trains also on what people said of calls and is not believed, see
	// [SetAside].
	UseSetAside bool `json:"use_set_aside,omitempty"`
	// Budget is how many US dollars training and evaluation may cost; the
	// target size is derived from it. 0 is no budget.
	Budget float64 `json:"budget_usd,omitempty"`
	// MaxCost refuses a run that would cost more US dollars; 0 is no limit.
	MaxCost float64 `json:"max_cost_usd,omitempty"`
	// DryRun ends the run with an estimate: nothing is uploaded.
	DryRun bool `json:"dry_run,omitempty"`
	// Force does all work up to the upload again, even if an earlier run
	// has done the same. A job is never bought twice.
	Force bool `json:"force,omitempty"`
	// Notify is the URL that is told how the run goes on, see package webhook;
	// empty tells nobody. The workflow id does not depend on it: a second start
	// joins the first run, whoever is told.
	Notify string `json:"notify,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in FineTuneInput) WithDefaults() FineTuneInput {
	in.Task = orDefault(in.Task, DefaultTask)
	in.MinClassSize = orDefault(in.MinClassSize, DefaultMinClassSize)
	in.RareClasses = orDefault(in.RareClasses, DropRare)
	in.MaxTweets = orDefault(in.MaxTweets, DefaultMaxTweets)
	in.Turns = in.Turns.whole()
	in.MaxUnusable = unlessDefault(in.MaxUnusable)
	in.TestShare = orDefault(in.TestShare, DefaultTestShare)
	in.Precision = orDefault(in.Precision, DefaultPrecision)
	in.Seed = orDefault(in.Seed, 1)
	in.JobDeadline = orDefault(in.JobDeadline, DefaultJobDeadline)
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in FineTuneInput) Validate() error {
	switch {
	case in.Dataset == "":
		return badInput("no dataset is given; name a CSV file with --dataset")
	case in.TargetSize != 0 && in.TargetSize < MinTargetSize:
		return TargetSizeProblem(in.TargetSize)
	case in.MinClassSize < 2:
		return badInput("the minimal class size is %d; it must be 2 or more", in.MinClassSize)
	case in.RareClasses != DropRare && in.RareClasses != FoldRare:
		return badInput("rare classes can be handled as %q or %q, not %q", DropRare, FoldRare, in.RareClasses)
	case in.MaxTweets < 2:
		return badInput("the longest conversation is set to %d tweets; it must be 2 or more", in.MaxTweets)
	case !validMaxUnusable(in.MaxUnusable):
		return badInput(maxUnusableText, in.MaxUnusable)
	case in.TestShare <= 0 || in.TestShare > 0.5:
		return badInput("the test share is %g; it must be above 0 and at most 0.5", in.TestShare)
	case in.Precision <= 0 || in.Precision > 1:
		return badInput("the precision is %g; it must be above 0 and at most 1", in.Precision)
	case in.Epochs < 0:
		return badInput("the number of epochs is %d; it must be 1 or more (leave it out to let the trainer choose)", in.Epochs)
	case in.CorrectionWeight < 0:
		return badInput("the weight of corrections is %d; it must be 0 or more", in.CorrectionWeight)
	case in.Budget < 0:
		return badInput("the budget is %g dollars; it must be above 0", in.Budget)
	case in.Budget > 0 && in.TargetSize > 0:
		return badInput("both a target size and a budget are given; the budget decides the size, so leave one out")
	case in.MaxCost < 0:
		return badInput("the most a run may cost is %g dollars; it must be above 0", in.MaxCost)
	case in.JobDeadline < time.Second:
		return badInput("the job's deadline is %s; it must be a second or more", in.JobDeadline)
	}
	return cmp.Or(checkTurns(in.Turns, AllTurns, FirstTurn, BothTurns), checkNotify(in.Notify), CheckTask(in.Task))
}

// TargetSizeProblem refuses a target size below [MinTargetSize].
func TargetSizeProblem(size int) error {
	return badInput("the target size is %d conversations a class; it must be %d or more, so that one in ten can be held out (leave it out to take all there is)", size, MinTargetSize)
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
