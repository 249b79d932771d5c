package pipeline

import (
	"time"

	"switchboard/internal/problem"
)

// Defaults of the inputs below.
const (
	DefaultMaxTweets    = 64
	DefaultMinClassSize = 30
	DefaultTestShare    = 0.1
	DefaultPrecision    = 0.95
	DefaultJobDeadline  = 24 * time.Hour
)

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
}

// WithDefaults returns in with every unset field filled.
func (in FineTuneInput) WithDefaults() FineTuneInput {
	in.MinClassSize = orDefault(in.MinClassSize, DefaultMinClassSize)
	in.RareClasses = orDefault(in.RareClasses, DropRare)
	in.MaxTweets = orDefault(in.MaxTweets, DefaultMaxTweets)
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
		return problem.Input("no dataset is given; name a CSV file with --dataset")
	case in.TargetSize < 0:
		return problem.Input("the target size is %d; it must be 1 or more conversations a class (leave it out to take all there is)", in.TargetSize)
	case in.MinClassSize < 2:
		return problem.Input("the minimal class size is %d; it must be 2 or more", in.MinClassSize)
	case in.RareClasses != DropRare && in.RareClasses != FoldRare:
		return problem.Input("rare classes can be handled as %q or %q, not %q", DropRare, FoldRare, in.RareClasses)
	case in.MaxTweets < 2:
		return problem.Input("the longest conversation is set to %d tweets; it must be 2 or more", in.MaxTweets)
	case in.TestShare <= 0 || in.TestShare > 0.5:
		return problem.Input("the test share is %g; it must be above 0 and at most 0.5", in.TestShare)
	case in.Precision <= 0 || in.Precision > 1:
		return problem.Input("the precision is %g; it must be above 0 and at most 1", in.Precision)
	case in.Epochs < 0:
		return problem.Input("the number of epochs is %d; it must be 1 or more (leave it out to let the trainer choose)", in.Epochs)
	case in.Budget < 0:
		return problem.Input("the budget is %g dollars; it must be above 0", in.Budget)
	case in.Budget > 0 && in.TargetSize > 0:
		return problem.Input("both a target size and a budget are given; the budget decides the size, so leave one out")
	case in.MaxCost < 0:
		return problem.Input("the most a run may cost is %g dollars; it must be above 0", in.MaxCost)
	case in.JobDeadline < time.Second:
		return problem.Input("the job's deadline is %s; it must be a second or more", in.JobDeadline)
	}
	return nil
}

// ApplyInput starts an Apply. Dataset is required.
type ApplyInput struct {
	// Dataset is the production file, as in [FineTuneInput].
	Dataset string `json:"dataset"`
	// Model is a fine-tuned model's id; empty takes the champion.
	Model     string `json:"model,omitempty"`
	MaxTweets int    `json:"max_tweets,omitempty"`
	// Force prepares the dataset again, even if an earlier run has. Answers
	// are never paid twice.
	Force bool `json:"force,omitempty"`
	// Resume is set by the workflow alone, when it continues as new.
	Resume *ApplyProgress `json:"resume,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in ApplyInput) WithDefaults() ApplyInput {
	in.MaxTweets = orDefault(in.MaxTweets, DefaultMaxTweets)
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in ApplyInput) Validate() error {
	switch {
	case in.Dataset == "":
		return problem.Input("no dataset is given; name a CSV file with --dataset")
	case in.MaxTweets < 2:
		return problem.Input("the longest conversation is set to %d tweets; it must be 2 or more", in.MaxTweets)
	}
	return nil
}

// RetrainInput starts a Retrain: a fine-tuning that a Schedule repeats.
type RetrainInput struct {
	FineTune FineTuneInput `json:"fine_tune"`
}

// Kind says which columns a dataset must have.
type Kind string

const (
	// Training data has authors; they give the labels.
	Training Kind = "training"
	// Production data has neither authors nor mentions.
	Production Kind = "production"
)

// PrepareInput starts a PrepareDataset, the child of the other workflows.
type PrepareInput struct {
	Dataset   string `json:"dataset"`
	Kind      Kind   `json:"kind"`
	MaxTweets int    `json:"max_tweets"`
	// Dir is the folder of the parent's artifacts.
	Dir string `json:"dir"`
	// Force does the work even if an earlier run has done the same.
	Force bool `json:"force,omitempty"`
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
