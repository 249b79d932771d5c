package chart

import "html/template"

// Gauge is one share as a bar, with a mark. It has no table: its two numbers stand
// beside it.
type Gauge struct {
	// ID and Title are as in [Frame].
	ID, Title string
	// Value and Mark are from 0 to 1.
	Value, Mark float64
	// Enough colours a value that reaches the mark from one that does not.
	Enough bool
}

type drawnGauge struct {
	ID, Title, Width, Mark string
	Series                 int
}

// Draw makes the chart's markup.
func (g Gauge) Draw() template.HTML {
	d := drawnGauge{ID: g.ID, Title: g.Title, Width: percent(g.Value), Mark: percent(g.Mark), Series: 2}
	if g.Enough {
		d.Series = 3
	}
	return draw("gauge", d)
}
