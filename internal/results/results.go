package results

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"

	"switchboard/internal/database"
	"switchboard/internal/review"
)

// Store is what was found out about calls. It is safe for concurrent use, also by
// several processes.
type Store struct {
	base *database.Store
	db   *sql.DB
	// words is how the database finds words.
	words dialect
	// few is [fewCalls].
	few        int
	partitions partitions
	// turn has one token: SQLite lets one write at a time, and a process's own
	// writers wait in line for it here instead of trying again and again.
	turn chan struct{}
	now  func() time.Time
	// Sampling says which answered calls people are to judge whatever the model said;
	// [New] sets [review.DefaultSampling]. It is not to be changed while calls are
	// answered.
	Sampling review.Sampling
	// Withdraws lets whoever reads the published answers know which calls were
	// removed: with each an empty message is laid into the outbox. It is set before
	// the first use, if at all.
	Withdraws bool
	sampleKey sampleKey
}

// New returns the results that lie in a database. They end with it.
func New(base *database.Store) *Store {
	s := &Store{base: base, db: base.DB(), words: sqlite, turn: make(chan struct{}, 1), now: time.Now, few: fewCalls, Sampling: review.DefaultSampling}
	if base.Postgres() {
		s.words = postgres
	}
	return s
}

// tx is the database, or a change of it.
type tx struct {
	database.Tx
	s *Store
}

func (s *Store) direct() tx { return tx{s.base.Direct(), s} }

// exec returns how many rows changed.
func (t tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return t.Exec(ctx, query, args...)
}

func (t tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.Row(ctx, query, args...)
}

// change runs f in a transaction. What f does it does wholly or not at all.
func (s *Store) change(ctx context.Context, f func(tx) error) error {
	if !s.base.Postgres() {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return s.base.Change(ctx, database.Unordered, func(t database.Tx) error { return f(tx{t, s}) })
}

// Also is what is kept in the same transaction as a change, such as who made it: where
// it fails, nothing has changed.
type Also func(ctx context.Context, t database.Tx) error

// keep lets whoever made a change keep what belongs to it.
func (t tx) keep(ctx context.Context, all []Also) error {
	for _, also := range all {
		if err := also(ctx, t.Tx); err != nil {
			return err
		}
	}
	return nil
}

// list reads all rows of a query that people filter as they like. PostgreSQL plans
// it anew for the values it is asked with: a plan for any company suits neither
// the frequent nor the rare.
func list[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	if s.base.Postgres() {
		args = append([]any{pgx.QueryExecModeCacheDescribe}, args...)
	}
	return database.List(ctx, s.base.Direct(), scan, query, args...)
}

func scanNumber(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }

// micros is a time as the tables have it. The zero time is a number like others.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
