package results

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// JudgedLabels returns what people say the calls of a task are about, and how many
// judgements that hold say so.
func (s *Store) JudgedLabels(ctx context.Context, task string) (map[string]int64, error) {
	type counted struct {
		label string
		n     int64
	}
	counts, err := list(ctx, s, func(rows *sql.Rows) (c counted, err error) { return c, rows.Scan(&c.label, &c.n) },
		"SELECT label, COUNT(*) FROM judgements WHERE task = ? AND holds GROUP BY label", task)
	if err != nil {
		return nil, fmt.Errorf("counting the labels that people gave: %w", err)
	}
	labels := map[string]int64{}
	for _, c := range counts {
		labels[c.label] = c.n
	}
	return labels, nil
}

// Done returns how many calls a person has judged from a moment on, of judgements
// that hold.
func (s *Store) Done(ctx context.Context, q Queue, since time.Time) (int64, error) {
	var n int64
	err := s.direct().row(ctx, "SELECT COUNT(*) FROM judgements WHERE reviewer = ? AND task = ? AND at >= ? AND holds", q.Reviewer, q.Task, micros(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting what a person has judged: %w", err)
	}
	return n, nil
}
