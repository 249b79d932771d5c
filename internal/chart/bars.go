package chart

import "html/template"

// Bars are quantities side by side, each a bar below its name.
type Bars struct {
	Frame
	Bars []Bar
}

// Bar is one quantity.
type Bar struct {
	Label string
	// Value is 0 or more, and Text the same as people read it.
	Value float64
	Text  string
	// Href is where the bar leads; empty is nowhere.
	Href string
	// Series is the colour, from 1 to 8; 0 is the first.
	Series int
}

// Stack is a chart of bars that have parts.
type Stack struct {
	Frame
	// Parts are the names of the parts, in the order in which they are stacked; at
	// most 8.
	Parts []string
	Bars  []StackedBar
	// Whole draws every bar at full length, so that shares compare.
	Whole bool
}

// StackedBar is one bar of a [Stack].
type StackedBar struct {
	Label string
	// Text says the whole as people read it.
	Text string
	// Parts has as many as the chart has names.
	Parts []Part
}

// Part is a part of a bar, as in [Bar].
type Part struct {
	Value float64
	Text  string
	Href  string
}

// Heights of a bar with its name, in pixels.
const (
	rowHeight = 40
	textLine  = 15
	barLine   = 22
	barHeight = 10
)

// mark is a rectangle of a chart, or a link around one.
type mark struct {
	X, Width, Title, Href string
	Series                int
}

type row struct {
	Label, Text, Href string
	Y, YText          string
	Marks             []mark
}

type drawnBars struct {
	Frame
	Height int
	Bar    int
	Rows   []row
	Legend []legend
	Table  table
}

type legend struct {
	Name   string
	Series int
}

// Draw makes the chart's markup.
func (b Bars) Draw() template.HTML {
	var most float64
	for _, bar := range b.Bars {
		most = max(most, bar.Value)
	}
	d := drawnBars{Frame: b.Frame, Height: rowHeight * len(b.Bars), Bar: barHeight, Table: table{Frame: b.Frame}}
	for i, bar := range b.Bars {
		r := newRow(i, bar.Label, bar.Text, bar.Href)
		r.Marks = []mark{{X: "0", Width: percent(share(bar.Value, most)), Title: bar.Label + ": " + bar.Text, Series: max(bar.Series, 1)}}
		d.Rows = append(d.Rows, r)
		d.Table.Rows = append(d.Table.Rows, []Cell{{Text: bar.Label}, {bar.Text, bar.Href}})
	}
	return draw("bars", d)
}

func newRow(i int, label, text, href string) row {
	top := float64(rowHeight * i)
	return row{Label: short(label), Text: text, Href: href, Y: px(top + barLine), YText: px(top + textLine)}
}

// Draw makes the chart's markup.
func (s Stack) Draw() template.HTML {
	var most float64
	for _, bar := range s.Bars {
		most = max(most, bar.sum())
	}
	d := drawnBars{Frame: s.Frame, Height: rowHeight * len(s.Bars), Bar: barHeight, Table: table{Frame: s.Frame}}
	for i, name := range s.Parts {
		d.Legend = append(d.Legend, legend{name, i + 1})
	}
	for i, bar := range s.Bars {
		r := newRow(i, bar.Label, bar.Text, "")
		whole, at := most, 0.0
		if s.Whole {
			whole = bar.sum()
		}
		cells := []Cell{{Text: bar.Label}}
		for n, p := range bar.Parts {
			cells = append(cells, Cell{p.Text, p.Href})
			if p.Value <= 0 {
				continue
			}
			r.Marks = append(r.Marks, mark{percent(share(at, whole)), percent(share(p.Value, whole)), bar.Label + ", " + s.Parts[n] + ": " + p.Text, p.Href, n + 1})
			at += p.Value
		}
		d.Rows = append(d.Rows, r)
		d.Table.Rows = append(d.Table.Rows, cells)
	}
	return draw("bars", d)
}

func (b StackedBar) sum() (sum float64) {
	for _, p := range b.Parts {
		sum += max(p.Value, 0)
	}
	return sum
}
