package dashboard

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"switchboard/internal/results"
)

// pastCounts keeps counts of days that are over: weeks of them are added up for each
// page, and hardly any call of theirs is answered or erased any more. It is safe for
// concurrent use.
type pastCounts struct {
	mu    sync.Mutex
	kept  map[string]keptCounts
	doing singleflight.Group
}

type keptCounts struct {
	points []results.Point
	until  time.Time
}

// Bounds of what is kept: for how long, how many questions, and of how many days a
// question is at least that is worth it.
const (
	countsKept  = 5 * time.Minute
	mostCounts  = 256
	leastPast   = 2 * 24 * time.Hour
	freshCounts = 24 * time.Hour
)

// counts is [results.Store.Trend], of which the days before yesterday may be some
// minutes old. Days are those of UTC, as those of a trend are.
func (s *Server) counts(ctx context.Context, q results.TrendQuery) ([]results.Point, error) {
	now := s.now()
	past, fresh := q, q
	cut := now.UTC().Truncate(freshCounts).Add(-freshCounts)
	if !q.Until.IsZero() && q.Until.Before(cut) {
		cut = q.Until
	}
	if !q.From.IsZero() && cut.Sub(q.From) < leastPast {
		return s.Results.Trend(ctx, q)
	}
	past.Until, fresh.From = cut, cut
	points, err := s.past.counts(ctx, s.Results, past, now)
	if err != nil || !q.Until.IsZero() && !q.Until.After(cut) {
		return points, err
	}
	newer, err := s.Results.Trend(ctx, fresh)
	return append(points[:len(points):len(points)], newer...), err
}

func (c *pastCounts) counts(ctx context.Context, store *results.Store, q results.TrendQuery, now time.Time) ([]results.Point, error) {
	key := fmt.Sprintf("%q %q %q %q %v %v %d %q", q.Tasks, q.Companies, q.Statuses, q.Kind, q.From, q.Until, q.Step, q.By)
	c.mu.Lock()
	kept, ok := c.kept[key]
	c.mu.Unlock()
	if ok && now.Before(kept.until) {
		return kept.points, nil
	}
	// Whoever asks for the same waits for the one who does; nobody's leaving ends it.
	points, err, _ := c.doing.Do(key, func() (any, error) { return store.Trend(context.WithoutCancel(ctx), q) })
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= mostCounts {
		c.kept = map[string]keptCounts{}
	}
	c.kept[key] = keptCounts{points.([]results.Point), now.Add(countsKept)}
	return points.([]results.Point), nil
}
