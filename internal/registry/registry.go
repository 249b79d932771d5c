// Package registry says what is known of a fine-tuned model: what it was trained
// on, how it was judged, and from which confidence on its answers count. Package
// store keeps it.
//
// Models belong to tasks: a task is one set of companies, and one installation
// may have several. In each, one model is the champion: it answers wherever nobody
// names another. A model that was trained to take its place is the challenger.
package registry

import (
	"time"

	"switchboard/internal/pipeline"
)

// What travels is defined by the contract, see package pipeline.
type (
	// Model is one entry.
	Model = pipeline.Model
	// Action is what was done with a model.
	Action = pipeline.Action
	// Change is one line of the audit trail.
	Change = pipeline.Change
	// Correction is what a person says a conversation is about.
	Correction = pipeline.Correction
	// Decision is how a retraining ended.
	Decision = pipeline.Decision
)

// DefaultTask is the task of whatever names none.
const DefaultTask = pipeline.DefaultTask

// CheckTask reports a name that no task can have, as a problem of kind BadInput. An
// empty name is that of [DefaultTask].
func CheckTask(name string) error { return pipeline.CheckTask(name) }

// The actions.
const (
	Registered = pipeline.Registered
	Challenged = pipeline.Challenged
	Promoted   = pipeline.Promoted
	RolledBack = pipeline.RolledBack
	Retired    = pipeline.Retired
)

// The decisions.
const (
	Promote = pipeline.Promote
	Keep    = pipeline.Keep
	Skip    = pipeline.Skip
)

// Application is one run in which a model answered for production.
type Application struct {
	// Run names the workflow's run.
	Run   string
	At    time.Time
	Model string
	// Confidences counts its answers as [Model.Confidences] does.
	Confidences map[int]int64
}

// Retraining is the record of one, skipped ones included.
type Retraining struct {
	// Run names the workflow's run.
	Run      string    `json:"run"`
	At       time.Time `json:"at"`
	Decision Decision  `json:"decision"`
	// Reason is a sentence.
	Reason     string `json:"reason"`
	Champion   string `json:"champion,omitempty"`
	Challenger string `json:"challenger,omitempty"`
}

// Record is what the database keeps of a retraining.
func Record(r pipeline.RetrainingID, d Decision, reason, champion, challenger string) Retraining {
	return Retraining{
		Run: r.WorkflowID + "/" + r.RunID, At: r.At, Decision: d, Reason: reason, Champion: champion, Challenger: challenger,
	}
}
