package privacy

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
)

// texts are labelled by brackets, and what the recognizer finds by braces:
// "Hi [{Liz]}". The rules find nothing in them.
func texts(t *testing.T, lines ...string) ([]Labelled, *anonymize.Anonymizer) {
	t.Helper()
	found := map[string][]anonymize.Span{}
	var all []Labelled
	for i, line := range lines {
		kind := "Person"
		if k, rest, ok := strings.Cut(line, ": "); ok {
			kind, line = k, rest
		}
		raw, labels := marked(strings.NewReplacer("{", "", "}", "").Replace(line))
		for j := range labels {
			labels[j].Kind = kind
		}
		replaced := kind
		if kind == Initials {
			replaced = anonymize.Person
		}
		// The same line with the braces as brackets gives the spans.
		_, spans := marked(strings.NewReplacer("[", "", "]", "", "{", "[", "}", "]").Replace(line))
		for _, sp := range spans {
			found[raw] = append(found[raw], anonymize.Span{Start: sp.Start, End: sp.End, Kind: replaced, Score: 0.75, Recognizer: "echo"})
		}
		all = append(all, Labelled{Line: i + 1, ID: NoID, Text: raw, Labels: labels})
	}
	return all, anonymizer(t, anonymize.Options{Models: []anonymize.Recognizer{echo{find: func(s string) []anonymize.Span { return found[s] }}}})
}

func measure(t *testing.T, a *anonymize.Anonymizer, all []Labelled) Measurement {
	t.Helper()
	m, err := Measure(t.Context(), a, all)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m Measurement) kind(t *testing.T, kind string) Figures {
	t.Helper()
	for _, f := range m.Kinds {
		if f.Kind == kind {
			return f
		}
	}
	t.Fatalf("no figures of %s", kind)
	return Figures{}
}

// What counts as found, and as a leak.
func TestWhatIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		text                                string
		found, labelled, touching, replaced int
	}{
		"whole":                              {"seen [{zoltan}] here", 1, 1, 1, 1},
		"more than whole":                    {"seen {by [zoltan] here}", 1, 1, 1, 1},
		"nothing":                            {"seen [zoltan] here", 0, 1, 0, 0},
		"all but a letter":                   {"seen [{zolta}n] here", 0, 1, 1, 1},
		"first half":                         {"seen [{zoltan} kovax] here", 0, 1, 1, 1},
		"two spans":                          {"seen [{zoltan}, {kovax}] here", 1, 1, 2, 2},
		"a gap of no letter":                 {"seen [{zoltan}... ({kovax})] here", 1, 1, 2, 2},
		"a gap with a digit":                 {"seen [{zoltan} 7, {kovax}] here", 0, 1, 2, 2},
		"no point behind a name":             {"seen [{Zoltan}.] here", 1, 1, 1, 1},
		"letters beyond ASCII":               {"seen [{zoltá}ñ] here", 0, 1, 1, 1},
		"beside it":                          {"{quex} [zoltan] here", 0, 1, 0, 1},
		"touching the end only":              {"seen [zoltan]{ quex here}", 0, 1, 0, 1},
		"one span over two details":          {"seen {[zoltan], [kovax]} here", 2, 2, 1, 1},
		"one of two":                         {"seen [{zoltan}], [kovax] here", 1, 2, 1, 1},
		"a detail and a span that is none":   {"seen [{zoltan}], {quex} ok", 1, 1, 1, 2},
		"a span where nothing is labelled":   {"seen {zoltan} here", 0, 0, 0, 1},
		"nothing labelled, nothing replaced": {"seen nobody here", 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			all, a := texts(t, c.text)
			m := measure(t, a, all)
			f := m.kind(t, "Person")
			got := counts{f.Recall.Count, f.Recall.Of, f.Precision.Count, f.Precision.Of}
			if want := (counts{c.found, c.labelled, c.touching, c.replaced}); got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
			if len(m.Leaks) != c.labelled-c.found || len(m.Alarms) != c.replaced-c.touching {
				t.Errorf("listed %d leaks and %d alarms", len(m.Leaks), len(m.Alarms))
			}
		})
	}
}

