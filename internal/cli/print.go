package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
)

// view is what a command has to say. Its exported fields are the JSON object,
// which stays stable; write is the text.
type view interface {
	write(t *text)
}

// schemaVersion is that of every JSON object that is printed. It rises when a
// member is renamed, removed or changes its meaning; new members do not count.
const schemaVersion = 1

// printJSON writes one indented object: the schema's version, the view's members,
// and the failure as "error". View and failure may be nil.
func printJSON(w io.Writer, v view, f *failure) error {
	object := []byte("{}")
	if v != nil {
		var err error
		if object, err = json.Marshal(v); err != nil {
			return fmt.Errorf("encoding the result: %w", err)
		}
	}
	version := fmt.Sprintf(`{"schema_version":%d`, schemaVersion)
	if len(object) > len("{}") {
		version += ","
	}
	object = append([]byte(version), inSeconds(object)[1:]...)
	if f != nil {
		reason, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encoding the failure: %w", err)
		}
		object = fmt.Appendf(bytes.TrimSuffix(object, []byte("}")), `,"error":%s}`, reason)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, object, "", "  "); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(w)
	return err
}

// printText writes a view with the settings of t.
func printText(w io.Writer, v view, t text) error {
	v.write(&t)
	_, err := io.WriteString(w, t.b.String())
	return err
}

// text collects lines. Columns are aligned, and no line ends in spaces.
type text struct {
	b strings.Builder
	// now is what ages are counted from; its location is that of all times.
	now time.Time
	// anomalies tells to list them, instead of to count them in one line.
	anomalies bool
}

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// nameWidth is the width of the left column of facts.
const nameWidth = 14

// fact writes a name and what is known, which may have several lines. An empty
// one is left out.
func (t *text) fact(name string, lines ...string) {
	for _, l := range lines {
		if l == "" {
			continue
		}
		t.line("%-*s%s", nameWidth, name, l)
		name = ""
	}
}

// table writes rows below a header, which may be nil.
func (t *text) table(header []string, rows [][]string) {
	for _, l := range columns(header, rows) {
		t.line("%s", l)
	}
}

// columns aligns rows and returns them as lines.
func columns(header []string, rows [][]string) []string {
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

func number(n int64) string { return humanize.Comma(n) }

// count is a number and a noun, in the plural unless it is one.
func count(n int64, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return number(n) + " " + noun
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// span is a duration with as many digits as one reads.
func span(d time.Duration) string {
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

func seconds(s float64) string { return span(time.Duration(s * float64(time.Second))) }

// at is a point in time where the reader is.
func (t *text) at(when time.Time) string {
	return when.In(t.now.Location()).Format("2006-01-02 15:04:05 MST")
}

// clock is at without the date, for lists of events.
func (t *text) clock(when time.Time) string {
	return when.In(t.now.Location()).Format("15:04:05")
}
