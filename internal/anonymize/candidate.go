package anonymize

import "strings"

// isCandidate tells whether a model has to look at the text that was scanned:
// whether it has a word that may be a name and that no rule has taken yet. Words
// that are none are listed in words/plain.txt. What that costs and spares is
// measured in docs/privacy.md.
func (t *tweet) isCandidate(found []Span) bool {
	for _, w := range t.words {
		if !t.isPlain(w) && !isCovered(found, w) {
			return true
		}
	}
	return false
}

// isPlain tells a word that is no name as it is written here.
func (t *tweet) isPlain(w word) bool {
	switch {
	case w.shape == digits || strings.ContainsAny(t.text[w.start:w.end], "0123456789"):
		return true
	case w.class&common != 0 && w.class&given == 0:
		return true
	}
	return w.class&plain != 0 && (w.shape == lower || w.class&(given|elsewhere) == 0)
}

func isCovered(spans []Span, w word) bool {
	for _, sp := range spans {
		if sp.Start <= w.start && w.end <= sp.End {
			return true
		}
	}
	return false
}
