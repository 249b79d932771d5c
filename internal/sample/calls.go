package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"switchboard/internal/call"
	"switchboard/internal/dataset"
)

// Calls is how many calls a set has, and Recorded how many of them are
// recordings, which have no turns in their events.
const (
	Calls    = 240
	Recorded = 12
)

// CallTask is the task of the sample's calls, whose champion was trained on the
// sample's tweets.
const CallTask = "demo"

// AudioURL is where the recordings of the sample are served.
const AudioURL = "http://127.0.0.1:8094/"

// Shares of the calls, and what is left out of an event.
const (
	mostTurns    = 14
	mostLetters  = 240 // of a recording, about 20 seconds
	germanCalls  = 0.35
	thinCalls    = 0.08 // say nothing of a company
	plainGreet   = 0.2  // the agent does not name the company
	unpunctuated = 0.25 // as some recognizers write: small letters and no signs
	withoutSides = 0.1  // neither sides nor times
	noLanguage   = 0.15
)

// recordings are the companies of the recorded calls: such as a recognizer can
// write by ear. Every second recording has a channel for each side.
var recordings = [Recorded]struct{ handle, lang string }{
	{"PackwoodHelp", "en"}, {"HanseBahnHilfe", "de"}, {"CoastlineTrains", "en"}, {"Kestrel_Mobile", "en"},
	{"PackwoodHelp", "de"}, {"ParcelBadger", "en"}, {"BrightwaveHelp", "en"}, {"Polarwing_Help", "de"},
	{"NoodleHeron", "en"}, {"Polarwing_Help", "en"}, {"HanseBahnHilfe", "de"}, {"PackwoodHelp", "en"},
}

// Call is a call that was made up.
type Call struct {
	// Event announces the call. Of a recorded call it has no turns.
	Event call.Event
	// Company is whom the call is for, or Unknown.
	Company string
	// Turns are what was said, with where personal details stand in each.
	Turns []CallTurn
	// Channels of the recording: 1, or 2 with the customer on the left; 0 of a
	// call that is not recorded.
	Channels int
}

// CallTurn is what one side said.
type CallTurn struct {
	Side  string
	Text  string
	Spans []Span
}

// Sides of a call.
const (
	customerSide = "customer"
	agentSide    = "agent"
)

