package split

import (
	"math"
	"math/rand/v2"
	"slices"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// Shown is what a trainer is shown of examples: the turns that it trains on. With
// [pipeline.FirstTurn] examples without first words are left out; with
// [pipeline.BothTurns] each example is followed by its first words under an id of
// their own, once for all examples that begin with the same words; those that are the
// whole of a conversation are not repeated.
func Shown(examples []dataset.Example, turns pipeline.Turns) []dataset.Example {
	switch turns {
	case pipeline.FirstTurn:
		return slices.DeleteFunc(dataset.Given(examples, turns), func(e dataset.Example) bool { return e.Text == "" })
	case pipeline.BothTurns:
	default:
		return examples
	}
	begins := make(map[string]int64, len(examples))
	shown := make([]dataset.Example, 0, 2*len(examples))
	for _, e := range examples {
		shown = append(shown, e)
		first := beginning(e)
		if first.Text == "" || first.Text == e.Text {
			continue
		}
		if _, known := begins[first.Text]; !known {
			begins[first.Text] = e.ID
		}
		if begins[first.Text] == e.ID { // a repeated example repeats its first words
			shown = append(shown, first)
		}
	}
	return shown
}

// beginning is an example's first words as an example of its own, with an id that no
// other has.
func beginning(e dataset.Example) dataset.Example {
	e.ID, e.Text = e.ID^math.MinInt64, e.Since(1)
	return e
}

// Texts are all that can come of examples with these turns, whatever is chosen of
// them: what has to be counted to know what anything of it costs.
func Texts(examples []dataset.Example, turns pipeline.Turns) []dataset.Example {
	if turns != pipeline.BothTurns {
		return dataset.Given(examples, turns)
	}
	texts := slices.Clone(examples)
	for _, e := range examples {
		texts = append(texts, beginning(e))
	}
	return texts
}

// Opened are the examples that have first words, one of each: what a model is judged
// on that is given no more. Their texts are whole.
func Opened(examples []dataset.Example) []dataset.Example {
	seen := make(map[string]bool, len(examples))
	var opened []dataset.Example
	for _, e := range examples {
		words := e.Since(1)
		if words == "" || seen[words] {
			continue
		}
		seen[words] = true
		opened = append(opened, e)
	}
	return opened
}

// Known are the lengths at which a model is asked about a conversation that grows: so
// many tweets since the customer began, 0 for the whole.
var Known = [...]int{1, 2, 3, 0}

// mostKnown is how many conversations are asked about at each length: the interval of
// an accuracy of one half is then some four points to either side.
const mostKnown = 500

// Growing takes a sample of the test set, at most one conversation of a thread and none
// that no customer began, and returns each as it was at the lengths of [Known], one
// after another, under ids that no other example has.
// The same examples and seed give the same sample.
func Growing(test []dataset.Example, seed int64) []dataset.Example {
	threads := map[int64]bool{}
	var sample []dataset.Example
	for _, e := range test {
		if e.Since(1) == "" || threads[e.ThreadID] {
			continue
		}
		threads[e.ThreadID] = true
		sample = append(sample, e)
	}
	random := rand.New(rand.NewPCG(uint64(seed), 0x6b6e6f776e)) //nolint:gosec // the same sample for the same seed
	random.Shuffle(len(sample), func(i, j int) { sample[i], sample[j] = sample[j], sample[i] })
	sample = slices.Clip(sample[:min(len(sample), mostKnown)])
	growing := make([]dataset.Example, 0, len(Known)*len(sample))
	for _, e := range sample {
		for _, tweets := range Known {
			at := dataset.Example{ID: -1<<61 - int64(len(growing)), ThreadID: e.ThreadID, Text: e.Since(tweets), Label: e.Label, Answered: e.Answered}
			if tweets == 0 {
				at.Text = e.Text
			}
			growing = append(growing, at)
		}
	}
	return growing
}
