package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"switchboard/internal/database"
)

// Store is the accounts in a database. It is safe for concurrent use, also by
// several processes.
type Store struct {
	base   *database.Store
	now    func() time.Time
	logins *limits
	// devices is what the cookies of devices are signed with.
	devices deviceKey
	// hashing has as many tokens as passwords may be hashed at once: each takes
	// memory.
	hashing chan struct{}
}

// New returns the accounts that lie in a database. They end with it.
func New(base *database.Store) *Store {
	return &Store{base: base, now: time.Now, logins: newLimits(), hashing: make(chan struct{}, hashedAtOnce)}
}

// SetClock lets a test say what time it is. It is set before the first use.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tx is a database or a transaction with placeholders as SQLite has them.
type tx struct {
	s *Store
	q querier
}

func (s *Store) direct() tx { return tx{s, s.base.DB()} }

// exec returns how many rows changed.
func (t tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := t.q.ExecContext(ctx, t.s.base.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func (t tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.q.QueryRowContext(ctx, t.s.base.Rebind(query), args...)
}

// list reads all rows of a query.
func list[T any](ctx context.Context, t tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.q.QueryContext(ctx, t.s.base.Rebind(query), args...)
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

// scanner is a row or the rows of a query.
type scanner interface{ Scan(dest ...any) error }

// changesLock is the advisory lock that orders changes of accounts in PostgreSQL.
const changesLock = 0x5357_4143 // "SWAC"

// change runs f in a transaction that no other change of accounts runs beside: so
// nobody takes the role from the last admin while somebody disables the one before.
func (s *Store) change(ctx context.Context, f func(tx) error) error {
	t, err := s.base.DB().BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a change of accounts: %w", err)
	}
	defer t.Rollback() // after a commit there is nothing to roll back
	if s.base.Postgres() {
		if _, err := t.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", changesLock); err != nil {
			return fmt.Errorf("waiting for other changes of accounts: %w", err)
		}
	}
	if err := f(tx{s, t}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("committing a change of accounts: %w", err)
	}
	return nil
}

// newToken draws what only its holder knows.
func newToken() string { return rand.Text() + rand.Text() }

// hashOf is what the database knows of a token. A token is long and drawn, so that
// a quick hash hides it well.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// micros is a time as the tables have it, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
