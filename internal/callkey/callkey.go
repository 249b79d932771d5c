// Package callkey keeps the keys with which calls may be sent to the intake by HTTP: an
// administrator makes them on the page, gives each to whoever sends calls, and revokes
// them. Of a key the database has the SHA-256 hash alone; keys are long and drawn, so
// that a quick hash hides them well.
//
// Keys of the intake's settings are none of these.
package callkey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/database"
	"switchboard/internal/problem"
)

// Key is what is known of a key.
type Key struct {
	// ID stands for the key in the audit, Name says whose it is.
	ID, Name string
	// Account is the id of who made it.
	Account string
	Created time.Time
	// Used is when a call last came with it, to the minute, and Revoked from when on
	// none may; zero for never.
	Used, Revoked time.Time
}

// Also is what is kept in the same transaction as a change of a key: who made it. Where
// it fails, nothing has changed.
type Also func(ctx context.Context, t database.Tx, id string) error

const (
	longestName = 64
	// mostKeys is how many may be in use.
	mostKeys = 100
	// prefix tells a key of this kind, to people and to programs that look for keys
	// that were published by mistake.
	prefix = "swbcall_"
	// fresh is for how long the use of a key is not written again.
	fresh = time.Minute
)

// changesLock orders changes of keys.
const changesLock = 0x5357_434b // "SWCK"

// Store is the keys in a database. It is safe for concurrent use, also by several
// processes.
type Store struct {
	base *database.Store
	now  func() time.Time
}

// New returns the keys that lie in a database. They end with it.
func New(base *database.Store) *Store { return &Store{base: base, now: time.Now} }

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Create makes a key and returns it: nobody can read it again. A name that will not do
// or is taken is a problem of kind BadInput.
func (s *Store) Create(ctx context.Context, name, account string, also Also) (key string, err error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > longestName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", problem.Input("give the key a name of 1 to %d characters", longestName)
	}
	key = prefix + rand.Text() + rand.Text()
	err = s.base.Change(ctx, changesLock, func(t database.Tx) error {
		id := rand.Text()
		added, err := t.Exec(ctx, "INSERT INTO call_keys (id, name, hash, account, created, used, revoked) VALUES (?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
			id, name, hashOf(key), account, s.now().UnixMicro())
		if err != nil {
			return err
		}
		if added == 0 {
			return problem.Input("there is a key of that name already")
		}
		var n int
		if err := t.Row(ctx, "SELECT COUNT(*) FROM call_keys WHERE revoked = 0").Scan(&n); err != nil {
			return err
		}
		if n > mostKeys {
			return problem.Input("%d keys are the most that can be in use; revoke one first", mostKeys)
		}
		return also(ctx, t, id)
	})
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}

// Revoke ends a key: no call may come with it any more. Revoking it again changes
// nothing. A key that is not there is a problem of kind BadInput.
func (s *Store) Revoke(ctx context.Context, id string, also Also) error {
	err := s.base.Change(ctx, changesLock, func(t database.Tx) error {
		var revoked int64
		err := t.Row(ctx, "SELECT revoked FROM call_keys WHERE id = ?", id).Scan(&revoked)
		if errors.Is(err, sql.ErrNoRows) {
			return problem.Input("there is no such key")
		}
		if err != nil || revoked != 0 {
			return err
		}
		if _, err := t.Exec(ctx, "UPDATE call_keys SET revoked = ? WHERE id = ?", s.now().UnixMicro(), id); err != nil {
			return err
		}
		return also(ctx, t, id)
	})
	if err != nil {
		return fmt.Errorf("revoking a key: %w", err)
	}
	return nil
}

// Keys returns all keys: those in use first, by name, then those that were revoked, the
// latest first.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	keys, err := database.List(ctx, s.base.Direct(), func(rows *sql.Rows) (k Key, err error) {
		var created, used, revoked int64
		err = rows.Scan(&k.ID, &k.Name, &k.Account, &created, &used, &revoked)
		k.Created, k.Used, k.Revoked = fromMicros(created), fromMicros(used), fromMicros(revoked)
		return k, err
	}, "SELECT id, name, account, created, used, revoked FROM call_keys ORDER BY revoked <> 0, revoked DESC, name")
	if err != nil {
		return nil, fmt.Errorf("listing keys: %w", err)
	}
	return keys, nil
}

// Use tells whether calls may come with a key, and notes that one did.
func (s *Store) Use(ctx context.Context, key string) (bool, error) {
	if !strings.HasPrefix(key, prefix) {
		return false, nil // no need to ask
	}
	var id string
	var used int64
	t := s.base.Direct()
	err := t.Row(ctx, "SELECT id, used FROM call_keys WHERE hash = ? AND revoked = 0", hashOf(key)).Scan(&id, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	now := s.now()
	if err == nil && now.Sub(time.UnixMicro(used)) >= fresh {
		_, err = t.Exec(ctx, "UPDATE call_keys SET used = ? WHERE id = ? AND used < ?", now.UnixMicro(), id, now.UnixMicro())
	}
	if err != nil {
		return false, fmt.Errorf("looking a key up: %w", err)
	}
	return true, nil
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
