package review

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
)

// Sampling says which calls people are to judge whatever the model said. All shares
// are from 0 to 1.
type Sampling struct {
	// Share is that of the answered calls that is sampled.
	Share float64
	// Second is that of the sampled calls that two people are to judge, and Held
	// that which no model is ever trained on. The two are drawn on their own.
	Second, Held float64
}

// DefaultSampling samples 2 calls of 100, as the settings do where nothing is set.
var DefaultSampling = Sampling{Share: 0.02, Second: 0.33, Held: 0.5}

// Validate reports shares that are none.
func (s Sampling) Validate() error {
	for _, share := range []float64{s.Share, s.Second, s.Held} {
		if math.IsNaN(share) || share < 0 || share > 1 {
			return errors.New("the shares of a sample are numbers from 0 to 1")
		}
	}
	return nil
}

// Sample tells what becomes of a call. All else is zero unless it is Sampled.
type Sample struct {
	Sampled, Second, Held bool
	// Turn says which of the sampled calls is judged first: where people cannot judge
	// them all, those that they do are from any hour.
	Turn int32
}

// Draw decides by a call's id and a secret key, and by nothing else: whoever sends
// calls cannot choose which of them are looked at, and the model's confidence has no
// say in it.
func (s Sampling) Draw(key []byte, callID string) Sample {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(callID)) // it never fails
	sum := mac.Sum(nil)
	below := func(n int, share float64) bool {
		return float64(binary.BigEndian.Uint64(sum[8*n:])>>11)/(1<<53) < share
	}
	if !below(0, s.Share) {
		return Sample{}
	}
	return Sample{Sampled: true, Second: below(1, s.Second), Held: below(2, s.Held), Turn: int32(binary.BigEndian.Uint32(sum[24:]) >> 1)}
}
