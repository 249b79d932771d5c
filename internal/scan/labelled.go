package scan

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"switchboard/internal/anonymize"
	"switchboard/internal/console"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/text"
	"switchboard/internal/tweet"
)

// measured is how well the anonymizer does on labelled texts.
type measured struct {
	Labelled string `json:"labelled"`
	privacy.Measurement
	anonymizerUsed
	// Leaked and Needless are the errors, nil if they were not asked for.
	Leaked   []scanError `json:"leaked,omitempty"`
	Needless []scanError `json:"needless,omitempty"`
}

// scanError is where something leaked, by offsets into the text as it was
// labelled; or where something was replaced that is no detail, by offsets into
// the cleaned text, as the audit of a run has them.
type scanError struct {
	Line int `json:"line"`
	// ID is the tweet's, if the line has one.
	ID    *int64 `json:"id,omitempty"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
	// Text is what leaked or was replaced, if it was asked for.
	Text string `json:"text,omitempty"`
}

func (r *scanner) evaluateLabelled(ctx context.Context, anonymizer *anonymize.Anonymizer, args []string) (console.View, error) {
	f := r.flags
	var table *tweet.Table
	var err error
	if len(args) > 0 {
		if table, err = loadTable(ctx, args[0], tweet.Lookup); err != nil {
			return nil, err
		}
	}
	file, err := openInput(f.labelled)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	texts, err := privacy.ReadLabelled(file, f.labelled, table)
	if err != nil {
		return nil, err
	}
	m, err := privacy.Measure(ctx, anonymizer, texts)
	if err != nil {
		return nil, err
	}
	v := measured{Labelled: f.labelled, Measurement: m, anonymizerUsed: anonymizerUsed{anonymizer.Version(), anonymizer.Models()}}
	if f.errors {
		v.list(texts, f.show)
	}
	return v, f.refuse(m)
}

// refuse returns an error if too few persons were found.
func (f scanFlags) refuse(m privacy.Measurement) error {
	for _, k := range m.Kinds {
		switch {
		case k.Kind != anonymize.Person || f.failUnder == 0:
		case k.Recall.Of == 0:
			return problem.New(problem.Refused, "no detail of kind Person is labelled, so its recall is not known")
		case k.Recall.Share < f.failUnder:
			return problem.New(problem.Refused, "the recall of Person is %.4f, below the %v asked for", k.Recall.Share, f.failUnder)
		}
	}
	return nil
}

func (v *measured) list(texts []privacy.Labelled, show bool) {
	at := func(n, start, end int, kind, shown string) scanError {
		e := scanError{Line: texts[n].Line, Start: start, End: end, Kind: kind}
		if id := texts[n].ID; id != privacy.NoID {
			e.ID = &id
		}
		if show {
			e.Text = printable(shown)
		}
		return e
	}
	for _, l := range v.Leaks {
		v.Leaked = append(v.Leaked, at(l.Text, l.Start, l.End, l.Kind, texts[l.Text].Text[l.Start:l.End]))
	}
	for _, s := range v.Alarms {
		v.Needless = append(v.Needless, at(s.Text, s.Start, s.End, s.Kind, text.Clean(texts[s.Text].Text)[s.Start:s.End]))
	}
}

func (v measured) Write(t *console.Text) {
	t.Fact("labelled", v.Labelled)
	t.Fact("texts", console.Number(int64(v.Texts)))
	if v.Dropped > 0 {
		t.Fact("dropped", console.Count(int64(v.Dropped), "label")+" of what cleaning removes, such as handles")
	}
	v.anonymizerUsed.Write(t)
	t.Fact("leak rate", console.Interval(v.LeakRate)+", texts that still show a part of a detail among those with any")
	t.Fact("false alarms", console.Interval(v.FalseAlarms)+", texts that were changed among those without a detail")
	var rows [][]string
	for _, k := range append(slices.Clone(v.Kinds), v.All) {
		f2 := "-"
		if k.F2 != nil {
			f2 = fmt.Sprintf("%.3f (%.3f to %.3f)", k.F2.Value, k.F2.Low, k.F2.High)
		}
		rows = append(rows, []string{k.Kind, console.Number(int64(k.Recall.Of)), console.Number(int64(k.Recall.Count)), console.Interval(k.Recall), console.Interval(k.Precision), f2})
	}
	t.Line("")
	t.Table([]string{"KIND", "LABELLED", "FOUND", "RECALL", "PRECISION", "F2"}, rows)
	writeErrors(t, "LEAKED", v.Leaked)
	writeErrors(t, "NEEDLESSLY REPLACED", v.Needless)
}

func writeErrors(t *console.Text, what string, places []scanError) {
	if len(places) == 0 {
		return
	}
	header := []string{what, "LINE", "TWEET", "BYTES"}
	if places[0].Text != "" {
		header = append(header, "TEXT")
	}
	var rows [][]string
	for _, e := range places {
		id := "-"
		if e.ID != nil {
			id = strconv.FormatInt(*e.ID, 10)
		}
		rows = append(rows, []string{e.Kind, strconv.Itoa(e.Line), id, fmt.Sprintf("%d-%d", e.Start, e.End), e.Text})
	}
	t.Line("")
	t.Table(header, rows)
}
