package dashboard

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"time"

	"switchboard/internal/chart"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// overviewPage is how calls are doing at a glance.
type overviewPage struct {
	Tasks, Kinds, Ranges, Steps []segment
	// Compare is the address with the comparison turned on, or off if it is.
	Compare   string
	Comparing bool
	Figures   []figure
	Companies template.HTML
	Trends    []trend
	Statuses  template.HTML
	// Rest is how many companies are not in the chart one by one; AllPath shows them.
	Rest    int64
	AllPath string
	Models  []champion
	Last    lastCall
	// Paused is when the intake was paused; zero if it is not.
	Paused time.Time
	// Any tells that there are calls at all.
	Any        bool
	Live, Here string
}

// segment is one of several choices.
type segment struct {
	Text, Href string
	Current    bool
}

// figure is a number with the calls behind it, and what it was before.
type figure struct {
	Name, Text, Href string
	// Before is the same of the period before; empty if it is not compared.
	Before, BeforeHref string
	// Change says how much it is more or less; empty if that says nothing.
	Change string
}

// champion is the model that answers a task's calls; Model is empty if there is none.
type champion struct{ Task, Model, Href string }

// period is a stretch of whole hours, and the one of the same length before it.
type period struct {
	from, until time.Time
	// back takes a moment to the same one of the period before.
	days int
}

func (p period) before() period {
	return period{p.from.AddDate(0, 0, -p.days), p.until.AddDate(0, 0, -p.days), p.days}
}

// ranges are the periods that the overview shows, by their name in the address.
var ranges = []struct {
	name, text string
	days       int
}{{"day", text("24 hours"), 1}, {"week", text("7 days"), 7}, {"month", text("30 days"), 30}}

// shown is what an overview shows.
type shown struct {
	tasks   []string
	kind    results.Kind
	name    string
	step    string
	compare bool
	all     bool
	period
}

// Steps of the trend, as the address has them.
const (
	byHour = "hour"
	byDay  = "day"
)

// wanted reads what the address asks for.
func (v *visit) wanted() (a shown, err error) {
	q := v.r.URL.Query()
	a.name, a.compare, a.all = cmp.Or(q.Get("range"), "day"), q.Get("compare") != no, q.Get("companies") == "all"
	for _, r := range ranges {
		if r.name == a.name {
			a.days = r.days
		}
	}
	if a.days == 0 {
		return a, bad(v.T("The range is %q; choose one of the list.", a.name))
	}
	if task := q.Get("task"); task != "" {
		a.tasks = []string{task}
	}
	if a.kind, err = v.kind(q); err != nil {
		return a, err
	}
	a.step = byDay
	if a.days == 1 || a.days == 7 && q.Get("by") == byHour {
		a.step = byHour
	}
	// The hour that has begun is part of it. Days begin at the reader's midnight, or
	// at the last whole hour before it.
	now := v.now()
	a.until = now.Truncate(time.Hour).Add(time.Hour)
	a.from = a.until.AddDate(0, 0, -1)
	if a.days > 1 {
		local := now.In(v.zone)
		a.from = time.Date(local.Year(), local.Month(), local.Day()-a.days+1, 0, 0, 0, 0, v.zone).Truncate(time.Hour)
	}
	a.from, a.until = a.from.UTC(), a.until.UTC()
	return a, nil
}

// filter means the calls of a period of the overview.
func (a *shown) filter(p period) results.Filter {
	return results.Filter{Tasks: a.tasks, Kind: a.kind, From: p.from, Until: p.until}
}

// overview shows how calls are doing at a glance.
func (s *Server) overview(v *visit) error {
	a, err := v.wanted()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	newest, err := s.Results.Newest(ctx, a.kind)
	if err != nil {
		return err
	}
	p := &overviewPage{Any: !newest.IsZero(), Comparing: a.compare, Live: livePath(results.Filter{Tasks: a.tasks, Kind: a.kind}, newest), Here: v.r.URL.RequestURI()}
	if err := v.choices(p, &a); err != nil {
		return err
	}
	if p.Models, err = v.champions(&a); err != nil {
		return err
	}
	intake, err := s.Results.Intake(ctx)
	if err != nil {
		return err
	}
	if intake.Paused {
		p.Paused = intake.Since
	}
	if p.Last, err = v.lastCall(newest, a.kind); err != nil {
		return err
	}
	if !p.Any {
		return v.render("overview", v.T("Overview"), p)
	}
	now, err := v.sum(&a, a.period)
	if err != nil {
		return err
	}
	var before *sums
	if a.compare {
		was, err := v.sum(&a, a.before())
		if err != nil {
			return err
		}
		before = &was
	}
	v.figures(p, &a, &now, before)
	p.Trends = v.trends(&a, &now, before)
	if err := v.companies(p, &a); err != nil {
		return err
	}
	return v.render("overview", v.T("Overview"), p)
}

