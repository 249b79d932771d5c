package reports

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// longest is the count at which the axis ends: that of the largest company, or
// of all where there is none.
func longest(rows []chartRow) int {
	company, other := 0, 1
	for _, r := range rows {
		if r.company {
			company = max(company, r.count)
		}
		other = max(other, r.count)
	}
	if company == 0 {
		return other
	}
	return company
}

func companiesPlot(rows []chartRow, total int) (*plot.Plot, error) {
	p := newPlot()
	p.X.Label.Text = "conversations"
	p.X.Tick.Marker = manyTicks{}
	// Room for the figures beside the longest bar.
	end := float64(longest(rows)) * 1.18
	p.X.Min, p.X.Max = 0, end
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Vertical.Width = gridline, 0.75
	grid.Horizontal.Color = nil
	p.Add(grid)

	known, others := make(plotter.Values, len(rows)), make(plotter.Values, len(rows))
	names := make([]string, len(rows))
	figures := plotter.XYLabels{XYs: make(plotter.XYs, len(rows)), Labels: make([]string, len(rows))}
	var gaps plotter.XYs
	for i, r := range rows {
		at := len(rows) - 1 - i // gonum counts rows from the bottom
		names[at], figures.Labels[at] = shorten(r.name), r.figures(total)
		length := min(float64(r.count), end/1.18)
		if length < float64(r.count) {
			gaps = append(gaps, plotter.XY{X: 0.9 * length, Y: float64(at)})
		}
		figures.XYs[at] = plotter.XY{X: length, Y: float64(at)}
		if r.company {
			known[at] = length
		} else {
			others[at] = length
		}
	}
	if err := addBars(p, known, blue); err != nil {
		return nil, err
	}
	if err := addBars(p, others, silver); err != nil {
		return nil, err
	}
	p.Add(gapMarks(gaps))
	if err := addFigures(p, figures); err != nil {
		return nil, err
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(rows))-0.4
	p.Y.LineStyle.Width = 0
	p.Y.Tick.Label.Font = font.From(sans, textSize)
	return p, nil
}

func addBars(p *plot.Plot, values plotter.Values, c color.Color) error {
	chart, err := plotter.NewBarChart(values, barHeight)
	if err != nil {
		return fmt.Errorf("plotting companies: %w", err)
	}
	chart.Horizontal = true
	chart.LineStyle.Width = 0
	chart.Color = c
	p.Add(chart)
	return nil
}

// addFigures writes each row's figures beside its bar.
func addFigures(p *plot.Plot, labels plotter.XYLabels) error {
	figures, err := plotter.NewLabels(labels)
	if err != nil {
		return fmt.Errorf("plotting companies: %w", err)
	}
	figures.Offset = vg.Point{X: 4, Y: 1.2}
	for i := range figures.TextStyle {
		figures.TextStyle[i].Font = font.From(sans, smallSize)
		figures.TextStyle[i].Color = ink
		figures.TextStyle[i].YAlign = draw.YCenter
	}
	p.Add(figures)
	return nil
}

// gapMarks cut the bars that are longer than the axis.
type gapMarks plotter.XYs

// Plot implements [plot.Plotter].
func (g gapMarks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, at := range g {
		middle := vg.Point{X: x(at.X), Y: y(at.Y)}
		const half, lean = barHeight/2 + 1, 2
		for _, left := range []vg.Length{-2.5, 2.5} {
			c.StrokeLine2(draw.LineStyle{Color: color.White, Width: 2}, middle.X+left-lean, middle.Y-half, middle.X+left+lean, middle.Y+half)
		}
	}
}
