package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
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

// list reads all rows of a query.
func list[T any](ctx context.Context, t tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	return database.List(ctx, t.Tx, func(rows *sql.Rows) (T, error) { return scan(rows) }, query, args...)
}

// scanner is a row or the rows of a query.
type scanner interface{ Scan(dest ...any) error }

// changesLock orders changes of accounts.
const changesLock = 0x5357_4143 // "SWAC"

// change runs f in a transaction that no other change of accounts runs beside: so
// nobody takes the role from the last admin while somebody disables the one before.
func (s *Store) change(ctx context.Context, f func(tx) error) error {
	return s.base.Change(ctx, changesLock, func(t database.Tx) error { return f(tx{t, s}) })
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
