// Package seal encrypts what a worker answers so that only whoever asked can read
// it. The answer stays in Temporal's database for days, and the key that opens it
// never leaves the memory of the program that asked: when that ends, nobody can
// open it any more.
//
//	key, err := seal.NewKey()               // who asks, and sends key.Public
//	sealed, err := seal.Seal(public, text)  // who answers
//	text, err := key.Open(sealed)           // who asked
package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
)

// purpose binds what is sealed to what it is for.
var purpose = []byte("switchboard answer 1")

// Key opens what was sealed with its public half.
type Key struct {
	// Public may be known to everybody.
	Public  []byte
	private hpke.PrivateKey
}

// kem is X25519 with HKDF-SHA256, see RFC 9180.
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// NewKey makes a key at random.
func NewKey() (Key, error) {
	private, err := kem().GenerateKey()
	if err != nil {
		return Key{}, fmt.Errorf("making a key: %w", err)
	}
	return Key{private.PublicKey().Bytes(), private}, nil
}

// Seal encrypts a text for the holder of a key. An error says that the public half
// is none.
func Seal(public, text []byte) ([]byte, error) {
	key, err := kem().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), purpose, text)
	if err != nil {
		return nil, fmt.Errorf("sealing an answer: %w", err)
	}
	return sealed, nil
}

// Open returns the text. An error says that it was sealed for another key, or
// changed on its way.
func (k Key) Open(sealed []byte) ([]byte, error) {
	text, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), purpose, sealed)
	if err != nil {
		return nil, fmt.Errorf("opening a sealed answer: %w", err)
	}
	return text, nil
}
