package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Secret is the key that the sender and the receiver share.
type Secret []byte

// prefix says what a string is, to those who find it where it should not be.
const prefix = "whsec_"

// shortest is the specification's least length of a key, in bytes.
const shortest = 24

// ParseSecret reads a secret in the specification's form: whsec_ and 24 or more bytes
// in base64.
func ParseSecret(s string) (Secret, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(s), prefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < shortest {
		return nil, problem.Input(`%s holds no secret for notifications; make one with: echo "%s$(openssl rand -base64 32)"`, config.NotifySecret, prefix)
	}
	return key, nil
}

// Sign returns the signature of a notification.
func (s Secret) Sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, s)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// tolerance is how far the clocks of the two may be apart.
const tolerance = 5 * time.Minute

// Verify tells whether a notification with these headers comes from who has the
// secret, at about this time. It is what a receiver does; the signatures may be
// several, with spaces between them, while the secret changes.
func (s Secret) Verify(id, timestamp, signatures string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || now.Sub(at).Abs() > tolerance {
		return false
	}
	want := s.Sign(id, at, body)
	for signature := range strings.SplitSeq(signatures, " ") {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return true
		}
	}
	return false
}
