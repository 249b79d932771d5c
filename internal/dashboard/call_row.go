package dashboard

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// callRow is a call of a list.
type callRow struct {
	ID, Href string
	At       template.HTML
	Company  string
	// None tells that Company is no company's name.
	None       bool
	Confidence string
	Status     results.Status
	StatusName string
	Channel    string
	Language   string
	Model      string
	Took       string
	// Words are the first that the customer says, redacted; empty if none are known.
	Words string
	// Said is what most people say who judged the call, SaidBy how many judged it, and
	// Undecided tells that as many say one thing as another.
	Said      string
	SaidBy    int64
	Undecided bool
}

// mostWords is how many letters a row of the list has of what the customer says.
const mostWords = 90

// addWords adds to each row what the customer says first.
func (v *visit) addWords(p *callsPage, found results.Page) error {
	words, err := v.Results.Beginnings(v.r.Context(), found.Results, mostWords)
	if err != nil {
		return err
	}
	for i := range p.Rows {
		p.Rows[i].Words = words[p.Rows[i].ID]
	}
	return nil
}

// shortModel is the end of a model's id, which tells it from others of a task.
func shortModel(id string) string { return id[strings.LastIndexByte(id, ':')+1:] }

func (v *visit) row(r results.Result) callRow {
	row := callRow{
		ID: r.ID, Href: callPath(r.ID), At: v.when(r.StoredAt), Status: r.Status, StatusName: v.T(statusNames[r.Status]),
		Channel: r.Channel, Language: r.Language, Confidence: "-", Took: v.took(r.Latency),
	}
	row.Company, row.None = v.company(r.Prediction)
	if p := r.Prediction; p != nil {
		row.Model = shortModel(p.Model)
		if hasConfidence(p) {
			row.Confidence = v.percent(p.Confidence)
		}
	}
	row.SaidBy, row.Undecided = int64(r.Review.Judged), r.Review.Label == ""
	if row.SaidBy > 0 && !row.Undecided {
		row.Said = v.valueText("said", r.Review.Label)
	}
	return row
}

// company is the name of what a call is about, or says that there is none.
func (v *visit) company(p *results.Prediction) (name string, none bool) {
	switch {
	case p == nil || p.Company == "":
		return v.T("no company"), true
	case p.Company == pipeline.Unknown:
		return v.T("Unknown"), true
	}
	return p.Company, false
}

func hasConfidence(p *results.Prediction) bool { return slices.Contains(named, p.Status) }

// span is how long something lasted, with as many digits as one reads and the signs of
// the reader's language.
func (v *visit) span(d time.Duration) string {
	text := console.Span(d)
	if v.lang == german {
		text = strings.ReplaceAll(text, ".", ",")
	}
	return text
}

// took is a duration as people say it; one that is not known is "-".
func (v *visit) took(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d < time.Second:
		return v.lang.printer.Sprintf("%d", d.Milliseconds()) + " ms"
	case d < time.Minute:
		return v.lang.printer.Sprintf("%.1f", d.Seconds()) + " s"
	case d < time.Hour:
		return v.lang.printer.Sprintf("%d", int64(d.Minutes())) + " min"
	}
	return v.lang.printer.Sprintf("%.1f", d.Hours()) + " h"
}
