package privacy

import (
	"math"
	"math/rand/v2"
	"slices"

	"switchboard/internal/evaluate"
)

// proportion returns count of all with its Wilson interval, which stays within
// 0 and 1 and is sound for few and for extreme counts. Nothing of nothing has
// the share 0 and an interval that excludes nothing.
func proportion(count, all int) Proportion {
	p := Proportion{Count: count, Of: all, High: 1}
	if all == 0 {
		return p
	}
	i := evaluate.Wilson(int64(count), int64(all))
	p.Share, p.Low, p.High = float64(i.Value), float64(i.Low), float64(i.High)
	return p
}

// Estimate is a figure with its 95% interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// counts are the figures that one kind's recall and precision are made of.
type counts struct{ found, labelled, touching, replaced int }

func (c *counts) add(d counts) {
	c.found += d.found
	c.labelled += d.labelled
	c.touching += d.touching
	c.replaced += d.replaced
}

// f2 returns 5PR/(4P+R), and false where recall or precision is of nothing.
func (c counts) f2() (float64, bool) {
	if c.labelled == 0 || c.replaced == 0 {
		return 0, false
	}
	recall, precision := float64(c.found)/float64(c.labelled), float64(c.touching)/float64(c.replaced)
	if recall == 0 || precision == 0 {
		return 0, true
	}
	return 5 * precision * recall / (4*precision + recall), true
}

// The bootstrap draws texts, not details: the details of one text are found or
// missed together.
const (
	resamples     = 1000
	bootstrapSeed = 2
)

// bootstrapF2 returns F2 over all texts with its percentile interval, nil where
// there is none. Texts holds the counts of those that have any, all is how many
// there are.
func bootstrapF2(texts []counts, all int) *Estimate {
	var sum counts
	for _, c := range texts {
		sum.add(c)
	}
	value, ok := sum.f2()
	if !ok {
		return nil
	}
	random := rand.New(rand.NewPCG(bootstrapSeed, 0))
	drawn := make([]float64, 0, resamples)
	for range resamples {
		var sum counts
		for range all {
			if i := random.IntN(all); i < len(texts) {
				sum.add(texts[i])
			}
		}
		if v, ok := sum.f2(); ok {
			drawn = append(drawn, v)
		}
	}
	if len(drawn) == 0 {
		return &Estimate{Value: value, High: 1}
	}
	slices.Sort(drawn)
	return &Estimate{Value: value, Low: percentile(drawn, 0.025), High: percentile(drawn, 0.975)}
}

// percentile returns the smallest value with at least the share of all at or
// below it.
func percentile(sorted []float64, share float64) float64 {
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}
