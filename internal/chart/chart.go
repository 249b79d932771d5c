// Package chart draws charts as SVG, with the same numbers as a table behind each.
//
// A chart has no style of its own: classes of the page's style sheet colour it, so
// that it suits a light page and a dark one, and a page whose policy allows no
// inline style. Texts and numbers come written in the reader's language. A chart is
// as wide as its place; its writing keeps its size.
//
// Marks that lead somewhere are links. A chart of links is a group to those who
// listen to a page, any other is an image; the table has every link, too, for those
// who have no mouse.
package chart

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"unicode/utf8"
)

// Frame is what every chart has.
type Frame struct {
	// ID is unique in the page, and has letters, digits and dashes alone.
	ID string
	// Title says what is drawn, and Description what there is to see, or nothing.
	Title, Description string
	// Numbers is the name of the table behind the chart, Columns are the heads of its
	// columns.
	Numbers string
	Columns []string
	// Linked is set where marks lead somewhere.
	Linked bool
}

// Cell is one of a table; its address is empty where it leads nowhere.
type Cell struct{ Text, Href string }

// table is the numbers behind a chart. The first cell of a row is its head.
type table struct {
	Frame
	Rows [][]Cell
}

//go:embed chart.html
var markup string

var templates = template.Must(template.New("").Parse(markup + intervalsMarkup))

// draw makes the markup. What can fail is the templates alone, which the tests run:
// a value of a chart fails none.
func draw(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(fmt.Sprintf("chart: drawing %s: %v", name, err))
	}
	return template.HTML(b.String()) //nolint:gosec // html/template has made it
}

// percent is a place or a length along a chart's width, from a share of it.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(min(max(share, 0), 1)*1e4)/100, 'f', -1, 64) + "%"
}

// px is a place or a length that does not depend on the width.
func px(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// share is a part of a whole, 0 of nothing.
func share(part, whole float64) float64 {
	if whole <= 0 || math.IsNaN(part) {
		return 0
	}
	return part / whole
}

// longestLabel is how many letters of a label a chart has room for on a phone. The
// table has all of them.
const longestLabel = 34

func short(label string) string {
	if utf8.RuneCountInString(label) <= longestLabel {
		return label
	}
	return string([]rune(label)[:longestLabel-1]) + "…"
}

// ticks are round numbers from 0 to at least most, four or five of them. Whole
// numbers have no ticks between them.
func ticks(most float64, whole bool) []float64 {
	if most <= 0 || math.IsNaN(most) || math.IsInf(most, 0) {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, factor := range []float64{1, 2, 2.5, 5, 10} {
		if step*factor*4 >= most && (!whole || step*factor == math.Trunc(step*factor)) {
			step *= factor
			break
		}
	}
	if whole {
		step = max(1, math.Ceil(step))
	}
	var all []float64
	for n := 0; ; n++ {
		all = append(all, float64(n)*step)
		if all[n] >= most {
			return all
		}
	}
}
