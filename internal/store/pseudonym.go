package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// Pseudonym returns what stands for a person in the database: the same for the
// same name in one database, another in another, and no way back for whoever has
// not the database's key. No name has none.
func (s *Store) Pseudonym(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	var key string
	err := s.change(ctx, func(t *tx) (err error) {
		if key, err = t.text(ctx, "SELECT value FROM secrets WHERE name = 'pseudonyms'"); err != nil || key != "" {
			return err
		}
		key = rand.Text() + rand.Text()
		return t.exec(ctx, "INSERT INTO secrets (name, value) VALUES ('pseudonyms', ?)", key)
	})
	if err != nil {
		return "", wrap("making a pseudonym", err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(name))
	return "person-" + hex.EncodeToString(mac.Sum(nil)[:6]), nil
}
