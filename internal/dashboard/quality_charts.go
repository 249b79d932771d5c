package dashboard

import (
	"html/template"
	"slices"
	"time"

	"switchboard/internal/chart"
	"switchboard/internal/review"
)

// ByWeek draws how often the answers were right week by week, the newest first.
func (q *quality) ByWeek() template.HTML {
	v := q.v
	c := chart.Intervals{Frame: chart.Frame{
		ID: "weeks", Title: v.T("Right answers by week"), Description: v.T("A dot is the share of right answers, the line around it is where the true share lies in 95 of 100 cases."),
		Numbers: v.T("Numbers"), Columns: []string{v.T("Week"), v.T("Checked"), v.T("Right"), v.T("Share"), v.T("Between"), v.T("Answered")}, Linked: true,
	}}
	for _, g := range slices.Backward(q.Quality.Weeks) {
		f := q.of
		f.From, f.Until = q.of.From, g.Start.Add(week)
		if g.Start.After(f.From) {
			f.From = g.Start
		}
		c.Rows = append(c.Rows, chart.Interval{
			Label: v.T("Week of %s", g.Start.Format(time.DateOnly)), Text: v.shareOf(g.Accuracy), Cells: v.cells(g),
			Value: float64(g.Accuracy.Value), Low: float64(g.Accuracy.Low), High: float64(g.Accuracy.High), Missing: g.Accuracy.Of == 0, Href: q.calls(f, ""),
		})
	}
	return c.Draw()
}

func (v *visit) cells(g review.Group) []string {
	return []string{v.lang.printer.Sprintf("%d", g.Judged), v.ofAll(g.Accuracy), v.portion(g.Accuracy.Value), v.between(g.Accuracy), v.spread(g.Coverage)}
}

// Calibration draws how often answers were right of which the model was so sure.
func (q *quality) Calibration() template.HTML {
	v := q.v
	c := chart.Reliability{
		Frame: chart.Frame{
			ID: "calibration", Title: v.T("How sure, and how often right"),
			Description: v.T("On the dashed line the model is as often right as it says. Below it, it is too sure of itself."),
			Numbers:     v.T("Numbers"), Columns: []string{v.T("Confidence"), v.T("Calls"), v.T("Mean"), v.T("Right"), v.T("Share"), v.T("Between")}, Linked: true,
		},
		Sure: v.T("how sure the model was"), Right: v.T("how often it was right"), Format: func(s float64) string { return v.lang.printer.Sprintf("%.0f", 100*s) + "%" },
	}
	for _, b := range q.Bins {
		c.Bins = append(c.Bins, chart.Bin{
			Name: v.T("%s to %s", c.Format(b.Low), c.Format(b.High)), Confidence: float64(b.Confidence), Right: float64(b.Right.Value), Low: float64(b.Right.Low), High: float64(b.Right.High),
			Href: q.InBin(b), Texts: []string{v.lang.printer.Sprintf("%d", b.Right.Of), v.portion(b.Confidence), v.ofAll(b.Right), v.portion(b.Right.Value), v.between(b.Right)}, Empty: b.Right.Of == 0,
		})
	}
	return c.Draw()
}
