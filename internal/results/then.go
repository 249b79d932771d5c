package results

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"switchboard/internal/review"
)

// CheckedThen tells how often models were right on the checked calls of the random
// sample as far as people had looked at a moment: what they have said since then, or
// taken back, changes nothing. It counts calls of a task that were stored from a time
// on; models of which none was checked are left out.
func (s *Store) CheckedThen(ctx context.Context, task string, models []string, from, at time.Time) (map[string]review.Proportion, error) {
	var c conditions
	c.add("task = ? AND call_at >= ? AND sampled AND at <= ? AND (undone = 0 OR undone > ?)", task, micros(from), micros(at), micros(at))
	anyOf(&c, "model", models)
	said, err := list(ctx, s, scanThen, "SELECT call_id, model, status, company, reviewer, label FROM judgements"+c.where()+" ORDER BY call_at, id", c.args...)
	if err != nil {
		return nil, fmt.Errorf("reading what people had said: %w", err)
	}
	right := map[string]review.Proportion{}
	for _, g := range review.QualityOf(newestOf(said)).Models {
		right[g.Value] = g.Accuracy
	}
	return right, nil
}

func scanThen(rows *sql.Rows) (j review.Judged, err error) {
	var l review.Label
	err = rows.Scan(&j.CallID, &j.Model, &j.Status, &j.Company, &l.Reviewer, &l.Label)
	j.Sampled, j.Labels = true, []review.Label{l}
	return j, err
}

// newestOf gathers what is said of each call, the newest of each person.
func newestOf(said []review.Judged) []review.Judged {
	calls, at := []review.Judged{}, map[string]int{}
	for _, j := range said {
		i, known := at[j.CallID]
		if !known {
			at[j.CallID] = len(calls)
			calls = append(calls, j)
			continue
		}
		calls[i].Labels = saying(calls[i].Labels, j.Labels[0])
	}
	return calls
}

// saying puts what somebody says in the place of what they said before.
func saying(labels []review.Label, l review.Label) []review.Label {
	for i := range labels {
		if labels[i].Reviewer == l.Reviewer {
			labels[i] = l
			return labels
		}
	}
	return append(labels, l)
}
