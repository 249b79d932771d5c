package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"switchboard/internal/dataset"
)

const (
	companiesWidth vg.Length = 720
	// rowHeight is one company's share of the height, whatever their
	// number: the picture grows, the text never shrinks.
	rowHeight vg.Length = 15
	barHeight vg.Length = 9.5
	// aroundRows is what title, axis and margins take.
	aroundRows vg.Length = 104
	// longestName is how many characters of a handle are shown. Handles of
	// X (Twitter) have 15; other channels name companies at more length.
	longestName = 28
	// mostRows bounds the picture, and with it the memory that drawing it
	// takes, where a file has thousands of "companies".
	mostRows = 250
)

// bar is one row of the chart.
type bar struct {
	name  string
	count int
	// company is false for the two rows that are none: Unknown, and the
	// rest that has no row of its own.
	company bool
}

// Companies draws the number of conversations per company as a horizontal
// bar chart, the most at the top: a PNG 1440 pixels wide that grows by 30 for
// each company. Conversations of no known company ([dataset.Unknown]) stand
// apart: last, in grey. Companies with equal counts are in order of name.
//
// A company without conversations (count 0) keeps its row. Beyond 250 rows the
// smallest companies share one. With no companies at all the picture says so
// in words. A negative count is an error.
func Companies(w io.Writer, counts map[string]int) error {
	bars, total, err := rank(counts)
	if err != nil {
		return err
	}
	height := aroundRows + rowHeight*vg.Length(max(len(bars), 4))
	if len(bars) == 0 {
		return writePNG(w, companiesWidth, height, func(c draw.Canvas) {
			message(c, "There are no conversations.")
		})
	}
	chart, err := companiesPlot(bars)
	if err != nil {
		return err
	}
	return writePNG(w, companiesWidth, height, func(c draw.Canvas) {
		c = draw.Crop(c, 16, -18, 12, -14)
		c.FillText(textStyle(sansBold, titleSize, ink), vg.Point{X: c.Min.X, Y: c.Max.Y}, "Conversations per company")
		c.FillText(textStyle(sans, textSize, muted), vg.Point{X: c.Min.X, Y: c.Max.Y - 19}, summary(total, counts))
		chart.Draw(draw.Crop(c, 0, 0, 0, -40))
	})
}

// rank orders the rows of the chart from top to bottom.
func rank(counts map[string]int) (bars []bar, total int, err error) {
	for name, count := range counts {
		if count < 0 {
			return nil, 0, fmt.Errorf("drawing companies: a company has %d conversations", count)
		}
		total += count
		if name != dataset.Unknown {
			bars = append(bars, bar{name, count, true})
		}
	}
	slices.SortFunc(bars, func(a, b bar) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	if len(bars) > mostRows {
		rest := bar{name: fmt.Sprintf("%s others", thousands(len(bars)-mostRows))}
		for _, b := range bars[mostRows:] {
			rest.count += b.count
		}
		bars = append(bars[:mostRows], rest)
	}
	if unknown, ok := counts[dataset.Unknown]; ok {
		bars = append(bars, bar{name: dataset.Unknown, count: unknown})
	}
	return bars, total, nil
}

func companiesPlot(bars []bar) (*plot.Plot, error) {
	known := make(plotter.Values, len(bars))
	others := make(plotter.Values, len(bars))
	names := make([]string, len(bars))
	labels := plotter.XYLabels{XYs: make(plotter.XYs, len(bars)), Labels: make([]string, len(bars))}
	most := 1
	for i, b := range bars {
		row := len(bars) - 1 - i // gonum counts rows from the bottom
		names[row] = shorten(b.name)
		if b.company {
			known[row] = float64(b.count)
		} else {
			others[row] = float64(b.count)
		}
		labels.XYs[row] = plotter.XY{X: float64(b.count), Y: float64(row)}
		labels.Labels[row] = thousands(b.count)
		most = max(most, b.count)
	}

	p := newPlot()
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Vertical.Width = gridline, 0.75
	grid.Horizontal.Color = nil
	p.Add(grid)
	for _, series := range []struct {
		values plotter.Values
		color  color.Color
	}{{known, blue}, {others, silver}} {
		chart, err := plotter.NewBarChart(series.values, barHeight)
		if err != nil {
			return nil, fmt.Errorf("plotting companies: %w", err)
		}
		chart.Horizontal = true
		chart.LineStyle.Width = 0
		chart.Color = series.color
		p.Add(chart)
	}
	figures, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, fmt.Errorf("plotting companies: %w", err)
	}
	figures.Offset = vg.Point{X: 4, Y: 1.2}
	for i := range figures.TextStyle {
		figures.TextStyle[i].Font = font.From(sans, smallSize)
		figures.TextStyle[i].Color = ink
		figures.TextStyle[i].YAlign = draw.YCenter
	}
	p.Add(figures)

	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(bars))-0.4
	p.Y.LineStyle.Width = 0
	p.Y.Tick.Label.Font = font.From(sans, textSize)
	p.X.Label.Text = "conversations"
	p.X.Tick.Marker = wholeTicks{}
	// Room for the count beside the longest bar.
	p.X.Min, p.X.Max = 0, float64(most)*1.1
	return p, nil
}

// shorten keeps a long name's start and end, which tell names apart.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= longestName {
		return name
	}
	runes := []rune(name)
	const tail = 8
	return string(runes[:longestName-tail-1]) + "…" + string(runes[len(runes)-tail:])
}

// summary is the line under the title.
func summary(total int, counts map[string]int) string {
	unknown, isThere := counts[dataset.Unknown]
	companies := len(counts)
	if isThere {
		companies--
	}
	line := fmt.Sprintf("%s, %s", quantity(total, "conversation", "conversations"), quantity(companies, "company", "companies"))
	if unknown > 0 {
		line += fmt.Sprintf(", %.1f%% %s", 100*float64(unknown)/float64(total), dataset.Unknown)
	}
	return line
}

func quantity(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
