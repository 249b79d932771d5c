package call

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// MaxEvent is how long an event may be, in bytes. A Kafka broker that nobody has
// configured refuses a little more than that.
const MaxEvent = 900_000

// Bounds of what is short in an event.
const (
	maxAudioURL = 2048
	// maxSeconds is later than any call ends.
	maxSeconds = 7 * 24 * 60 * 60
	// maxAhead is how far a clock may be wrong.
	maxAhead = 24 * time.Hour
)

// earliest is before every call that anybody still has a recording of, and after the
// times that stand for none.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Reason is why an event cannot be used, in a word for metrics and dead letters.
type Reason string

// The reasons.
const (
	TooLarge    Reason = "too-large"
	NotJSON     Reason = "not-json"
	WrongType   Reason = "wrong-type"
	NoCallID    Reason = "no-call-id"
	NothingSaid Reason = "no-turns"
	// WrongValue is a field of the right type whose value makes no sense.
	WrongValue Reason = "wrong-value"
	// WrongTime is a received_at that no call can have.
	WrongTime Reason = "wrong-time"
	// InParts is a call that arrives turn by turn.
	InParts Reason = "in-parts"
)

// Reasons lists them.
var Reasons = []Reason{TooLarge, NotJSON, WrongType, NoCallID, NothingSaid, WrongValue, WrongTime, InParts}

// Unusable says why an event cannot be used. Behind it is a problem of kind BadInput
// with a sentence that quotes nothing of the event.
type Unusable struct {
	Reason  Reason
	problem error
}

// Error returns the sentence.
func (u *Unusable) Error() string { return u.problem.Error() }

// Unwrap returns the problem.
func (u *Unusable) Unwrap() error { return u.problem }

func unusable(reason Reason, format string, args ...any) *Unusable {
	return &Unusable{reason, problem.Input(format, args...)}
}

// TooLong is why an event of more than [MaxEvent] bytes cannot be used.
func TooLong() *Unusable {
	return unusable(TooLarge, "the event is longer than %d bytes; give a recording by its address, or fewer turns", MaxEvent)
}

// words are values that are kept as they are, so that nobody's words may be in them.
var (
	aWord     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	aLanguage = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
)

// Parse reads the value of a record that announces a call: with turns, with a
// recording, or with both, of which the turns count. What cannot be used is an
// [Unusable]. The same value gives the same event or reason, today and later; whether
// the time of the call can be true is for [Event.CheckTime].
func Parse(value []byte) (Event, error) {
	if len(value) > MaxEvent {
		return Event{}, TooLong()
	}
	if err := checkText(value); err != nil {
		return Event{}, err
	}
	var e Event
	if err := json.Unmarshal(value, &e); err != nil {
		return Event{}, notParsed(err)
	}
	if err := checkNames(value); err != nil {
		return Event{}, err
	}
	if err := e.check(); err != nil {
		return Event{}, err
	}
	for i := range e.Turns {
		// No database takes this character.
		e.Turns[i].Text = strings.ReplaceAll(e.Turns[i].Text, "\x00", " ")
	}
	return e, nil
}

// notParsed sorts the decoder's error by what it is about.
func notParsed(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	reason := WrongTime
	switch {
	case errors.As(err, &syntax):
		reason = NotJSON
	case errors.As(err, &kind):
		reason = WrongType
	}
	return &Unusable{reason, notAnEvent(err, "the event")}
}

func (e Event) check() error {
	switch {
	case !validID.MatchString(e.ID):
		return unusable(NoCallID, "the event has no usable call_id; give up to 128 letters, digits, dots, hyphens and underscores, the first of them a letter or a digit")
	case e.Seq != nil || e.Final != nil && !*e.Final:
		return unusable(InParts, "the event has a seq or a final, which are reserved for calls that arrive turn by turn; give whole calls")
	case len(e.Turns) == 0 && e.AudioURL == "":
		return unusable(NothingSaid, "the event has neither turns nor an audio_url; give what was said as \"turns\": [{\"text\": ...}], or where the recording is")
	case len(e.Turns) > maxTurns:
		return unusable(WrongValue, "the event has %d turns, more than %d; give one call", len(e.Turns), maxTurns)
	case pipeline.CheckTask(e.Task) != nil:
		return unusable(WrongValue, "the event has a task that can be none: a name has 1 to 63 characters, lower-case letters, digits and dashes, and begins with no dash")
	case e.Channel != "" && !aWord.MatchString(e.Channel):
		return unusable(WrongValue, "the event has a channel that is no word; give up to 64 letters, digits, dots, hyphens and underscores")
	case e.Language != "" && !aLanguage.MatchString(e.Language):
		return unusable(WrongValue, "the event has a language that is none such as \"de\"")
	case e.AudioURL != "" && !isAddress(e.AudioURL):
		return unusable(WrongValue, "the event has an audio_url that is no address such as https://recordings.example.com/0042.wav, without user and password")
	}
	return e.checkTurns()
}

func (e Event) checkTurns() error {
	for i, t := range e.Turns {
		switch {
		case t.Side != "" && t.Side != "customer" && t.Side != "agent":
			return unusable(WrongValue, "turn %d has a side that is neither \"customer\" nor \"agent\"; leave it out where it is unknown", i+1)
		case t.Start < 0 || t.End < 0 || t.End != 0 && t.End < t.Start:
			return unusable(WrongValue, "turn %d ends before it starts, or is before the call; times are seconds since the call began", i+1)
		case max(t.Start, t.End) > maxSeconds:
			return unusable(WrongValue, "turn %d is more than a week after the call began; times are seconds since then", i+1)
		}
	}
	return nil
}

// isAddress tells an address that may be asked for; whether its host may be is for
// the one who asks.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxAudioURL && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// CheckTime refuses a call that came in long after its event arrived, or before there
// were such calls, with an [Unusable]. No time is fine.
func (e Event) CheckTime(arrived time.Time) error {
	switch at := e.ReceivedAt; {
	case at.IsZero():
	case at.After(arrived.Add(maxAhead)):
		return unusable(WrongTime, "the event has a received_at that is more than a day ahead; check the clock of the system that sends it")
	case at.Before(earliest):
		return unusable(WrongTime, "the event has a received_at before the year %d; leave it out where it is unknown", earliest.Year())
	}
	return nil
}
