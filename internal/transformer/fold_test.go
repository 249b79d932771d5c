package transformer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"plain ASCII, as it is!": "plain ASCII, as it is!",
		"José's café":            "Jose's cafe",
		"Jose\u0301":             "Jose",
		"“quoted” – it’s…":       "\"quoted\" - it's.",
		"a\tb\nc":                "a b c",
		"👍 Hi":                   "  Hi",
		"a\u200db":               "ab",
		"日本":                     "  ",
	} {
		got, origin := Fold(text)
		if got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
		if origin != nil && len(origin) != len(got)+1 {
			t.Errorf("%q: %d places for %d bytes", text, len(origin), len(got))
		}
	}
	folded, origin := Fold("José ✈ Naomi")
	at := strings.Index(folded, "Naomi")
	if rest := "José ✈ Naomi"[origin[at]:]; rest != "Naomi" {
		t.Errorf("the name comes from %q", rest)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"José", "\xff\xfe", "👩‍👩‍👧 Naomi", "a\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded, origin := Fold(s)
		for i := range len(folded) {
			if folded[i] < ' ' || folded[i] > '~' {
				t.Fatalf("%q has a byte that is not printable ASCII: %q", s, folded)
			}
			if origin == nil {
				continue
			}
			if origin[i] >= origin[i+1] || origin[i+1] > len(s) {
				t.Fatalf("%q: byte %d comes from %d and the next from %d", s, i, origin[i], origin[i+1])
			}
			if r, _ := utf8.DecodeRuneInString(s[origin[i]:]); utf8.ValidString(s) && r == utf8.RuneError && !strings.HasPrefix(s[origin[i]:], "\ufffd") {
				t.Fatalf("%q: byte %d comes from within a character", s, i)
			}
		}
		if origin == nil && folded != s {
			t.Fatalf("%q folds to %q without places", s, folded)
		}
	})
}
