package reports

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// What all pages share: how they look, and the parts "head" and "bar".
var (
	//go:embed page.css
	pageStyle string
	//go:embed page.html.tmpl
	pageParts string
)

// newPage parses a page's template. A page is one file: it loads nothing, sends
// nothing and runs no script, and its policy makes a browser hold it to that.
// Whatever is put into it is escaped.
func newPage(name, text string) *template.Template {
	t := template.New(name).Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(pageStyle) }, //nolint:gosec // written by this package
		"policy":   contentPolicy,
		"percent":  func(share float64) string { return evaluate.Share(share).String() },
		"range95":  rangeOf,
		"hundred":  func(share evaluate.Share) string { return fmt.Sprintf("%.0f", 100*share) },
		"dollars":  func(d float64) string { return fmt.Sprintf("$%.2f", d) },
		"count":    countOf,
		"lines":    func(s string) []string { return strings.Split(s, "\n") },
		"moment":   moment,
		"sentence": sentence,
		"known":    KnownOf,
		"lasted":   lasted,
		"pace":     pace,
		"right": func(m pipeline.ComparedModel) evaluate.Interval {
			return evaluate.Interval{Value: m.Accuracy, Low: m.Low, High: m.High}
		},
		"correct": func(k pipeline.KnownScore) evaluate.Interval {
			return evaluate.Interval{Value: k.Accuracy, Low: k.Low, High: k.High}
		},
		"day": func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"picture": func(png []byte) template.URL {
			return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)) //nolint:gosec // drawn by this package
		},
	})
	return template.Must(template.Must(t.Parse(pageParts)).Parse(text))
}

// contentPolicy allows the page's own style and pictures that are in it.
func contentPolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// sentence gives a clause a capital letter and a full stop.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + "."
}

// moment is a time as people write it.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// rangeOf is the interval of a share in percent, empty where there is none.
func rangeOf(i evaluate.Interval) string {
	if !i.Low.Known() {
		return ""
	}
	return fmt.Sprintf("%.1f–%.1f", 100*i.Low, 100*i.High)
}

func countOf(n any) string {
	switch n := n.(type) {
	case int:
		return thousands(n)
	case int64:
		return thousands(int(n))
	}
	return fmt.Sprint(n)
}

// bar is a share as a bar of a hundred units, with a line for its range.
type bar struct {
	Color             string
	Width, Low, Range float64
}

// barOf draws a share where the longest bar is a share of most.
func barOf(share evaluate.Interval, most evaluate.Share, color string) bar {
	if !share.Value.Known() || most <= 0 {
		return bar{Color: color}
	}
	at := func(s evaluate.Share) float64 { return 100 * float64(min(s, most)/most) }
	b := bar{Color: color, Width: at(share.Value)}
	if share.Low.Known() && share.High > share.Low {
		b.Low, b.Range = at(share.Low), at(share.High)-at(share.Low)
	}
	return b
}
