package transformer

import (
	"strings"
	"unicode"

	"switchboard/internal/text"
)

// Fold returns the text in printable ASCII, and for each of its bytes, and for
// its end, where it comes from; nil if the text is that already.
//
// On ASCII the rules by which models cut text are few enough to follow exactly
// (see package subword), and a byte is a character. Letters lose their accents
// and keep their place in the word; combining marks and joiners go; what has no like in ASCII, an emoji or a
// letter of another script, becomes a space.
func Fold(s string) (string, []int) {
	if isPrintable(s) {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	origin := make([]int, 0, len(s)+1)
	for i, r := range s {
		c := foldRune(r)
		if c == 0 {
			continue
		}
		b.WriteByte(c)
		origin = append(origin, i)
	}
	return b.String(), append(origin, len(s))
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// foldRune returns 0 for what is left out.
func foldRune(r rune) byte {
	switch r {
	case '‘', '’', '‚', '′', '`', '´':
		return '\''
	case '“', '”', '„', '«', '»':
		return '"'
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	case '…':
		return '.'
	}
	if r < ' ' || r == 0x7F {
		return ' '
	}
	if c := text.Fold(r); c != 0 {
		return c
	}
	if unicode.In(r, unicode.M, unicode.Cf) {
		return 0
	}
	return ' '
}
