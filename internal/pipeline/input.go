package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Defaults of the inputs below.
const (
	DefaultMaxTweets    = 64
	DefaultMinClassSize = 30
	DefaultTestShare    = 0.1
	DefaultPrecision    = 0.95
	// DefaultMaxUnusable is the largest share of a column, or of a model's
	// answers, that may be unusable.
	DefaultMaxUnusable = 0.2
	DefaultJobDeadline = 24 * time.Hour
	DefaultBatchTokens = 2_000_000
)

// MinTargetSize is the least target size of which a tenth is one conversation,
// rounded: validation would be empty below.
const MinTargetSize = 5

// ApplyMode says how a model is asked.
type ApplyMode string

const (
	// Online asks call by call, and has the answers at once.
	Online ApplyMode = "online"
	// InBatches asks with the provider's Batch API: the answers take up to a
	// day, and cost less.
	InBatches ApplyMode = "batch"
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

// ApplyInput starts an Apply. Dataset is required.
type ApplyInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Dataset is the production file, as in [FineTuneInput].
	Dataset string `json:"dataset"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model     string `json:"model,omitempty"`
	MaxTweets int    `json:"max_tweets,omitempty"`
	// Turns is how much of a conversation the model is given: [AllTurns] or
	// [FirstTurn]; empty is what it was trained on, see [Turns.Asked].
	Turns Turns `json:"turns,omitempty"`
	// MaxUnusable is as in [FineTuneInput].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// Force prepares the dataset again, even if an earlier run has. Answers
	// are never paid twice.
	Force bool `json:"force,omitempty"`
	// Mode is how the model is asked.
	Mode ApplyMode `json:"mode,omitempty"`
	// BatchTokens bounds the tokens that wait in batches at a time; providers
	// refuse a batch above their account's limit.
	BatchTokens int64 `json:"batch_tokens,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
	// Review keeps the redacted conversations, with their answers, in the database
	// of results: people look at them and correct them as they do calls.
	Review bool `json:"review,omitempty"`
	// Resume is set by the workflow alone, when it continues as new.
	Resume *ApplyProgress `json:"resume,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in ApplyInput) WithDefaults() ApplyInput {
	in.Task = orDefault(in.Task, DefaultTask)
	in.MaxTweets = orDefault(in.MaxTweets, DefaultMaxTweets)
	in.MaxUnusable = unlessDefault(in.MaxUnusable)
	in.Mode = orDefault(in.Mode, Online)
	if in.Mode == InBatches {
		in.BatchTokens = orDefault(in.BatchTokens, DefaultBatchTokens)
	}
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in ApplyInput) Validate() error {
	switch {
	case in.Dataset == "":
		return badInput("no dataset is given; name a CSV file with --dataset")
	case in.MaxTweets < 2:
		return badInput("the longest conversation is set to %d tweets; it must be 2 or more", in.MaxTweets)
	case !validMaxUnusable(in.MaxUnusable):
		return badInput(maxUnusableText, in.MaxUnusable)
	case in.Mode != Online && in.Mode != InBatches:
		return badInput("a model can be applied in mode %q or %q, not %q", Online, InBatches, in.Mode)
	case in.BatchTokens < 0:
		return badInput("the tokens that may wait in batches are %d; they must be 1 or more", in.BatchTokens)
	case in.BatchTokens > 0 && in.Mode != InBatches:
		return badInput("--batch-tokens is for --mode %s; leave it out", InBatches)
	}
	return cmp.Or(checkTurns(in.Turns, AllTurns, FirstTurn), checkNotify(in.Notify), CheckTask(in.Task))
}

const maxUnusableText = "the part that may be unusable is %g; it must be above 0 and at most 1"

// validMaxUnusable is false for what is no number, too.
func validMaxUnusable(part float64) bool { return part >= 0 && part <= 1 }

// unlessDefault leaves the default out: workflow ids are made of the input, and
// those of runs that say nothing of it stay what they were without the field.
func unlessDefault(part float64) float64 {
	if part == DefaultMaxUnusable {
		return 0
	}
	return part
}

// Untuned is a way to have a model's base model answer without training.
type Untuned string

const (
	// Base tells it the companies there are.
	Base Untuned = "base"
	// FewShot shows it conversations of the training split too.
	FewShot Untuned = "few-shot"
)

// EvaluateInput starts an Evaluate. Dir is required.
type EvaluateInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model string `json:"model,omitempty"`
	// Dir is the folder of a finished FineTune, whose splits are used.
	Dir string `json:"dir"`
	// Precision is what the threshold is calibrated to.
	Precision float64 `json:"precision,omitempty"`
	// MaxUnusable is the largest part of the answers that may be no label; 0 is
	// [DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	Seed        int64   `json:"seed,omitempty"`
	// Turns is how much of a conversation the model is given: [AllTurns] or
	// [FirstTurn]; empty is what the fine-tuning of Dir trained on.
	Turns Turns `json:"turns,omitempty"`
	// With are further columns: the model's base model, asked untrained.
	With []Untuned `json:"with,omitempty"`
	// Compare names models to judge one after another and to set side by side, in the
	// place of Model: ids and aliases of fine-tuned ones, and base models, which are
	// trained on the splits first.
	Compare []string `json:"compare,omitempty"`
	// Contender is set for the part of a comparison that is about one model: Model
	// may be a base model there.
	Contender bool `json:"contender,omitempty"`
	// WithoutTexts leaves the conversations out of the report.
	WithoutTexts bool `json:"without_texts,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in EvaluateInput) WithDefaults() EvaluateInput {
	in.Task = orDefault(in.Task, DefaultTask)
	in.MaxUnusable = unlessDefault(in.MaxUnusable)
	in.Precision = orDefault(in.Precision, DefaultPrecision)
	in.Seed = orDefault(in.Seed, 1)
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in EvaluateInput) Validate() error {
	switch {
	case in.Dir == "":
		return badInput("no run is given; name a finished fine-tuning with --run")
	case !validMaxUnusable(in.MaxUnusable):
		return badInput(maxUnusableText, in.MaxUnusable)
	case in.Precision <= 0 || in.Precision > 1:
		return badInput("the precision is %g; it must be above 0 and at most 1", in.Precision)
	}
	if err := in.checkCompare(); err != nil {
		return err
	}
	for i, way := range in.With {
		if way != Base && way != FewShot || slices.Contains(in.With[:i], way) {
			return badInput("the base model can be asked as %q and as %q, each once; %q is not possible", Base, FewShot, way)
		}
	}
	return cmp.Or(checkTurns(in.Turns, AllTurns, FirstTurn), checkNotify(in.Notify), CheckTask(in.Task))
}

