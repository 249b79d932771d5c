package subword

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// finder returns where its pattern occurs, as indices of characters.
type finder func([]char) [][2]int

// lookahead ends the expressions of GPT-2 and its descendants. It is the one
// thing in them that Go's regexp has not: white space, but for the last of it
// where a word follows.
const lookahead = `\s+(?!\S)|\s+`

// gpt2 is the expression of the ByteLevel pre-tokenizer.
const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|` + lookahead

// find makes a finder. Expressions are those of Oniguruma; one that could mean
// something else to Go's regexp is refused.
func (p *pattern) find() (finder, error) {
	if p == nil || p.String == "" && p.Regex == "" {
		return nil, fmt.Errorf("a pattern of it is empty")
	}
	expression := regexp.QuoteMeta(p.String)
	trimmed := false
	if p.Regex != "" {
		expression = p.Regex
		if rest, ok := strings.CutSuffix(expression, lookahead); ok {
			expression, trimmed = rest+`(\s+)`, true
			if strings.Contains(strings.ReplaceAll(rest, "(?", ""), "(") {
				return nil, fmt.Errorf("its pattern %q is not known here", p.Regex)
			}
		}
		for _, other := range []string{"$", "(?m", "(?s", "(?x", "[[", "&&", `\h`, `\b`, "(^", "|^"} {
			if strings.Contains(expression, other) || strings.HasPrefix(expression, "^") {
				return nil, fmt.Errorf("its pattern %q is not known here", p.Regex)
			}
		}
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("its pattern %q is not known here", p.Regex)
	}
	return func(chars []char) [][2]int { return find(re, trimmed, chars) }, nil
}

// find returns the matches. If trimmed is set, the expression's one group is
// white space that leaves its last character to the word behind it.
func find(re *regexp.Regexp, trimmed bool, chars []char) (matches [][2]int) {
	s, at := text(chars)
	for from := 0; from < len(s); {
		m := re.FindStringSubmatchIndex(s[from:])
		if m == nil {
			break
		}
		start, end := from+m[0], from+m[1]
		if trimmed && m[2] >= 0 && end < len(s) && end-start > 1 {
			end--
		}
		if end == start {
			from++
			continue
		}
		matches = append(matches, [2]int{at(start), at(end)})
		from = end
	}
	return matches
}

// text returns the characters as a string, and what finds the character at a
// byte of it.
func text(chars []char) (string, func(int) int) {
	var b strings.Builder
	b.Grow(len(chars))
	for _, c := range chars {
		b.WriteRune(c.r)
	}
	if b.Len() == len(chars) {
		return b.String(), func(pos int) int { return pos }
	}
	starts := make([]int, len(chars)+1)
	pos := 0
	for i, c := range chars {
		starts[i] = pos
		pos += len(string(c.r))
	}
	starts[len(chars)] = pos
	return b.String(), func(pos int) int {
		i, _ := slices.BinarySearch(starts, pos)
		return i
	}
}
