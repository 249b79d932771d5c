package privacy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"switchboard/internal/anonymize"
	"switchboard/internal/pipeline"
)

// Parts of the labelled calls: rules may be written for one, and answer to no call of
// the other.
const (
	tuning  = "tuning"
	heldOut = "held-out"
)

// labelledCall is a call of which is known what personal details it holds. Its script
// was made up; see tools/calls.
type labelledCall struct {
	ID string `json:"call"`
	// Language is "en" or "de".
	Language string `json:"language"`
	// Part is [tuning] or [heldOut].
	Part string `json:"part"`
	// Made is "recognized" if a recognizer of speech wrote the call down, and "degraded"
	// if its script was changed as recognizers change what they hear.
	Made  string         `json:"made"`
	Turns []labelledTurn `json:"turns"`
}

// labelledTurn is a turn with its labels, by offsets into the text.
type labelledTurn struct {
	Side   string  `json:"side"`
	Text   string  `json:"text"`
	Labels []Label `json:"spans"`
}

//go:embed calls.jsonl.gz
var callsFile []byte

// labelledCalls returns the built-in labelled calls, in both languages and parts.
var labelledCalls = sync.OnceValues(func() ([]labelledCall, error) {
	z, err := gzip.NewReader(bytes.NewReader(callsFile))
	if err != nil {
		return nil, fmt.Errorf("reading the labelled calls: %w", err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	var calls []labelledCall
	for lines.Scan() {
		var c labelledCall
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("reading the labelled calls: %w", err)
		}
		for _, turn := range c.Turns {
			if err := checkLabels(turn.Text, turn.Labels, slices.Concat(kinds, spokenKinds)); err != nil {
				return nil, fmt.Errorf("reading the labelled calls: call %s: %w", c.ID, err)
			}
		}
		calls = append(calls, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the labelled calls: %w", err)
	}
	return calls, nil
})

// callFigures tell how an anonymizer did on labelled calls.
type callFigures struct {
	Calls, Turns int
	// Kinds has the share of details of which nothing is left, by kind; Names is that
	// of persons, and Numbers that of all others together.
	Kinds          map[string]Proportion
	Names, Numbers Proportion
	// Others is the share of words outside of details that were touched.
	Others Proportion
	// Leaks are the details of which something is left, Alarms what was replaced and
	// touches none, in the order of the calls.
	Leaks, Alarms []callPlace
}

// callPlace is a piece of a turn, by offsets into its text.
type callPlace struct {
	Call       string
	Turn       int
	Start, End int
	Kind, Rule string
}

// measureCalls anonymizes the calls and counts. The error is a recognizer's or the
// context's.
func measureCalls(ctx context.Context, a *anonymize.Anonymizer, calls []labelledCall) (callFigures, error) {
	in := make([][]anonymize.Turn, len(calls))
	for i, c := range calls {
		for _, t := range c.Turns {
			in[i] = append(in[i], anonymize.Turn{Side: t.Side, Text: t.Text})
		}
	}
	results, err := a.Calls(ctx, in)
	if err != nil {
		return callFigures{}, err
	}
	spans := make([][][]anonymize.Span, len(calls))
	for i, turns := range results {
		for _, r := range turns {
			spans[i] = append(spans[i], r.Spans)
		}
	}
	return countCalls(calls, spans), nil
}

// countCalls holds what was replaced, by call and turn, against the labels.
func countCalls(calls []labelledCall, spans [][][]anonymize.Span) callFigures {
	f := callFigures{Calls: len(calls), Kinds: map[string]Proportion{}}
	found := map[string][2]int{}
	touched, words := 0, 0
	for i, c := range calls {
		f.Turns += len(c.Turns)
		for j, t := range c.Turns {
			for _, l := range t.Labels {
				n := found[l.Kind]
				if n[1]++; isCovered(t.Text, l, spans[i][j]) {
					n[0]++
				} else {
					f.Leaks = append(f.Leaks, callPlace{Call: c.ID, Turn: j, Start: l.Start, End: l.End, Kind: l.Kind})
				}
				found[l.Kind] = n
			}
			for _, sp := range spans[i][j] {
				if !touches(sp, t.Labels) {
					f.Alarms = append(f.Alarms, callPlace{c.ID, j, sp.Start, sp.End, sp.Kind, sp.Recognizer})
				}
			}
			a, b := otherWords(t, spans[i][j])
			touched, words = touched+a, words+b
		}
	}
	var names, numbers [2]int
	for kind, n := range found {
		f.Kinds[kind] = proportion(n[0], n[1])
		if kind == anonymize.Person {
			names = n
		} else {
			numbers[0] += n[0]
			numbers[1] += n[1]
		}
	}
	f.Names, f.Numbers, f.Others = proportion(names[0], names[1]), proportion(numbers[0], numbers[1]), proportion(touched, words)
	return f
}

// otherWords counts the words of a turn that are no part of a detail, and those of
// them that a span touches.
func otherWords(t labelledTurn, spans []anonymize.Span) (touched, words int) {
	at := 0
	for _, w := range strings.FieldsFunc(t.Text, unicode.IsSpace) {
		start := at + strings.Index(t.Text[at:], w)
		end := start + len(w)
		at = end
		if !strings.ContainsFunc(w, isDetail) || touches(anonymize.Span{Start: start, End: end}, t.Labels) {
			continue
		}
		words++
		for _, sp := range spans {
			if max(sp.Start, start) < min(sp.End, end) {
				touched++
				break
			}
		}
	}
	return touched, words
}

// What is asked of the anonymizer in each language of the held-out calls.
const (
	leastCallNames   = 0.95
	leastCallNumbers = 0.98
	mostCallOthers   = 0.03
)

// callGates are the languages that calls are judged in.
var callGates = []struct{ language, name string }{{"en", "English"}, {"de", "German"}}

// JudgeCalls evaluates the anonymizer on the held-out part of the built-in labelled calls,
// each language by itself: calls are spoken, and an anonymizer that is good enough for
// tweets has shown nothing of them. The same anonymizer is always judged alike.
//
// An anonymizer that is not good enough is no error: see Passed. The error is a
// recognizer's or the context's.
func JudgeCalls(ctx context.Context, a *anonymize.Anonymizer) (Evaluation, error) {
	all, err := labelledCalls()
	if err != nil {
		return Evaluation{}, err
	}
	calls := partOf(all, heldOut, "")
	e := Evaluation{
		Anonymizer: a.Version(), Models: a.Models(), Source: pipeline.SourceCalls,
		Set: "calls, held out", SetSHA256: sumCalls(calls), Recall: map[string]Proportion{},
	}
	for _, gate := range callGates {
		f, err := measureCalls(ctx, a, partOf(calls, heldOut, gate.language))
		if err != nil {
			return Evaluation{}, fmt.Errorf("evaluating the anonymizer for calls: %w", err)
		}
		e.Texts += f.Turns
		for kind, p := range f.Kinds {
			sum := e.Recall[kind]
			e.Recall[kind] = proportion(sum.Count+p.Count, sum.Of+p.Of)
		}
		e.Failed = append(e.Failed, f.failed(gate.name)...)
	}
	e.Passed = len(e.Failed) == 0
	return e, nil
}

// failed says what a language lacks, nil if nothing.
func (f callFigures) failed(language string) (failed []string) {
	for _, d := range []struct {
		what  string
		p     Proportion
		least float64
	}{{"names", f.Names, leastCallNames}, {"numbers, codes and addresses", f.Numbers, leastCallNumbers}} {
		if d.p.Share < d.least {
			failed = append(failed, fmt.Sprintf("of %d %s in %s calls %d were found, %.1f%%, and %.0f%% is asked", d.p.Of, d.what, language, d.p.Count, 100*d.p.Share, 100*d.least))
		}
	}
	if f.Others.Share > mostCallOthers {
		failed = append(failed, fmt.Sprintf("%d of %d other words of %s calls were replaced, %.1f%%, and at most %.0f%% is allowed", f.Others.Count, f.Others.Of, language, 100*f.Others.Share, 100*mostCallOthers))
	}
	return failed
}

// partOf returns the calls of a part and a language; of all languages if it is empty.
func partOf(calls []labelledCall, part, language string) (of []labelledCall) {
	for _, c := range calls {
		if c.Part == part && (language == "" || c.Language == language) {
			of = append(of, c)
		}
	}
	return of
}

// sumCalls returns the SHA-256 of texts and labels.
func sumCalls(calls []labelledCall) string {
	var texts []Labelled
	for _, c := range calls {
		for _, t := range c.Turns {
			texts = append(texts, Labelled{Thread: c.ID, Text: t.Text, Labels: t.Labels})
		}
	}
	return sum(texts)
}
