package sample

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// habits are how one customer types, the same in all of a thread.
type habits struct {
	// careful customers write sentences: capital first, full stop last.
	careful   bool
	lowercase bool
	// apostrophe is what stands for one: dont, don't or don’t.
	apostrophe string
	// shorthand: u, pls, thx.
	shorthand bool
	shouts    bool
	emotional bool
	// typos is the probability of one in a word.
	typos float64
}

func (v *voice) habits() habits {
	return habits{
		careful:    v.chance(0.45),
		lowercase:  v.chance(0.12),
		apostrophe: choose(v, []string{"", "’", "'", "'", "'"}),
		shorthand:  v.chance(0.1),
		shouts:     v.chance(0.04),
		emotional:  v.chance(0.12),
		typos:      [...]float64{0, 0, 0.005, 0.03}[v.IntN(4)],
	}
}

var short = map[string]string{
	"you": "u", "your": "ur", "please": "pls", "Please": "Pls", "thanks": "thx", "Thanks": "Thx",
	"are": "r", "because": "cos", "with": "w/", "people": "ppl", "why": "y", "and": "&",
	"minutes": "mins", "to": "2", "for": "4", "what": "wat", "going": "goin", "about": "abt",
}

// typed is the text as this customer types it. Mentions, links and planted
// details stay as they are, but for letter case.
func (v *voice) typed(text string, h habits) string {
	if h.careful {
		text = sentence(text)
	}
	words := strings.Split(text, " ")
	inside := false // a detail
	for i, w := range words {
		starts := inside
		for j := range len(w) {
			if isMark(w[j]) {
				inside = w[j] != closing
			}
		}
		if starts || strings.ContainsAny(w, "@/#") || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' }) {
			continue
		}
		words[i] = v.typedWord(w, h)
	}
	text = strings.Join(words, " ")
	if h.emotional && v.chance(0.6) {
		text += choose(v, []string{"!!", "!!!", "?!", "...", " lol", " smh"})
	}
	return text
}

func (v *voice) typedWord(w string, h habits) string {
	if s, ok := short[w]; ok && h.shorthand && v.chance(0.7) {
		w = s
	}
	if h.apostrophe != "'" {
		w = strings.ReplaceAll(w, "'", h.apostrophe)
	}
	switch {
	case h.lowercase:
		w = strings.ToLower(w)
	case h.shouts && v.chance(0.6):
		w = strings.ToUpper(w)
	}
	if len(w) > 3 && isASCII(w) && v.chance(h.typos) {
		w = v.typo(w)
	}
	return w
}

// typo swaps, drops or doubles a letter inside a word.
func (v *voice) typo(w string) string {
	i := 1 + v.IntN(len(w)-2)
	switch v.IntN(3) {
	case 0:
		return w[:i] + w[i+1:i+2] + w[i:i+1] + w[i+2:]
	case 1:
		return w[:i] + w[i+1:]
	}
	return w[:i] + w[i:i+1] + w[i:]
}

// sentence makes the first letter a capital and ends with a full stop, unless
// the text begins or ends with something else than a letter.
func sentence(text string) string {
	if r, size := utf8.DecodeRuneInString(text); unicode.IsLower(r) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	if r, _ := utf8.DecodeLastRuneInString(text); unicode.IsLetter(r) || unicode.IsDigit(r) {
		if last := text[strings.LastIndexByte(text, ' ')+1:]; !strings.Contains(last, "/") && !strings.HasPrefix(last, "@") && !strings.HasPrefix(last, "#") {
			text += "."
		}
	}
	return text
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
