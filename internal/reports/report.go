// Package reports draws the pictures a run leaves behind: the curves of a
// fine-tuning ([Curves]) and the conversations per company ([Companies]).
//
// Pictures are PNG files drawn with gonum/plot and the fonts it carries, so
// nothing has to be installed, and the same input gives the same bytes on
// every machine. Colours are told apart by people with any kind of colour
// vision (the palette of Okabe and Ito) and never carry a meaning alone: a
// legend, a marker or a label says the same.
package reports

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// dpi is twice a screen's classic 72, so that a point is two pixels and text
// stays crisp on dense screens.
const dpi = 144

const (
	smallSize = 9
	textSize  = 10
	titleSize = 13
)

// The colours of Okabe and Ito, "Color Universal Design" (2008), and the
// greys of axes and grid.
var (
	blue       = color.RGBA{R: 0x00, G: 0x72, B: 0xB2, A: 0xFF}
	vermillion = color.RGBA{R: 0xD5, G: 0x5E, B: 0x00, A: 0xFF}
	ink        = color.RGBA{R: 0x22, G: 0x26, B: 0x2B, A: 0xFF}
	muted      = color.RGBA{R: 0x6B, G: 0x72, B: 0x7C, A: 0xFF}
	silver     = color.RGBA{R: 0x8E, G: 0x96, B: 0xA1, A: 0xFF}
	gridline   = color.RGBA{R: 0xE3, G: 0xE6, B: 0xEA, A: 0xFF}
)

var (
	sans     = font.Font{Typeface: "Liberation", Variant: "Sans"}
	sansBold = font.Font{Typeface: "Liberation", Variant: "Sans", Weight: stdfont.WeightBold}
)

// newPlot is an empty plot in the project's look: sans-serif, thin axes. Its
// title and legend are drawn by the caller, above it: gonum would place them
// over the data and at a height that depends on it.
func newPlot() *plot.Plot {
	p := plot.New()
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color = muted
		axis.Width = 0.5
		axis.Label.TextStyle.Font = font.From(sans, textSize)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 4
		axis.Tick.Label.Font = font.From(sans, smallSize)
		axis.Tick.Label.Color = ink
		axis.Tick.Color = muted
		axis.Tick.Width = 0.5
		axis.Tick.Length = 4
	}
	return p
}

// textStyle is for words drawn outside a plot, placed by their top left
// corner.
func textStyle(f font.Font, size vg.Length, c color.Color) text.Style {
	return text.Style{Font: font.From(f, size), Color: c, XAlign: draw.XLeft, YAlign: draw.YTop, Handler: plot.DefaultTextHandler}
}

// writePNG gives paint a white canvas of the given size and encodes what it
// drew. Plotting libraries panic on numbers they cannot place; a picture is
// not worth a run, so that becomes an error.
func writePNG(w io.Writer, width, height vg.Length, paint func(draw.Canvas)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("drawing a picture: %v", r)
		}
	}()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	paint(draw.New(canvas))
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(w); err != nil {
		return fmt.Errorf("writing a picture: %w", err)
	}
	return nil
}

// message is the whole picture where there is nothing to plot.
func message(c draw.Canvas, sentence string) {
	style := textStyle(sans, titleSize, muted)
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	c.FillText(style, c.Center(), sentence)
}

// wholeTicks are gonum's ticks without fractions, for axes that count things,
// with the thousands set apart.
type wholeTicks struct{}

// Ticks implements [plot.Ticker].
func (wholeTicks) Ticks(low, high float64) []plot.Tick {
	var whole []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		if t.Value != math.Trunc(t.Value) {
			continue
		}
		if !t.IsMinor() {
			t.Label = thousands(int(t.Value))
		}
		whole = append(whole, t)
	}
	return whole
}

// manyTicks are up to fifteen whole numbers, all of them written, for an axis along
// which figures are read off.
type manyTicks struct{}

// Ticks implements [plot.Ticker].
func (manyTicks) Ticks(low, high float64) []plot.Tick {
	step := 1.0
	for step*15 < high-low {
		for _, times := range []float64{2, 2.5, 2} { // 1, 2, 5, 10
			if step *= times; step*15 >= high-low {
				break
			}
		}
	}
	var ticks []plot.Tick
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: thousands(int(v))})
	}
	return ticks
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
