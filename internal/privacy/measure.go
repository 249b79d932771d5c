package privacy

import (
	"context"

	"switchboard/internal/anonymize"
)

// Measurement is what an anonymizer did to labelled texts.
type Measurement struct {
	Texts int `json:"texts"`
	// Dropped counts labels of which cleaning leaves nothing, such as
	// handles. They take part in no other figure.
	Dropped int `json:"dropped"`
	// Kinds has the figures of every kind, All those of all together.
	Kinds []Figures `json:"kinds"`
	All   Figures   `json:"all"`
	// LeakRate is the share of texts with a detail that still show a part of
	// one.
	LeakRate Proportion `json:"leak_rate"`
	// FalseAlarms is the share of texts without any detail that were changed.
	FalseAlarms Proportion `json:"false_alarms"`

	// Leaks are the details that were not wholly replaced, Alarms the
	// replacements that touch none, in the order of the texts.
	Leaks  []Leak  `json:"-"`
	Alarms []Alarm `json:"-"`
}

// Figures tell how well a kind of detail is found.
type Figures struct {
	Kind string `json:"kind"`
	// Recall is the share of labelled details of which no letter and no digit
	// is left.
	Recall Proportion `json:"recall"`
	// Precision is the share of replacements of this kind that touch a detail
	// of any. There is none of [Initials], which are replaced as persons.
	Precision Proportion `json:"precision"`
	// F2 is nil where recall or precision is of nothing.
	F2 *Estimate `json:"f2"`
}

// Leak is a detail of which something is left: the text's number, and the
// label by offsets into the text as it was labelled.
type Leak struct {
	Text int
	Label
}

// Alarm is a replacement that touches no detail: the text's number, and the
// span by offsets into the cleaned text.
type Alarm struct {
	Text int
	anonymize.Span
}

// Measure anonymizes the texts, those of one thread together, and counts. The
// error is a recognizer's or the context's.
func Measure(ctx context.Context, a *anonymize.Anonymizer, texts []Labelled) (Measurement, error) {
	t, err := take(ctx, a, texts)
	if err != nil {
		return Measurement{}, err
	}
	m := Measurement{
		Texts: len(texts), Dropped: t.dropped, Leaks: t.leaks, Alarms: t.alarms,
		LeakRate: proportion(t.leaking, t.holding), FalseAlarms: proportion(t.changed, len(texts)-t.holding),
	}
	for _, kind := range kinds {
		m.Kinds = append(m.Kinds, t.figures(kind))
	}
	m.All = t.figures(all)
	return m, nil
}

// all stands for all kinds together.
const all = "all"

// tally is what was counted.
type tally struct {
	texts int
	// counts are by kind and text, of texts that have any.
	counts map[string][]counts
	// Of the texts, holding hold a detail and leaking show a part of it;
	// changed hold none.
	holding, leaking, changed int
	dropped                   int
	leaks                     []Leak
	alarms                    []Alarm
}

// place is where a text is among the threads.
type place struct{ thread, tweet int }

// take anonymizes the texts and counts.
func take(ctx context.Context, a *anonymize.Anonymizer, texts []Labelled) (*tally, error) {
	var threads [][]string
	known := map[string]int{}
	places := make([]place, len(texts))
	labels := make([][]Label, len(texts))
	for i, x := range texts {
		cleaned, moved := clean(x.Text, x.Labels)
		labels[i] = moved
		at, ok := known[x.Thread]
		if !ok || x.Thread == "" {
			at = len(threads)
			threads = append(threads, nil)
			known[x.Thread] = at
		}
		places[i] = place{at, len(threads[at])}
		threads[at] = append(threads[at], cleaned)
	}
	results, err := a.Threads(ctx, threads)
	if err != nil {
		return nil, err
	}
	t := &tally{texts: len(texts), counts: map[string][]counts{}}
	for i, p := range places {
		t.text(i, texts[i].Labels, labels[i], threads[p.thread][p.tweet], results[p.thread][p.tweet].Spans)
	}
	return t, nil
}

// text counts what became of one text. The labels are given as they were and
// as they are in the cleaned text.
func (t *tally) text(n int, raw, labels []Label, cleaned string, spans []anonymize.Span) {
	here := map[string]*counts{}
	of := func(kind string) *counts {
		if here[kind] == nil {
			here[kind] = &counts{}
		}
		return here[kind]
	}
	holds, leaks := false, false
	for i, l := range labels {
		if l.Start == l.End {
			t.dropped++
			continue
		}
		holds = true
		c := counts{labelled: 1}
		if isCovered(cleaned, l, spans) {
			c.found = 1
		} else {
			leaks = true
			t.leaks = append(t.leaks, Leak{n, raw[i]})
		}
		of(l.Kind).add(c)
		of(all).add(c)
	}
	for _, sp := range spans {
		c := counts{replaced: 1}
		if touches(sp, labels) {
			c.touching = 1
		} else {
			t.alarms = append(t.alarms, Alarm{n, sp})
		}
		of(sp.Kind).add(c)
		of(all).add(c)
	}
	switch {
	case holds:
		t.holding++
		if leaks {
			t.leaking++
		}
	case len(spans) > 0:
		t.changed++
	}
	for kind, c := range here {
		t.counts[kind] = append(t.counts[kind], *c)
	}
}

// isCovered tells whether every letter and digit of the label is in a span.
func isCovered(cleaned string, l Label, spans []anonymize.Span) bool {
	next := 0
	for i, r := range cleaned[l.Start:l.End] {
		at := l.Start + i
		for next < len(spans) && spans[next].End <= at {
			next++
		}
		if isDetail(r) && (next == len(spans) || spans[next].Start > at) {
			return false
		}
	}
	return true
}

func touches(sp anonymize.Span, labels []Label) bool {
	for _, l := range labels {
		if max(sp.Start, l.Start) < min(sp.End, l.End) {
			return true
		}
	}
	return false
}

func (t *tally) sum(kind string) counts {
	var sum counts
	for _, c := range t.counts[kind] {
		sum.add(c)
	}
	return sum
}

func (t *tally) figures(kind string) Figures {
	c := t.sum(kind)
	return Figures{
		Kind: kind, Recall: proportion(c.found, c.labelled), Precision: proportion(c.touching, c.replaced),
		F2: bootstrapF2(t.counts[kind], t.texts),
	}
}
