package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/review"
)

// The kinds of calls that people are asked to judge.
const (
	// Uncertain: the model was not sure, and nobody has judged the call.
	Uncertain = "uncertain"
	// FromSample: the call is part of the random sample, and nobody has judged it.
	FromSample = "sample"
	// SecondOpinion: the call is part of the sample, two people are to judge it, and
	// one has.
	SecondOpinion = "second"
)

// uncertainFor is how long a call of which the model was not sure waits for people.
const uncertainFor = 30 * 24 * time.Hour

// Queue is what one person is to review.
type Queue struct {
	// Task is whose calls; Reviewer is the account's id.
	Task, Reviewer string
}

// sampleKey is the key by which calls are drawn, once it is known.
type sampleKey struct {
	mu  sync.Mutex
	key []byte
}

// draw tells whether the call of an answer becomes part of the sample. Where nobody
// said anything, or no model answered, there is nothing to judge a model by.
func (s *Store) draw(ctx context.Context, p *Prediction) (review.Sample, error) {
	if !slices.Contains([]Status{pipeline.AnswerClassified, pipeline.AnswerUnsure, pipeline.AnswerInvalid}, p.Status) {
		return review.Sample{}, nil
	}
	k := &s.sampleKey
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		secret, err := s.base.SampleSecret(ctx)
		if err != nil {
			return review.Sample{}, err
		}
		k.key = []byte(secret)
	}
	return s.Sampling.Draw(k.key, p.CallID), nil
}

// waits returns what holds of the calls of a kind that a person is to review, and
// their order.
func (q *Queue) waits(kind string, now time.Time) (c conditions, order string) {
	anyOf(&c, "c.task", []string{q.Task})
	switch kind {
	case Uncertain:
		c.add("c.status = 'unsure' AND c.judged = 0 AND NOT c.sampled")
		c.add("c.at >= ?", micros(now.Add(-uncertainFor)))
		return c, "c.confidence, c.at"
	case FromSample:
		c.add("c.sampled AND c.judged = 0")
	default:
		c.add("c.second AND c.judged = 1")
		c.add("NOT EXISTS (SELECT 1 FROM judgements j WHERE j.call_id = c.call_id AND j.holds AND j.reviewer = ?)", q.Reviewer)
	}
	return c, "c.at"
}

// NextToReview returns the call that a person is to judge next, with its turns, and
// why: [Uncertain], [FromSample] or [SecondOpinion]. Uncertain calls and those of the
// sample take turns, so that neither is forgotten; of the uncertain the least sure
// comes first, of the sample the oldest, second opinions before first. Calls to skip
// are left out. It is false if none waits.
func (s *Store) NextToReview(ctx context.Context, q Queue, skip []string) (r Result, kind string, ok bool, err error) {
	kinds, err := s.kinds(ctx, q)
	for _, kind := range kinds {
		id, err := s.first(ctx, q, kind, skip)
		if err != nil {
			return Result{}, "", false, fmt.Errorf("looking for a call to review: %w", err)
		}
		if id == "" {
			continue
		}
		r, err := s.get(ctx, id)
		if errors.Is(err, sql.ErrNoRows) { // it was erased meanwhile
			continue
		}
		return r, kind, err == nil, err
	}
	return Result{}, "", false, err
}

// kinds returns in which order kinds are looked for: a person's every other judgement
// is of the sample.
func (s *Store) kinds(ctx context.Context, q Queue) ([]string, error) {
	var n int64
	err := (tx{s, s.db}).row(ctx, "SELECT COUNT(*) FROM judgements WHERE reviewer = ? AND task = ? AND holds", q.Reviewer, q.Task).Scan(&n)
	if n%2 == 0 {
		return []string{Uncertain, SecondOpinion, FromSample}, err
	}
	return []string{SecondOpinion, FromSample, Uncertain}, err
}

func (s *Store) first(ctx context.Context, q Queue, kind string, skip []string) (string, error) {
	c, order := q.waits(kind, s.now())
	if len(skip) > 0 {
		args := make([]any, len(skip))
		for i, id := range skip {
			args[i] = id
		}
		c.add("c.call_id NOT IN ("+placeholders(len(skip))+")", args...)
	}
	ids, err := list(ctx, s, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		"SELECT c.call_id FROM calls c"+c.where()+" ORDER BY "+order+" LIMIT 1", c.args...)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// Waiting returns how many calls wait for a person, by kind.
func (s *Store) Waiting(ctx context.Context, q Queue) (map[string]int64, error) {
	waiting := map[string]int64{}
	for _, kind := range []string{Uncertain, FromSample, SecondOpinion} {
		c, _ := q.waits(kind, s.now())
		counts, err := list(ctx, s, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, "SELECT COUNT(*) FROM calls c"+c.where(), c.args...)
		if err != nil {
			return nil, fmt.Errorf("counting the calls to review: %w", err)
		}
		waiting[kind] = counts[0]
	}
	return waiting, nil
}
