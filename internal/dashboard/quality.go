package dashboard

import (
	"cmp"
	"context"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/chart"
	"switchboard/internal/evaluate"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/review"
)

// quality is the page that tells how good the answers are.
type quality struct {
	// Task, Model and Weeks say of which answers: empty and 0 of all.
	Task, Model string
	Weeks       int
	// Tasks, Models and Periods are what may be chosen.
	Tasks, Models, Periods []selectable
	// Kind is that of the answered calls, and Kinds are what may be chosen: nothing
	// where there are calls alone.
	Kind  results.Kind
	Kinds []selectable
	review.Quality
	// Champion is the model that answers now; empty if there is none.
	Champion string
	// Retrainings are the latest, and Trained what is known of their models.
	Retrainings []retraining
	Trained     map[string]registry.Model
	// Names are those of reviewers by their account, for whoever may know them.
	Names map[string]string
	// of means the calls that are looked at.
	of results.Filter
	v  *visit
}

// selectable is one of a list to choose from.
type selectable struct {
	Value, Name string
	Chosen      bool
}

// The periods that may be chosen, in weeks.
var periods = []int{4, 12, 26, 52}

const (
	usualPeriod = 12
	week        = 7 * 24 * time.Hour
	// latestRetrainings is how many are told of, and latestModels how many models may
	// be chosen.
	latestRetrainings = 3
	latestModels      = 50
	// few is below how many checked calls the page says that there are few.
	few = 50
)

func (s *Server) quality(v *visit) error {
	ctx, query := v.r.Context(), v.r.URL.Query()
	q := &quality{Task: query.Get("task"), Model: query.Get("model"), Weeks: usualPeriod, v: v}
	if given := query.Get("weeks"); given != "" {
		weeks, err := strconv.Atoi(given)
		if err != nil || !slices.Contains(periods, weeks) {
			return problem.Input("%s", v.T("Choose one of the periods of the list."))
		}
		q.Weeks = weeks
	}
	var err error
	if q.Kind, err = v.kind(query); err != nil {
		return err
	}
	tasks, err := s.tasks(ctx)
	if err != nil {
		return err
	}
	if q.Task == "" && len(tasks) > 0 {
		q.Task = tasks[0]
	}
	if err := s.readQuality(ctx, q); err != nil {
		return err
	}
	q.choices(tasks)
	kinds, err := v.kinds(q.Kind, kindQuery)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		q.Kinds = append(q.Kinds, selectable{k.Href, k.Text, k.Current})
	}
	return v.render("quality", v.T("Quality"), q)
}

// readQuality reads what the page tells.
func (s *Server) readQuality(ctx context.Context, q *quality) error {
	// Whole days, so that the same address means the same for a day.
	from := s.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Add(-time.Duration(q.Weeks) * week)
	query := results.QualityQuery{Task: q.Task, Kind: q.Kind, From: from}
	sampled := true
	q.of = results.Filter{Tasks: []string{q.Task}, Kind: q.Kind, From: from, Sampled: &sampled}
	if q.Model != "" {
		query.Models, q.of.Models = []string{q.Model}, []string{q.Model}
	}
	var err error
	if q.Quality, err = s.Results.Quality(ctx, query); err != nil {
		return err
	}
	task := s.Base.Task(q.Task)
	if q.Champion, _, err = task.Aliases(ctx); err != nil {
		return err
	}
	if q.Retrainings, err = s.retrainings(ctx, q); err != nil {
		return err
	}
	models, err := task.Models(ctx)
	if err != nil {
		return err
	}
	q.Trained = map[string]registry.Model{}
	for _, m := range models {
		q.Trained[m.ID] = m
		if len(q.Models) < latestModels {
			q.Models = append(q.Models, selectable{Value: m.ID, Name: m.ID})
		}
	}
	return s.nameReviewers(ctx, q)
}

// nameReviewers reads who the reviewers are, which admins alone may know.
func (s *Server) nameReviewers(ctx context.Context, q *quality) error {
	if !q.v.user.Role.Includes(account.Admin) {
		return nil
	}
	users, err := s.Accounts.Users(ctx)
	if err != nil {
		return err
	}
	q.Names = map[string]string{}
	for _, u := range users {
		q.Names[u.ID] = u.Name
	}
	return nil
}

// choices marks what is chosen. A model that has answered and is not in the registry
// may be chosen as well.
func (q *quality) choices(tasks []string) {
	for _, name := range tasks {
		q.Tasks = append(q.Tasks, selectable{name, name, name == q.Task})
	}
	for _, g := range q.Quality.Models {
		if !slices.ContainsFunc(q.Models, func(o selectable) bool { return o.Value == g.Value }) {
			q.Models = append(q.Models, selectable{Value: g.Value, Name: g.Value})
		}
	}
	for i := range q.Models {
		o := &q.Models[i]
		if o.Chosen = o.Value == q.Model; o.Value == q.Champion {
			o.Name = q.v.T("%s (champion)", o.Name)
		}
	}
	for _, weeks := range periods {
		q.Periods = append(q.Periods, selectable{strconv.Itoa(weeks), q.v.lang.count(int64(weeks), "%d week", "%d weeks"), weeks == q.Weeks})
	}
}

