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

// waitFor is how long a call waits for people. Where they cannot judge them all, what
// they do judge is to tell of the model that answers now.
const waitFor = 30 * 24 * time.Hour

// claimFor is how long nobody else is asked about a call that somebody looks at.
const claimFor = 5 * time.Minute

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

// known are calls of which a model was not sure and that are judged, or of the sample:
// nobody is asked about them as [Uncertain].
const known = "known"

// waits returns what holds of the calls of a kind that a person is to review, and
// their order. The time is whole hours, as counts are.
func waits(tasks []string, reviewer, kind string, since time.Time) (c conditions, order string) {
	anyOf(&c, "c.task", tasks)
	c.add("c.at >= ?", micros(since))
	switch kind {
	case known:
		c.add("c.status = 'unsure' AND (c.judged > 0 OR c.sampled)")
		return c, ""
	case Uncertain:
		c.add("c.status = 'unsure' AND c.judged = 0 AND NOT c.sampled")
		return c, "c.confidence, c.at"
	case FromSample:
		c.add("c.sampled AND c.judged = 0")
	default:
		c.add("c.second AND c.judged = 1")
		c.add("NOT EXISTS (SELECT 1 FROM judgements j WHERE j.call_id = c.call_id AND j.holds AND j.reviewer = ?)", reviewer)
	}
	return c, "c.turn, c.at"
}

// since is from when on calls wait for people.
func (s *Store) since() time.Time { return s.now().UTC().Add(-waitFor).Truncate(time.Hour) }

// NextToReview returns the call that a person is to judge next, with its turns, and
// why: [Uncertain], [FromSample] or [SecondOpinion]. Uncertain calls and those of the
// sample take turns, so that neither is forgotten; of the uncertain the least sure
// comes first, of the sample any, second opinions before first. Calls of the last 30
// days wait. Calls to skip are left out, and for five minutes those that somebody else
// was given. It is false if none waits.
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
		if err == nil {
			err = s.claim(ctx, q, id)
		}
		return r, kind, err == nil, err
	}
	return Result{}, "", false, err
}

// kinds returns in which order kinds are looked for: a person's every other judgement
// is of the sample.
func (s *Store) kinds(ctx context.Context, q Queue) ([]string, error) {
	var n int64
	err := s.direct().row(ctx, "SELECT COUNT(*) FROM judgements WHERE reviewer = ? AND task = ? AND holds", q.Reviewer, q.Task).Scan(&n)
	if n%2 == 0 {
		return []string{Uncertain, SecondOpinion, FromSample}, err
	}
	return []string{SecondOpinion, FromSample, Uncertain}, err
}

func (s *Store) first(ctx context.Context, q Queue, kind string, skip []string) (string, error) {
	c, order := waits([]string{q.Task}, q.Reviewer, kind, s.since())
	c.add("NOT EXISTS (SELECT 1 FROM review_claims k WHERE k.call_id = c.call_id AND k.reviewer <> ? AND k.until > ?)", q.Reviewer, micros(s.now()))
	if len(skip) > 0 {
		args := make([]any, len(skip))
		for i, id := range skip {
			args[i] = id
		}
		c.add("c.call_id NOT IN ("+placeholders(len(skip))+")", args...)
	}
	ids, err := list(ctx, s, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		"SELECT c.call_id FROM calls c"+s.words.waiting[kind]+c.where()+" ORDER BY "+order+" LIMIT 1", c.args...)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// claim gives a call to a person for a while. Two who ask at the same moment may both
// get it, which does no harm.
func (s *Store) claim(ctx context.Context, q Queue, callID string) error {
	now := s.now()
	return s.change(ctx, func(t tx) error {
		if _, err := t.exec(ctx, "DELETE FROM review_claims WHERE until <= ? OR reviewer = ? AND call_id <> ?", micros(now), q.Reviewer, callID); err != nil {
			return err
		}
		_, err := t.exec(ctx, "INSERT INTO review_claims (call_id, reviewer, until) VALUES (?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET reviewer = excluded.reviewer, until = excluded.until",
			callID, q.Reviewer, micros(now.Add(claimFor)))
		return err
	})
}

// Waiting returns how many calls wait for a person, by kind, also those that somebody
// else looks at just now.
func (s *Store) Waiting(ctx context.Context, q Queue) (map[string]int64, error) {
	waiting, err := s.WaitingByTask(ctx, q.Reviewer, []string{q.Task})
	return waiting[q.Task], err
}

// WaitingByTask is [Store.Waiting] of several tasks, each of which is in the result. All
// are counted at once.
func (s *Store) WaitingByTask(ctx context.Context, reviewer string, tasks []string) (map[string]map[string]int64, error) {
	waiting := map[string]map[string]int64{}
	for _, task := range tasks {
		waiting[task] = map[string]int64{Uncertain: 0, FromSample: 0, SecondOpinion: 0}
	}
	if len(tasks) == 0 {
		return waiting, nil
	}
	// Of calls of which a model was not sure there may be millions: they are taken from
	// the counts, without those that are judged or of the sample. Counts are of calls that
	// have expired, too.
	since := s.since()
	oldest, err := s.number(ctx, "SELECT COALESCE(MIN(at), 0) FROM calls")
	if err != nil {
		return nil, fmt.Errorf("counting the calls to review: %w", err)
	}
	unsure := TrendQuery{Tasks: tasks, Statuses: []Status{pipeline.AnswerUnsure}, From: fromMicros(max(micros(since), oldest-oldest%hour))}
	source, args := unsure.source(day)
	query := "SELECT '" + Uncertain + "', task, CAST(SUM(calls) AS BIGINT) FROM " + source + " GROUP BY task"
	for _, kind := range []string{known, FromSample, SecondOpinion} {
		c, _ := waits(tasks, reviewer, kind, since)
		query += " UNION ALL SELECT '" + kind + "', c.task, COUNT(*) FROM calls c" + s.words.waiting[kind] + c.where() + " GROUP BY c.task"
		args = append(args, c.args...)
	}
	_, err = list(ctx, s, func(rows *sql.Rows) (none struct{}, err error) {
		var kind, task string
		var n int64
		if err := rows.Scan(&kind, &task, &n); err != nil {
			return none, err
		}
		if kind == known {
			kind, n = Uncertain, -n
		}
		waiting[task][kind] += n
		return none, nil
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("counting the calls to review: %w", err)
	}
	for _, of := range waiting {
		of[Uncertain] = max(of[Uncertain], 0)
	}
	return waiting, nil
}

// number returns the one number that a query finds.
func (s *Store) number(ctx context.Context, query string, args ...any) (int64, error) {
	found, err := list(ctx, s, scanNumber, query, args...)
	if err != nil {
		return 0, err
	}
	return found[0], nil
}
