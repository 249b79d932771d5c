package results

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/review"
)

// QualityQuery says of which answers the quality is told. Fields that are empty do not
// count.
type QualityQuery struct {
	Task   string
	Models []string
	// Kind is that of the calls; empty is any.
	Kind Kind
	// From and Until are a range of when calls were stored, of which Until is no part;
	// zero is open.
	From, Until time.Time
}

// Quality tells how good the answers are, as far as people have looked, by whole days of
// UTC: that in which From lies is part of it, and that in which Until lies as well unless
// it begins with it. Its drift is that of all answered calls of the task, up to Until, or
// now.
func (s *Store) Quality(ctx context.Context, q QualityQuery) (review.Quality, error) {
	parts, err := s.parts(ctx, q)
	if err != nil {
		return review.Quality{}, err
	}
	quality := review.QualityOfParts(parts)
	quality.Drift, err = s.drift(ctx, q)
	return quality, err
}

// Judged returns the calls that people judged, with what each says, the oldest first.
func (s *Store) Judged(ctx context.Context, q QualityQuery) ([]review.Judged, error) {
	var c conditions
	c.add("holds")
	if q.Task != "" {
		c.add("task = ?", q.Task)
	}
	anyOf(&c, "model", q.Models)
	if q.Kind != "" {
		c.add("conversation = ?", q.Kind == Conversations)
	}
	if !q.From.IsZero() {
		c.add("call_at >= ?", micros(q.From))
	}
	if !q.Until.IsZero() {
		c.add("call_at < ?", micros(q.Until))
	}
	said, err := list(ctx, s, scanJudged, "SELECT call_id, call_at, model, status, company, named, confidence, threshold, sampled, conversation, reviewer, label FROM judgements"+c.where()+" ORDER BY call_at, id", c.args...)
	if err != nil {
		return nil, fmt.Errorf("reading judgements: %w", err)
	}
	calls := []review.Judged{}
	for _, j := range said {
		if n := len(calls); n > 0 && calls[n-1].CallID == j.CallID {
			calls[n-1].Labels = append(calls[n-1].Labels, j.Labels...)
			continue
		}
		calls = append(calls, j)
	}
	return calls, nil
}

func scanJudged(rows *sql.Rows) (j review.Judged, err error) {
	var at int64
	var l review.Label
	err = rows.Scan(&j.CallID, &at, &j.Model, &j.Status, &j.Company, &j.Named, &j.Confidence, &j.Threshold, &j.Sampled, &j.Conversation, &l.Reviewer, &l.Label)
	j.At, j.Labels = fromMicros(at), []review.Label{l}
	return j, err
}

// The times that drift compares.
const (
	recently = 7 * 24 * time.Hour
	earlier  = 28 * 24 * time.Hour
)

func (s *Store) drift(ctx context.Context, q QualityQuery) (review.Drift, error) {
	until := cmp.Or(q.Until, s.now()).UTC().Add(time.Hour - time.Microsecond).Truncate(time.Hour)
	all := []review.Counted{}
	for _, recent := range []bool{true, false} {
		t := TrendQuery{Statuses: []Status{pipeline.AnswerClassified, pipeline.AnswerUnsure}, Kind: q.Kind, From: until.Add(-recently), Until: until}
		if !recent {
			t.From, t.Until = t.From.Add(-earlier), t.From
		}
		if q.Task != "" {
			t.Tasks = []string{q.Task}
		}
		source, args := t.source(day)
		counts, err := list(ctx, s, func(rows *sql.Rows) (n review.Counted, err error) {
			var confidence int64
			err = rows.Scan(&n.Company, &n.Calls, &confidence)
			n.Recent, n.Confidence = recent, float64(confidence)/millionths
			return n, err
		}, "SELECT company, CAST(SUM(calls) AS BIGINT), CAST(SUM(confidence) AS BIGINT) FROM "+source+" GROUP BY 1 HAVING SUM(calls) > 0", args...)
		if err != nil {
			return review.Drift{}, fmt.Errorf("counting calls: %w", err)
		}
		all = append(all, counts...)
	}
	return review.DriftOf(all), nil
}

// Corrected is a call that people judged, for a model to learn from.
type Corrected struct {
	CallID string `json:"call_id"`
	// At is when the call was stored.
	At time.Time `json:"at"`
	// Turns are redacted.
	Turns []Turn `json:"turns"`
	// Label is what most people say, and Reviewers are the accounts of all who
	// said what they say, this or something else.
	Label     string   `json:"label"`
	Reviewers []string `json:"reviewers"`
	// The rest is what the model had said, as in [Prediction].
	Model      string  `json:"model,omitempty"`
	Company    string  `json:"company"`
	Confidence float64 `json:"confidence"`
	Threshold  float64 `json:"threshold"`
	Status     Status  `json:"status"`
}

// Corrected returns the calls of a task of which most people say what they are about,
// the oldest first: whether the model had said the same or not. Calls that are held
// out, of which as many say one thing as another, or of which every judgement was
// undone, are left out.
func (s *Store) Corrected(ctx context.Context, task string) ([]Corrected, error) {
	judged, err := s.Judged(ctx, QualityQuery{Task: task})
	if err != nil {
		return nil, err
	}
	reviewers := map[string][]string{}
	for _, j := range judged {
		for _, l := range j.Labels {
			reviewers[j.CallID] = append(reviewers[j.CallID], l.Reviewer)
		}
	}
	corrected, err := list(ctx, s, func(rows *sql.Rows) (c Corrected, err error) {
		var at int64
		var turns string
		if err := rows.Scan(&at, &c.CallID, &c.Label, &c.Model, &c.Company, &c.Confidence, &c.Threshold, &c.Status, &turns); err != nil {
			return c, err
		}
		c.At, c.Reviewers = fromMicros(at), reviewers[c.CallID]
		return c, json.Unmarshal([]byte(turns), &c.Turns)
	}, `SELECT c.at, c.call_id, c.label, c.model, c.company, c.confidence, c.threshold, c.status, t.turns FROM calls c`+s.words.judged+` JOIN transcripts t ON t.at = c.at
		WHERE c.judged > 0 AND c.label <> '' AND NOT c.held AND c.task = ? ORDER BY c.at`, task)
	if err != nil {
		return nil, fmt.Errorf("reading corrected calls: %w", err)
	}
	return corrected, nil
}
