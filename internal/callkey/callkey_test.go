package callkey

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/problem"
)

func TestMain(m *testing.M) { os.Exit(databasetest.Main(m)) }

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// each runs a test on the keys of an empty database of either kind, at a time that the
// test moves.
func each(t *testing.T, test func(t *testing.T, s *Store, now *time.Time)) {
	databasetest.Each(t, func(t *testing.T, location string) {
		base, err := database.Open(t.Context(), location)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = base.Close() })
		now := start
		s := New(base)
		s.now = func() time.Time { return now }
		test(t, s, &now)
	})
}

func nothing(context.Context, database.Tx, string) error { return nil }

func create(t *testing.T, s *Store, name string) string {
	t.Helper()
	key, err := s.Create(t.Context(), name, "account-1", nothing)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func uses(t *testing.T, s *Store, key string) bool {
	t.Helper()
	ok, err := s.Use(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestAKeyIsMadeUsedAndRevoked(t *testing.T) {
	each(t, func(t *testing.T, s *Store, now *time.Time) {
		key, other := create(t, s, " The telephone system "), create(t, s, "Another")
		if !uses(t, s, key) || !uses(t, s, other) || key == other {
			t.Error("a key that was made is refused")
		}
		for what, wrong := range map[string]string{"none": "", "a part": key[:len(key)-1], "more": key + "A", "in small letters": strings.ToLower(key), "without its beginning": strings.TrimPrefix(key, prefix)} {
			if uses(t, s, wrong) {
				t.Errorf("%s is taken for the key", what)
			}
		}
		*now = start.Add(time.Hour)
		uses(t, s, key)
		*now = now.Add(fresh - time.Second)
		uses(t, s, key) // too soon to be written
		keys, err := s.Keys(t.Context())
		if err != nil || len(keys) != 2 {
			t.Fatalf("%+v, %v", keys, err)
		}
		if k := keys[1]; k.Name != "The telephone system" || k.Account != "account-1" || !k.Created.Equal(start) || !k.Used.Equal(start.Add(time.Hour)) || !k.Revoked.IsZero() {
			t.Errorf("the key is %+v", k)
		}
		for range 2 {
			if err := s.Revoke(t.Context(), keys[1].ID, nothing); err != nil {
				t.Fatal(err)
			}
			*now = now.Add(time.Hour)
		}
		if uses(t, s, key) || !uses(t, s, other) {
			t.Error("the wrong key is revoked")
		}
		if keys, err = s.Keys(t.Context()); err != nil || len(keys) != 2 || keys[1].Name != "The telephone system" || !keys[1].Revoked.Equal(now.Add(-2*time.Hour)) {
			t.Errorf("%+v, %v", keys, err)
		}
	})
}

func TestWhatIsNotKeptElsewhereIsNotDone(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *time.Time) {
		full := errors.New("the disk is full")
		fails := func(context.Context, database.Tx, string) error { return full }
		if key, err := s.Create(t.Context(), "x", "", fails); !errors.Is(err, full) || key != "" {
			t.Errorf("made %q, %v", key, err)
		}
		key := create(t, s, "x")
		keys, err := s.Keys(t.Context())
		if err != nil || len(keys) != 1 {
			t.Fatalf("%+v, %v", keys, err)
		}
		if err := s.Revoke(t.Context(), keys[0].ID, fails); !errors.Is(err, full) || !uses(t, s, key) {
			t.Errorf("revoked: %v", err)
		}
	})
}

func TestKeysThatCannotBeMade(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *time.Time) {
		create(t, s, "taken")
		for _, name := range []string{"", "  ", "taken", "a\nb", strings.Repeat("n", longestName+1), "a\xff"} {
			_, err := s.Create(t.Context(), name, "", nothing)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Errorf("%q: %v", name, err)
			}
		}
		if kind, _ := problem.KindOf(s.Revoke(t.Context(), "none", nothing)); kind != problem.BadInput {
			t.Error("a key that is not there was revoked")
		}
	})
}

// Whoever reads the database cannot send calls.
func TestTheDatabaseHasNoKey(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *time.Time) {
		key := create(t, s, "x")
		var id, hash string
		if err := s.base.Direct().Row(t.Context(), "SELECT id, hash FROM call_keys").Scan(&id, &hash); err != nil || strings.Contains(hash+id, key[len(prefix):]) {
			t.Errorf("it has %s and %s, %v", id, hash, err)
		}
		if uses(t, s, hash) || uses(t, s, prefix+hash) {
			t.Error("the hash is taken for the key")
		}
	})
}
