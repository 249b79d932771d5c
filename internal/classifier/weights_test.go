package classifier

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTakeBatch(t *testing.T) {
	for _, test := range []struct{ size, n, weight int }{{1, 1, 1}, {2, 2, 4}, {4, 2, 4}, {5, 3, 6}, {7, 4, 7}, {100, 4, 7}} {
		training := training{options: Options{BatchSize: test.size}, train: []vector{{weight: 2}, {weight: 1}, {weight: 1}, {weight: 3}}}
		if n, weight := training.takeBatch([]int{1, 3, 0, 2}); n != test.n || weight != test.weight {
			t.Errorf("a batch of %d has %d examples of weight %d, want %d and %d", test.size, n, weight, test.n, test.weight)
		}
	}
}

// Nothing changes where all examples of a class are as heavy; one that is heavier than its
// class moves the model further.
func TestWeightsAreThoseWithinAClass(t *testing.T) {
	training := training{labels: []string{"A", "B", "C"}, train: []vector{
		{class: 0, weight: 1}, {class: 1, weight: 7}, {class: 1, weight: 7}, {class: 2, weight: 1}, {class: 2, weight: 3}, {class: 2, weight: 2},
	}}
	training.weigh()
	for i, want := range []float64{1, 1, 1, math.Sqrt(0.5), math.Sqrt(1.5), 1} {
		if got := training.train[i].scale; got != float32(want) {
			t.Errorf("example %d has the scale %v, want %v", i, got, want)
		}
	}
}

// repeated has every example of a class as often as its number says, in turn.
func repeated(examples []Example, times func(label string) int) (lines, weighted []Example) {
	for _, e := range examples {
		e.Weight = times(e.Label)
		weighted = append(weighted, e)
	}
	for round := 0; ; round++ {
		before := len(lines)
		for _, e := range weighted {
			if round < e.Weight {
				lines = append(lines, Example{Text: e.Text, Label: e.Label})
			}
		}
		if len(lines) == before {
			return lines, weighted
		}
	}
}

// Lines that are alike and one example with their weight are the same to training, and
// to validation.
func TestAlikeExamplesAreOneWithAWeight(t *testing.T) {
	times := func(label string) int {
		return map[string]int{"Class00": 1, "Class01": 3, "Class02": 40}[label]
	}
	lines, weighted := repeated(generate(1, 200, 3, 0.1), times)
	validLines, validWeighted := repeated(generate(2, 60, 3, 0.1), times)
	trained := func(train, validation []Example) ([]byte, string) {
		var told strings.Builder
		model := mustTrain(t, train, validation, Options{Epochs: 3, OnEpoch: func(e Epoch) {
			e.Model = nil
			fmt.Fprintf(&told, "%+v\n", e)
		}})
		return save(t, model), told.String()
	}
	model, told := trained(lines, validLines)
	if other, otherTold := trained(weighted, validWeighted); !bytes.Equal(model, other) || told != otherTold {
		t.Errorf("with weights another model or other figures:\n%s\nthan with lines:\n%s", otherTold, told)
	}
	steps := (len(lines) + DefaultBatchSize - 1) / DefaultBatchSize
	if want := fmt.Sprintf("Step:%d Steps:%d", steps, 3*steps); !strings.Contains(told, want) {
		t.Errorf("steps are not those of lines: want %q in\n%s", want, told)
	}
	slices.Reverse(lines)
	if other, _ := trained(lines, validLines); bytes.Equal(model, other) {
		t.Error("another order of the lines gives the same model: this test compares nothing")
	}
}

// Training on weights teaches what training on lines does. A blank at its end makes a
// line unlike another and changes nothing of what is learnt from it.
func TestWeightsTeachWhatLinesTeach(t *testing.T) {
	const classes = 6
	times := func(label string) int { return map[string]int{"Class00": 30, "Class01": 7}[label] + 1 }
	lines, weighted := repeated(generate(1, 1200, classes, 0.2), times)
	test := generate(3, 1500, classes, 0)
	seen := map[string]int{}
	for i, e := range lines {
		lines[i].Text += strings.Repeat(" ", seen[e.Text])
		seen[e.Text]++
	}
	options, validation := Options{Seed: 1}, generate(2, 400, classes, 0.2)
	byLine := judge(mustTrain(t, lines, validation, options), test)
	byWeight := judge(mustTrain(t, weighted, validation, options), test)
	if byWeight.accuracy < byLine.accuracy-0.02 {
		t.Errorf("accuracy is %.3f with weights and %.3f with lines", byWeight.accuracy, byLine.accuracy)
	}
	if byWeight.calibrationError > byLine.calibrationError+0.05 {
		t.Errorf("the calibration error is %.3f with weights and %.3f with lines", byWeight.calibrationError, byLine.calibrationError)
	}
}
