package pipeline

import (
	"encoding/json"
	"fmt"
)

// Share is a part of a whole, between 0 and 1, or [None]. In JSON, None is
// null.
type Share float64

// None is the share of nothing: 0 of 0 is neither all nor none of it.
const None Share = -1

// ShareOf is n of the whole, None where the whole is 0.
func ShareOf[N int | int64](n, whole N) Share {
	if whole == 0 {
		return None
	}
	return Share(float64(n) / float64(whole))
}

// Known is false for [None].
func (s Share) Known() bool { return s >= 0 }

// String is the share in percent, such as 91.0%, and "-" for [None].
func (s Share) String() string {
	if !s.Known() {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(s))
}

// MarshalJSON implements [json.Marshaler].
func (s Share) MarshalJSON() ([]byte, error) {
	if !s.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Share) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = None
		return nil
	}
	return json.Unmarshal(b, (*float64)(s))
}
