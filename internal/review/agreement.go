package review

import (
	"maps"
	"slices"
)

// agreementOf compares every two people who judged the same call. Nobody is the
// first of a pair by right, so that each pair counts in both orders, and the labels'
// chance to meet is that of all labels of all pairs.
func agreementOf(calls []Judged) Agreement {
	var same, pairs int64
	labels := map[string]int64{}
	for i := range calls {
		for a, first := range calls[i].Labels {
			for _, second := range calls[i].Labels[a+1:] {
				pairs++
				labels[first.Label]++
				labels[second.Label]++
				if first.Label == second.Label {
					same++
				}
			}
		}
	}
	return Agreement{Same: ProportionOf(same, pairs), Kappa: kappa(same, pairs, labels)}
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
func reviewers(calls []Judged) []Reviewer {
	type counts struct{ judged, sure, against, pairs, same int64 }
	by := map[string]*counts{}
	for i := range calls {
		for _, l := range calls[i].Labels {
			c := by[l.Reviewer]
			if c == nil {
				c = &counts{}
				by[l.Reviewer] = c
			}
			c.judged++
			if calls[i].Answered() {
				c.sure++
				if l.Label != calls[i].Company {
					c.against++
				}
			}
			for _, other := range calls[i].Labels {
				if other.Reviewer == l.Reviewer {
					continue
				}
				c.pairs++
				if other.Label == l.Label {
					c.same++
				}
			}
		}
	}
	all := []Reviewer{}
	for _, account := range slices.Sorted(maps.Keys(by)) {
		c := by[account]
		all = append(all, Reviewer{Account: account, Judged: c.judged, Against: ProportionOf(c.against, c.sure), Same: ProportionOf(c.same, c.pairs)})
	}
	return all
}