// MostCompared is how many models one comparison takes.
const MostCompared = 10

func (in EvaluateInput) checkCompare() error {
	switch {
	case len(in.Compare) == 0:
		return nil
	case in.Model != "" || len(in.With) > 0:
		return badInput("several models are compared: leave --model and --with out")
	case len(in.Compare) == 1 || len(in.Compare) > MostCompared:
		return badInput("%d models are to be compared; name 2 to %d", len(in.Compare), MostCompared)
	}
	for i, name := range in.Compare {
		if name == "" || slices.Contains(in.Compare[:i], name) {
			return badInput("the models to compare are %q; name each once", in.Compare)
		}
	}
	return nil
}

// AnalyzeCallInput starts an AnalyzeCall. CallID is required, and either Event or
// Record.
type AnalyzeCallInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Event is the file that announces the call, see package call: an absolute
	// path or a URL, as in [FineTuneInput].
	Event string `json:"event,omitempty"`
	// Record is the event as it came in by Kafka.
	Record *RecordRef `json:"record,omitempty"`
	// CallID is the id in the event.
	CallID string `json:"call_id"`
	// Audio is set where the event has a recording and no turns.
	Audio bool `json:"audio,omitempty"`
	// Stored keeps what is found out in the database of results. Without it every
	// step leaves a file among the artifacts, for whoever wants to look into them;
	// runs from before there was such a database have it so.
	Stored bool `json:"stored,omitempty"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model string `json:"model,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in AnalyzeCallInput) WithDefaults() AnalyzeCallInput {
	in.Task = orDefault(in.Task, DefaultTask)
	return in
}

// Validate reports the first field that is missing or makes no sense, as a problem
// of kind BadInput.
func (in AnalyzeCallInput) Validate() error {
	switch {
	case in.Event == "" && in.Record == nil:
		return badInput("no call is given; name the file of its event")
	case in.CallID == "":
		return badInput("no call id is given; give that of the event %s", in.Event)
	case !in.Stored && (in.Record != nil || in.Audio):
		return badInput("a call that came in by Kafka, or as a recording, leaves no files; leave --keep-artifacts out")
	}
	return cmp.Or(checkNotify(in.Notify), CheckTask(in.Task))
}

// RetrainInput starts a Retrain: a fine-tuning that a Schedule repeats, and the
// rules by which its model takes the place of the champion of its task.
type RetrainInput struct {
	FineTune FineTuneInput `json:"fine_tune"`
	// When says what makes a training worth while.
	When RetrainWhen `json:"when,omitzero"`
	// Rule says when the challenger takes the champion's place.
	Rule PromotionRule `json:"rule,omitzero"`
	// Approve lets a person have the last word on a promotion, until
	// ApprovalDeadline has passed since it was asked; then the champion
	// stays.
	Approve          bool          `json:"approve,omitempty"`
	ApprovalDeadline time.Duration `json:"approval_deadline,omitempty"`
	// CheckOnly ends the run when it is accepted: whether a run could begin
	// is all that is asked, as when a schedule is made.
	CheckOnly bool `json:"check_only,omitempty"`
	// Notify is as in [FineTuneInput]; that of the fine-tuning is not used.
	Notify string `json:"notify,omitempty"`
}

