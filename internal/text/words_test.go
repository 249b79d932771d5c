package text_test

import (
	"testing"

	"switchboard/internal/text"
)

func TestWords(t *testing.T) {
	for s, want := range map[string]int{
		"":                                0,
		" \n\t":                           0,
		"hello":                           1,
		"hello, world!":                   4,
		"déjà vu 😡😡":                      4,
		"BA0123 <url>":                    4,
		"don't":                           3,
		"line\nbreak":                     2,
		"\u0939\u093f\u0928 \u4e2d\u6587": 2,
	} {
		if got := text.Words(s); got != want {
			t.Errorf("%q has %d words, want %d", s, got, want)
		}
	}
}
