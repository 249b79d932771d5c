package evaluate

import "math"

// confident is the normal distribution's quantile for two-sided 95%.
const confident = 1.959963984540054

// Shares counts conversations by class, and how sure the shares are: the
// conversations of one thread share tweets and mostly their class, so that a
// thread of ten tells less than ten threads of one.
type Shares struct {
	counts map[string]int64
	// With y of a thread's m conversations in a class, squares and products are
	// the sums of y*y and of y*m by class, sizes the sum of m*m.
	squares, products map[string]float64
	sizes             float64
	all, threads      int64
}

// AddThread counts one thread's conversations by class.
func (s *Shares) AddThread(classes map[string]int64) {
	if s.counts == nil {
		s.counts, s.squares, s.products = map[string]int64{}, map[string]float64{}, map[string]float64{}
	}
	size := int64(0)
	for _, n := range classes {
		size += n
	}
	for class, n := range classes {
		s.counts[class] += n
		s.squares[class] += float64(n) * float64(n)
		s.products[class] += float64(n) * float64(size)
	}
	s.sizes += float64(size) * float64(size)
	s.all += size
	s.threads++
}

// Of is a class's share with its 95% interval: the range in which it would lie
// if the same were counted in other threads of the same kind.
func (s *Shares) Of(class string) Interval {
	return wilson(s.counts[class], s.all, s.designEffect(class))
}

// NoneOf is the share of a class that none of so many conversations has.
func NoneOf(all int64) Interval { return Wilson(0, all) }

// designEffect is how many conversations tell as much as one would that stood
// alone: the variance of the share, with threads as the unit that is drawn, over
// that of as many single conversations (Kish, "Survey Sampling", 1965, sections
// 6.4 and 8.2). It is at least 1, and the mean size of a conversation's thread
// where the conversations do not differ.
func (s *Shares) designEffect(class string) float64 {
	if s.all == 0 {
		return 1
	}
	n := float64(s.all)
	p := float64(s.counts[class]) / n
	if p == 0 || p == 1 || s.threads < 2 {
		return s.sizes / n
	}
	between := s.squares[class] - 2*p*s.products[class] + p*p*s.sizes
	return max(1, between/(n*p*(1-p)))
}

// Wilson is count of all, with its 95% interval.
func Wilson(count, all int64) Interval { return wilson(count, all, 1) }

// wilson is a share with the Wilson score interval of a sample that the design
// makes smaller. It stays within 0 and 1 and is sound for few and for extreme
// counts (Brown, Cai and DasGupta, "Interval Estimation for a Binomial
// Proportion", 2001; for samples of clusters Franco and others, "Comparative
// Study of Confidence Intervals for Proportions in Complex Sample Surveys",
// 2019).
func wilson(count, all int64, design float64) Interval {
	if all == 0 {
		return Interval{None, None, None}
	}
	const z = confident
	p, n := float64(count)/float64(all), float64(all)/design
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	i := Interval{Share(p), Share(max(center-half, 0)), Share(min(center+half, 1))}
	if count == 0 {
		i.Low = 0 // and not what rounding leaves
	}
	if count == all {
		i.High = 1
	}
	return i
}

// Change is by how much a share has grown, below 0 by how much it has fallen,
// with its 95% interval.
type Change struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// BeyondChance tells whether conversations that differ by chance alone would show
// such a change less than once in a thousand comparisons: there are as many of
// them as there are companies.
func (c Change) BeyondChance() bool {
	if c.Value > 0 {
		return c.Value > beyondChance/confident*(c.Value-c.Low)
	}
	return c.Value < beyondChance/confident*(c.Value-c.High)
}

// ChangeOf compares two shares that were counted independently. The interval is
// made of theirs (Newcombe, "Interval Estimation for the Difference Between
// Independent Proportions", 1998, method 10). It is false where either is
// [None].
func ChangeOf(before, now Interval) (Change, bool) {
	if !before.Value.Known() || !now.Value.Known() {
		return Change{}, false
	}
	d := float64(now.Value - before.Value)
	return Change{
		Value: d,
		Low:   d - math.Hypot(float64(now.Value-now.Low), float64(before.High-before.Value)),
		High:  d + math.Hypot(float64(now.High-now.Value), float64(before.Value-before.Low)),
	}, true
}