// choices are what can be shown instead.
func (v *visit) choices(p *overviewPage, a *shown) error {
	tasks, err := v.tasks(v.r.Context())
	if err != nil {
		return err
	}
	own := func(pairs ...string) string {
		path, _ := with(v.r.URL, pairs...) // pairs are pairs
		return path
	}
	p.Tasks = []segment{{v.T("All tasks"), own("task", ""), len(a.tasks) == 0}}
	if len(a.tasks) > 0 && !slices.Contains(tasks, a.tasks[0]) {
		tasks = append(tasks, a.tasks[0])
	}
	for _, task := range tasks {
		p.Tasks = append(p.Tasks, segment{task, own("task", task), slices.Contains(a.tasks, task)})
	}
	if p.Kinds, err = v.kinds(a.kind, func(k results.Kind) string { return own("kind", kindQuery(k)) }); err != nil {
		return err
	}
	for _, r := range ranges {
		p.Ranges = append(p.Ranges, segment{v.T(r.text), own("range", r.name, "by", ""), r.name == a.name})
	}
	if a.days == 7 {
		p.Steps = []segment{{v.T("by hour"), own("by", byHour), a.step == byHour}, {v.T("by day"), own("by", ""), a.step == byDay}}
	}
	p.Compare = own("compare", map[bool]string{true: no, false: ""}[a.compare])
	p.AllPath = own("companies", "all")
	return nil
}

func (v *visit) champions(a *shown) ([]champion, error) {
	tasks := a.tasks
	if len(tasks) == 0 {
		var err error
		if tasks, err = v.Base.Tasks(v.r.Context()); err != nil {
			return nil, err
		}
	}
	var all []champion
	for _, task := range tasks {
		model, _, err := v.Base.Task(task).Aliases(v.r.Context())
		if err != nil {
			return nil, err
		}
		all = append(all, champion{task, model, "/models?" + url.Values{"task": {task}}.Encode()})
	}
	return all, nil
}

// sums are the counts of a period.
type sums struct {
	// hours are those of each hour.
	hours    map[time.Time]*counts
	byStatus map[results.Status]int64
	waiting  int64
	rejected int64
	counts
}

// counts are answered calls.
type counts struct {
	answered, unknown int64
	// sure sums the confidences of the calls that have one, which are named.
	sure    float64
	named   int64
	latency results.Latency
}

// add adds others.
func (c *counts) add(o *counts) {
	c.answered += o.answered
	c.unknown += o.unknown
	c.sure += o.sure
	c.named += o.named
	c.latency = c.latency.And(o.latency)
}

// in are the counts of a stretch of whole hours.
func (t *sums) in(p period) (c counts) {
	for at := p.from; at.Before(p.until); at = at.Add(time.Hour) {
		if of := t.hours[at]; of != nil {
			c.add(of)
		}
	}
	return c
}

// hour is what is counted in one.
func (t *sums) hour(at time.Time) *counts {
	if t.hours[at] == nil {
		t.hours[at] = &counts{}
	}
	return t.hours[at]
}

func (v *visit) sum(a *shown, p period) (t sums, err error) {
	ctx := v.r.Context()
	q := results.TrendQuery{Tasks: a.tasks, Kind: a.kind, From: p.from, Until: p.until, By: results.ByStatus}
	points, err := v.counts(ctx, q)
	if err != nil {
		return t, err
	}
	t.hours, t.byStatus = map[time.Time]*counts{}, map[results.Status]int64{}
	for _, point := range points {
		t.point(point)
	}
	q.By, q.Companies = "", []string{pipeline.Unknown}
	if points, err = v.counts(ctx, q); err != nil {
		return t, err
	}
	for _, point := range points {
		t.hour(point.Start).unknown += point.Calls
	}
	for _, of := range t.hours {
		t.add(of)
	}
	f := a.filter(p)
	for status, n := range map[results.Status]*int64{results.Redacted: &t.waiting, results.Rejected: &t.rejected} {
		if *n, err = v.unanswered(f, status); err != nil {
			return t, err
		}
	}
	return t, nil
}

// point adds the calls of one status in one hour.
func (t *sums) point(p results.Point) {
	status, of := results.Status(p.Value), counts{answered: p.Calls, latency: p.Latency}
	t.byStatus[status] += p.Calls
	if slices.Contains(named, status) {
		of.named, of.sure = p.Calls, p.Confidence*float64(p.Calls)
	}
	t.hour(p.Start).add(&of)
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

func (t *sums) all() int64 { return t.answered + t.waiting + t.rejected }

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

// next is when the step after a moment's begins.
func (v *visit) next(at time.Time, step string) time.Time {
	if step == byHour {
		return at.Add(time.Hour)
	}
	local := at.Add(time.Hour).In(v.zone) // a day may begin within the hour before midnight
	return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, v.zone).Truncate(time.Hour).UTC()
}

// dayLabel is a day for an axis.
func (v *visit) dayLabel(day time.Time) string {
	if v.lang == german {
		return day.Format("2.1.")
	}
	return day.Format("Jan 2")
}
