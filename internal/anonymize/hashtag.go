package anonymize

import (
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

// hashtag finds a name among the words that are run together in a hashtag:
// #TeamBecky, #AlanPardew, #beckyforpresident; and a family name in one of its own:
// Julian #Assange. All of the hashtag is replaced, for what would be left of it leads
// to the person.
func (t *tweet) hashtag(i int, l *lexicon) {
	w := t.words[i]
	if w.class&(brand|never) != 0 {
		return
	}
	named := t.beginsWithName(w, l) || i > 0 && t.gap(i) == " #" && t.knownName(i-1) && t.unlisted(i) && !t.isPlain(w) && !t.isCompound(w, l)
	for _, part := range t.tagWords(w) {
		switch c := l.class(t.text, part); {
		case c&saints != 0:
			return
		case part.shape == title && part.end-part.start > 2 && c&(ambiguous|common|brand|never) == 0 && t.isListed(part, c, l):
			named = true
		}
	}
	if named {
		t.add("hashtag", Person, w.start, w.end)
	}
}

// isListed tells a word among others that is a name and nothing else: a given name
// of this package, or one of the gazetteer that is not the plural of a word (#GoBills).
func (t *tweet) isListed(part word, c class, l *lexicon) bool {
	if c&given != 0 {
		return true
	}
	name := key(t.text, part)
	kind := gazetteer.Of(name)
	stem := l.words[strings.TrimSuffix(name, "s")]
	return (kind == gazetteer.Given || kind == gazetteer.Family) && len(name) > 3 && (c|stem)&(plain|common) == 0
}

// beginsWithName tells a hashtag in small letters that is no word and not made of
// ordinary ones, and that has a given name of four letters or more as the longest
// word that it begins with.
func (t *tweet) beginsWithName(w word, l *lexicon) bool {
	if w.start == 0 || t.text[w.start-1] != '#' || w.shape != lower || w.class != 0 {
		return false
	}
	for end := w.end - 3; end >= w.start+4; end-- {
		if c := l.class(t.text, word{start: w.start, end: end, shape: lower}); c != 0 {
			isWord := c&(ambiguous|common|brand|never) != 0 || c&plain != 0 && c&elsewhere == 0
			return c&given != 0 && !isWord && !t.isSentence(w, l)
		}
	}
	return false
}

// isSentence tells a word that is made of ordinary ones; of those with two letters
// only the commonest count.
func (t *tweet) isSentence(w word, l *lexicon) bool {
	ends := map[int]bool{w.start: true} // where the last of some words ends
	for end := w.start + 2; end <= w.end; end++ {
		for start := max(w.start, end-maxKey); start <= end-2 && !ends[end]; start++ {
			c := l.class(t.text, word{start: start, end: end, shape: lower})
			ends[end] = ends[start] && (c&common != 0 || c&plain != 0 && end-start > 2)
		}
	}
	return ends[w.end]
}

// tagWords returns the words that are run together in w behind a #; none if w is
// no hashtag, or a single word, which is for the other rules as if there were no #.
func (t *tweet) tagWords(w word) []word {
	if w.start == 0 || t.text[w.start-1] != '#' {
		return nil
	}
	if parts := t.runTogether(w); len(parts) > 1 {
		return parts
	}
	return nil
}

// runTogether cuts a word before each of its capitals: BasicEconomy, thanksGary.
func (t *tweet) runTogether(w word) (parts []word) {
	for from := w.start; from < w.end; {
		part := word{start: from, end: from + 1, shape: lower}
		if isUpper(t.text[from]) {
			part.shape = title
		}
		for part.end < w.end && !isUpper(t.text[part.end]) {
			part.end++
		}
		parts = append(parts, part)
		from = part.end
	}
	return parts
}

// isCompound tells a word in which only words that are no names are run together.
func (t *tweet) isCompound(w word, l *lexicon) bool {
	if w.shape == upper {
		return false
	}
	parts := t.runTogether(w)
	for _, part := range parts {
		if c := l.class(t.text, part); c&given != 0 || c&(plain|common|brand|never) == 0 {
			return false
		}
	}
	return len(parts) > 1
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
