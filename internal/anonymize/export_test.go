package anonymize

import "context"

// IsCandidate tells whether a model would be shown the text.
func (a *Anonymizer) IsCandidate(ctx context.Context, s string) (bool, error) {
	found, err := a.rules.Recognize(ctx, []string{s})
	if err != nil {
		return false, err
	}
	var t tweet
	t.scan(s, a.lexicon)
	return t.isCandidate(found[0]), nil
}
