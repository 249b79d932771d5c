package database

import (
	"cmp"
	"context"
	"database/sql"

	"switchboard/internal/registry"
)

// Task is what the database holds of one task: its models with their champion and
// challenger, their audit trail, its corrections, retrainings and applications.
// Nothing that is done to it touches another task.
type Task struct {
	*Store
	name string
}

// Task returns a task of the database; an empty name is [registry.DefaultTask]. It
// need not exist: a task begins with its first model.
func (s *Store) Task(name string) *Task {
	return &Task{s, cmp.Or(name, registry.DefaultTask)}
}

// Name is the task's name.
func (task *Task) Name() string { return task.name }

// Tasks returns the names of the tasks that have models, in alphabetical order.
func (s *Store) Tasks(ctx context.Context) ([]string, error) {
	names, err := List(ctx, s.Direct(), func(r *sql.Rows) (name string, err error) { return name, r.Scan(&name) },
		"SELECT DISTINCT task FROM models ORDER BY task")
	return names, wrap("listing the tasks", err)
}

// change is [Store.change] for the task's rows.
func (task *Task) change(ctx context.Context, f func(*tx) error) error {
	return task.Store.change(ctx, func(t *tx) error {
		t.task = task.name
		return f(t)
	})
}
