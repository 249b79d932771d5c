package text_test

import (
	"testing"

	"switchboard/internal/text"
)

func TestFold(t *testing.T) {
	for r, want := range map[rune]byte{
		'a': 'a', 'Z': 'Z', '7': '7', '-': '-', 'é': 'e', 'É': 'E', 'ñ': 'n', 'Ł': 'L', 'ø': 'o', 'ß': 's', 'ı': 'i',
		'ế': 'e', 'Ａ': 'A', '７': '7', '日': 0, 'ש': 0, '🙂': 0, '’': 0, '\u0301': 0, '\u200d': 0, '½': 0,
	} {
		if got := text.Fold(r); got != want {
			t.Errorf("Fold(%q) = %q, want %q", r, got, want)
		}
	}
}
