package anonymize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// signoff finds the agent's name or initials at the end of a tweet: "-Becky",
// "^JB", "*TMT", "~Heather", "/JP", "- AA", "Regards, Amruta", and "Lewis"
// behind a full stop. Links and part numbers ("1/2") may follow.
func (t *tweet) signoff() {
	t.carets()
	last := t.lastWord()
	if last < 0 {
		return
	}
	// "^Beth S." and "-Kat Grisham" before "-Becky".
	if last > 0 && (t.gap(last) == " " || t.gap(last) == "-") && t.words[last-1].shape == title && !t.words[last-1].possessive {
		w := t.words[last]
		initial := w.shape == upper && t.len(last) == 1
		if (initial || t.unlisted(last)) && t.signed(last-1, last+1) {
			t.addName("signoff", last-1, last+1)
			return
		}
	}
	if t.signed(last, last+1) || t.signedBare(last) {
		t.addName("signoff", last, last+1)
	}
}

// lastWord returns the index of the last word that is neither a link nor part
// of a part number, -1 if there is none.
func (t *tweet) lastWord() int {
	i := len(t.words) - 1
	for i >= 0 {
		w := t.words[i]
		switch {
		case t.isWord(i, "url") && strings.HasSuffix(t.text[:w.start], "<"):
			i--
		case w.shape == digits && i > 0 && t.words[i-1].shape == digits && t.gap(i) == "/":
			i -= 2
		case w.shape == digits && t.len(i) == 1 && strings.HasSuffix(t.text[:w.start], "("):
			i--
		default:
			if w.shape == digits || w.shape == other || w.possessive {
				return -1
			}
			return i
		}
	}
	return -1
}

// carets finds "^JB" anywhere: nothing else is written so.
func (t *tweet) carets() {
	if strings.IndexByte(t.text, '^') < 0 {
		return
	}
	for i, w := range t.words {
		if w.start == 0 || t.text[w.start-1] != '^' || w.class&never != 0 {
			continue
		}
		if t.initials(i, 4) || t.expected(i) || w.shape == upper && t.len(i) <= 3 {
			t.addName("signoff", i, i+1)
		}
	}
}

// mark returns the sign in front of pos and whether a space stands between,
// and the text before the sign.
func (t *tweet) mark(pos int) (sign rune, spaced bool, before string) {
	before = t.text[:pos]
	if s, ok := strings.CutSuffix(before, " "); ok {
		before, spaced = s, true
	}
	sign, n := utf8.DecodeLastRuneInString(before)
	before = before[:len(before)-n]
	if sign == '–' || sign == '—' {
		sign = '-'
	}
	for strings.HasSuffix(before, "-") && sign == '-' {
		before = before[:len(before)-1]
	}
	return sign, spaced, before
}

// signed tells whether the words from i up to end, the last of the text, are
// a signature behind one of the signs that agents use. What a sign proves
// depends on how else people use it.
func (t *tweet) signed(i, end int) bool {
	w := t.words[i]
	if w.class&never != 0 {
		return false
	}
	sign, spaced, before := t.mark(w.start)
	name, initials := t.expected(i) || w.class&devices != 0 && w.shape == title, t.initials(i, 3)
	known := w.class&given != 0
	switch sign {
	case '^':
		return w.shape == title || w.shape == upper && t.len(i) <= 4 || w.shape == lower && (t.len(i) <= 3 || known)
	case '~':
		return name || initials || w.shape == upper && t.len(i) <= 3 && !spaced || w.shape == lower && known
	case '*':
		// "*sigh*" and "*please" are emphasis and correction.
		if strings.HasPrefix(t.text[t.words[end-1].end:], "*") || spaced && !known {
			return false
		}
		return name || w.shape == upper && t.len(i) <= 3 && (initials || t.detached(before))
	case '=':
		return w.shape == upper && t.len(i) == 2 && w.class&(common|brand) == 0 && strings.HasSuffix(before, " ")
	case '/':
		if !t.detached(before) || w.shape == upper && t.len(i) > 3 {
			return false
		}
		if spaced {
			return known && w.shape == title || initials && t.closed(before)
		}
		return name || initials || w.shape == upper && t.len(i) <= 2
	case '-':
		known = known && (w.shape == title || w.shape == lower && w.class&common == 0)
		switch {
		case w.shape == upper && t.len(i) == 1 && strings.ContainsAny(t.text[max(0, len(before)-1):len(before)], ":;=8xX"):
			return false // ":-P"
		case t.afterClosing(before) || t.closed(before):
			return name || known || w.shape == upper && t.len(i) <= 3 && (initials || t.len(i) <= 2)
		case !t.detached(before):
			return !spaced && t.knownName(i) // "have a great day-Mariya"
		case spaced:
			return known
		}
		return name || known || initials
	}
	return false
}

// detached tells that a sign behind this text does not join two words.
func (t *tweet) detached(before string) bool {
	if before == "" || strings.HasSuffix(before, " ") {
		return true
	}
	return t.closed(before)
}

// closed tells that this text ends as a sentence does: with a stop, a
// bracket, a link or an emoji.
func (t *tweet) closed(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(before, " "))
	if r < utf8.RuneSelf {
		return strings.ContainsRune(".!?)>;:\"'(", r) && r != utf8.RuneError
	}
	return r != utf8.RuneError && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '–' && r != '—' || unicode.Is(unicode.Han, r) ||
		unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r)
}

// afterClosing tells that this text ends in "Thanks" or "Regards".
func (t *tweet) afterClosing(before string) bool {
	pos := len(strings.TrimRight(before, " ,.!"))
	for i := len(t.words) - 1; i >= 0; i-- {
		if w := t.words[i]; w.end <= pos {
			return w.end == pos && w.class&closes != 0 || i > 0 && w.end == pos && t.isWord(i, "you", "best") && t.words[i-1].class&closes != 0
		}
	}
	return false
}

// signedBare tells a signature without a sign: "Regards, Amruta" and
// "Thank you Dan", or a given name or two initials behind a sentence.
func (t *tweet) signedBare(i int) bool {
	w := t.words[i]
	if i == 0 || w.class&never != 0 {
		return false
	}
	before, gap := t.text[:w.start], t.gap(i)
	if strings.Trim(gap, " ,.!") == "" && t.expected(i) && t.afterClosing(before) {
		return w.class&given != 0 || strings.Contains(gap, ",") && !t.openEnded(w.end)
	}
	if gap == "" || !t.closed(before) || t.isPlace(i) || strings.HasPrefix(t.text[w.end:], "?") {
		return false
	}
	if w.shape == title {
		return w.class&given != 0 && (w.class&common == 0 || w.class&ambiguous == 0)
	}
	if w.shape != upper || t.len(i) != 2 {
		return false
	}
	// Japanese tweets have no other Latin letters at their end.
	if strings.ContainsFunc(t.text[max(0, len(before)-40):len(before)], func(r rune) bool { return unicode.Is(unicode.Hiragana, r) }) {
		return true
	}
	return w.class&(common|brand) == 0 && strings.IndexByte("'\":(", before[len(before)-1]) < 0
}
