package reports

import (
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

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
	canvas.FillText(textStyle(sansBold, titleSize, ink), vg.Point{X: left, Y: top}, "Confusion matrix: actual and predicted company")
	words := textStyle(sans, smallSize, ink)
	x := left
	for _, entry := range []struct {
		shade color.RGBA
		text  string
	}{{blue, "correct"}, {vermillion, "confused"}} {
		y := top - 22
		canvas.FillPolygon(entry.shade, []vg.Point{{X: x, Y: y - 9}, {X: x + 9, Y: y - 9}, {X: x + 9, Y: y}, {X: x, Y: y}})
		canvas.FillText(words, vg.Point{X: x + 13, Y: y}, entry.text)
		x += 13 + words.Width(entry.text) + 14
	}
	canvas.FillText(words, vg.Point{X: x, Y: top - 22}, "darker: a larger share of the row")
	axis := textStyle(sansBold, smallSize, ink)
	axis.XAlign = draw.XCenter
	canvas.FillText(axis, vg.Point{X: corner.X + side/2, Y: top - 42}, "predicted company")
	axis.Rotation, axis.YAlign = math.Pi/2, draw.YTop
	canvas.FillText(axis, vg.Point{X: left, Y: corner.Y - side/2}, "actual company")
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
