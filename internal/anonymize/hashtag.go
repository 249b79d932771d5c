package anonymize

import "iter"

// hashtag finds a name among the words that are run together in a hashtag:
// #TeamBecky, #AlanPardew. All of the hashtag is replaced, for what would be left
// of it leads to the person.
func (t *tweet) hashtag(i int, l *lexicon) {
	w := t.words[i]
	if w.class&(brand|never) != 0 {
		return
	}
	named := false
	for part := range t.tagWords(w) {
		switch c := l.class(t.text, part); {
		case c&saints != 0:
			return
		case c&given != 0 && c&(ambiguous|common|brand|never) == 0 && part.end-part.start > 2:
			named = true
		}
	}
	if named {
		t.add("hashtag", Person, w.start, w.end)
	}
}

// tagWords yields the words that are run together in w behind a #, as far as they
// begin with a capital; none if w is no hashtag, or a single word, which is for
// the other rules as if there were no #.
func (t *tweet) tagWords(w word) iter.Seq[word] {
	return func(yield func(word) bool) {
		if w.start == 0 || t.text[w.start-1] != '#' {
			return
		}
		for from := w.start; from < w.end; {
			to := from + 1
			for to < w.end && !isUpper(t.text[to]) {
				to++
			}
			part := word{start: from, end: to, shape: title}
			if from == w.start && to == w.end || isUpper(t.text[from]) && !yield(part) {
				return
			}
			from = to
		}
	}
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
