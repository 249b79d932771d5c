package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// book is a list of keys that were issued, which may be out of reach.
type book struct {
	mu    sync.Mutex
	key   string
	err   error
	asked int
}

func (b *book) Use(_ context.Context, key string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	return b.err == nil && key == b.key, b.err
}

// Keys of the settings are taken, and those that people manage beside them.
func TestKeysThatWereIssued(t *testing.T) {
	s := newSite(t)
	const made = "swbcall_0123456789"
	list := &book{key: made}
	s.options.Issued = list
	i, _ := s.start()
	send := func(key string) (int, string) {
		status, a, _ := post(t, i, map[string]string{"Authorization": "Bearer " + key}, aCall("1"))
		return status, a.Detail
	}
	if status, _ := send(key); status != http.StatusAccepted || list.asked != 0 {
		t.Errorf("a key of the settings: %d, asked %d times", status, list.asked)
	}
	if status, _ := send(made); status != http.StatusAccepted {
		t.Errorf("a key that was issued: %d", status)
	}
	if status, says := send("another key"); status != http.StatusUnauthorized || !strings.Contains(says, "missing or wrong") {
		t.Errorf("another key: %d, %s", status, says)
	}
	list.mu.Lock()
	list.err = errors.New("no database")
	list.mu.Unlock()
	for key, want := range map[string]int{key: http.StatusAccepted, made: http.StatusAccepted, "another key": http.StatusServiceUnavailable} {
		if status, _ := send(key); status != want {
			t.Errorf("without a database %q: %d, want %d", key, status, want)
		}
	}
}

func TestOnlyKeysThatWereIssued(t *testing.T) {
	s := newSite(t)
	s.options.Keys, s.options.Issued = nil, &book{key: key}
	i, _ := s.start()
	if status, _, _ := post(t, i, nil, aCall("1")); status != http.StatusAccepted {
		t.Errorf("status %d", status)
	}
	if status, _, _ := post(t, i, map[string]string{"Authorization": "Bearer x"}, aCall("1")); status != http.StatusUnauthorized {
		t.Errorf("another key: status %d", status)
	}
}

func TestAKeyThatIsRevokedEndsSoon(t *testing.T) {
	now := time.Unix(0, 0)
	list := &book{key: "made"}
	k := issuedKeys{keys: list, now: func() time.Time { return now }, known: map[[sha256.Size]byte]time.Time{}}
	has := func() bool {
		t.Helper()
		ok, err := k.has(t.Context(), "made", sha256.Sum256([]byte("made")))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !has() || !has() || list.asked != 1 {
		t.Errorf("the key is looked up %d times", list.asked)
	}
	list.key = ""
	now = now.Add(issuedFor)
	if has() || len(k.known) != 0 {
		t.Error("the key is taken for ever")
	}
}
