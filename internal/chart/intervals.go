package chart

import (
	_ "embed"
	"html/template"
)

// Intervals are shares with how sure they are, one below the other: a dot on a line
// from the lower to the upper end, over all there could be.
type Intervals struct {
	Frame
	Rows []Interval
}

// Interval is one share, from 0 to 1.
type Interval struct {
	Label string
	// Text is the share as people read it, and Cells what the table has beside the
	// label, the first of which leads where the row does.
	Text             string
	Cells            []string
	Value, Low, High float64
	// Href is where the row leads; empty is nowhere.
	Href string
	// Missing has no mark: nothing is known.
	Missing bool
}

type intervalRow struct {
	row
	Title, At, From, To string
	Missing             bool
}

type drawnIntervals struct {
	Frame
	Height int
	Rows   []intervalRow
	Table  table
}

//go:embed intervals.html
var intervalsMarkup string

// Draw makes the chart's markup.
func (i Intervals) Draw() template.HTML {
	d := drawnIntervals{Frame: i.Frame, Height: rowHeight * len(i.Rows), Table: table{Frame: i.Frame}}
	for n, of := range i.Rows {
		d.Rows = append(d.Rows, intervalRow{
			row: newRow(n, of.Label, of.Text, of.Href), Title: of.Label + ": " + of.Text,
			At: percent(of.Value), From: percent(of.Low), To: percent(of.High), Missing: of.Missing,
		})
		d.Rows[n].Y = px(float64(rowHeight*n) + barLine + barHeight/2)
		cells := []Cell{{Text: of.Label}}
		for _, text := range of.Cells {
			cells = append(cells, Cell{Text: text})
		}
		cells[min(1, len(cells)-1)].Href = of.Href
		d.Table.Rows = append(d.Table.Rows, cells)
	}
	return draw("intervals", d)
}
