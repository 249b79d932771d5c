// Package evaluate judges a model's answers against the truth and finds the
// confidence below which an answer is better not given.
package evaluate

import (
	"cmp"
	"math"
	"slices"

	"switchboard/internal/pipeline"
)

// Answer is one prediction beside the truth.
type Answer struct {
	// Thread tells which answers belong together: conversations of one
	// thread share tweets, and are right or wrong together more often than
	// not.
	Thread int64
	Truth  string
	// Company is what the model said; [pipeline.Unknown] is no answer.
	Company string
	// Confidence is between 0 and 1.
	Confidence float64
}

func (a Answer) right() bool { return a.Company == a.Truth }

func (a Answer) given(threshold float64) bool {
	return a.Company != pipeline.Unknown && a.Confidence >= threshold
}

// Never is a threshold that no confidence reaches.
var Never = math.Nextafter(1, 2)

// Threshold returns the lowest confidence from which on answers reach the
// asked precision, so that as many as possible are given. It is [Never] if no
// threshold reaches it, and 0 if every answer may be given.
func Threshold(answers []Answer, precision float64) float64 {
	given := slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return a.Company == pipeline.Unknown })
	slices.SortFunc(given, func(a, b Answer) int { return cmp.Compare(b.Confidence, a.Confidence) })
	best, right := Never, 0
	for i, a := range given {
		if a.right() {
			right++
		}
		// Answers of equal confidence stand or fall together.
		if i+1 < len(given) && given[i+1].Confidence == a.Confidence {
			continue
		}
		if float64(right) >= precision*float64(i+1) {
			best = a.Confidence
			if i+1 == len(given) {
				best = 0
			}
		}
	}
	return best
}

// Score is a model's performance on one split.
type Score = pipeline.Score

// Measure scores the answers at a threshold. Of no answers every share is
// [None].
func Measure(answers []Answer, threshold float64) Score {
	var right, given, givenRight int
	for _, a := range answers {
		if a.right() {
			right++
		}
		if !a.given(threshold) {
			continue
		}
		given++
		if a.right() {
			givenRight++
		}
	}
	return Score{
		Examples:  int64(len(answers)),
		Accuracy:  ShareOf(right, len(answers)),
		Precision: ShareOf(givenRight, given),
		Coverage:  ShareOf(given, len(answers)),
	}
}

// Majority is the commonest company among the truths and the accuracy of always
// naming it: what a model has to beat to be of any use. Of companies that are
// equally common it is the first in the alphabet. Examples of
// [pipeline.Unknown] have no company to name, and count as wrong. Where no truth
// is a company, the company is empty and the accuracy 0; of no answers it is
// [None].
func Majority(answers []Answer) (company string, accuracy Share) {
	count := map[string]int{}
	for _, a := range answers {
		if a.Truth == pipeline.Unknown {
			continue
		}
		count[a.Truth]++
		if n, best := count[a.Truth], count[company]; n > best || n == best && a.Truth < company {
			company = a.Truth
		}
	}
	return company, ShareOf(count[company], len(answers))
}
