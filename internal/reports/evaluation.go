package reports

import (
	"time"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// EvaluationVersion is that of the form of report.json. It grows when a field
// changes its meaning or goes.
const EvaluationVersion = 2

// Evaluation is what report.json holds and report.html shows.
type Evaluation struct {
	Version int `json:"version"`
	// At is when the model was judged, on the conversations of Dataset, a file's
	// name; Run names the workflow's run. Older runs do not say.
	At        time.Time `json:"at,omitzero"`
	Dataset   string    `json:"dataset,omitempty"`
	Run       string    `json:"run"`
	Model     string    `json:"model"`
	BaseModel string    `json:"base_model"`
	// Precision is what the threshold was calibrated to, on validation.
	Precision float64 `json:"asked_precision"`
	Threshold float64 `json:"threshold"`
	// Columns are the model's last, those that it is compared with before it.
	Columns []Column `json:"columns"`
	// Notes say why something is not compared with, and what was learned from calls, a
	// sentence each.
	Notes []string `json:"notes,omitempty"`
	// NoLabel counts the model's answers that were none of its labels, of all
	// that it gave to the test set.
	NoLabel Part `json:"no_label"`
	// Confusion is over the largest classes.
	Confusion Confusion `json:"confusion"`
	Slices    []Slice   `json:"slices"`
	// Turns is how much of a conversation the model was trained on and, but for that
	// of [pipeline.BothTurns], is judged by; empty is all of it. Known is how it does on
	// a sample by how much it knows; older runs do not say.
	Turns  pipeline.Turns        `json:"turns,omitempty"`
	Known  []pipeline.KnownScore `json:"known,omitempty"`
	Cost   Cost                  `json:"cost"`
	Errors []WorstError          `json:"worst_errors"`
	// Timing depends on the hour; all else is the same for the same data,
	// settings and seed.
	Timing Timing `json:"timing"`
}

// Column is one way to answer the test set.
type Column struct {
	Name string `json:"name"`
	// Note says what it is, or why it is empty.
	Note string `json:"note"`
	// Natural judges it on the test set as it is; Balanced is the accuracy
	// with every trained class weighing alike, which is the macro
	// recall.
	Natural  evaluate.Judgement `json:"natural"`
	Balanced evaluate.Interval  `json:"balanced_accuracy"`
}

// Part is some of a whole.
type Part struct {
	Count int64 `json:"count"`
	Of    int64 `json:"of"`
}

// Share is the part as a share, [evaluate.None] of nothing.
func (p Part) Share() evaluate.Share { return evaluate.ShareOf(p.Count, p.Of) }

// Slice is the model's performance on a part of the test set.
type Slice struct {
	By       string         `json:"by"`
	Name     string         `json:"name"`
	Examples int            `json:"examples"`
	Accuracy evaluate.Share `json:"accuracy"`
	Coverage evaluate.Share `json:"coverage"`
}

// Confusion counts answers by class; rows are truths. The last row and column
// stand for all other classes.
type Confusion struct {
	Labels []string `json:"labels"`
	Counts [][]int  `json:"counts"`
}

// Cost is in US dollars and tokens. Known is false where there is no price.
type Cost struct {
	Known            bool    `json:"known"`
	TrainedTokens    int64   `json:"trained_tokens"`
	EvaluationTokens int64   `json:"evaluation_tokens"`
	Training         float64 `json:"training_usd"`
	TrainingExpected float64 `json:"training_expected_usd"`
	Evaluation       float64 `json:"evaluation_usd"`
	EvaluationExpect float64 `json:"evaluation_expected_usd"`
	Source           string  `json:"source"`
}

// Timing is how long answers took, in milliseconds; 0 where nothing was asked
// anew.
type Timing struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
}

// WorstError is a wrong answer that the model was sure of.
type WorstError struct {
	Truth      string  `json:"truth"`
	Answer     string  `json:"answer"`
	Confidence float64 `json:"confidence"`
	// Text is the anonymized conversation; empty in a report without texts.
	Text string `json:"text,omitempty"`
}
