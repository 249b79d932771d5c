package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Held returns the calls of a task that are held out and that people judged, the
// oldest first: models are compared on them, and trained on none. What is left out of
// [Store.Corrected] for other reasons is left out here too.
func (s *Store) Held(ctx context.Context, task string) ([]Corrected, error) {
	held, err := list(ctx, s, func(rows *sql.Rows) (c Corrected, err error) {
		var at int64
		var turns string
		if err := rows.Scan(&at, &c.CallID, &c.Label, &c.Model, &c.Company, &c.Confidence, &c.Threshold, &c.Status, &turns); err != nil {
			return c, err
		}
		c.At = fromMicros(at)
		return c, json.Unmarshal([]byte(turns), &c.Turns)
	}, `SELECT c.at, c.call_id, c.label, c.model, c.company, c.confidence, c.threshold, c.status, t.turns FROM calls c`+s.words.judged+` JOIN transcripts t ON t.at = c.at
		WHERE c.judged > 0 AND c.label <> '' AND c.held AND c.task = ? ORDER BY c.at`, task)
	if err != nil {
		return nil, fmt.Errorf("reading held calls: %w", err)
	}
	return held, nil
}

// JudgedAt tells when somebody last said what holds of each judged call of a task.
func (s *Store) JudgedAt(ctx context.Context, task string) (map[string]time.Time, error) {
	type judged struct {
		id string
		at int64
	}
	all, err := list(ctx, s, func(rows *sql.Rows) (j judged, err error) { return j, rows.Scan(&j.id, &j.at) },
		"SELECT call_id, MAX(at) FROM judgements WHERE task = ? AND holds GROUP BY call_id", task)
	if err != nil {
		return nil, fmt.Errorf("reading when calls were judged: %w", err)
	}
	at := make(map[string]time.Time, len(all))
	for _, j := range all {
		at[j.id] = fromMicros(j.at)
	}
	return at, nil
}