func TestFiguresOfASet(t *testing.T) {
	all, a := texts(t,
		"seen [{zoltan}] here",            // found
		"seen [{zoltan}] here, [kovax]",   // one found, one leaks
		"Initials: ok /[{ZK}]",            // found
		"Initials: so [QX] it is",         // leaks
		"Email: at [{zoltan(at)post}] ok", // found
		"seen nobody here",                // clean
		"seen {quexar} there",             // false alarm
		"ask [@zoltan] and nobody",        // nothing to leak is left
	)
	m := measure(t, a, all)
	for _, c := range []struct {
		name      string
		got, want Proportion
	}{
		{"recall of Person", m.kind(t, "Person").Recall, proportion(2, 3)},
		// Three touch a person or initials, the false alarm does not.
		{"precision of Person", m.kind(t, "Person").Precision, proportion(3, 4)},
		{"recall of Initials", m.kind(t, Initials).Recall, proportion(1, 2)},
		{"precision of Initials", m.kind(t, Initials).Precision, proportion(0, 0)},
		{"recall of Email", m.kind(t, "Email").Recall, proportion(1, 1)},
		{"precision of Email", m.kind(t, "Email").Precision, proportion(1, 1)},
		{"recall of Card", m.kind(t, "Card").Recall, proportion(0, 0)},
		{"recall", m.All.Recall, proportion(4, 6)},
		{"precision", m.All.Precision, proportion(4, 5)},
		{"leak rate", m.LeakRate, proportion(2, 5)},
		{"false alarms", m.FalseAlarms, proportion(1, 3)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %+v, want %+v", c.name, c.got, c.want)
		}
	}
	if m.Texts != 8 || m.Dropped != 1 {
		t.Errorf("%d texts, %d labels dropped", m.Texts, m.Dropped)
	}
	// R = 2/3, P = 4/5: 5·(8/15) / (16/5 + 2/3)
	if m.All.F2 == nil || !near(m.All.F2.Value, 8.0/3/(58.0/15)) || m.All.F2.Low > m.All.F2.Value || m.All.F2.High < m.All.F2.Value {
		t.Errorf("F2 is %+v", m.All.F2)
	}
	if f := m.kind(t, Initials).F2; f != nil {
		t.Errorf("F2 of Initials is %+v, though they have no precision", *f)
	}
	if want := []Leak{{1, Label{18, 23, "Person"}}, {3, Label{3, 5, Initials}}}; !reflect.DeepEqual(m.Leaks, want) {
		t.Errorf("leaks are %+v, want %+v", m.Leaks, want)
	}
	if len(m.Alarms) != 1 || m.Alarms[0].Text != 6 || m.Alarms[0].Start != 5 || m.Alarms[0].End != 11 {
		t.Errorf("alarms are %+v", m.Alarms)
	}
}

// A name that is found in one text is replaced in all texts of the thread, and
// of no other.
func TestTextsOfAThreadGoTogether(t *testing.T) {
	all, a := texts(t, "seen [{Zorvex}] here", "so [Zorvex] was here", "yes [Zorvex] was it")
	all[0].Thread, all[1].Thread = "1", "1"
	if m := measure(t, a, all); m.All.Recall != proportion(2, 3) {
		t.Errorf("recall is %+v, want 2 of 3", m.All.Recall)
	}
	all[1].Thread = ""
	if m := measure(t, a, all); m.All.Recall != proportion(1, 3) {
		t.Errorf("recall of texts that are threads of their own is %+v, want 1 of 3", m.All.Recall)
	}
}

// Offsets are those of the raw text, and the anonymizer sees the cleaned one.
func TestLeaksAreToldByRawOffsets(t *testing.T) {
	raw, labels := marked("@AcmeHelp  &lt;seen&gt; [zoltan]")
	m := measure(t, anonymizer(t, anonymize.Options{}), []Labelled{{Text: raw, Labels: labels}})
	if len(m.Leaks) != 1 || raw[m.Leaks[0].Start:m.Leaks[0].End] != "zoltan" {
		t.Errorf("leaks are %+v in %q", m.Leaks, raw)
	}
}

func TestMeasureTellsOfABrokenRecognizer(t *testing.T) {
	broken := errors.New("out of order")
	a := anonymizer(t, anonymize.Options{Models: []anonymize.Recognizer{echo{find: nothing, err: broken}}})
	if _, err := Measure(t.Context(), a, []Labelled{{Text: "hello"}}); !errors.Is(err, broken) {
		t.Errorf("the error is %v, want the recognizer's", err)
	}
}
