package cli

import (
	"encoding/json"
	"time"

	"switchboard/internal/console"
)

// view is what a command has to say. Its exported fields are the JSON object,
// which stays stable; write is the text.
type view interface {
	write(t *text)
}

// printed is a view as package console takes it.
type printed struct {
	view
	anomalies bool
}

// MarshalJSON leaves the view's own fields where they are, and gives durations in
// seconds.
func (p printed) MarshalJSON() ([]byte, error) {
	object, err := json.Marshal(p.view)
	return inSeconds(object), err
}

// Write is the view's text.
func (p printed) Write(t *console.Text) { p.write(&text{Text: t, now: t.Now, anomalies: p.anomalies}) }

// text is the console's, under this package's names.
type text struct {
	*console.Text
	now time.Time
	// anomalies tells to list them, instead of to count them in one line.
	anomalies bool
}

func (t *text) line(format string, args ...any)         { t.Line(format, args...) }
func (t *text) fact(name string, lines ...string)       { t.Fact(name, lines...) }
func (t *text) table(header []string, rows [][]string)  { t.Table(header, rows) }
func (t *text) at(when time.Time) string                { return t.At(when) }
func (t *text) clock(when time.Time) string             { return t.Clock(when) }
func columns(header []string, rows [][]string) []string { return console.Columns(header, rows) }
func number(n int64) string                             { return console.Number(n) }
func count(n int64, noun string) string                 { return console.Count(n, noun) }
func percent(share float64) string                      { return console.Percent(share) }
func span(d time.Duration) string                       { return console.Span(d) }
func seconds(s float64) string                          { return console.Seconds(s) }
