package reports

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"switchboard/internal/evaluate"
)

const (
	panelWidth  = 4.2 * vg.Inch
	panelHeight = 3.4 * vg.Inch
)

// Reliability draws the share of right answers by confidence, beside the line on
// which a model is right as often as it says.
func Reliability(w io.Writer, bins []evaluate.Bin) error {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "confidence, %", "correct, %"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 100, 0, 100
	var points plotter.XYs
	for _, b := range bins {
		if b.Examples > 0 {
			points = append(points, plotter.XY{X: 100 * b.Confidence, Y: 100 * b.Accuracy})
		}
	}
	diagonal, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 100, Y: 100}})
	if err != nil {
		return err
	}
	diagonal.Color, diagonal.Dashes = silver, []vg.Length{3, 3}
	p.Add(grid(), diagonal)
	if err := addLine(p, points, blue, true); err != nil {
		return err
	}
	return writePNG(w, panelWidth, panelHeight, p.Draw)
}

// Coverage draws what precision every coverage has: of the model in one colour,
// of the baseline before it in another.
func Coverage(w io.Writer, columns []Column, asked float64) error {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "answered, %", "correct among them, %"
	p.X.Min, p.X.Max = 0, 100
	p.Y.Min, p.Y.Max = 100, 100
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 100 * asked}, {X: 100, Y: 100 * asked}})
	if err != nil {
		return err
	}
	line.Color, line.Dashes = silver, []vg.Length{3, 3}
	p.Add(grid(), line)
	shown := lastTwo(columns)
	for i, c := range shown {
		var points plotter.XYs
		for _, at := range c.Natural.Curve {
			points = append(points, plotter.XY{X: 100 * at.Coverage, Y: 100 * at.Precision})
			p.Y.Min = min(p.Y.Min, 100*at.Precision)
		}
		shade := color.Color(vermillion)
		if i == len(shown)-1 {
			shade = blue
		}
		if err := addLine(p, points, shade, false); err != nil {
			return err
		}
		p.Legend.Add(c.Name, swatch{shade})
	}
	p.Y.Min = max(0, min(p.Y.Min, 100*asked)-2)
	p.Legend.Top, p.Legend.Left = false, true
	p.Legend.TextStyle.Font = sans
	p.Legend.TextStyle.Font.Size = smallSize
	return writePNG(w, panelWidth, panelHeight, p.Draw)
}

// lastTwo are the model and what it is best compared with: not the commonest
// company, which has one confidence.
func lastTwo(columns []Column) []Column {
	n := len(columns)
	if n < 2 || n == 2 && columns[0].Name == "majority" {
		return columns[max(0, n-1):]
	}
	return columns[n-2:]
}

// swatch is a line's sign in a legend.
type swatch struct{ color color.Color }

// Thumbnail implements [plot.Thumbnailer].
func (s swatch) Thumbnail(c *draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle{Color: s.color, Width: 2}, c.Min.X, y, c.Max.X, y)
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Color = gridline, gridline
	return g
}

func addLine(p *plot.Plot, points plotter.XYs, c color.Color, marks bool) error {
	if len(points) == 0 {
		return nil
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, 1.5
	p.Add(line)
	if marks {
		dots.Color, dots.Radius, dots.Shape = c, 3, draw.CircleGlyph{}
		p.Add(dots)
	}
	return nil
}
