package activities

import (
	"cmp"
	"context"

	"switchboard/internal/call"
	"switchboard/internal/config"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// TranscribeCall is [Calls.RedactCall] for an event that has a recording: it gets the
// recording once, lets the recognizer write down what is said, and redacts that. It
// keeps neither the recording nor the transcript. A recording in which nobody speaks
// is stored as such, and nobody is asked about it.
func (c *Calls) TranscribeCall(ctx context.Context, in RedactCallInput) (RedactCallResult, error) {
	if c.Speech == nil {
		return RedactCallResult{}, problem.New(problem.Environment, "this worker has no recognizer for recordings; set %s", config.SpeechURL)
	}
	// What is known to be in vain is not paid for.
	if _, err := c.clearance(ctx); err != nil {
		return RedactCallResult{}, err
	}
	origin, e, err := c.event(ctx, in)
	if err != nil {
		return RedactCallResult{}, err
	}
	sound, err := c.Recordings.Get(ctx, e.AudioURL)
	if err != nil {
		return RedactCallResult{}, err
	}
	said, err := c.Speech.Transcribe(ctx, sound, e.Language)
	if err != nil {
		return RedactCallResult{}, err
	}
	e.Language = cmp.Or(e.Language, said.Language)
	e.Turns = make([]call.Turn, len(said.Turns))
	for i, t := range said.Turns {
		e.Turns[i] = call.Turn{Side: t.Side, Text: t.Text, Start: t.Start, End: t.End}
	}
	return c.redact(ctx, in, origin, e, true)
}
