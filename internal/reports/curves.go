package reports

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	curvesWidth  vg.Length = 720
	curvesHeight vg.Length = 290
	// headHeight is the room above each panel for its title and legend.
	headHeight vg.Length = 30
	// fewPoints is up to how many measurements each gets a marker; beyond,
	// markers hide the line.
	fewPoints = 60
)

// measure is one panel: a figure that training and validation both have.
type measure struct {
	title, unit string
	curves      []curve
}

// curve is one line of a panel.
type curve struct {
	name   string
	points plotter.XYs
	color  color.Color
	width  vg.Length
	marker draw.GlyphDrawer
}

// Curves draws a fine-tuning's progress as a PNG of 1440 x 580 pixels: the
// loss per step in the left panel, the accuracy in the right one, training in
// blue and validation in orange-red in both.
//
// Steps may be in any order. A figure that is missing (NaN) or infinite is
// passed over: the line joins its neighbours. A measure with no figure at all
// has no line and no legend entry, and without any step the picture says so
// in words. The step whose model is used is marked in both panels.
func Curves(w io.Writer, steps []Step, chosen Choice) error {
	ordered := sorted(steps)
	loss := newMeasure("Loss", "cross-entropy", ordered,
		func(s Step) float64 { return s.TrainLoss },
		func(s Step) float64 { return s.ValidLoss })
	accuracy := newMeasure("Accuracy", "share correct", ordered,
		func(s Step) float64 { return s.TrainAccuracy },
		func(s Step) float64 { return s.ValidAccuracy })

	lossPlot, err := loss.plot()
	if err != nil {
		return err
	}
	accuracyPlot, err := accuracy.plot()
	if err != nil {
		return err
	}
	// An accuracy axis that ends below 1 or begins above 0 flatters.
	accuracyPlot.Y.Max = 1
	accuracyPlot.Y.Tick.Marker = fifths{}
	lossPlot.Add(mark{chosen, false})
	accuracyPlot.Add(mark{chosen, true})

	return writePNG(w, curvesWidth, curvesHeight, func(c draw.Canvas) {
		if len(ordered) == 0 {
			message(c, "The provider reported no metrics.")
			return
		}
		tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: 30, PadTop: 14, PadBottom: 12, PadLeft: 14, PadRight: 16}
		loss.head(tiles.At(c, 0, 0))
		accuracy.head(tiles.At(c, 1, 0))
		tiles.PadTop += headHeight
		plots := [][]*plot.Plot{{lossPlot, accuracyPlot}}
		for i, panel := range plot.Align(plots, tiles, c)[0] {
			plots[0][i].Draw(panel)
		}
	})
}

func newMeasure(title, unit string, steps []Step, train, valid func(Step) float64) measure {
	return measure{title, unit, []curve{
		{"training", present(steps, train), blue, 1, draw.CircleGlyph{}},
		// Last, so on top: it is the figure that counts.
		{"validation", present(steps, valid), vermillion, 1.75, draw.BoxGlyph{}},
	}}
}

// present are the points at which a figure was taken.
func present(steps []Step, figure func(Step) float64) plotter.XYs {
	var points plotter.XYs
	for _, s := range steps {
		if y := figure(s); !math.IsNaN(y) && !math.IsInf(y, 0) {
			points = append(points, plotter.XY{X: float64(s.Step), Y: y})
		}
	}
	return points
}

// plot is the measure without its head.
func (m measure) plot() (*plot.Plot, error) {
	p := newPlot()
	p.X.Label.Text = "step"
	p.X.Tick.Marker = wholeTicks{}
	p.Y.Label.Text = m.unit
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Horizontal.Width = gridline, 0.75
	grid.Vertical.Color = nil
	p.Add(grid)
	for _, c := range m.curves {
		if len(c.points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(c.points)
		if err != nil {
			return nil, fmt.Errorf("plotting %s: %w", m.title, err)
		}
		line.Color, line.Width = c.color, c.width
		p.Add(line)
		if len(c.points) <= fewPoints {
			marks.GlyphStyle = c.glyph()
			p.Add(marks)
		}
	}
	frame(p)
	return p, nil
}

func (c curve) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: c.color, Shape: c.marker, Radius: 2}
}

// frame sets ranges that hold for one step as well as for thousands, and for
// a constant measure.
func frame(p *plot.Plot) {
	p.Y.Min = 0
	p.Y.Max *= 1.05
	if !(p.Y.Max > 0) || math.IsInf(p.Y.Max, 0) {
		p.Y.Max = 1
	}
	if math.IsInf(p.X.Min, 0) {
		p.X.Min, p.X.Max = 0, 1 // nothing was measured
	}
	if p.X.Min == p.X.Max {
		p.X.Min, p.X.Max = max(0, p.X.Min-1), p.X.Max+1
	}
}

// head writes the title at the top left of a panel's canvas and its legend at
// the top right.
func (m measure) head(c draw.Canvas) {
	c.FillText(textStyle(sansBold, titleSize, ink), vg.Point{X: c.Min.X, Y: c.Max.Y}, m.title)
	words := textStyle(sans, textSize, ink)
	const sample, gap = 22, 5
	x, y := c.Max.X, c.Max.Y-2
	for i := len(m.curves) - 1; i >= 0; i-- {
		entry := m.curves[i]
		if len(entry.points) == 0 {
			continue
		}
		x -= words.Width(entry.name)
		c.FillText(words, vg.Point{X: x, Y: y}, entry.name)
		x -= sample + gap
		middle := y - words.Height(entry.name)/2
		c.StrokeLine2(draw.LineStyle{Color: entry.color, Width: entry.width}, x, middle, x+sample, middle)
		c.DrawGlyph(entry.glyph(), vg.Point{X: x + sample/2, Y: middle})
		x -= 3 * gap
	}
}

// fifths are the ticks of a share between 0 and 1.
type fifths struct{}

// Ticks implements [plot.Ticker].
func (fifths) Ticks(_, _ float64) []plot.Tick {
	return []plot.Tick{
		{Value: 0, Label: "0"}, {Value: 0.2, Label: "0.2"}, {Value: 0.4, Label: "0.4"},
		{Value: 0.6, Label: "0.6"}, {Value: 0.8, Label: "0.8"}, {Value: 1, Label: "1"},
	}
}
