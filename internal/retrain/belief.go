package retrain

import (
	"cmp"
	"slices"

	"switchboard/internal/review"
)

// Belief is what people say of calls, without what those say whose labels a person is
// to look at first.
type Belief struct {
	labels  map[string]string
	doubted map[string]bool
	// Suspects are the accounts that are not believed, by id: the one with most calls
	// first.
	Suspects []string
}

// Believe sorts out what people say of all calls of a task, those that are held out
// among them: nobody is suspected for a few.
func Believe(judged []review.Judged) Belief {
	b := Belief{labels: map[string]string{}, doubted: map[string]bool{}}
	calls := map[string]int{}
	for _, s := range review.Suspects(judged) {
		b.Suspects = append(b.Suspects, s.Account)
	}
	for _, j := range judged {
		var believed []string
		for _, l := range j.Labels {
			if slices.Contains(b.Suspects, l.Reviewer) {
				calls[l.Reviewer]++
				b.doubted[j.CallID] = true
				continue
			}
			believed = append(believed, l.Label)
		}
		if label, agreed := review.Majority(believed); agreed {
			b.labels[j.CallID] = label
		}
	}
	slices.SortStableFunc(b.Suspects, func(x, y string) int { return cmp.Compare(calls[y], calls[x]) })
	return b
}

// Label is what is believed of a call; false where nothing is.
func (b Belief) Label(callID string) (string, bool) {
	label, ok := b.labels[callID]
	return label, ok
}

// Doubted tells that somebody who is not believed says something of a call.
func (b Belief) Doubted(callID string) bool { return b.doubted[callID] }
