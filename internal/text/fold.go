package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the ASCII letter or digit that r is built on, in its case:
// 'é' is 'e', 'Ł' is 'L', the full-width '７' is '7'. ASCII is returned as it
// is. It returns 0 for everything else.
func Fold(r rune) byte {
	if r < utf8.RuneSelf {
		return byte(r)
	}
	if int(r) < len(folds) {
		return folds[r]
	}
	return fold(r)
}

// folds holds the Latin letters of Europe and Vietnam, nearly all there are
// in practice.
var folds = func() (t [0x1F00]byte) {
	for r := rune(utf8.RuneSelf); int(r) < len(t); r++ {
		t[r] = fold(r)
	}
	return t
}()

func fold(r rune) byte {
	if b := undecomposed[r]; b != 0 {
		return b
	}
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	var buf [utf8.UTFMax]byte
	first, _ := utf8.DecodeRune(norm.NFKD.Append(nil, buf[:utf8.EncodeRune(buf[:], r)]...))
	if first < utf8.RuneSelf {
		return byte(first)
	}
	return 0
}

// undecomposed are the letters that Unicode does not take apart.
var undecomposed = map[rune]byte{
	'ø': 'o', 'Ø': 'O', 'ł': 'l', 'Ł': 'L', 'đ': 'd', 'Đ': 'D', 'ð': 'd', 'Ð': 'D', 'ħ': 'h', 'Ħ': 'H',
	'ı': 'i', 'ß': 's', 'ẞ': 'S', 'æ': 'a', 'Æ': 'A', 'œ': 'o', 'Œ': 'O', 'þ': 't', 'Þ': 'T',
}
