package activities

import (
	"cmp"
	"context"

	"switchboard/internal/config"
	"switchboard/internal/problem"
	"switchboard/internal/speech"
)

// TranscribeCall is [Calls.RedactCall] for an event that has a recording: it gets the
// recording once, lets the recognizer write down what is said, and redacts that. It
// keeps neither the recording nor the transcript. A recording in which nobody speaks
// is stored as such, and nobody is asked about it.
func (c *Calls) TranscribeCall(ctx context.Context, in RedactCallInput) (RedactCallResult, error) {
	if c.Speech == nil {
		return RedactCallResult{}, problem.New(problem.Refused, "there is no recognizer for recordings; set %s, and send the call again with `starter calls replay`", config.SpeechURL)
	}
	if before, ok, err := c.before(ctx, in); ok || err != nil {
		return before, err
	}
	// What is known to be in vain is not paid for.
	if _, err := c.clearance(ctx); err != nil {
		return RedactCallResult{}, err
	}
	origin, e, err := c.event(ctx, in)
	if err != nil {
		return RedactCallResult{}, err
	}
	content, err := c.Recordings.Fetch(ctx, e.AudioURL)
	if err != nil {
		return RedactCallResult{}, err
	}
	said, err := c.Speech.Transcribe(ctx, speech.Recording{Content: content, Language: e.Language})
	if err != nil {
		return RedactCallResult{}, err
	}
	e.Language, e.Turns = cmp.Or(e.Language, said.Language), said.Turns
	_, result, err := c.redact(ctx, in, origin, e, true)
	return result, err
}
