package text

import (
	"unicode"
	"unicode/utf8"
)

// Words counts runs of letters and digits, and every other character that is
// not white space. It is how the model server counts tokens.
func Words(s string) int {
	count := 0
	inWord := false
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9',
			r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)):
			if !inWord {
				count++
			}
			inWord = true
		case unicode.IsSpace(r):
			inWord = false
		default:
			count++
			inWord = false
		}
	}
	return count
}
