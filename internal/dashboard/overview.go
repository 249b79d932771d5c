package dashboard

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"time"

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
		return a, bad(v.T("There is no such period. Choose one from the list."))
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
