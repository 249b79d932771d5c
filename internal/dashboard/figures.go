package dashboard

import (
	"strconv"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// figure is a number with the calls behind it, and what it was before.
type figure struct {
	Name, Text, Href string
	// Before is the same of the period before; empty if it is not compared.
	Before, BeforeHref string
	// Change says how much it is more or less; empty if that says nothing.
	Change string
}

// figures are the numbers at the top.
func (v *visit) figures(p *overviewPage, a *shown, now, before *sums) {
	p.Figures = v.figuresOf(a, a.period, now)
	p.Statuses = v.statusChart(a, now)
	if before == nil {
		return
	}
	for i, f := range v.figuresOf(a, a.before(), before) {
		p.Figures[i].Before, p.Figures[i].BeforeHref = f.Text, f.Href
	}
	p.Figures[0].Change = v.difference(now.all(), before.all())
}

// difference says by how much a number is more or less than one before; nothing where
// that was too small to compare with.
func (v *visit) difference(now, before int64) string {
	if before < 10 {
		return ""
	}
	return v.lang.printer.Sprintf("%+.0f", 100*float64(now-before)/float64(before)) + "%"
}

func (v *visit) figuresOf(a *shown, p period, t *sums) []figure {
	link := func(change func(*results.Filter)) string {
		f := a.filter(p)
		change(&f)
		return callsPath(f)
	}
	statuses := func(s ...results.Status) string {
		return link(func(f *results.Filter) { f.Statuses = s })
	}
	number := func(n int64) string { return v.lang.printer.Sprintf("%d", n) }
	sure, quick, slow := "-", "-", "-"
	if t.named > 0 {
		sure = v.percent(t.sure / float64(t.named))
	}
	if t.latency.Calls > 0 {
		quick, slow = v.atMost(&t.latency, 0.5), v.atMost(&t.latency, 0.99)
	}
	return []figure{
		{Name: v.T("Calls"), Text: number(t.all()), Href: link(func(*results.Filter) {})},
		{Name: v.T("Unknown company"), Text: v.shareText(t.unknown, t.answered), Href: link(func(f *results.Filter) { f.Companies = []string{pipeline.Unknown} })},
		{Name: v.T("Failed"), Text: number(t.byStatus[pipeline.AnswerFailed] + t.rejected), Href: statuses(pipeline.AnswerFailed, results.Rejected)},
		{Name: v.T("Waiting"), Text: number(t.waiting), Href: statuses(results.Redacted)},
		{Name: v.T("Mean confidence"), Text: sure, Href: statuses(named...)},
		{Name: v.T("Time to answer, half of calls"), Text: quick, Href: statuses(answeredStatuses...)},
		{Name: v.T("Time to answer, 99 of 100"), Text: slow, Href: statuses(answeredStatuses...)},
	}
}

// shareText is a part of calls in percent; of none it is "-".
func (v *visit) shareText(part, of int64) string {
	if of == 0 {
		return "-"
	}
	return v.percent(float64(part) / float64(of))
}

// atMost is the time within which a share of calls was answered.
func (v *visit) atMost(l *results.Latency, share float64) string {
	if bound, ok := l.AtMost(share); ok {
		return "≤ " + v.bound(bound)
	}
	return "> " + v.bound(time.Minute)
}

// bound is a round time.
func (v *visit) bound(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatInt(int64(d.Seconds()), 10) + " s"
}
