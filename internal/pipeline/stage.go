package pipeline

import "time"

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
