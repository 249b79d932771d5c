package cli

import (
	"encoding/json"
	"io"
	"time"

	"switchboard/internal/console"
)

// view is what a command has to say. Its exported fields are the JSON object,
// which stays stable; write is the text.
type view interface {
	write(t *text)
}

// printed is a view as package console takes it.
type printed struct{ view }

// MarshalJSON leaves the view's own fields where they are.
func (p printed) MarshalJSON() ([]byte, error) { return json.Marshal(p.view) }

// Write is the view's text.
func (p printed) Write(t *console.Text) { p.write(&text{Text: t, now: t.Now}) }

func printJSON(w io.Writer, v view, f *failure) error {
	return console.PrintJSON(w, v, (*console.Failure)(f))
}

func printText(w io.Writer, v view, now time.Time) error {
	return console.PrintText(w, printed{v}, now)
}

// text is the console's, under this package's names.
type text struct {
	*console.Text
	now time.Time
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
