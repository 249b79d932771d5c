package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"switchboard/internal/registry"
)

// ImportCorrections adds corrections, of which the latest for a conversation
// wins, in the list and over those that are there. It returns how many changed
// what was known: importing the same list again changes nothing.
func (s *Store) ImportCorrections(ctx context.Context, corrections []registry.Correction) (changed int, err error) {
	err = s.change(ctx, func(t *tx) error {
		imported := stamp(time.Now())
		for _, c := range corrections {
			result, err := t.ExecContext(ctx, s.rebind(`INSERT INTO corrections (conversation_id, label, author, at, imported) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (conversation_id) DO UPDATE SET label = excluded.label, author = excluded.author, at = excluded.at, imported = excluded.imported
				WHERE excluded.at > corrections.at`), c.ConversationID, c.Label, c.Author, stamp(c.At), imported)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			changed += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, wrap("importing corrections", err)
	}
	return changed, nil
}

// Corrections returns the latest correction of each conversation, in the order
// of the conversations.
func (s *Store) Corrections(ctx context.Context) ([]registry.Correction, error) {
	corrections, err := list(ctx, s, func(r *sql.Rows) (c registry.Correction, err error) {
		var at, imported string
		if err := r.Scan(&c.ConversationID, &c.Label, &c.Author, &at, &imported); err != nil {
			return c, err
		}
		if c.At, err = time.Parse(timeFormat, at); err != nil {
			return c, err
		}
		c.Imported, err = time.Parse(timeFormat, imported)
		return c, err
	}, "SELECT conversation_id, label, author, at, imported FROM corrections ORDER BY conversation_id")
	return corrections, wrap("reading corrections", err)
}

// RecordRetraining remembers how a retraining ended. The same run again replaces
// what was recorded of it.
func (s *Store) RecordRetraining(ctx context.Context, r registry.Retraining) error {
	details, err := json.Marshal(r)
	if err != nil {
		return wrap("encoding the retraining", err)
	}
	err = s.change(ctx, func(t *tx) error {
		return t.exec(ctx, `INSERT INTO retrainings (run, at, decision, reason, details) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (run) DO UPDATE SET at = excluded.at, decision = excluded.decision, reason = excluded.reason, details = excluded.details`,
			r.Run, stamp(r.At), string(r.Decision), r.Reason, string(details))
	})
	return wrap("recording the retraining", err)
}

// Retrainings returns the latest retrainings, newest first, at most limit.
func (s *Store) Retrainings(ctx context.Context, limit int) ([]registry.Retraining, error) {
	retrainings, err := list(ctx, s, func(rows *sql.Rows) (r registry.Retraining, err error) {
		var details string
		if err := rows.Scan(&details); err != nil {
			return r, err
		}
		return r, json.Unmarshal([]byte(details), &r)
	}, "SELECT details FROM retrainings ORDER BY at DESC, run LIMIT ?", limit)
	return retrainings, wrap("reading retrainings", err)
}
