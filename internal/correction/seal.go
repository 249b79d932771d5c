package correction

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/json"
	"fmt"
	"io"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// MaxSealed is the most that a sealed table may have, in bytes. Temporal takes two
// megabytes in one payload, in which bytes become a third longer.
const MaxSealed = 1 << 20

// maxOpened bounds what a sealed table may grow to when it is opened.
const maxOpened = 64 << 20

// purpose binds what is sealed to what it is for.
var purpose = []byte("switchboard corrections 1")

// kem is X25519 with HKDF-SHA256, see RFC 9180.
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// PublicKey is what tables are sealed with for whoever has the secret.
func PublicKey(secret string) ([]byte, error) {
	key, err := kem().DeriveKeyPair([]byte(secret))
	if err != nil {
		return nil, fmt.Errorf("making the key of corrections: %w", err)
	}
	return key.PublicKey().Bytes(), nil
}

// Seal encrypts corrections so that only the holder of the secret reads them: on
// their way they are kept in Temporal's database, and they name their authors.
// A table that is too large is a problem of kind BadInput.
func Seal(public []byte, corrections []pipeline.Correction) ([]byte, error) {
	key, err := kem().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading the key of corrections: %w", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(corrections); err != nil {
		return nil, fmt.Errorf("packing corrections: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing corrections: %w", err)
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), purpose, packed.Bytes())
	if err != nil {
		return nil, fmt.Errorf("sealing corrections: %w", err)
	}
	if len(sealed) > MaxSealed {
		return nil, problem.Input("the %d corrections are too many to be sent at once: packed, they have %d bytes, and at most %d are sent; split the file", len(corrections), len(sealed), MaxSealed)
	}
	return sealed, nil
}

// Open returns what was sealed with the secret's public key. What was sealed with
// another is a problem of kind BadInput.
func Open(secret string, sealed []byte) ([]pipeline.Correction, error) {
	key, err := kem().DeriveKeyPair([]byte(secret))
	if err != nil {
		return nil, fmt.Errorf("making the key of corrections: %w", err)
	}
	packed, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), purpose, sealed)
	if err != nil {
		return nil, problem.Input("the corrections were sealed for another database, or were changed on their way; import them again")
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking corrections: %w", err)
	}
	var corrections []pipeline.Correction
	if err := json.NewDecoder(io.LimitReader(r, maxOpened)).Decode(&corrections); err != nil {
		return nil, fmt.Errorf("unpacking corrections: %w", err)
	}
	return corrections, nil
}
