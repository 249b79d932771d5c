package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Tx is a transaction, or the database itself. Its queries have question marks in the
// places of values and none elsewhere, whichever database it is.
type Tx struct {
	q interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	s *Store
}

// Direct is the database itself: what is asked through it is in no transaction.
func (s *Store) Direct() Tx { return Tx{s.db, s} }

// Exec returns how many rows changed.
func (t Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := t.q.ExecContext(ctx, t.s.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// Row asks for one row.
func (t Tx) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.q.QueryRowContext(ctx, t.s.Rebind(query), args...)
}

// Rows asks for several. The caller closes them.
func (t Tx) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.q.QueryContext(ctx, t.s.Rebind(query), args...)
}

// List reads all rows of a query; of none it is empty, not nil.
func List[T any](ctx context.Context, t Tx, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Unordered is the lock of changes that need not wait for each other.
const Unordered = 0

// Change runs f in a transaction: what f does is done wholly or not at all. Changes
// with the same lock run one after the other, also those of other processes; in SQLite
// all changes do. The lock [Unordered] is none.
func (s *Store) Change(ctx context.Context, lock int64, f func(Tx) error) error {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a change of the database: %w", err)
	}
	defer t.Rollback() // after a commit there is nothing to roll back
	if s.postgres && lock != Unordered {
		if _, err := t.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lock); err != nil {
			return fmt.Errorf("waiting for other changes of the database: %w", err)
		}
	}
	if err := f(Tx{t, s}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("committing a change of the database: %w", err)
	}
	return nil
}

// Rebind numbers the placeholders of a query as the database wants them: a query
// is written with question marks, and has none elsewhere.
func (s *Store) Rebind(query string) string {
	if !s.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// changesLock orders changes of the registry.
const changesLock = 0x5357_4254 // "SWBT"

// change runs f in a transaction that no other change of the registry runs beside.
func (s *Store) change(ctx context.Context, f func(*tx) error) error {
	return s.Change(ctx, changesLock, func(t Tx) error { return f(&tx{Tx: t}) })
}

// tx is a change of the registry.
type tx struct {
	Tx
	// task is the name of the task whose rows change, empty where none do.
	task string
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.Exec(ctx, query, args...)
	return err
}

// text returns the one string that a query finds, "" if it finds none.
func (t *tx) text(ctx context.Context, query string, args ...any) (string, error) {
	var found string
	err := t.Row(ctx, query, args...).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return found, err
}
