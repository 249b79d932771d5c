package dashboard

import (
	"cmp"
	"html/template"
	"slices"

	"switchboard/internal/chart"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// statusChart draws how the calls were answered.
func (v *visit) statusChart(a *shown, t *sums) template.HTML {
	b := chart.Bars{Frame: chart.Frame{
		ID: "statuses", Title: v.T("Calls by status"), Description: v.T("How many calls have each status."), Numbers: v.T("The numbers"), Columns: []string{v.T("Status"), v.T("Calls")}, Linked: true,
	}}
	series := map[results.Status]int{pipeline.AnswerClassified: 3, pipeline.AnswerUnsure: 2, pipeline.AnswerInvalid: 2, pipeline.AnswerFailed: 5, results.Rejected: 5}
	t.byStatus[results.Redacted], t.byStatus[results.Rejected] = t.waiting, t.rejected
	for _, s := range allStatuses {
		n := t.byStatus[s]
		if n == 0 {
			continue
		}
		f := a.filter(a.period)
		f.Statuses = []results.Status{s}
		b.Bars = append(b.Bars, chart.Bar{Label: v.T(statusNames[s]), Value: float64(n), Text: v.lang.printer.Sprintf("%d", n), Href: callsPath(f), Series: cmp.Or(series[s], 7)})
	}
	return b.Draw()
}

// Bounds of the chart of companies: how many have a bar, and how many the address
// of the others names at most.
const (
	mostBars   = 12
	mostOthers = 60
)

type companyCount struct {
	name  string
	calls int64
}

// companies draws how many calls each company has.
func (v *visit) companies(p *overviewPage, a *shown) error {
	points, err := v.counts(v.r.Context(), results.TrendQuery{Tasks: a.tasks, Kind: a.kind, From: a.from, Until: a.until, Step: results.Daily, By: results.ByCompany})
	if err != nil {
		return err
	}
	calls := map[string]int64{}
	for _, point := range points {
		calls[point.Value] += point.Calls
	}
	var all []companyCount
	for name, n := range calls {
		if n > 0 {
			all = append(all, companyCount{name, n})
		}
	}
	slices.SortFunc(all, func(a, b companyCount) int { return cmp.Or(cmp.Compare(b.calls, a.calls), cmp.Compare(a.name, b.name)) })
	b := chart.Bars{Frame: chart.Frame{
		ID: "companies", Title: v.T("Calls by company"), Description: v.T("How many calls each company has, the most first."), Numbers: v.T("The numbers"), Columns: []string{v.T("Company"), v.T("Calls")}, Linked: true,
	}}
	rest := all[min(len(all), mostBars):]
	if a.all || len(rest) == 1 {
		rest = nil
	}
	for _, c := range all[:len(all)-len(rest)] {
		b.Bars = append(b.Bars, v.companyBar(a, c))
	}
	if len(rest) > 0 {
		p.Rest = int64(len(rest))
		b.Bars = append(b.Bars, v.othersBar(a, rest, p.AllPath))
	}
	if len(b.Bars) > 0 {
		p.Companies = b.Draw()
	}
	return nil
}

func (v *visit) companyBar(a *shown, c companyCount) chart.Bar {
	f := a.filter(a.period)
	f.Companies = []string{c.name}
	bar := chart.Bar{Label: c.name, Value: float64(c.calls), Text: v.lang.printer.Sprintf("%d", c.calls)}
	switch c.name {
	case "": // those that wait have none either, and are in no count
		f.Statuses = answeredStatuses
		bar.Label, bar.Series = v.T("no company"), 7
	case pipeline.Unknown:
		bar.Label, bar.Series = v.T("Unknown"), 7
	}
	bar.Href = callsPath(f)
	return bar
}

// othersBar is the bar of companies that have none of their own. Where they are too
// many for an address, it leads to a bar for each.
func (v *visit) othersBar(a *shown, rest []companyCount, allPath string) chart.Bar {
	f := a.filter(a.period)
	var sum int64
	for _, c := range rest {
		sum += c.calls
		f.Companies = append(f.Companies, c.name)
	}
	f.Statuses = answeredStatuses
	bar := chart.Bar{Label: v.lang.count(int64(len(rest)), "%d other company", "%d other companies"), Value: float64(sum), Text: v.lang.printer.Sprintf("%d", sum), Href: callsPath(f), Series: 7}
	if len(rest) > mostOthers {
		bar.Href = allPath
	}
	return bar
}
