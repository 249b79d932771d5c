package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

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