// Defaults of a Retrain.
const (
	DefaultNewRows          = 1000
	DefaultNewCorrections   = 20
	DefaultMaxFall          = 0.05
	DefaultMinExamples      = 20
	DefaultCorrectionWeight = 3
	DefaultApprovalDeadline = 72 * time.Hour
	// MuchDrift is the population stability index from which on a population
	// counts as another one, by long custom of credit scoring.
	MuchDrift = 0.25
)

// WithDefaults returns in with every unset field filled.
func (in RetrainInput) WithDefaults() RetrainInput {
	in.FineTune = in.FineTune.WithDefaults()
	in.When.NewRows = orDefault(in.When.NewRows, DefaultNewRows)
	in.When.NewCorrections = orDefault(in.When.NewCorrections, DefaultNewCorrections)
	in.When.Drift = orDefault(in.When.Drift, MuchDrift)
	in.Rule.MaxFall = orDefault(in.Rule.MaxFall, DefaultMaxFall)
	in.Rule.MinExamples = orDefault(in.Rule.MinExamples, DefaultMinExamples)
	in.ApprovalDeadline = orDefault(in.ApprovalDeadline, DefaultApprovalDeadline)
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in RetrainInput) Validate() error {
	switch {
	case in.When.NewRows < 0 || in.When.NewCorrections < 0 || in.When.Drift < 0:
		return badInput("a retraining is worth while from %d new rows, %d corrections or a drift of %g on; none of these may be below 0", in.When.NewRows, in.When.NewCorrections, in.When.Drift)
	case in.Rule.MaxFall < 0 || in.Rule.MaxFall > 1:
		return badInput("the most that a class may fall is %g; it must be from 0 to 1", in.Rule.MaxFall)
	case in.Rule.MinExamples < 1:
		return badInput("classes count from %d test conversations on; it must be 1 or more", in.Rule.MinExamples)
	case in.ApprovalDeadline < time.Second:
		return badInput("the deadline for an approval is %s; it must be a second or more", in.ApprovalDeadline)
	case in.FineTune.DryRun:
		return badInput("a retraining cannot be a dry run")
	}
	return cmp.Or(checkNotify(in.Notify), in.FineTune.Validate())
}

// PromotionRule says when a challenger takes the champion's place.
type PromotionRule struct {
	// MaxFall is the most that any class may fall, as a share of it found.
	MaxFall float64 `json:"max_fall"`
	// MinExamples is the size from which on a class counts: of a handful of
	// examples, one is a large share.
	MinExamples int `json:"min_examples"`
}

// RetrainWhen says from how much news on a training is worth while: any one of
// the three is enough.
type RetrainWhen struct {
	NewRows        int64 `json:"new_rows,omitempty"`
	NewCorrections int64 `json:"new_corrections,omitempty"`
	// Drift is a population stability index, see package evaluate's PSI: of the
	// labels, or of the champion's confidence.
	Drift float64 `json:"drift,omitempty"`
	// Always trains without asking.
	Always bool `json:"always,omitempty"`
}

// RetrainNews is what came in since the latest training.
type RetrainNews struct {
	Rows        int64 `json:"rows"`
	Corrections int64 `json:"corrections"`
	// Drift is the population stability index of the labels against those
	// that the champion was trained on, ConfidenceDrift that of its
	// confidence in production against that in its test. Either is 0 where
	// there is nothing to compare.
	Drift           float64 `json:"drift"`
	ConfidenceDrift float64 `json:"confidence_drift"`
}

// Reached decides, and gives the reason as a sentence.
func (w RetrainWhen) Reached(n RetrainNews) (bool, string) {
	news := fmt.Sprintf("%d new rows, %d new corrections, and a drift of %.3f of the labels and %.3f of the confidence", n.Rows, n.Corrections, n.Drift, n.ConfidenceDrift)
	switch {
	case w.Always:
		return true, "trained in any case: " + news
	case n.Rows >= w.NewRows:
		return true, fmt.Sprintf("%s: %d rows are enough", news, w.NewRows)
	case n.Corrections >= w.NewCorrections:
		return true, fmt.Sprintf("%s: %d corrections are enough", news, w.NewCorrections)
	case n.Drift >= w.Drift:
		return true, fmt.Sprintf("%s: a drift of %g is enough", news, w.Drift)
	case n.ConfidenceDrift >= w.Drift:
		return true, fmt.Sprintf("%s: a drift of %g is enough, and the confidence has it", news, w.Drift)
	}
	return false, fmt.Sprintf("too little to learn from: %s, where %d, %d or %g would be enough", news, w.NewRows, w.NewCorrections, w.Drift)
}

// RetrainingID names the run of a Retrain, and when it was decided.
type RetrainingID struct {
	// Task is whose champion it is about; empty is [DefaultTask].
	Task       string    `json:"task,omitempty"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	At         time.Time `json:"at"`
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
	// MaxUnusable is as in [FineTuneInput]; 0 is the default.
	MaxUnusable float64 `json:"max_unusable,omitempty"`
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
