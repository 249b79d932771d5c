package intake

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// Issued are keys with which calls may be sent, and that somebody may revoke.
type Issued interface {
	// Use tells whether a key is one, and notes that it was used.
	Use(ctx context.Context, key string) (bool, error)
}

// issuedFor is for how long a key that was looked up is known: within it, calls come in
// while the database does not answer, and for it at most a key that was revoked is
// taken.
const issuedFor = 30 * time.Second

// issuedKeys remembers the hashes of keys that were looked up.
type issuedKeys struct {
	keys  Issued
	now   func() time.Time
	mu    sync.Mutex
	known map[[sha256.Size]byte]time.Time
}

func (k *issuedKeys) has(ctx context.Context, key string, hash [sha256.Size]byte) (bool, error) {
	k.mu.Lock()
	until := k.known[hash]
	k.mu.Unlock()
	if k.now().Before(until) {
		return true, nil
	}
	ok, err := k.keys.Use(ctx, key)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, hash)
	if ok && err == nil {
		k.known[hash] = k.now().Add(issuedFor)
	}
	return ok, err
}
