package database

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
	key, err := s.secret(ctx, "pseudonyms")
	if err != nil {
		return "", wrap("making a pseudonym", err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(name))
	return "person-" + hex.EncodeToString(mac.Sum(nil)[:6]), nil
}

// ImportSecret returns the secret with which tables of corrections are opened.
func (s *Store) ImportSecret(ctx context.Context) (string, error) {
	secret, err := s.secret(ctx, "imports")
	return secret, wrap("reading the key of imports", err)
}

// ID returns what tells this database from every other, by whichever URL it was
// opened.
func (s *Store) ID(ctx context.Context) (string, error) {
	id, err := s.secret(ctx, "id")
	return id, wrap("reading the database's id", err)
}

// secret returns the text of a name, which is drawn when it is first asked for.
func (s *Store) secret(ctx context.Context, name string) (text string, err error) {
	err = s.change(ctx, func(t *tx) (err error) {
		if text, err = t.text(ctx, "SELECT value FROM secrets WHERE name = ?", name); err != nil || text != "" {
			return err
		}
		text = rand.Text() + rand.Text()
		return t.exec(ctx, "INSERT INTO secrets (name, value) VALUES (?, ?)", name, text)
	})
	return text, err
}

// SampleSecret returns the key by which calls are drawn into the sample that people
// judge, so that nobody who sends calls can tell which.
func (s *Store) SampleSecret(ctx context.Context) (string, error) {
	secret, err := s.secret(ctx, "samples")
	return secret, wrap("reading the key of samples", err)
}

// DeviceSecret returns the key by which a browser is known again on which somebody has
// logged in before.
func (s *Store) DeviceSecret(ctx context.Context) (string, error) {
	secret, err := s.secret(ctx, "devices")
	return secret, wrap("reading the key of devices", err)
}
