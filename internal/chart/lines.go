package chart

import (
	"html/template"
	"strings"
)

// Lines are quantities over time, with what was before as a dashed line.
type Lines struct {
	Frame
	// Series are the lines; the first is drawn last, above the others. At most 8.
	Series []Series
	Points []Point
	// Format writes a number at the axis.
	Format func(float64) string
	// Whole is set where there are no numbers between whole ones.
	Whole bool
	// Most is the end of the axis, where it is known, such as 1 for shares; 0 is
	// whatever the values need.
	Most float64
}

// Series is a line.
type Series struct {
	Name string
	// Before draws it dashed: what it shows is over.
	Before bool
}

// Point is a moment or a stretch of time.
type Point struct {
	// Label is for the axis, and Name for the table.
	Label, Name string
	// Values has one of each series.
	Values []Value
	// Href is where the point leads; empty is nowhere.
	Href string
}

// Value is that of a line at a point.
type Value struct {
	Value float64
	Text  string
	// Missing leaves a gap.
	Missing bool
	// Href is where the value leads in the table; empty is where the point leads for
	// the first line, and nowhere for the others.
	Href string
}

// Places in a chart of lines, in pixels: the width of the plot is counted in
// thousandths.
const (
	plotTop     = 20
	plotHeight  = 190
	thousandths = 1000
)

const wholeHeight = plotTop + plotHeight + 24

type tick struct {
	At, Text, Anchor string
}

type polyline struct {
	Points string
	Series int
	Before bool
}

type dot struct {
	X, Y   string
	Series int
}

type drawnLines struct {
	Frame
	Height, Top, Plot, AxisText int
	Ticks, Labels               []tick
	Lines                       []polyline
	Area                        string
	Dots                        []dot
	Hits                        []mark
	Legend                      []legendLine
	Table                       table
}

type legendLine struct {
	Name   string
	Series int
	Before bool
}

// mostDots is up to how many points a line shows each of them.
const mostDots = 40

// mostLabels is how many labels the axis has room for on a phone.
const mostLabels = 6

// Draw makes the chart's markup.
func (l Lines) Draw() template.HTML {
	most := l.Most
	for _, p := range l.Points {
		for _, v := range p.Values {
			if !v.Missing {
				most = max(most, v.Value)
			}
		}
	}
	marks := ticks(most, l.Whole)
	end := marks[len(marks)-1]
	y := func(v float64) float64 { return plotHeight * (1 - share(v, end)) }
	d := drawnLines{Frame: l.Frame, Height: wholeHeight, Top: plotTop, Plot: plotHeight, AxisText: wholeHeight - 6, Table: table{Frame: l.Frame}}
	for _, m := range marks {
		d.Ticks = append(d.Ticks, tick{At: px(plotTop + y(m)), Text: l.Format(m), Anchor: px(plotTop + y(m) - 4)})
	}
	for i := len(l.Series) - 1; i >= 0; i-- {
		l.line(&d, i, y)
	}
	for i, s := range l.Series {
		d.Legend = append(d.Legend, legendLine{s.Name, i + 1, s.Before})
	}
	l.label(&d)
	return draw("lines", d)
}

// x is where a point is, as a share of the width: in the middle of its stretch.
func (l *Lines) x(i int) float64 { return (float64(i) + 0.5) / float64(len(l.Points)) }

func (l *Lines) line(d *drawnLines, n int, y func(float64) float64) {
	var run []string
	flush := func() {
		if len(run) > 1 {
			d.Lines = append(d.Lines, polyline{strings.Join(run, " "), n + 1, l.Series[n].Before})
		}
		run = nil
	}
	first, last := -1, 0
	for i, p := range l.Points {
		v := p.Values[n]
		if v.Missing {
			flush()
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		run = append(run, px(l.x(i)*thousandths)+","+px(y(v.Value)))
		if !l.Series[n].Before && len(l.Points) <= mostDots {
			d.Dots = append(d.Dots, dot{percent(l.x(i)), px(plotTop + y(v.Value)), n + 1})
		}
	}
	if n == 0 && last-first+1 == len(run) && len(run) > 1 {
		d.Area = px(l.x(first)*thousandths) + "," + px(plotHeight) + " " + strings.Join(run, " ") + " " + px(l.x(last)*thousandths) + "," + px(plotHeight)
	}
	flush()
}

// label writes the axis, the marks to point at, and the table.
func (l *Lines) label(d *drawnLines) {
	every := max(1, (len(l.Points)+mostLabels-1)/mostLabels)
	for i, p := range l.Points {
		if i%every == every/2 || every == 1 {
			d.Labels = append(d.Labels, tick{At: percent(l.x(i)), Text: p.Label})
		}
		title, cells := p.Name, []Cell{{Text: p.Name}}
		for n, v := range p.Values {
			cells = append(cells, Cell{v.Text, v.Href})
			title += "\n" + l.Series[n].Name + ": " + v.Text
		}
		if cells[1].Href == "" {
			cells[1].Href = p.Href
		}
		d.Hits = append(d.Hits, mark{X: percent(float64(i) / float64(len(l.Points))), Width: percent(1 / float64(len(l.Points))), Title: title, Href: p.Href})
		d.Table.Rows = append(d.Table.Rows, cells)
	}
}
