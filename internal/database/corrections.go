package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"switchboard/internal/registry"
)

// ImportCorrections adds corrections, of which the latest for a conversation
// wins, in the list and over those that are there; of the same time, the later in
// the list. It returns how many changed what was known. What an author has said
// before is not new, whenever it is said again: importing the same list again
// changes nothing.
func (task *Task) ImportCorrections(ctx context.Context, corrections []registry.Correction) (changed int, err error) {
	err = task.change(ctx, func(t *tx) error {
		now := stamp(time.Now())
		for _, c := range corrections {
			isNew, err := t.correct(ctx, c, now)
			if err != nil {
				return err
			}
			if isNew {
				changed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, wrap("importing corrections", err)
	}
	return changed, nil
}

// correct keeps a correction unless a later one is known.
func (t *tx) correct(ctx context.Context, c registry.Correction, now string) (isNew bool, err error) {
	var label, author, at, imported string
	err = t.Row(ctx, "SELECT label, author, at, imported FROM corrections WHERE task = ? AND conversation_id = ?", t.task, c.ConversationID).
		Scan(&label, &author, &at, &imported)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	known := err == nil
	if known && stamp(c.At) < at {
		return false, nil
	}
	isNew = !known || label != c.Label || author != c.Author
	if isNew {
		imported = now
	}
	return isNew, t.exec(ctx, `INSERT INTO corrections (task, conversation_id, label, author, at, imported) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (task, conversation_id) DO UPDATE SET label = excluded.label, author = excluded.author, at = excluded.at, imported = excluded.imported
		WHERE excluded.at >= corrections.at`, t.task, c.ConversationID, c.Label, c.Author, stamp(c.At), imported)
}

// Corrections returns the latest correction of each conversation, in the order
// of the conversations.
func (task *Task) Corrections(ctx context.Context) ([]registry.Correction, error) {
	corrections, err := List(ctx, task.Direct(), func(r *sql.Rows) (c registry.Correction, err error) {
		var at, imported string
		if err := r.Scan(&c.ConversationID, &c.Label, &c.Author, &at, &imported); err != nil {
			return c, err
		}
		if c.At, err = time.Parse(timeFormat, at); err != nil {
			return c, err
		}
		c.Imported, err = time.Parse(timeFormat, imported)
		return c, err
	}, "SELECT conversation_id, label, author, at, imported FROM corrections WHERE task = ? ORDER BY conversation_id", task.name)
	return corrections, wrap("reading corrections", err)
}

// RecordRetraining remembers how a retraining ended. The same run again replaces
// what was recorded of it.
func (task *Task) RecordRetraining(ctx context.Context, r registry.Retraining) error {
	details, err := json.Marshal(r)
	if err != nil {
		return wrap("encoding the retraining", err)
	}
	err = task.change(ctx, func(t *tx) error {
		return t.exec(ctx, `INSERT INTO retrainings (task, run, at, decision, reason, details) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (run) DO UPDATE SET task = excluded.task, at = excluded.at, decision = excluded.decision, reason = excluded.reason, details = excluded.details`,
			t.task, r.Run, stamp(r.At), string(r.Decision), r.Reason, string(details))
	})
	return wrap("recording the retraining", err)
}

// Retrainings returns the latest retrainings, newest first, at most limit.
func (task *Task) Retrainings(ctx context.Context, limit int) ([]registry.Retraining, error) {
	retrainings, err := List(ctx, task.Direct(), func(rows *sql.Rows) (r registry.Retraining, err error) {
		var details string
		if err := rows.Scan(&details); err != nil {
			return r, err
		}
		return r, json.Unmarshal([]byte(details), &r)
	}, "SELECT details FROM retrainings WHERE task = ? ORDER BY at DESC, run LIMIT ?", task.name, limit)
	return retrainings, wrap("reading retrainings", err)
}
