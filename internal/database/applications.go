package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"switchboard/internal/registry"
)

// RecordApplication remembers how sure a model was in one run. The same run again
// replaces what was recorded of it.
func (task *Task) RecordApplication(ctx context.Context, a registry.Application) error {
	confidences, err := json.Marshal(a.Confidences)
	if err != nil {
		return wrap("encoding the application", err)
	}
	err = task.change(ctx, func(t *tx) error {
		return t.exec(ctx, `INSERT INTO applications (task, run, at, model_id, confidences) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (run) DO UPDATE SET task = excluded.task, at = excluded.at, model_id = excluded.model_id, confidences = excluded.confidences`,
			t.task, a.Run, stamp(a.At), a.Model, string(confidences))
	})
	return wrap("recording the application", err)
}

// ApplicationBefore returns the task's latest run of an application, by whatever
// model, that was recorded before a given one; false if there is none, or the
// given one was not recorded.
func (task *Task) ApplicationBefore(ctx context.Context, run string) (registry.Application, bool, error) {
	found, err := List(ctx, task.Direct(), scanApplication, `SELECT run, at, model_id, confidences FROM applications
		WHERE task = ? AND run <> ? AND at <= (SELECT at FROM applications WHERE task = ? AND run = ?) ORDER BY at DESC, run LIMIT 1`, task.name, run, task.name, run)
	if err != nil || len(found) == 0 {
		return registry.Application{}, false, wrap("reading applications", err)
	}
	return found[0], true, nil
}

// Applications returns the latest runs that a model answered, newest first, at
// most limit.
func (task *Task) Applications(ctx context.Context, model string, limit int) ([]registry.Application, error) {
	applications, err := List(ctx, task.Direct(), scanApplication,
		"SELECT run, at, model_id, confidences FROM applications WHERE task = ? AND model_id = ? ORDER BY at DESC, run LIMIT ?", task.name, model, limit)
	return applications, wrap("reading applications", err)
}

func scanApplication(rows *sql.Rows) (a registry.Application, err error) {
	var at, confidences string
	if err := rows.Scan(&a.Run, &at, &a.Model, &confidences); err != nil {
		return a, err
	}
	if a.At, err = time.Parse(timeFormat, at); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(confidences), &a.Confidences)
}
