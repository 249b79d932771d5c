package main

import (
	"cmp"
	"slices"

	"switchboard/internal/classifier"
)

// quality is how well a model answered a test.
type quality struct {
	tests    int
	accuracy float64
	// coverage is the largest share that can be answered, most confident
	// first, with 95% of the answers right.
	coverage float64
	// calibrationError is the mean distance between confidence and accuracy
	// over ten equally wide ranges of confidence.
	calibrationError float64
	classes          []classQuality // the most frequent first
}

type classQuality struct {
	label                  string
	tests, answered, right int
}

func (c classQuality) precision() float64 { return share(c.right, c.answered) }
func (c classQuality) recall() float64    { return share(c.right, c.tests) }
func (c classQuality) f1() float64        { return share(2*c.right, c.answered+c.tests) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// answer is a model's best guess.
type answer struct {
	label, guess string
	confidence   float64
}

func answers(model *classifier.Model, test []classifier.Example) []answer {
	list := make([]answer, len(test))
	for i, e := range test {
		best := model.PredictEmbedded(e.Text, e.Embedding)[0]
		list[i] = answer{e.Label, best.Label, best.Probability}
	}
	return list
}

func judge(list []answer) quality {
	q := quality{tests: len(list), classes: perClass(list)}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b answer) int { return cmp.Compare(b.confidence, a.confidence) })
	right := 0
	var gap [10]float64
	for i, a := range list {
		bin := &gap[min(int(a.confidence*10), 9)]
		*bin += a.confidence
		if a.guess == a.label {
			right++
			*bin--
		}
		if float64(right) >= 0.95*float64(i+1) {
			q.coverage = share(i+1, len(list))
		}
	}
	q.accuracy = share(right, len(list))
	for _, g := range gap {
		q.calibrationError += max(g, -g) / float64(len(list))
	}
	return q
}

func perClass(list []answer) []classQuality {
	at := map[string]*classQuality{}
	class := func(label string) *classQuality {
		if at[label] == nil {
			at[label] = &classQuality{label: label}
		}
		return at[label]
	}
	for _, a := range list {
		class(a.label).tests++
		class(a.guess).answered++
		if a.guess == a.label {
			class(a.label).right++
		}
	}
	var classes []classQuality
	for _, c := range at {
		classes = append(classes, *c)
	}
	slices.SortFunc(classes, func(a, b classQuality) int {
		return cmp.Or(cmp.Compare(b.tests, a.tests), cmp.Compare(a.label, b.label))
	})
	return classes
}
