package evaluate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"switchboard/internal/pipeline"
)

// Comparison sets two models' answers to the same questions against each other.
type Comparison struct {
	Examples int `json:"examples"`
	Threads  int `json:"threads"`
	// Champion and Challenger are their accuracies, Difference is what the
	// challenger has more. Low and High bound it with 95% confidence.
	Champion   float64 `json:"champion"`
	Challenger float64 `json:"challenger"`
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	// Classes are in the order of the challenger's gain, the deepest fall
	// first.
	Classes []ClassChange `json:"classes"`
}

// ClassChange is what became of one class.
type ClassChange struct {
	Label    string `json:"label"`
	Examples int    `json:"examples"`
	// Champion and Challenger are the shares of the class that they found.
	Champion   float64 `json:"champion"`
	Challenger float64 `json:"challenger"`
}

// Gain is what the challenger finds more, below 0 what it finds less.
func (c ClassChange) Gain() float64 { return c.Challenger - c.Champion }

// resamples is how often a bootstrap draws. The ends of an interval then vary by
// some hundredths of its width from seed to seed.
const resamples = 2000

// Compare sets two models' answers against each other, which must be to the same
// questions in the same order: whatever differs is an error. The interval is the
// percentile interval of a paired bootstrap (Efron and Tibshirani, "An
// Introduction to the Bootstrap", 1993, chapter 13) that draws whole threads:
// conversations of one thread share tweets. The same answers and seed give the
// same result.
func Compare(champion, challenger []Answer, seed uint64) (Comparison, error) {
	if len(champion) != len(challenger) {
		return Comparison{}, fmt.Errorf("comparing models: one has %d answers, the other %d", len(champion), len(challenger))
	}
	threads := map[int64]*tally{}
	classes := map[string]*tally{}
	var all tally
	for i, a := range champion {
		b := challenger[i]
		if a.Truth != b.Truth || a.Thread != b.Thread {
			return Comparison{}, fmt.Errorf("comparing models: answer %d is to different questions", i)
		}
		for _, t := range []*tally{at(threads, a.Thread), at(classes, a.Truth), &all} {
			t.add(a.right(), b.right())
		}
	}
	c := Comparison{Examples: all.examples, Threads: len(threads), Champion: all.share(all.champion), Challenger: all.share(all.challenger)}
	c.Difference = c.Challenger - c.Champion
	c.Low, c.High = interval(sorted(threads), seed)
	for label, t := range classes {
		c.Classes = append(c.Classes, ClassChange{label, t.examples, t.share(t.champion), t.share(t.challenger)})
	}
	slices.SortFunc(c.Classes, func(a, b ClassChange) int {
		return cmp.Or(cmp.Compare(a.Gain(), b.Gain()), cmp.Compare(a.Label, b.Label))
	})
	return c, nil
}

// tally counts examples, and those that either model has right.
type tally struct{ examples, champion, challenger int }

func (t *tally) add(champion, challenger bool) {
	t.examples++
	if champion {
		t.champion++
	}
	if challenger {
		t.challenger++
	}
}

func (t tally) share(n int) float64 {
	if t.examples == 0 {
		return 0
	}
	return float64(n) / float64(t.examples)
}

func at[K comparable](m map[K]*tally, key K) *tally {
	if m[key] == nil {
		m[key] = &tally{}
	}
	return m[key]
}

// sorted returns the tallies in an order that does not depend on the map's.
func sorted(threads map[int64]*tally) []tally {
	ids := make([]int64, 0, len(threads))
	for id := range threads {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]tally, len(ids))
	for i, id := range ids {
		list[i] = *threads[id]
	}
	return list
}

// interval draws as many threads as there are, with repetition, and takes the
// 2.5th and the 97.5th percentile of the differences.
func interval(threads []tally, seed uint64) (low, high float64) {
	if len(threads) == 0 {
		return 0, 0
	}
	random := rand.New(rand.NewPCG(seed, 0x636f6d70617265))
	differences := make([]float64, resamples)
	for i := range differences {
		var drawn tally
		for range threads {
			t := threads[random.IntN(len(threads))]
			drawn.examples += t.examples
			drawn.champion += t.champion
			drawn.challenger += t.challenger
		}
		differences[i] = float64(drawn.challenger-drawn.champion) / float64(drawn.examples)
	}
	slices.Sort(differences)
	return differences[resamples*25/1000], differences[resamples*975/1000-1]
}

// Rule says when a challenger takes the champion's place.
type Rule = pipeline.PromotionRule

// Promotes decides, and gives the reason as a sentence that names no class: it
// travels where names of companies may not. A challenger that is better by no
// more than chance is not promoted.
func Promotes(r Rule, c Comparison) (bool, string) {
	figures := fmt.Sprintf("%.1f%% against %.1f%% of %d test conversations are right, a difference of %+.1f points (95%% interval %+.1f to %+.1f)",
		100*c.Challenger, 100*c.Champion, c.Examples, 100*c.Difference, 100*c.Low, 100*c.High)
	if c.Low <= 0 {
		return false, "not better than the champion beyond chance: " + figures
	}
	fallen, deepest := 0, 0.0
	for _, class := range c.Classes {
		if fall := -class.Gain(); class.Examples >= r.MinExamples && fall > r.MaxFall {
			fallen++
			deepest = max(deepest, fall)
		}
	}
	if fallen > 0 {
		return false, fmt.Sprintf("better, but %s by more than %.0f points, the deepest by %.1f (comparison.json says which): %s",
			some(fallen, "class falls", "classes fall"), 100*r.MaxFall, 100*deepest, figures)
	}
	return true, "better than the champion beyond chance, and no class falls: " + figures
}

func some(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
