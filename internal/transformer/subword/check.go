package subword

import (
	"errors"
	"fmt"
	"strings"
)

// sentences are what Parse tries a tokenizer on. They have no character that a
// known normalizer turns into another.
var sentences = []string{
	"Hello Naomi, we are happy to have you here today!",
	"Thanks for the order (no. 20175), Mr. Smith - is it late again? -JB",
	"  write to:  help@example.com/now #delayed ",
}

// check tries the tokenizer: every token has to be where its text is, in order,
// and every letter has to be in one.
func (t *Tokenizer) check() error {
	known, letters := 0, 0
	for _, s := range sentences {
		e := t.Encode(s)
		covered := make([]bool, len(s))
		last := [2]int{}
		for i, at := range e.Offsets {
			if e.Frame[i] {
				continue
			}
			if at[0] < last[0] || at[1] < last[1] || at[0] > at[1] || at[1] > len(s) {
				return errors.New("it misplaces tokens in a text that it was tried on")
			}
			last = at
			surface, ok := t.content(e.IDs[i])
			if !ok {
				markLetters(s, at, covered)
				continue
			}
			want := strings.ToLower(strings.TrimSpace(surface))
			if got := strings.ToLower(strings.TrimSpace(s[at[0]:at[1]])); want != "" && got != want {
				return fmt.Errorf("it places the token %q where a text that it was tried on has %q", want, got)
			}
			known += markLetters(s, at, covered)
		}
		for i := range len(s) {
			if isLetter(s[i]) {
				letters++
				if !covered[i] {
					return fmt.Errorf("it leaves out the letter %q", s[i])
				}
			}
		}
	}
	if known < letters/2 {
		return fmt.Errorf("it knows %d of %d letters of English text", known, letters)
	}
	return nil
}

// markLetters marks what a token covers, and counts the letters in it.
func markLetters(s string, at [2]int, covered []bool) (letters int) {
	for i := at[0]; i < at[1]; i++ {
		covered[i] = true
		if isLetter(s[i]) {
			letters++
		}
	}
	return letters
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
