// Package explain makes of what a provider tells about an answer what a person is
// shown: labels that the model has, and words that are in the text. What a provider
// says beside these is not passed on.
package explain

import (
	"slices"
	"strings"

	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// most is how many words of either side are shown.
const most = 8

// Add adds what the project's own server tells of a text.
func Add(x *pipeline.Explanation, told provider.Explanation, labels []string, text string) {
	for _, a := range told.Answers {
		if known(a.Label, labels) {
			x.Answers = append(x.Answers, pipeline.LikelyAnswer{Label: a.Label, Probability: a.Probability})
		}
	}
	if !known(told.Label, labels) || !known(told.Rival, labels) {
		return
	}
	x.Label, x.Rival, x.Embedding = told.Label, told.Rival, told.Embedding
	// The classifier reads every digit as 0.
	text = strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, text)
	for _, f := range told.Features {
		word := pipeline.WordWeight{Word: f.Text, Weight: f.Weight}
		switch {
		case f.Text == "" || !strings.Contains(text, f.Text):
		case f.Weight > 0 && len(x.For) < most:
			x.For = append(x.For, word)
		case f.Weight < 0 && len(x.Against) < most:
			x.Against = append(x.Against, word)
		}
	}
}

// Likely returns the answer and the labels that other likely beginnings of it can
// only mean. An answer that is no label is left out.
func Likely(answer provider.Answer, candidates []provider.Candidate, labels []string) []pipeline.LikelyAnswer {
	likely := []pipeline.LikelyAnswer{}
	add := func(label string, probability float64) {
		if label != "" && !slices.ContainsFunc(likely, func(l pipeline.LikelyAnswer) bool { return l.Label == label }) {
			likely = append(likely, pipeline.LikelyAnswer{Label: label, Probability: probability})
		}
	}
	if answer.HasConfidence {
		add(meant(answer.Text, labels), answer.Confidence)
	}
	for _, c := range candidates {
		add(meant(c.Text, labels), c.Probability)
	}
	slices.SortStableFunc(likely, func(a, b pipeline.LikelyAnswer) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	return likely
}

func known(label string, labels []string) bool {
	return label == pipeline.Unknown || slices.Contains(labels, label)
}

// meant is the only label that begins so, "" if none or several do.
func meant(start string, labels []string) string {
	start = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(start), "@"))
	found := ""
	if start == "" {
		return ""
	}
	for _, label := range append([]string{pipeline.Unknown}, labels...) {
		switch lower := strings.ToLower(label); {
		case lower == start:
			return label
		case strings.HasPrefix(lower, start) && found != "" && found != label:
			found = "-"
		case strings.HasPrefix(lower, start):
			found = label
		}
	}
	return strings.TrimSuffix(found, "-")
}
