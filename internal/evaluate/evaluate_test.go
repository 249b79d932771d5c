package evaluate

import (
	"math/rand"
	"testing"

	"switchboard/internal/dataset"
)

func answer(truth, company string, confidence float64) Answer {
	return Answer{Truth: truth, Company: company, Confidence: confidence}
}

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []Answer
		asked   float64
		want    float64
	}{
		{"nothing to go by", nil, 0.95, Never},
		{"all right", []Answer{answer("A", "A", 0.9), answer("B", "B", 0.2)}, 0.95, 0},
		{"all wrong", []Answer{answer("A", "B", 0.9), answer("B", "A", 0.2)}, 0.5, Never},
		{"wrong ones are unsure", []Answer{answer("A", "A", 0.9), answer("B", "B", 0.8), answer("A", "B", 0.3)}, 1, 0.8},
		{"a wrong one among sure ones is made up for", []Answer{answer("A", "B", 0.9), answer("B", "B", 0.8), answer("A", "A", 0.7)}, 0.6, 0},
		{"equal confidences stand together", []Answer{answer("A", "A", 0.9), answer("B", "B", 0.5), answer("A", "B", 0.5)}, 1, 0.9},
		{"Unknown is no answer", []Answer{answer("A", dataset.Unknown, 0.9), answer("A", "A", 0.5), answer("A", "B", 0.4)}, 1, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Threshold(c.answers, c.asked); got != c.want {
				t.Errorf("threshold %v, want %v", got, c.want)
			}
		})
	}
}

// On the answers it was found with, a threshold keeps its promise, and the
// next lower confidence would not.
func TestThresholdReachesThePrecisionWithTheMostCoverage(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 200 {
		answers := make([]Answer, 1+rng.Intn(60))
		for i := range answers {
			confidence := float64(rng.Intn(20)) / 20
			truth := "A"
			if rng.Float64() > confidence {
				truth = "B"
			}
			answers[i] = answer(truth, "A", confidence)
		}
		asked := 0.5 + rng.Float64()/2
		best := Threshold(answers, asked)
		if s := Measure(answers, best); s.Precision.Known() && s.Precision < Share(asked) {
			t.Fatalf("asked %.3f, got %s", asked, s.Precision)
		}
		for _, a := range answers {
			if a.Confidence < best && Measure(answers, a.Confidence).Precision >= Share(asked) {
				t.Fatalf("%.2f reaches %.3f too and covers more than %.2f", a.Confidence, asked, best)
			}
		}
	}
}

func TestMeasure(t *testing.T) {
	answers := []Answer{
		answer("A", "A", 0.9),
		answer("B", "A", 0.8),
		answer("C", "C", 0.1),
		answer("D", dataset.Unknown, 0.9),
	}
	got := Measure(answers, 0.5)
	want := Score{Examples: 4, Accuracy: 0.5, Precision: 0.5, Coverage: 0.5}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Measure(answers, Never); got.Coverage != 0 || got.Precision != None {
		t.Errorf("at a threshold that nothing reaches: %+v", got)
	}
	if got := Measure(nil, 0.5); got != (Score{Accuracy: None, Precision: None, Coverage: None}) {
		t.Errorf("without answers: %+v", got)
	}
}

func TestMajority(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []Answer
		company string
		right   Share
	}{
		{"the commonest truth, whatever is answered", []Answer{answer("B", "A", 1), answer("B", "A", 1), answer("A", "A", 1), answer("C", "A", 1)}, "B", 0.5},
		{"of equals the first in the alphabet", []Answer{answer("B", "B", 1), answer("A", "B", 1)}, "A", 0.5},
		{"Unknown is no company to name", []Answer{answer(dataset.Unknown, "A", 1), answer(dataset.Unknown, "A", 1), answer("A", "A", 1), answer("B", "A", 1)}, "A", 0.25},
		{"no company at all", []Answer{answer(dataset.Unknown, "A", 1)}, "", 0},
		{"no answers", nil, "", None},
	} {
		t.Run(c.name, func(t *testing.T) {
			if company, right := Majority(c.answers); company != c.company || right != c.right {
				t.Errorf("%q is right in %s, want %q and %s", company, right, c.company, c.right)
			}
		})
	}
}
