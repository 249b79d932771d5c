package subword

import (
	"slices"
	"unicode"
)

// added is a token that is found in a text before any other step.
type added struct {
	ID         uint32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LeftStrip  bool   `json:"lstrip"`
	RightStrip bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`

	runes []rune
}

// addTokens sorts the added tokens by where they are looked for: in the text,
// or in what the normalizer makes of it.
func (t *Tokenizer) addTokens(tokens []added) {
	for _, a := range tokens {
		t.largest = max(t.largest, a.ID)
		a.runes = []rune(a.Content)
		if a.Normalized {
			chars := make([]char, len(a.runes))
			for i, r := range a.runes {
				chars[i].r = r
			}
			for _, step := range t.normalize {
				chars = step(chars)
			}
			a.runes = a.runes[:0]
			for _, c := range chars {
				a.runes = append(a.runes, c.r)
			}
		}
		switch {
		case len(a.runes) == 0:
		case a.Normalized:
			t.normalized = append(t.normalized, a)
		default:
			t.raw = append(t.raw, a)
		}
	}
	for _, list := range [][]added{t.raw, t.normalized} {
		slices.SortStableFunc(list, func(a, b added) int { return len(b.runes) - len(a.runes) })
	}
}

// part is a piece between added tokens, or one of them.
type part struct {
	chars []char
	added bool
	token token
}

// cut finds added tokens, from left to right and the longest first.
func cut(chars []char, tokens []added) (parts []part) {
	if len(tokens) == 0 {
		return []part{{chars: chars}}
	}
	from := 0
	for i := 0; i < len(chars); {
		a := match(chars, i, tokens)
		if a == nil {
			i++
			continue
		}
		start, end := i, i+len(a.runes)
		i = end
		if a.SingleWord && (start > 0 && isWordRune(chars[start-1].r) || end < len(chars) && isWordRune(chars[end].r)) {
			continue
		}
		for a.LeftStrip && start > from && unicode.IsSpace(chars[start-1].r) {
			start--
		}
		for a.RightStrip && end < len(chars) && unicode.IsSpace(chars[end].r) {
			end++
		}
		if from < start {
			parts = append(parts, part{chars: chars[from:start]})
		}
		parts = append(parts, part{added: true, token: token{a.ID, chars[start].start, chars[end-1].end}})
		from, i = end, end
	}
	if from < len(chars) {
		parts = append(parts, part{chars: chars[from:]})
	}
	return parts
}

func match(chars []char, at int, tokens []added) *added {
	for i := range tokens {
		a := &tokens[i]
		if at+len(a.runes) <= len(chars) && chars[at].r == a.runes[0] && equal(chars[at:at+len(a.runes)], a.runes) {
			return a
		}
	}
	return nil
}

func equal(chars []char, runes []rune) bool {
	for i, r := range runes {
		if chars[i].r != r {
			return false
		}
	}
	return true
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
