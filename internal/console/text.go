package console

import (
	"fmt"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"switchboard/internal/pipeline"
)

// Text collects lines. Columns are aligned, and no line ends in spaces.
type Text struct {
	b strings.Builder
	// Now is what ages are counted from; its location is that of all times.
	Now time.Time
}

// Line writes a line.
func (t *Text) Line(format string, args ...any) {
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// nameWidth is the width of the left column of facts.
const nameWidth = 14

// Fact writes a name and what is known, which may have several lines. An empty
// one is left out.
func (t *Text) Fact(name string, lines ...string) {
	for _, l := range lines {
		if l == "" {
			continue
		}
		t.Line("%-*s%s", nameWidth, name, l)
		name = ""
	}
}

// Table writes rows below a header, which may be nil.
func (t *Text) Table(header []string, rows [][]string) {
	for _, l := range Columns(header, rows) {
		t.Line("%s", l)
	}
}

// Columns aligns rows and returns them as lines.
func Columns(header []string, rows [][]string) []string {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if header != nil {
		rows = append([][]string{header}, rows...)
	}
	for _, row := range rows {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	tw.Flush() // a strings.Builder takes everything
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return lines
}

// Number is n with commas between thousands.
func Number(n int64) string { return humanize.Comma(n) }

// Count is a number and a noun, in the plural unless it is one.
func Count(n int64, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Percent is a share, such as 91.0%.
func Percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// Span is a duration with as many digits as one reads.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Seconds is a [Span] of so many seconds.
func Seconds(s float64) string { return Span(time.Duration(s * float64(time.Second))) }

// plain matches what a shell takes as it is.
var plain = regexp.MustCompile(`^[\w./:=@%+,-]+$`)

// Quote writes a word so that it can be pasted into a shell.
func Quote(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// At is a point in time where the reader is.
func (t *Text) At(when time.Time) string {
	return when.In(t.Now.Location()).Format("2006-01-02 15:04:05 MST")
}

// Clock is At without the date, for lists of events.
func (t *Text) Clock(when time.Time) string {
	return when.In(t.Now.Location()).Format("15:04:05")
}

// Interval is a share with its interval, "-" of nothing.
func Interval(p pipeline.Proportion) string {
	if p.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (%.1f to %.1f)", Percent(p.Share), 100*p.Low, 100*p.High)
}