// Share is a share with one digit, "-" of nothing.
func (p *page) Share(s evaluate.Share) string { return p.visit.portion(s) }

func (v *visit) portion(s evaluate.Share) string {
	if !s.Known() {
		return "-"
	}
	return v.percent(float64(s))
}

// Between is a proportion's interval, "-" of nothing.
func (p *page) Between(of review.Proportion) string { return p.visit.between(of) }

func (v *visit) between(of review.Proportion) string {
	if of.Of == 0 {
		return "-"
	}
	return v.T("%s to %s", v.portion(of.Low), v.portion(of.High))
}

// OfAll is a proportion as its counts.
func (p *page) OfAll(of review.Proportion) string { return p.visit.ofAll(of) }

func (v *visit) ofAll(of review.Proportion) string {
	if of.Of == 0 {
		return "-"
	}
	return v.T("%d of %d", of.Count, of.Of)
}

// Right says in words how often the answers are right.
func (q *quality) Right() string {
	a := q.Accuracy
	if a.Of == 0 {
		return q.v.T("Of %d checked calls chosen at random, none has an answer of which the model was sure and a label that people agree on, so nothing can be said of how many are right.", q.Judged)
	}
	return q.v.T("Of %d checked calls chosen at random, %d of the %d that were answered were right: %s, between %s and %s.",
		q.Judged, a.Count, a.Of, q.v.portion(a.Value), q.v.portion(a.Low), q.v.portion(a.High))
}

// Sure says in words how many calls are answered at all.
func (q *quality) Sure() string {
	c := q.Coverage
	if c.Of == 0 {
		return ""
	}
	return q.v.T("The model was sure enough to name a company for %d of %d: %s, between %s and %s. The others are Unknown.",
		c.Count, c.Of, q.v.portion(c.Value), q.v.portion(c.Low), q.v.portion(c.High))
}

// Wrong is how many sure answers of the sample are wrong.
func (q *quality) Wrong() int64 { return q.Accuracy.Of - q.Accuracy.Count }

// Suspected is how many reviewers are to be looked at.
func (q *quality) Suspected() int64 { return int64(len(q.Suspects)) }

// Few tells that there is little to go by.
func (q *quality) Few() bool { return q.Accuracy.Of < few }

// Calls leads to the calls of the sample that people judged; to those alone of which
// they say the same as the model, or something else, if right is "yes" or "no".
func (q *quality) Calls(right string) string { return q.calls(q.of, right) }

func (q *quality) calls(f results.Filter, right string) string {
	reviewed := true
	f.Reviewed = &reviewed
	if right != "" {
		said := right == "yes"
		f.Right = &said
	}
	return callsPath(f)
}

// Confusion leads to the calls behind a pair.
func (q *quality) Confusion(c review.Confusion) string {
	f := q.of
	f.Companies, f.JudgedLabels = []string{c.Company}, []string{c.Label}
	return q.calls(f, "no")
}

// Several leads to the calls that two people judged.
func (q *quality) Several() string {
	f := q.of
	f.People = 2
	return q.calls(f, "")
}

// Undecided leads to the calls of which as many people say one thing as another.
func (q *quality) Undecided() string {
	f := q.of
	f.Disputed = true
	return q.calls(f, "")
}

// By leads to the calls that an account judged, or to those alone in which it goes
// against what the model was sure of.
func (q *quality) By(reviewer string, against bool) string {
	f := q.of
	f.Sampled, f.Reviewers, f.Against = nil, []string{reviewer}, against
	return q.calls(f, "")
}

// Recent leads to the calls of a company that the drift counts as those of the last
// seven days, or to those of all companies.
func (q *quality) Recent(company string) string {
	f := q.drifting()
	f.From = f.Until.Add(-week)
	if company != "" {
		f.Companies = []string{company}
	}
	return callsPath(f)
}

// Earlier leads to those of the 28 days before.
func (q *quality) Earlier() string {
	f := q.drifting()
	f.Until = f.Until.Add(-week)
	f.From = f.Until.Add(-4 * week)
	return callsPath(f)
}

// drifting means the calls that the drift counts, up to the end of the hour that has
// begun.
func (q *quality) drifting() results.Filter {
	return results.Filter{Tasks: q.of.Tasks, Kind: q.Kind, Statuses: named, Until: q.v.now().UTC().Add(time.Hour - time.Microsecond).Truncate(time.Hour)}
}

// InBin leads to the calls behind a bin of the diagram of confidences.
func (q *quality) InBin(b review.Bin) string {
	f := q.of
	f.Settled, f.Named, f.MinConfidence = true, true, &b.Low
	if b.High < 1 {
		f.Below = &b.High
	}
	return q.calls(f, "")
}

