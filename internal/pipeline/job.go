package pipeline

import "time"

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

// JobProgress is the heartbeat of the activity that awaits a job.
type JobProgress struct {
	// LastEvent is the cursor: events after it were not yet seen.
	LastEvent string `json:"last_event,omitempty"`
	Events    int    `json:"events"`
	// Recent holds the latest few events, oldest first.
	Recent []JobEvent `json:"recent,omitempty"`
	State  JobState   `json:"state"`
}
