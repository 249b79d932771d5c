package pipeline

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

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