// Of leads to the checked calls of one model.
func (q *quality) Of(model string) string {
	f := q.of
	f.Models = []string{model}
	return q.calls(f, "")
}

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

// Portion is a proportion with its counts.
func (p *page) Portion(of review.Proportion) string { return p.visit.shareOf(of) }

// shareOf is a share with what it is made of.
func (v *visit) shareOf(p review.Proportion) string {
	if p.Of == 0 {
		return "-"
	}
	return v.T("%s (%d of %d)", v.portion(p.Value), p.Count, p.Of)
}

func (v *visit) cells(g review.Group) []string {
	return []string{v.lang.printer.Sprintf("%d", g.Judged), v.ofAll(g.Accuracy), v.portion(g.Accuracy.Value), v.between(g.Accuracy), v.portion(g.Coverage.Value)}
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

// Calibrated says in words what the diagram shows.
func (q *quality) Calibrated() string {
	var n, count int64
	var said float64
	for _, b := range q.Bins {
		if b.Right.Of > 0 {
			n += b.Right.Of
			count += b.Right.Count
			said += float64(b.Confidence) * float64(b.Right.Of)
		}
	}
	if n == 0 {
		return ""
	}
	right, sure := review.ProportionOf(count, n), evaluate.Share(said/float64(n))
	switch {
	case sure > right.High:
		return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s: it is too sure of itself.", n, q.v.portion(sure), q.v.portion(right.Value))
	case sure < right.Low:
		return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s: it is better than it says.", n, q.v.portion(sure), q.v.portion(right.Value))
	}
	return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s, which is no more apart than chance explains.", n, q.v.portion(sure), q.v.portion(right.Value))
}

// Agreed says in words how alike people judge.
func (q *quality) Agreed() string {
	a := q.Agreement.Same
	if a.Of == 0 {
		return q.v.T("No call of the random sample has been judged by two people yet.")
	}
	return q.v.T("In %d of %d pairs two people gave the same label: %s, between %s and %s.", a.Count, a.Of, q.v.portion(a.Value), q.v.portion(a.Low), q.v.portion(a.High))
}

// Kappa says what the figure means.
func (q *quality) Kappa() string {
	k := q.Agreement.Kappa
	switch {
	case k == nil && q.Agreement.Same.Of > 0:
		return q.v.T("All gave one single label, which tells nothing of how alike they judge.")
	case k == nil:
		return ""
	}
	number := q.v.lang.printer.Sprintf("%.2f", *k)
	// The words are those of Landis and Koch (1977).
	switch {
	case *k <= 0:
		return q.v.T("Kappa is %s: they agree no more often than by chance. What people say is no measure of a model then.", number)
	case *k <= 0.4:
		return q.v.T("Kappa is %s: they agree little more often than by chance. Talk about what a call is for before you trust these figures.", number)
	case *k <= 0.6:
		return q.v.T("Kappa is %s: they agree moderately. A part of what counts as wrong here is a matter of opinion.", number)
	case *k <= 0.8:
		return q.v.T("Kappa is %s: they agree substantially.", number)
	}
	return q.v.T("Kappa is %s: they agree almost always, far more often than by chance.", number)
}

// Reviewer names a reviewer: an account that is gone is told by its id.
func (q *quality) Reviewer(account string) string { return cmp.Or(q.Names[account], account) }

// Moved says in words how much the calls have changed.
func (q *quality) Moved() string {
	d := q.Drift
	if !d.Moved.Known() {
		return q.v.T("There are too few days with calls to compare.")
	}
	return q.v.T("%s of the calls would have to be for another company to make the last 7 days like the 28 days before.", q.v.portion(d.Moved))
}

// mostMixed is how many companies the page compares.
const mostMixed = 10

// Mixed are the companies whose share has changed most.
func (q *quality) Mixed() []review.Mix {
	return q.Drift.Companies[:min(len(q.Drift.Companies), mostMixed)]
}

// Points is by how many points of a hundred a share has grown.
func (p *page) Points(before, now evaluate.Share) string {
	if !before.Known() || !now.Known() {
		return "-"
	}
	return p.visit.lang.printer.Sprintf("%+.1f", 100*float64(now-before))
}

// Decision names how a retraining ended.
func (p *page) Decision(d registry.Decision) string {
	switch d {
	case registry.Promote:
		return p.visit.T("new champion")
	case registry.Keep:
		return p.visit.T("champion kept")
	case registry.Skip:
		return p.visit.T("skipped")
	}
	return string(d)
}

// Tested is the share of right answers of a model on its test set, "-" if nobody
// knows.
func (q *quality) Tested(model string) string {
	m, ok := q.Trained[model]
	if !ok {
		return "-"
	}
	return q.v.percent(m.TestAccuracy)
}

// Queue is the page of calls to review.
func (q *quality) Queue() string { return "/review?" + url.Values{"task": {q.Task}}.Encode() }
