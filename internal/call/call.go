// Package call reads the event that announces a customer-support call, and holds
// what was found out about it.
//
// An event is a JSON object:
//
//	{
//	  "call_id": "2026-11-27.0042",
//	  "channel": "phone",
//	  "received_at": "2026-11-27T09:30:00Z",
//	  "turns": [{"text": "My parcel is three days late."}, {"text": "I am sorry to hear that."}]
//	}
//
// A turn is what one side said before the other spoke. Fields that are not
// listed, such as who spoke, are ignored: models read text alone, as they do of
// tweets.
package call

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// maxTurns bounds an event. A call of two hours has about 20,000 words and a thousand
// turns.
const maxTurns = 10_000

// Event announces a call. It has either turns or the address of a recording.
type Event struct {
	// ID is up to 128 letters, digits, dots, hyphens and underscores, beginning
	// with a letter or a digit: it is part of a workflow id and of a path.
	ID string `json:"call_id"`
	// Task is whose champion answers; empty is the default task.
	Task string `json:"task,omitempty"`
	// Channel is where the call came in; it may be empty.
	Channel string `json:"channel,omitempty"`
	// Language is what is spoken, in ISO 639-1 such as "de"; empty if unknown.
	Language string `json:"language,omitempty"`
	// ReceivedAt may be the zero time.
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// AudioURL is where the recording is, if there are no turns.
	AudioURL string `json:"audio_url,omitempty"`
	// Turns are in the order in which they were said.
	Turns []Turn `json:"turns,omitempty"`
	// Seq and Final are reserved for calls that arrive turn by turn.
	Seq   *int  `json:"seq,omitempty"`
	Final *bool `json:"final,omitempty"`
}

// Turn is what one side said before the other spoke.
type Turn struct {
	// Side is who spoke: "customer", "agent", or empty if unknown.
	Side string `json:"side,omitempty"`
	// Text may be empty.
	Text string `json:"text"`
	// Start and End are seconds since the call began; both 0 if unknown.
	Start float64 `json:"start,omitempty"`
	End   float64 `json:"end,omitempty"`
}

// Answer is what was found out about a call.
type Answer = pipeline.CallAnswer

var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// Read reads one event from a file, as [Parse] does. What is no such event is a
// problem of kind BadInput that names the file and the field, and quotes nothing of
// it: it may be what somebody said.
func Read(r io.Reader, file string) (Event, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxEvent+1))
	if err != nil {
		return Event{}, fmt.Errorf("reading the call: %w", err)
	}
	e, err := Parse(content)
	if err != nil {
		return Event{}, problem.Input("%s: %w", file, err)
	}
	return e, nil
}

// notAnEvent says where the JSON goes wrong. The decoder's own errors may quote it.
func notAnEvent(err error, file string) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return problem.Input("%s is no JSON: byte %d does not fit", file, syntax.Offset)
	case errors.As(err, &kind) && kind.Field != "":
		return problem.Input("%s has a field %s of the wrong type, before byte %d; a %s is expected", file, kind.Field, kind.Offset, kindName(kind))
	case errors.As(err, &kind):
		return problem.Input("%s is no JSON object; give {\"call_id\": ..., \"turns\": [...]}", file)
	}
	// All that is left is a time.
	return problem.Input("%s has a received_at that is no time such as 2026-11-27T09:30:00Z", file)
}

func kindName(err *json.UnmarshalTypeError) string {
	switch kind := err.Type.Kind(); kind {
	case reflect.Slice:
		return "list"
	case reflect.Struct:
		return "JSON object"
	default:
		return kind.String()
	}
}
