package dashboard

import (
	"context"
	"time"

	"switchboard/internal/registry"
	"switchboard/internal/review"
)

// retraining is one of the past, with what was known when it was decided.
type retraining struct {
	registry.Retraining
	// checked tells how often its models were right on calls that people had checked.
	checked map[string]review.Proportion
	v       *visit
}

// retrainings are the latest of the page's task. Their figures of checked calls are
// those of the page's period before each was decided, as far as people had looked.
func (s *Server) retrainings(ctx context.Context, q *quality) ([]retraining, error) {
	latest, err := s.Base.Task(q.Task).Retrainings(ctx, latestRetrainings)
	if err != nil {
		return nil, err
	}
	var all []retraining
	for _, r := range latest {
		var models []string
		for _, model := range []string{r.Champion, r.Challenger} {
			if model != "" {
				models = append(models, model)
			}
		}
		one := retraining{Retraining: r, v: q.v}
		if len(models) > 0 {
			from := r.At.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Add(-time.Duration(q.Weeks) * week)
			if one.checked, err = s.Results.CheckedThen(ctx, q.Task, models, from, r.At); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// Checked is the share of right answers of a model then, "-" if nobody had checked one.
func (r retraining) Checked(model string) string { return r.v.shareOf(r.checked[model]) }
