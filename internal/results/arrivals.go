package results

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Newest returns when the latest call of a kind, or of any, was stored; zero if there is
// none.
func (s *Store) Newest(ctx context.Context, k Kind) (time.Time, error) {
	query := "SELECT MAX(at) FROM calls"
	if k != "" {
		query += " WHERE " + k.source("source")
	}
	var at sql.NullInt64
	if err := s.direct().row(ctx, query).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("looking for the latest call: %w", err)
	}
	if !at.Valid {
		return time.Time{}, nil
	}
	return fromMicros(at.Int64), nil
}

// Present tells which of some calls, by id, are stored and not removed.
func (s *Store) Present(ctx context.Context, ids []string) (map[string]bool, error) {
	present := map[string]bool{}
	if len(ids) == 0 {
		return present, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	found, err := list(ctx, s, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		"SELECT c.call_id FROM call_ids i JOIN calls c ON c.at = i.at AND c.call_id = i.call_id WHERE i.call_id IN ("+placeholders(len(ids))+")", args...)
	if err != nil {
		return nil, fmt.Errorf("looking for calls: %w", err)
	}
	for _, id := range found {
		present[id] = true
	}
	return present, nil
}

// Count returns how many calls a filter means, most at most: it looks at no more of
// them. Words are as in [Store.List].
func (s *Store) Count(ctx context.Context, f Filter, most int) (int64, error) {
	n, err := s.count(ctx, f, parse(f.Words), most)
	if err != nil {
		return 0, fmt.Errorf("counting the calls of a filter: %w", err)
	}
	return n, nil
}

func (s *Store) count(ctx context.Context, f Filter, words []word, most int) (int64, error) {
	query, args := s.query(f, words, most)
	counts, err := list(ctx, s, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, "SELECT COUNT(*) FROM ("+query+") AS found", args...)
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}

// Property is something that calls have, and that few calls have in common with no
// other.
type Property string

// The properties of which the values can be told.
const (
	PropertyTask     Property = "task"
	PropertyChannel  Property = "channel"
	PropertyLanguage Property = "language"
	PropertyCompany  Property = "company"
	PropertyModel    Property = "model"
)

// Values returns the values that a property has among all calls, companies those of
// the answered ones, in order, most at most; the empty one is left out. It steps
// from one value to the next in the property's index, and reads no call.
func (s *Store) Values(ctx context.Context, p Property, most int) ([]string, error) {
	switch p {
	case PropertyTask, PropertyChannel, PropertyLanguage, PropertyCompany, PropertyModel:
	default:
		return nil, fmt.Errorf("calls have no property %q whose values can be told", p)
	}
	column, table := string(p), "calls"
	if p == PropertyCompany {
		table = "call_hours" // there are more companies than other values, and fewer rows
	}
	values, err := list(ctx, s, func(rows *sql.Rows) (v string, err error) { return v, rows.Scan(&v) }, `WITH RECURSIVE steps (value) AS (
			SELECT (SELECT MIN(`+column+`) FROM `+table+` WHERE `+column+` > '')
			UNION ALL
			SELECT (SELECT MIN(`+column+`) FROM `+table+` WHERE `+column+` > steps.value) FROM steps WHERE steps.value IS NOT NULL
		) SELECT value FROM steps WHERE value IS NOT NULL LIMIT ?`, most)
	if err != nil {
		return nil, fmt.Errorf("listing the values of %s: %w", p, err)
	}
	return values, nil
}
