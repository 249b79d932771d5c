package anonymize

import "context"

// Hidden tells whether a model would not be shown the text, and how many of the
// names that it finds there would be lost: those that the rules do not have, and
// that would have been kept.
func (a *Anonymizer) Hidden(ctx context.Context, s string, model []Span) (hidden bool, lost int, err error) {
	found, err := a.rules.Recognize(ctx, []string{s})
	if err != nil {
		return false, 0, err
	}
	var t tweet
	t.scan(s, a.lexicon)
	if t.isCandidate(found[0]) {
		return false, 0, nil
	}
	for _, sp := range model {
		for _, w := range t.within(sp) {
			if !isCovered(found[0], w) && !t.isAllowed(sp) && !t.isPlain(w) {
				lost++
				break
			}
		}
	}
	return true, lost, nil
}
