package review

import (
	"maps"
	"slices"
)

// agreement compares every two people who judged the same call. Nobody is the first of
// a pair by right, so that each pair counts in both orders, and the labels' chance to
// meet is that of all labels of all pairs.
func (s *Sums) agreement() Agreement {
	return Agreement{Same: ProportionOf(s.Same, s.Pairs), Kappa: kappa(s.Same, s.Pairs, s.Labels)}
}

// kappa is (p-e)/(1-e), with p the share of pairs that agree and e that which would
// by chance. It is nil where that is 0 of 0.
func kappa(same, pairs int64, labels map[string]int64) *float64 {
	if len(labels) < 2 { // none, or one that all give
		return nil
	}
	chance := 0.0
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		share := float64(labels[label]) / float64(2*pairs)
		chance += share * share
	}
	k := (float64(same)/float64(pairs) - chance) / (1 - chance)
	return &k
}

// reviewers tells how each person judges.
func (s *Sums) reviewers() []Reviewer {
	all := []Reviewer{}
	for _, account := range s.accounts() {
		r := s.Reviewers[account]
		sure := r.all()
		all = append(all, Reviewer{Account: account, Judged: r.Judged, Against: ProportionOf(sure.Against, sure.Judged), Same: ProportionOf(r.Same, r.Pairs)})
	}
	return all
}
