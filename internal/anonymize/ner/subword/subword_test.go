package subword

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is a text as the Python library cuts it; testdata/make_kinds.py of the
// parent folder writes them.
type golden struct {
	Text    string   `json:"text"`
	IDs     []uint32 `json:"ids"`
	Types   []uint32 `json:"types"`
	Offsets [][2]int `json:"offsets"`
	Frame   []int    `json:"frame"`
}

// SUBWORD_KINDS names another folder of kinds, to compare on more texts than
// are kept here.
func kinds(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("SUBWORD_KINDS")
	if dir == "" {
		dir = "../testdata/kinds"
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "tokenizer.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no kinds in %s: %v", dir, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func parse(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Every kind of tokenizer cuts texts into the ids of the Python library, and
// at its offsets but for white space in front of a token: the library counts it
// in or not as a file says, and here it always counts.
func TestLikeThePythonLibrary(t *testing.T) {
	for _, dir := range kinds(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			k := parse(t, dir)
			raw, err := os.ReadFile(filepath.Join(dir, "golden.json"))
			if err != nil {
				t.Fatal(err)
			}
			var rows []golden
			if err := json.Unmarshal(raw, &rows); err != nil {
				t.Fatal(err)
			}
			for _, want := range rows {
				got := k.Encode(want.Text)
				if !slices.Equal(got.IDs, want.IDs) {
					t.Errorf("%q has the ids\n%v, want\n%v", want.Text, got.IDs, want.IDs)
					continue
				}
				if !slices.Equal(got.TypeIDs, want.Types) {
					t.Errorf("%q has the types\n%v, want\n%v", want.Text, got.TypeIDs, want.Types)
				}
				for i, frame := range got.Frame {
					if frame != (want.Frame[i] == 1) {
						t.Errorf("token %d of %q: frame is %v", i, want.Text, frame)
					}
					if a, b := seen(want.Text, got.Offsets[i]), seen(want.Text, want.Offsets[i]); !frame && a != b {
						t.Errorf("token %d of %q is at %v %q, want %v %q", i, want.Text, got.Offsets[i], want.Text[a[0]:a[1]], want.Offsets[i], want.Text[b[0]:b[1]])
					}
				}
			}
		})
	}
}

// seen returns the bounds of a token without white space at its ends.
func seen(text string, offsets [2]int) [2]int {
	s := text[offsets[0]:offsets[1]]
	start := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return [2]int{}
	}
	return [2]int{offsets[0] + start, offsets[0] + start + len(trimmed)}
}
