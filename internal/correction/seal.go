package correction

import (
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

// MaxSealed is the most that a sealed table may have, in bytes. Temporal takes two
// megabytes in one payload, in which bytes become a third longer.
const MaxSealed = 1 << 20

// purpose binds what is sealed to what it is for.
const purpose = "switchboard corrections 1"

// Seal encrypts corrections for the holder of a key: on their way they are kept in
// Temporal's database, and they name their authors. A table that is too large is a
// problem of kind BadInput.
func Seal(public []byte, corrections []pipeline.Correction) ([]byte, error) {
	sealed, err := seal.Seal(public, purpose, corrections)
	if err == nil && len(sealed) > MaxSealed {
		return nil, problem.Input("the %d corrections are too many to be sent at once: packed, they have %d bytes, and at most %d are sent; split the file", len(corrections), len(sealed), MaxSealed)
	}
	return sealed, err
}

// Open returns what was sealed for the key. What was sealed for another is a
// problem of kind BadInput.
func Open(key seal.Key, sealed []byte) (corrections []pipeline.Correction, err error) {
	if err := key.Open(sealed, purpose, &corrections); err != nil {
		return nil, problem.Input("the corrections were sealed for another database, or were changed on their way; import them again")
	}
	return corrections, nil
}
