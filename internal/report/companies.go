package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"slices"
	"time"
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
	// mostRows is how many companies have a row: more than a page holds are read
	// in a table.
	mostRows = 40
)

// CompaniesChart is what [Companies] draws.
type CompaniesChart struct {
	// Counts are conversations by company; those of no known company are at
	// [dataset.Unknown].
	Counts map[string]int
	// Failed counts the conversations that got no answer, which are in no share.
	Failed int
	// Model answered at a time; both may be missing.
	Model string
	At    time.Time
}

// chartRow is one row of the chart.
type chartRow struct {
	name  string
	count int
	// company is false for the rows that are none: the rest that has no row of
	// its own, Unknown, and those without an answer.
	company bool
	// unshared is true for what is in no share.
	unshared bool
}

// Companies draws the number of conversations per company, and their shares, as a
// horizontal bar chart, the most at the top: a PNG 1440 pixels wide that grows by
// 30 for each company. Companies with equal counts are in order of name; beyond
// 40 the smallest share a row. What is no company stands last, in grey: where
// such a bar is longer than the longest of a company it is cut, so that it does
// not squeeze the others, and a gap in it says so.
//
// A company without conversations (count 0) keeps its row. With no companies at
// all the picture says so in words. A negative count is an error.
func Companies(w io.Writer, c CompaniesChart) error {
	rows, total, err := rank(c)
	if err != nil {
		return err
	}
	height := aroundRows + rowHeight*vg.Length(max(len(rows), 4))
	if len(rows) == 0 {
		return writePNG(w, companiesWidth, height, func(c draw.Canvas) {
			message(c, "There are no conversations.")
		})
	}
	chart, err := companiesPlot(rows, total)
	if err != nil {
		return err
	}
	return writePNG(w, companiesWidth, height, func(canvas draw.Canvas) {
		canvas = draw.Crop(canvas, 16, -18, 12, -14)
		canvas.FillText(textStyle(sansBold, titleSize, ink), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y}, "Conversations per company"+on(c.At))
		canvas.FillText(textStyle(sans, textSize, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 19}, subtitle(c, total))
		chart.Draw(draw.Crop(canvas, 0, 0, 0, -40))
	})
}

// on is a day behind a title, empty for no day.
func on(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", " + at.UTC().Format("2 January 2006")
}

// rank orders the rows of the chart from top to bottom. The total is that of all
// shares.
func rank(c CompaniesChart) (rows []chartRow, total int, err error) {
	for name, count := range c.Counts {
		if count < 0 {
			return nil, 0, fmt.Errorf("drawing companies: a company has %d conversations", count)
		}
		total += count
		if name != dataset.Unknown {
			rows = append(rows, chartRow{name: name, count: count, company: true})
		}
	}
	slices.SortFunc(rows, func(a, b chartRow) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	if len(rows) > mostRows {
		rest := chartRow{name: fmt.Sprintf("%s others", thousands(len(rows)-mostRows))}
		for _, b := range rows[mostRows:] {
			rest.count += b.count
		}
		rows = append(rows[:mostRows], rest)
	}
	if unknown, ok := c.Counts[dataset.Unknown]; ok {
		rows = append(rows, chartRow{name: dataset.Unknown, count: unknown})
	}
	if c.Failed > 0 {
		rows = append(rows, chartRow{name: "no answer", count: c.Failed, unshared: true})
	}
	return rows, total, nil
}

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

// figures are a row's count and its share.
func (r chartRow) figures(total int) string {
	if r.unshared || total == 0 {
		return thousands(r.count)
	}
	return fmt.Sprintf("%s  (%.1f%%)", thousands(r.count), 100*float64(r.count)/float64(total))
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

// subtitle is the line under the title.
func subtitle(c CompaniesChart, total int) string {
	unknown, isThere := c.Counts[dataset.Unknown]
	companies := len(c.Counts)
	if isThere {
		companies--
	}
	line := fmt.Sprintf("%s, %s", quantity(total, "conversation", "conversations"), quantity(companies, "company", "companies"))
	if unknown > 0 {
		line += fmt.Sprintf(", %.1f%% %s", 100*float64(unknown)/float64(total), dataset.Unknown)
	}
	if c.Model != "" {
		line += ", by " + c.Model
	}
	return line
}

func quantity(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
