package speech

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// answer is what a recognizer heard in one file.
type answer struct {
	language string // ISO 639-1, "" if it does not say
	segments []segment
}

// segment is a stretch of what was heard.
type segment struct {
	text string
	// start and end count from the beginning of the file. Without times, timed is false.
	start, end time.Duration
	timed      bool
	// speaker tells voices apart, "" where they are not.
	speaker string
	// noSpeech is the probability that nothing is said, and logProb the mean
	// logarithm of the tokens' probabilities; both are 0 where they are not given.
	noSpeech, logProb float64
}

// The types below read what can be done without: whatever is of another form counts as
// not said, instead of making the whole answer unreadable.

type wireAnswer struct {
	Text      *string         `json:"text"`
	Language  word            `json:"language"`
	Languages json.RawMessage `json:"languages"`
	Segments  []wireSegment   `json:"segments"`
	Error     json.RawMessage `json:"error"`
	Detail    json.RawMessage `json:"detail"`
}

type wireSegment struct {
	Text     string `json:"text"`
	Start    number `json:"start"`
	End      number `json:"end"`
	Speaker  word   `json:"speaker"`
	NoSpeech number `json:"no_speech_prob"`
	LogProb  number `json:"avg_logprob"`
}

// word is a string or a number.
type word string

// UnmarshalJSON never fails.
func (w *word) UnmarshalJSON(b []byte) error {
	var text string
	var n float64
	*w = ""
	switch {
	case json.Unmarshal(b, &text) == nil:
		*w = word(text)
	case json.Unmarshal(b, &n) == nil && string(b) != "null":
		*w = word(strconv.FormatFloat(n, 'g', -1, 64))
	}
	return nil
}

// number is a finite one, also in a string; nil is none.
type number struct{ value *float64 }

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	n.value = nil
	x, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
		n.value = &x
	}
	return nil
}

func (n number) or0() float64 {
	if n.value == nil {
		return 0
	}
	return *n.value
}

// failed reports an error inside an answer with status 200.
func (w wireAnswer) failed() bool {
	says := func(field json.RawMessage) bool {
		return len(field) > 0 && string(field) != "null" && string(field) != `""`
	}
	return w.Text == nil && len(w.Segments) == 0 && (says(w.Error) || says(w.Detail))
}

// heardLanguage is the language of the answer; the first, if it is a list.
func (w wireAnswer) heardLanguage() string {
	if code := languageCode(string(w.Language)); code != "" {
		return code
	}
	var list []struct {
		Code word `json:"code"`
	}
	if json.Unmarshal(w.Languages, &list) == nil && len(list) > 0 {
		return languageCode(string(list[0].Code))
	}
	return ""
}

// heard gives the segments; the text is one without times where there is no other.
func (w wireAnswer) heard() []segment {
	var segments []segment
	for _, s := range w.Segments {
		text := strings.Join(strings.Fields(s.Text), " ")
		if text == "" {
			continue
		}
		heard := segment{text: text, speaker: string(s.Speaker), noSpeech: s.NoSpeech.or0(), logProb: s.LogProb.or0()}
		if s.Start.value != nil && s.End.value != nil && *s.Start.value >= 0 && *s.End.value >= *s.Start.value && *s.End.value < maxSeconds {
			heard.start, heard.end, heard.timed = seconds(*s.Start.value), seconds(*s.End.value), true
		}
		segments = append(segments, heard)
	}
	if len(segments) == 0 && w.Text != nil {
		if text := strings.Join(strings.Fields(*w.Text), " "); text != "" {
			segments = append(segments, segment{text: text})
		}
	}
	return segments
}

// maxSeconds is more than any recording has.
const maxSeconds = 1e6

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
