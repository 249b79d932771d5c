package reports

import (
	"fmt"

	"switchboard/internal/pipeline"
)

// OnFirstWords says how a model that was trained on either does on first words alone;
// of others, which have no such judgement, nothing.
func OnFirstWords(m *pipeline.FirstWordsMetrics, precision float64) []string {
	if m == nil {
		return nil
	}
	return []string{fmt.Sprintf("On the first words alone of %d conversations this model is right in %s. With a threshold of their own, for %.0f%% to be correct, it answers %s and is correct in %s of these.",
		m.Test.Examples, m.Test.Accuracy, 100*precision, m.Test.Coverage, m.Test.Precision)}
}

// KnownOf is what a conversation of a [pipeline.KnownScore] is known by.
func KnownOf(tweets int) string {
	switch tweets {
	case 0:
		return "the whole conversation"
	case 1:
		return "the customer's first tweet"
	}
	return fmt.Sprintf("the first %d tweets from there", tweets)
}
