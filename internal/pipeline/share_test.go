package pipeline

import (
	"encoding/json"
	"testing"
)

func TestShare(t *testing.T) {
	for _, c := range []struct {
		n, whole    int
		text, asked string
	}{
		{0, 0, "-", "null"},
		{0, 4, "0.0%", "0"},
		{3, 4, "75.0%", "0.75"},
		{4, 4, "100.0%", "1"},
	} {
		s := ShareOf(c.n, c.whole)
		if s.String() != c.text {
			t.Errorf("%d of %d reads %q, want %q", c.n, c.whole, s, c.text)
		}
		encoded, err := json.Marshal(s)
		if err != nil || string(encoded) != c.asked {
			t.Errorf("%d of %d is %s in JSON (%v), want %s", c.n, c.whole, encoded, err, c.asked)
		}
		var back Share
		if err := json.Unmarshal(encoded, &back); err != nil || back != s {
			t.Errorf("%s comes back as %v, %v", encoded, back, err)
		}
	}
	var s Share
	if json.Unmarshal([]byte(`"all"`), &s) == nil {
		t.Error("a word is read as a share")
	}
}
