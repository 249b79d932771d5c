package main

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"switchboard/internal/classifier"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// A set says which conversations are trained on and tested with.
type set struct {
	name string
	// minClass is the fewest conversations of a class that is trained,
	// perClass the most that are taken of one; 0 takes all.
	minClass, perClass int
	// balanced chooses test conversations as the others are chosen.
	// Otherwise they keep their natural mix, and those of classes too rare
	// to be trained can only be answered wrongly.
	balanced bool
	// repeat brings every class to so many training conversations by repetition, as
	// finetune --target-size does; 0 repeats none.
	repeat int
	// examples is how many of the training conversations are used; 0 is all.
	examples int
	// tests is how many conversations are at most tested with, and a fifth of that
	// validate; 0 is all.
	tests int
	// german takes companies with at least minGerman German conversations, holds
	// half of those back, tests with them and with nothing else, and trains on
	// what is left, or if unseen is set on what of it is not German.
	german, unseen bool
	// customers takes conversations too in which no company wrote: their
	// label is the company that is mentioned.
	customers bool
}

var sets = []set{
	{name: "balanced", minClass: 150, perClass: 1000, balanced: true},
	{name: "natural", minClass: 30},
	{name: "natural4000", minClass: 30, perClass: 4000},
	{name: "repeated4000", minClass: 30, perClass: 4000, repeat: 3600},
	{name: "repeated1000", minClass: 30, perClass: 1000, repeat: 900},
	{name: "natural15000", minClass: 30, examples: 15_000},
	{name: "all", minClass: 30, customers: true},
	{name: "balanced500", minClass: 150, perClass: 1000, balanced: true, examples: 500, tests: 300},
	{name: "german", minClass: 30, examples: 300, tests: 300, german: true},
	{name: "german-unseen", minClass: 30, examples: 300, tests: 300, german: true, unseen: true},
}

// minGerman is how many German conversations make a company one that speaks
// German.
const minGerman = 10

// splits are conversations divided by thread.
type splits struct {
	train, validation, test []conversation
	// rare is how many of the test conversations have a label that no
	// training conversation has.
	rare int
}

// split holds back a tenth of the threads for the test and nearly a tenth for
// validation. No thread is in two of the splits, and no text is trained twice.
func (s set) split(all []conversation, f form) splits {
	usable := slices.DeleteFunc(slices.Clone(all), func(c conversation) bool {
		return c.Label == dataset.Unknown || len(c.Cleaned) == 0 || !s.customers && !slices.Contains(c.Company, true)
	})
	random := rand.New(rand.NewPCG(7, 7))
	var roots []int64
	total, german := map[string]int{}, map[string]int{}
	for _, c := range usable {
		roots = append(roots, c.ThreadID)
		total[c.Label]++
		if s.german && isGerman(c.Anonymized) {
			german[c.Label]++
		}
	}
	percent := shuffled(roots, random)
	var result splits
	taken, seen := map[string]int{}, map[string]bool{}
	for _, i := range random.Perm(len(usable)) {
		c := usable[i]
		wanted := total[c.Label] >= s.minClass && (s.perClass == 0 || taken[c.Label] < s.perClass) && (!s.german || german[c.Label] >= minGerman)
		at := percent[c.ThreadID]
		if s.german && isGerman(c.Anonymized) {
			if at < 50 {
				if wanted {
					result.test = append(result.test, c)
				}
				continue
			}
			if s.unseen {
				continue
			}
		} else if s.german && at < 10 {
			continue
		}
		if at < 10 {
			if wanted || !s.balanced {
				result.test = append(result.test, c)
			}
			if wanted && s.balanced {
				taken[c.Label]++
			}
			continue
		}
		text := c.example(f).Text
		if !wanted || seen[text] {
			continue
		}
		seen[text] = true
		taken[c.Label]++
		if at < 19 {
			result.validation = append(result.validation, c)
		} else {
			result.train = append(result.train, c)
		}
	}
	result.bound(s)
	return result
}

// shuffled gives each thread a percentile, at random.
func shuffled(roots []int64, random *rand.Rand) map[int64]int {
	slices.Sort(roots)
	roots = slices.Compact(roots)
	random.Shuffle(len(roots), func(i, j int) { roots[i], roots[j] = roots[j], roots[i] })
	percent := map[int64]int{}
	for i, root := range roots {
		percent[root] = i * 100 / len(roots)
	}
	return percent
}

// bound leaves out what is more than the set takes, and counts the tests of classes that
// no training conversation has then.
func (r *splits) bound(s set) {
	if s.repeat > 0 {
		r.train = repeated(r.train, s.repeat)
	}
	if s.examples > 0 {
		r.train = r.train[:min(len(r.train), s.examples)]
	}
	if s.tests > 0 {
		r.test = r.test[:min(len(r.test), s.tests)]
		r.validation = r.validation[:min(len(r.validation), s.tests/5)]
	}
	known := map[string]bool{}
	for _, c := range r.train {
		known[c.Label] = true
	}
	for _, c := range r.test {
		if !known[c.Label] {
			r.rare++
		}
	}
}

// repeated brings every class to n conversations: down by leaving out, up by
// repetition.
func repeated(conversations []conversation, n int) []conversation {
	byClass := map[string][]conversation{}
	for _, c := range conversations {
		byClass[c.Label] = append(byClass[c.Label], c)
	}
	var all []conversation
	for _, label := range slices.Sorted(maps.Keys(byClass)) {
		own := byClass[label]
		for i := range n {
			all = append(all, own[i%len(own)])
		}
	}
	return all
}

// unlike makes examples that are alike lines of their own: blanks at its end make a
// text another one, and change nothing of what is learnt from it.
func unlike(list []classifier.Example) {
	seen := map[string]int{}
	for i, e := range list {
		list[i].Text += strings.Repeat(" ", seen[e.Text])
		seen[e.Text]++
	}
}

// shown is what a classifier learns from that is trained on these turns, as package split
// has it: whole conversations, first tweets, each once, or either.
func shown(conversations []conversation, f form, turns pipeline.Turns) []classifier.Example {
	if turns == pipeline.AllTurns {
		return examples(conversations, f)
	}
	var list []classifier.Example
	seen := map[string]bool{}
	for _, c := range conversations {
		whole := c.example(f)
		if turns == pipeline.BothTurns {
			list = append(list, whole)
		}
		first, opened := c.first(f)
		if !opened || seen[first.Text] || turns == pipeline.BothTurns && first.Text == whole.Text {
			continue
		}
		seen[first.Text] = true
		list = append(list, first)
	}
	return list
}

func examples(conversations []conversation, f form) []classifier.Example {
	list := make([]classifier.Example, len(conversations))
	for i, c := range conversations {
		list[i] = c.example(f)
	}
	return list
}