// newCalls makes up the calls of a set. Companies have the agents and habits
// that they have in the tweets.
func newCalls(seed uint64) ([]Call, error) {
	w, err := newWriter(seed)
	if err != nil {
		return nil, err
	}
	w.Rand = rand.New(rand.NewPCG(seed, 1))
	var calls []Call
	for i, at := range w.receptions(Calls) {
		n := i - Calls/Recorded/2
		recorded := n >= 0 && n%(Calls/Recorded) == 0
		c := w.newCall(recorded, n/(Calls/Recorded))
		c.Event.ID = fmt.Sprintf("%s.%04d", at.Format(time.DateOnly), i+1)
		c.Event.ReceivedAt = at
		if recorded {
			c.Event.AudioURL = AudioURL + c.Event.ID + ".wav"
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// receptions are moments of a week in which people call, in order.
func (w *writer) receptions(n int) []time.Time {
	monday := time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC)
	times := make([]time.Time, n)
	for i := range times {
		times[i] = monday.AddDate(0, 0, w.IntN(7)).Add(7*time.Hour + time.Duration(w.IntN(14*3600))*time.Second)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// newCall makes up a call: a short one for a recording, whose number is given.
func (w *writer) newCall(recorded bool, recording int) Call {
	lang := "en"
	if w.chance(germanCalls) {
		lang = "de"
	}
	if recorded {
		lang = recordings[recording].lang
	}
	w.cast(w.callee(lang))
	if recorded {
		w.cast(w.companies[slices.IndexFunc(w.companies, func(c *company) bool { return c.handle == recordings[recording].handle })])
	}
	w.lang = lang
	w.agentName = choose(&w.voice, w.company.agents).name
	if recorded {
		w.agentName = w.say("call.first") // which the voices can say
	}
	w.caller = caller{first: w.say("call.first"), last: w.say("call.last"), aloud: recorded}

	c := Call{Company: w.company.handle, Event: call.Event{Task: CallTask, Channel: "phone", Language: lang}}
	switch {
	case recorded:
		c.Channels = 1 + recording%2
		c.Turns = w.recordedTurns(c.Channels)
	case w.chance(thinCalls):
		c.Company, c.Turns = dataset.Unknown, w.thinTurns()
	default:
		c.Turns = w.callTurns()
	}
	if recorded {
		finish(c.Turns, false)
		return c
	}
	finish(c.Turns, w.chance(unpunctuated))
	if w.chance(noLanguage) {
		c.Event.Language = ""
	}
	c.Event.Turns = w.timed(c.Turns, w.chance(withoutSides))
	return c
}

// callee is a company that speaks a language.
func (w *writer) callee(lang string) *company {
	for {
		if c := choose(&w.voice, w.lottery); slices.Contains(c.languages, lang) {
			return c
		}
	}
}

// sides gives texts to the agent, who begins, and to the customer in turn.
func sides(texts []string) []CallTurn {
	turns := make([]CallTurn, len(texts))
	for i, text := range texts {
		turns[i] = CallTurn{Side: [...]string{agentSide, customerSide}[i%2], Text: text}
	}
	return turns
}

// fresh says something that was not yet said, as far as there is a choice.
func (w *writer) fresh(said []string, speak func() string) string {
	text := speak()
	for range 5 {
		if !slices.Contains(said, text) {
			break
		}
		text = speak()
	}
	return text
}

// recordedTurns are few, so that a recording is short; two channels take twice
// the room.
func (w *writer) recordedTurns(channels int) []CallTurn {
	for {
		concern := w.say("call.hello") + " " + ended(w.say("call.trouble"))
		texts := []string{w.say("call.greet"), concern, w.say("call.ask.name"), w.say("call.name"), w.say("call.bye")}
		if channels == 2 {
			texts = []string{w.say("call.greet"), concern}
		}
		if letters(texts) <= mostLetters/channels {
			return sides(texts)
		}
	}
}

func letters(texts []string) int {
	n := 0
	for _, t := range texts {
		n += visible(t)
	}
	return n
}

// thinTurns say nothing of a company.
func (w *writer) thinTurns() []CallTurn {
	texts := []string{w.say("call.thin.hello"), w.say("call.thin.customer")}
	for range w.IntN(3) {
		texts = append(texts, w.say("call.thin.agent"), w.say("call.thin.customer"))
	}
	return sides(texts)
}

// callTurns are a greeting, the concern, who calls, what is done, the goodbye.
func (w *writer) callTurns() []CallTurn {
	topic := w.topic()
	for topic.name == "praise" || topic.name == "joke" { // nobody calls for that
		topic = w.topic()
	}
	greet := "call.greet"
	if w.chance(plainGreet) {
		greet = "call.greet.plain"
	}
	concern := w.say("call.hello") + " " + w.spoken(topic, "open")
	if greet == "call.greet.plain" || w.chance(0.8) {
		concern += " " + w.say("call.about")
	}
	if w.lang == "en" && w.chance(0.4) {
		concern += " " + ended(w.sayableOr("customer.brand", "call.about"))
	}
	texts := []string{w.say(greet), concern}
	if w.chance(0.06) {
		return sides(texts) // the line went dead
	}
	texts = append(texts, w.identity()...)
	for range w.IntN(3) {
		texts = append(texts, w.fresh(texts, func() string { return w.probe(topic) }))
		texts = append(texts, w.fresh(texts, func() string { return w.reply(topic) }))
	}
	resolved := w.say("call.resolve")
	if house, ok := w.house(); ok && w.chance(0.6) {
		resolved += " " + house
	}
	texts = append(texts, resolved, w.say("call.thanks"), w.say("call.bye"))
	if len(texts)%2 == 1 && w.chance(0.8) {
		texts = append(texts, w.say("call.bye.customer"))
	}
	return sides(texts[:min(len(texts), mostTurns)])
}

// identity asks who calls, and how to reach them.
func (w *writer) identity() []string {
	var texts []string
	if w.chance(0.8) {
		texts = append(texts, w.say("call.ask.name"), w.say("call.name"))
		if w.chance(0.35) {
			texts = append(texts, w.say("call.ask.spell"), w.say("call.spell"))
		}
	}
	detail := choose(&w.voice, []string{"", "phone", "email", "booking", "booking"})
	if detail != "" {
		texts = append(texts, w.say("call.ask."+detail), w.say("call."+detail))
	}
	return texts
}

// probe is what an agent says to a concern. In English agents say what they
// write, too; in German they write as they would not speak.
func (w *writer) probe(t topic) string {
	if w.lang == "en" && w.chance(0.5) {
		for range 12 {
			if text := w.on(t, "agent"); sayable(text) {
				return ended(text)
			}
		}
	}
	return w.say("call.probe")
}

// house is a phrase of the company's own, if it has one to be said aloud.
func (w *writer) house() (string, bool) {
	if !w.has("house") {
		return "", false
	}
	for range 12 {
		if text := w.say("house"); sayable(text) {
			return ended(text), true
		}
	}
	return "", false
}

// sayableOr is what a rule says, or another if that cannot be said aloud.
func (w *writer) sayableOr(rule, other string) string {
	for range 12 {
		if text := w.say(rule); sayable(text) {
			return text
		}
	}
	return w.say(other)
}

func (w *writer) reply(t topic) string {
	if w.chance(0.5) {
		return w.spoken(t, "more")
	}
	return w.say("call.still")
}

// spoken says something on a topic of the tweets, if there is something that
// one would say on the telephone.
func (w *writer) spoken(t topic, part string) string {
	for range 12 {
		if text := w.on(t, part); sayable(text) {
			return ended(strings.TrimSpace(text))
		}
	}
	if part == "open" {
		return ended(w.say("call.trouble"))
	}
	return w.say("call.still")
}

// ended is text that ends as a sentence does.
func ended(text string) string {
	if bare := strings.TrimRight(text, string(closing)); bare != "" && strings.ContainsRune(".?!", rune(bare[len(bare)-1])) {
		return text
	}
	return text + "."
}

// withoutArticle takes the article from a product, which has the wrong case or
// is in the wrong language.
func withoutArticle(product string) string {
	for _, article := range []string{"the ", "a ", "my ", "das ", "die ", "der "} {
		if rest, ok := strings.CutPrefix(product, article); ok {
			return rest
		}
	}
	return product
}

// sayable tells what can be said aloud from what can only be typed.
func sayable(text string) bool {
	if strings.Contains(text, "http") || strings.Contains(text, "DM") {
		return false
	}
	for _, r := range text {
		switch {
		case r < 0x80 && isMark(byte(r)):
			if byte(r) != person && byte(r) != closing {
				return false // written out, as nobody dictates it
			}
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,?!'’-:%£$€&", r):
			return false
		}
	}
	return true
}

// finish gives turns their sentences' beginnings, or takes letters' size and
// signs away, and finds where details stand.
func finish(turns []CallTurn, bare bool) {
	for i := range turns {
		text := strings.TrimSpace(turns[i].Text)
		if bare {
			text = barely(text)
		} else {
			text = sentences(text)
		}
		turns[i].Text, turns[i].Spans = unmark(text)
	}
}

// barely writes text in small letters and without signs, but for those inside
// words and numbers.
func barely(text string) string {
	fields := strings.Fields(strings.ToLower(text))
	for i, f := range fields {
		fields[i] = strings.NewReplacer(", ", " ", ",", "", "?", "", "!", "", ":", "").Replace(f)
		fields[i] = strings.Replace(fields[i], "."+string(closing), string(closing), 1)
		fields[i] = strings.TrimRight(fields[i], ".")
	}
	return strings.Join(slices.DeleteFunc(fields, func(f string) bool { return f == "" }), " ")
}

// sentences begins each sentence with a capital.
func sentences(text string) string {
	out := []rune(text)
	begin := true
	for i, r := range out {
		switch {
		case begin && unicode.IsLetter(r):
			out[i], begin = unicode.ToUpper(r), false
		case unicode.IsDigit(r):
			begin = false
		case strings.ContainsRune(".?!", r) && i+1 < len(out) && out[i+1] == ' ':
			begin = true
		}
	}
	return string(out)
}

// timed are the turns of an event. Three words take about a second.
func (w *writer) timed(turns []CallTurn, bare bool) []call.Turn {
	var out []call.Turn
	now := 0.4
	for _, t := range turns {
		turn := call.Turn{Text: t.Text}
		length := 0.5 + 0.34*float64(len(strings.Fields(t.Text)))
		if !bare {
			turn.Side, turn.Start, turn.End = t.Side, tenths(now), tenths(now+length)
		}
		now += length + 0.2 + w.Float64()
		out = append(out, turn)
	}
	return out
}

func tenths(seconds float64) float64 { return math.Round(seconds*10) / 10 }

// callFiles are the events, the two keys, and what is said in the recordings.
func (s *Set) callFiles() ([]File, error) {
	var files []File
	var key, names [][]string
	var scripts bytes.Buffer
	for _, c := range s.Calls {
		event, err := json.MarshalIndent(c.Event, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("writing the call %s: %w", c.Event.ID, err)
		}
		files = append(files, File{"calls/" + c.Event.ID + ".json", append(event, '\n')})
		key = append(key, []string{c.Event.ID, c.Company})
		for i, t := range c.Turns {
			for _, span := range t.Spans {
				names = append(names, []string{c.Event.ID, strconv.Itoa(i), strconv.Itoa(span.Start), strconv.Itoa(span.End), string(span.Kind)})
			}
		}
		if c.Channels > 0 {
			script, err := json.Marshal(scriptOf(c))
			if err != nil {
				return nil, fmt.Errorf("writing the script of %s: %w", c.Event.ID, err)
			}
			scripts.Write(append(script, '\n'))
		}
	}
	return append(files,
		File{"calls-key.csv", table([]string{"call_id", "company"}, key, false)},
		File{"calls-names.csv", table([]string{"call_id", "turn", "start", "end", "kind"}, names, false)},
		File{"calls-recorded.jsonl", scripts.Bytes()},
	), nil
}

// script is what is said in a recording, as tools/asr reads it.
type script struct {
	ID       string       `json:"id"`
	Language string       `json:"language"`
	Channels int          `json:"channels"`
	Turns    []scriptTurn `json:"turns"`
}

type scriptTurn struct {
	Side  string       `json:"side"`
	Text  string       `json:"text"`
	Spans []scriptSpan `json:"spans,omitempty"`
}

type scriptSpan struct {
	Start int  `json:"start"`
	End   int  `json:"end"`
	Kind  Kind `json:"kind"`
}

func scriptOf(c Call) script {
	s := script{ID: c.Event.ID, Language: c.Event.Language, Channels: c.Channels}
	for _, t := range c.Turns {
		turn := scriptTurn{Side: t.Side, Text: t.Text}
		for _, span := range t.Spans {
			turn.Spans = append(turn.Spans, scriptSpan{span.Start, span.End, span.Kind})
		}
		s.Turns = append(s.Turns, turn)
	}
	return s
}
