package results

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"switchboard/internal/pipeline"
)

// Status tells how far a call has come, or how its answer came about: besides
// those here it is one of [pipeline.AnswerStatus].
type Status = pipeline.AnswerStatus

const (
	// Redacted: the call is stored and waits for its answer.
	Redacted Status = "redacted"
	// NoSpeech: nobody spoke, so no model was asked.
	NoSpeech Status = "no_speech"
	// Rejected: the call was given up, see [Store.Reject].
	Rejected = pipeline.AnswerRejected
)

// Origin is where the event of a call came from.
type Origin struct {
	// Source is "kafka", "file", or [FromRun].
	Source string `json:"source"`
	// Topic, Partition and Offset are the event's record; empty and 0 for a file.
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition,omitempty"`
	Offset    int64  `json:"offset,omitempty"`
	// Produced is when the record was written; zero if unknown.
	Produced time.Time `json:"produced,omitzero"`
	// SHA256 is that of the event's bytes, 64 hexadecimal digits. It tells one
	// event from another.
	SHA256 string `json:"sha256"`
}

// Turn is what one side said before the other spoke, redacted.
type Turn struct {
	// Side is "customer", "agent", or empty if unknown.
	Side string `json:"side,omitempty"`
	Text string `json:"text"`
	// Start and End are seconds since the call began; both 0 if unknown.
	Start float64 `json:"start,omitempty"`
	End   float64 `json:"end,omitempty"`
}

// Call is a call, redacted.
type Call struct {
	ID   string `json:"call_id"`
	Task string `json:"task"`
	// Channel and Language may be empty.
	Channel  string `json:"channel,omitempty"`
	Language string `json:"language,omitempty"`
	// ReceivedAt is what the event says, however wrong; zero if it says nothing.
	ReceivedAt time.Time `json:"received_at,omitzero"`
	Origin     Origin    `json:"origin"`
	// Turns are in the order in which they were said. Lists leave them out.
	Turns []Turn `json:"turns,omitempty"`
	// Spans counts what was replaced, by kind. Lists leave it out.
	Spans map[string]int64 `json:"spans,omitempty"`
	// Audio tells that the turns were heard, not given.
	Audio bool `json:"audio"`
	// Anonymizer is the version of what redacted the turns.
	Anonymizer string `json:"anonymizer,omitempty"`
	Status     Status `json:"status"`
}

// Prediction is the answer about one call.
type Prediction struct {
	CallID string `json:"call_id"`
	// Model is the model that was asked; empty if none was.
	Model string `json:"model,omitempty"`
	// Company is a label or [pipeline.Unknown]; empty if there is no answer.
	Company string `json:"company"`
	// Confidence is the probability of the model's answer, from 0 to 1, and
	// Threshold the one below which an answer becomes Unknown.
	Confidence float64 `json:"confidence"`
	Threshold  float64 `json:"threshold"`
	// Named is the label that the model named, whatever the threshold made of it;
	// empty if it named none.
	Named string `json:"named,omitempty"`
	// RunnerUp is the next probable label, empty if there is none.
	RunnerUp           string  `json:"runner_up,omitempty"`
	RunnerUpConfidence float64 `json:"runner_up_confidence,omitempty"`
	Status             Status  `json:"status"`
	// ErrorCode is set when Status is [pipeline.AnswerFailed] or [Rejected].
	ErrorCode string `json:"error_code,omitempty"`
	// At is when the answer was stored. It is set when it is.
	At time.Time `json:"at,omitzero"`
}

// Result is a call with its answer.
type Result struct {
	Call
	// StoredAt is the call's place in lists and counts.
	StoredAt time.Time `json:"stored_at"`
	// Prediction is nil while the call waits for it. That of a call that is
	// [Rejected] has no company, and says why.
	Prediction *Prediction `json:"prediction,omitempty"`
	// Latency is the time from the event to the stored answer; negative if it is
	// unknown, see [Latency].
	Latency time.Duration `json:"latency"`
	// Review is what people make of it.
	Review Review `json:"review"`
}

// Review tells whether people are to judge a call, and what those who did agree on.
type Review struct {
	// Sampled calls are part of the random sample. Of these, two people are to judge
	// those that are Second, and no model is trained on those that are Held.
	Sampled bool `json:"sampled,omitempty"`
	Second  bool `json:"second,omitempty"`
	Held    bool `json:"held,omitempty"`
	// Judged is how many people say what the call is about, and Label what most of
	// them say; empty if nobody does, or as many say one thing as another.
	Judged int    `json:"judged,omitempty"`
	Label  string `json:"label,omitempty"`
}

// validate reports what cannot be stored. It quotes nothing but the id.
func (c *Call) validate() error {
	sum, err := hex.DecodeString(c.Origin.SHA256)
	switch {
	case c.ID == "" || len(c.ID) > 128 || storable(c.ID) != c.ID:
		return errors.New("the call has no usable id")
	case c.Task == "":
		return fmt.Errorf("the call %s has no task", c.ID)
	case err != nil || len(sum) != 32:
		return fmt.Errorf("the call %s has no SHA-256 of its event", c.ID)
	case c.Status != "" && c.Status != Redacted && c.Status != NoSpeech:
		return fmt.Errorf("the call %s cannot begin with the status %s", c.ID, c.Status)
	}
	return nil
}

func (p *Prediction) validate() error {
	for _, share := range []float64{p.Confidence, p.Threshold, p.RunnerUpConfidence} {
		if math.IsNaN(share) || share < 0 || share > 1 {
			return fmt.Errorf("the answer about the call %s has a probability that is none", p.CallID)
		}
	}
	switch p.Status {
	case pipeline.AnswerClassified, pipeline.AnswerUnsure, pipeline.AnswerInvalid, pipeline.AnswerEmpty, pipeline.AnswerFailed, NoSpeech:
		return nil
	}
	return fmt.Errorf("the answer about the call %s has an unknown status", p.CallID)
}

// longest is how many bytes of a name are kept: an index has no room for any
// length.
const longest = 200

// storable makes a name one that either database takes: valid UTF-8 without zero
// bytes, not too long.
func storable(name string) string {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "")
	return strings.ToValidUTF8(name[:min(len(name), longest)], "")
}

// mostLatency is the longest latency that is believed: a call that waited longer
// was replayed, or its time is wrong.
const mostLatency = 24 * time.Hour

// latency returns the time from the event to its stored answer, negative if it is
// unknown.
func latency(received, produced, answered time.Time) time.Duration {
	took := answered.Sub(cmp.Or(produced, received))
	if took < 0 || took > mostLatency {
		return -1
	}
	return took
}
