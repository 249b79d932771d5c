package seal

import (
	"bytes"
	"testing"
)

func TestOnlyWhoAskedOpensAnAnswer(t *testing.T) {
	ours, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("a fragment of a text")
	sealed, err := Seal(ours.Public, text)
	if err != nil || bytes.Contains(sealed, []byte("fragment")) {
		t.Fatalf("sealed as %q, %v", sealed, err)
	}
	if opened, err := ours.Open(sealed); err != nil || !bytes.Equal(opened, text) {
		t.Errorf("opened as %q, %v", opened, err)
	}
	if opened, err := theirs.Open(sealed); err == nil {
		t.Errorf("another key opened %q", opened)
	}
	sealed[len(sealed)-1] ^= 1
	if opened, err := ours.Open(sealed); err == nil {
		t.Errorf("what was changed was opened as %q", opened)
	}
}

func TestSealRefusesWhatIsNoKey(t *testing.T) {
	for _, public := range [][]byte{nil, []byte("short"), make([]byte, 33)} {
		if _, err := Seal(public, []byte("x")); err == nil {
			t.Errorf("%d bytes were taken for a key", len(public))
		}
	}
}
