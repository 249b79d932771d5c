package dashboard

import (
	"html/template"
	"math"
	"time"

	"switchboard/internal/chart"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// trend is a chart of something over time.
type trend struct {
	ID, Title string
	Chart     template.HTML
}

// measure is something that is counted over time.
type measure struct {
	id, title, description, column string
	// of is the value of some calls, as a number and as people read it; false if they
	// have none.
	of func(c *counts) (value float64, text string, known bool)
	// calls narrows a filter to the calls that the value is about.
	calls func(f *results.Filter)
	// axis writes a number at the axis, whole tells that there are none between whole
	// ones, and most is the end of the axis if that is known.
	axis  func(float64) string
	whole bool
	most  float64
}

// measures are what the overview shows over time.
func (v *visit) measures() []measure {
	number := func(n float64) string { return v.lang.printer.Sprintf("%d", int64(n)) }
	answered := func(f *results.Filter) { f.Statuses = answeredStatuses }
	return []measure{{
		id: "trend", title: v.T("Answered calls over time"), description: v.T("How many calls were answered."), column: v.T("Calls"), calls: answered, axis: number, whole: true,
		of: func(c *counts) (float64, string, bool) { return float64(c.answered), number(float64(c.answered)), true },
	}, {
		id: "unknown", title: v.T("Share of Unknown"), description: v.T("The share of the answered calls for which no company was named."), column: v.T("Unknown"), axis: v.shareAxis,
		calls: func(f *results.Filter) { f.Companies = []string{pipeline.Unknown} },
		of: func(c *counts) (float64, string, bool) {
			return ratio(float64(c.unknown), c.answered), v.shareText(c.unknown, c.answered), c.answered > 0
		},
	}, {
		id: "confidence", title: v.T("Mean confidence"), description: v.T("How sure the model was on average of the label that it named."), column: v.T("Mean confidence"), axis: v.shareAxis, most: 1,
		calls: func(f *results.Filter) { f.Statuses = named },
		of: func(c *counts) (float64, string, bool) {
			sure := ratio(c.sure, c.named)
			return sure, v.known(v.percent(sure), c.named), c.named > 0
		},
	}, {
		id: "latency", title: v.T("Mean time to answer"), description: v.T("The time from a call's event to its stored answer, on average."), column: v.T("Mean time to answer"), calls: answered,
		axis: func(seconds float64) string { return v.took(time.Duration(seconds * float64(time.Second))) },
		of: func(c *counts) (float64, string, bool) {
			return c.latency.Mean.Seconds(), v.known(v.took(c.latency.Mean), c.latency.Calls), c.latency.Calls > 0
		},
	}}
}

// known is a text about some calls; of none it is "-".
func (v *visit) known(text string, calls int64) string {
	if calls == 0 {
		return "-"
	}
	return text
}

// ratio is a part of a whole, 0 of nothing.
func ratio(part float64, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return part / float64(whole)
}

// shareAxis writes a share with as many digits as it needs.
func (v *visit) shareAxis(share float64) string {
	if tenths := math.Round(1000 * share); math.Mod(tenths, 10) != 0 {
		return v.percent(share)
	}
	return v.lang.printer.Sprintf("%.0f", 100*share) + "%"
}

// trends draws how the calls have been, by hour or by day, beside the same time before.
func (v *visit) trends(a *shown, now, before *sums) []trend {
	var steps []period
	for from := a.from; from.Before(a.until); {
		until := v.next(from, a.step)
		if until.After(a.until) {
			until = a.until
		}
		steps = append(steps, period{from, until, a.days})
		from = until
	}
	var all []trend
	for _, m := range v.measures() {
		all = append(all, trend{m.id, m.title, v.trend(a, &m, steps, now, before)})
	}
	return all
}

// trend draws one measure.
func (v *visit) trend(a *shown, m *measure, steps []period, now, before *sums) template.HTML {
	l := chart.Lines{
		Frame: chart.Frame{
			ID: m.id, Title: m.title, Description: m.description, Numbers: v.T("The numbers"), Columns: []string{v.T("From"), m.column}, Linked: true,
		},
		Series: []chart.Series{{Name: m.column}}, Whole: m.whole, Format: m.axis, Most: m.most,
	}
	if before != nil {
		name := v.T("the same time before")
		l.Series, l.Columns = append(l.Series, chart.Series{Name: name, Before: true}), append(l.Columns, name)
	}
	value := func(t *sums, p period) chart.Value {
		c := t.in(p)
		n, text, known := m.of(&c)
		f := a.filter(p)
		m.calls(&f)
		return chart.Value{Value: n, Text: text, Missing: !known, Href: callsPath(f)}
	}
	for _, p := range steps {
		point := v.step(a, p)
		point.Values = []chart.Value{value(now, p)}
		point.Href = point.Values[0].Href
		if before != nil {
			point.Values = append(point.Values, value(before, p.before()))
		}
		l.Points = append(l.Points, point)
	}
	return l.Draw()
}

// step is a point of a trend without its values.
func (v *visit) step(a *shown, p period) chart.Point {
	local := p.from.In(v.zone)
	point := chart.Point{Label: local.Format("15:04"), Name: local.Format("2006-01-02 15:04")}
	if a.step == byDay {
		local = p.from.Add(time.Hour).In(v.zone)
		point.Label, point.Name = v.dayLabel(local), local.Format(time.DateOnly)
	} else if a.days == 7 {
		point.Label = v.dayLabel(local)
	}
	if p.until.After(v.now()) {
		point.Name = v.T("%s, so far", point.Name)
	}
	return point
}
