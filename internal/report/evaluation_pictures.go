package report

import (
	"image/color"
	"io"
	"math"

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
	p.X.Label.Text, p.Y.Label.Text = "confidence, %", "right, %"
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
	p.X.Label.Text, p.Y.Label.Text = "answered, %", "right among them, %"
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

const (
	confusedCell = 24
	// confusedMargin is the room for the names of classes, beside and above the
	// squares; confusedHead is that for the title, the legend and an axis' name.
	confusedMargin = 110
	confusedHead   = 62
)

// Confused draws, for each class, what its examples were taken for: one row a
// truth, darker where more of it went. The numbers are in the squares, for the
// shade alone would not tell everybody.
func Confused(w io.Writer, c Confusion) error {
	n := len(c.Labels)
	const cell, margin = confusedCell, confusedMargin
	side := vg.Length(cell * n)
	width := max(margin+side+34, 420)
	return writePNG(w, width, confusedHead+margin+side+10, func(canvas draw.Canvas) {
		if n == 0 {
			message(canvas, "nothing was confused")
			return
		}
		corner := vg.Point{X: canvas.Min.X + margin + 16, Y: canvas.Max.Y - margin - confusedHead}
		confusedTitle(canvas, corner, side)
		label := textStyle(sans, smallSize, ink)
		for i, row := range c.Counts {
			y := corner.Y - vg.Length(cell*(i+1))
			style := label
			style.XAlign, style.YAlign = draw.XRight, draw.YCenter
			canvas.FillText(style, vg.Point{X: corner.X - 4, Y: y + cell/2}, short(c.Labels[i]))
			style.XAlign, style.Rotation = draw.XLeft, 1.1
			canvas.FillText(style, vg.Point{X: corner.X + vg.Length(cell*i) + cell/2, Y: corner.Y + 4}, short(c.Labels[i]))
			drawRow(canvas, row, i, vg.Point{X: corner.X, Y: y}, cell)
		}
	})
}

// confusedTitle writes the title, the legend and the names of both axes.
func confusedTitle(canvas draw.Canvas, corner vg.Point, side vg.Length) {
	left, top := canvas.Min.X+8, canvas.Max.Y-8
	canvas.FillText(textStyle(sansBold, titleSize, ink), vg.Point{X: left, Y: top}, "What conversations were taken for")
	words := textStyle(sans, smallSize, ink)
	x := left
	for _, entry := range []struct {
		shade color.RGBA
		text  string
	}{{blue, "right"}, {vermillion, "taken for another"}} {
		y := top - 22
		canvas.FillPolygon(entry.shade, []vg.Point{{X: x, Y: y - 9}, {X: x + 9, Y: y - 9}, {X: x + 9, Y: y}, {X: x, Y: y}})
		canvas.FillText(words, vg.Point{X: x + 13, Y: y}, entry.text)
		x += 13 + words.Width(entry.text) + 14
	}
	canvas.FillText(words, vg.Point{X: x, Y: top - 22}, "darker: a larger share of the row")
	axis := textStyle(sansBold, smallSize, ink)
	axis.XAlign = draw.XCenter
	canvas.FillText(axis, vg.Point{X: corner.X + side/2, Y: top - 42}, "was taken for")
	axis.Rotation, axis.YAlign = math.Pi/2, draw.YTop
	canvas.FillText(axis, vg.Point{X: left, Y: corner.Y - side/2}, "is")
}

func drawRow(canvas draw.Canvas, row []int, truth int, at vg.Point, cell vg.Length) {
	sum := 0
	for _, k := range row {
		sum += k
	}
	for j, k := range row {
		left := at.X + cell*vg.Length(j)
		shade, number := color.RGBA{R: 0xF7, G: 0xF8, B: 0xFA, A: 0xFF}, ink
		if k > 0 {
			share := 0.25 + 0.75*float64(k)/float64(sum)
			shade = fade(vermillion, share)
			if j == truth {
				shade = fade(blue, share)
			}
			if share > 0.6 {
				number = color.RGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}
			}
		}
		canvas.FillPolygon(shade, []vg.Point{{X: left, Y: at.Y}, {X: left + cell - 1, Y: at.Y}, {X: left + cell - 1, Y: at.Y + cell - 1}, {X: left, Y: at.Y + cell - 1}})
		if k > 0 {
			style := textStyle(sans, 7, number)
			style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
			canvas.FillText(style, vg.Point{X: left + cell/2, Y: at.Y + cell/2}, thousands(k))
		}
	}
}

// fade mixes a colour with white.
func fade(c color.RGBA, share float64) color.RGBA {
	mix := func(v uint8) uint8 { return uint8(255 - (255-float64(v))*share) }
	return color.RGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xFF}
}

// short fits a label beside a square.
func short(label string) string {
	if runes := []rune(label); len(runes) > 15 {
		return string(runes[:14]) + "…"
	}
	return label
}
