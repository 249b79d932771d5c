package pipeline

import "time"

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
