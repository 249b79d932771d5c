package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"switchboard/internal/account"
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

// Wrong is how many sure answers of the sample are wrong.
func (q *quality) Wrong() int64 { return q.Accuracy.Of - q.Accuracy.Count }

// Suspected is how many reviewers are to be looked at.
func (q *quality) Suspected() int64 { return int64(len(q.Suspects)) }

// Few tells that there is little to go by.
func (q *quality) Few() bool { return q.Accuracy.Of < few }

// Reviewer names a reviewer: an account that is gone is told by its id.
func (q *quality) Reviewer(account string) string { return cmp.Or(q.Names[account], account) }

// mostMixed is how many companies the page compares.
const mostMixed = 10

// Mixed are the companies whose share has changed most.
func (q *quality) Mixed() []review.Mix {
	return q.Drift.Companies[:min(len(q.Drift.Companies), mostMixed)]
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
