// Package seal encrypts values on their way between the starter and a worker that
// Temporal must not keep in the clear: who wrote a correction, whom a call is for.
// What one side seals with the other's public key, only the other opens.
package seal

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/json"
	"fmt"
	"io"
)

// maxOpened bounds what a sealed value may grow to when it is opened.
const maxOpened = 64 << 20

// kem is X25519 with HKDF-SHA256, see RFC 9180.
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// Key opens what is sealed for it.
type Key struct{ private hpke.PrivateKey }

// NewKey draws a key, for one answer.
func NewKey() (Key, error) {
	private, err := kem().GenerateKey()
	if err != nil {
		return Key{}, fmt.Errorf("drawing a key: %w", err)
	}
	return Key{private}, nil
}

// KeyOf returns the key of a secret, the same for all who know it. The secret must
// be too long to be guessed.
func KeyOf(secret string) (Key, error) {
	private, err := kem().DeriveKeyPair([]byte(secret))
	if err != nil {
		return Key{}, fmt.Errorf("making a key of a secret: %w", err)
	}
	return Key{private}, nil
}

// Public is what others seal with. It is no secret.
func (k Key) Public() []byte { return k.private.PublicKey().Bytes() }

// Seal encrypts a value's JSON, packed, for the holder of a key. The purpose is
// bound to it: it opens for the same purpose only.
func Seal(public []byte, purpose string, value any) ([]byte, error) {
	key, err := kem().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading the key to seal with: %w", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		return nil, fmt.Errorf("packing what is sealed: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing what is sealed: %w", err)
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(purpose), packed.Bytes())
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed, nil
}

// Open decodes what was sealed for the key and this purpose.
func (k Key) Open(sealed []byte, purpose string, value any) error {
	packed, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(purpose), sealed)
	if err != nil {
		return fmt.Errorf("opening what was sealed: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("unpacking what was sealed: %w", err)
	}
	if err := json.NewDecoder(io.LimitReader(r, maxOpened)).Decode(value); err != nil {
		return fmt.Errorf("unpacking what was sealed: %w", err)
	}
	return nil
}
