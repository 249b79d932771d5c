package review

import (
	"time"

	"switchboard/internal/pipeline"
)

// Label is what one person says a call is about.
type Label struct {
	// Reviewer is an account's id, and Label a company or [pipeline.Unknown].
	Reviewer, Label string
}

// Judged is a call that people judged, with what the model had said.
type Judged struct {
	CallID string
	// At is when the call was stored.
	At     time.Time
	Model  string
	Status pipeline.AnswerStatus
	// Company is the answer. Named is the label that the model named, whatever the
	// threshold made of it; empty if it named none.
	Company, Named string
	// Confidence is the probability of Named, from 0 to 1.
	Confidence, Threshold float64
	// Sampled tells that the call is part of the random sample, and Conversation that it
	// is a conversation of a dataset.
	Sampled, Conversation bool
	// Labels has one of each person, in any order.
	Labels []Label
}

// Answered tells that the model named a company and was sure.
func (j *Judged) Answered() bool {
	return j.Status == pipeline.AnswerClassified && j.Company != pipeline.Unknown
}

// Label returns what more people say than say anything else. A tie is no label:
// false, as without any.
func (j *Judged) Label() (string, bool) {
	if len(j.Labels) == 1 { // as of nearly every call
		return j.Labels[0].Label, true
	}
	labels := make([]string, len(j.Labels))
	for i, l := range j.Labels {
		labels[i] = l.Label
	}
	return Majority(labels)
}

// Majority returns the most frequent label; false if there is none, or no single
// one.
func Majority(labels []string) (string, bool) {
	counts := map[string]int{}
	for _, l := range labels {
		counts[l]++
	}
	best, tie := "", true
	for label, n := range counts {
		switch {
		case n > counts[best] || best == "" && counts[""] == 0:
			best, tie = label, false
		case n == counts[best] && label != best:
			tie = true
		}
	}
	if tie {
		return "", false
	}
	return best, true
}
