package evaluate

import (
	"math"
	"reflect"
	"testing"
)

// classes are those of the generated answers.
var classes = []string{"class0", "class1", "class2", "class3"}

// A judgement whose every figure can be worked out by hand.
func TestJudgeByHand(t *testing.T) {
	j := Judge([]Answer{
		{1, "a", "a", 0.95}, {1, "a", "a", 0.91}, {2, "a", "b", 0.40}, // a: 2 of 3
		{3, "b", "b", 0.85}, {4, "b", "b", 0.82}, // b: 2 of 2
		{5, "c", "Unknown", 0.99}, // c: none, and no answer
		{6, "d", "a", 0.30},       // d: not known to the model
	}, []string{"a", "b", "c", "e"}, 0.5, 1)
	for what, pair := range map[string][2]Share{
		"accuracy":        {j.Accuracy.Value, 4.0 / 7},
		"precision":       {j.Precision.Value, 1},
		"coverage":        {j.Coverage.Value, 4.0 / 7},
		"unknown":         {j.Unknown, 3.0 / 7},
		"macro recall":    {j.MacroRecall.Value, (2.0/3 + 1 + 0) / 3},
		"macro precision": {j.MacroPrecision.Value, (2.0/3 + 2.0/3 + 0) / 3},
		"macro F1":        {j.MacroF1.Value, (2.0/3 + 0.8 + 0) / 3},
		"ECE":             {Share(j.ECE), (0.40 + 0.30 + (2 - 0.85 - 0.82) + (0.95 + 0.91 + 0.99 - 2)) / 7},
		"precision of b":  {j.Classes[1].Precision, 2.0 / 3},
		"F1 of a":         {j.Classes[0].F1.Value, 2.0 / 3},
	} {
		if math.Abs(float64(pair[0]-pair[1])) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
	if j.Examples != 7 || j.Threads != 6 || len(j.Classes) != 3 || j.Classes[0].Label != "a" {
		t.Errorf("judged %+v", j)
	}
	if want := []Mistake{{"a", "b", 1}, {"c", "Unknown", 1}, {"d", "a", 1}}; !reflect.DeepEqual(j.Confused, want) {
		t.Errorf("confused %+v, want %+v", j.Confused, want)
	}
	if want := []NotTrained{{"d", 1, 0}}; !reflect.DeepEqual(j.NotTrained, want) {
		t.Errorf("not trained %+v, want %+v", j.NotTrained, want)
	}
	last := j.Curve[len(j.Curve)-1]
	if math.Abs(last.Coverage-6.0/7) > 1e-9 || math.Abs(last.Precision-4.0/6) > 1e-9 {
		t.Errorf("the curve ends at %+v, want all answers but Unknown", last)
	}
}

// Of a company that the model cannot know, Unknown is the right answer, and so is
// one that it is not sure of.
func TestCompaniesThatWereNotTrained(t *testing.T) {
	got := Judge([]Answer{
		{1, "a", "a", 0.9}, {2, "e", "a", 0.9}, {3, "e", "a", 0.1}, {4, "e", "Unknown", 0.9}, {5, "d", "a", 0.5}, {6, "f", "f", 0.9},
	}, []string{"a"}, 0.5, 1).NotTrained
	if want := []NotTrained{{"e", 3, 1}, {"d", 1, 1}, {"f", 1, 0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("not trained %+v, want %+v", got, want)
	}
}

func TestIntervalsHoldTheTruth(t *testing.T) {
	const right = 0.85
	outside := 0
	for seed := range uint64(60) {
		j := Judge(answers(400, right, seed+50), classes, 0, seed)
		if j.Accuracy.Low > right || j.Accuracy.High < right {
			outside++
		}
		if j.Accuracy.Low > j.Accuracy.Value || j.Accuracy.High < j.Accuracy.Value || j.MacroF1.Low >= j.MacroF1.High {
			t.Fatalf("an interval does not hold its own figure: %+v, %+v", j.Accuracy, j.MacroF1)
		}
	}
	if outside > 8 {
		t.Errorf("%d of 60 intervals miss the truth, expected about 3", outside)
	}
}

func TestJudgeIsDeterministic(t *testing.T) {
	a := answers(300, 0.8, 1)
	if !reflect.DeepEqual(Judge(a, classes, 0.5, 3), Judge(a, classes, 0.5, 3)) {
		t.Error("the same answers and seed give another judgement")
	}
	if reflect.DeepEqual(Judge(a, classes, 0.5, 3).Accuracy, Judge(a, classes, 0.5, 4).Accuracy) {
		t.Error("the seed is not used")
	}
}

func TestNothingToJudgeHasNoShares(t *testing.T) {
	nothing := Interval{None, None, None}
	if j := Judge(nil, nil, 0.5, 1); j.Examples != 0 || j.Accuracy != nothing || j.Precision != nothing || j.Unknown != None {
		t.Errorf("no answers give %+v", j)
	}
	j := Judge([]Answer{{1, "a", "b", 0.4}, {2, "a", "a", 0.3}}, []string{"a"}, Never, 1)
	if j.Precision != nothing || j.Coverage.Value != 0 || j.Unknown != 1 {
		t.Errorf("where no answer is given the precision is %+v, the coverage %+v, Unknown %s", j.Precision, j.Coverage, j.Unknown)
	}
	j = Judge([]Answer{{1, "a", "b", 0.9}, {2, "b", "b", 0.9}}, []string{"a", "b"}, 0, 1)
	if a := j.Classes[0]; a.Label != "a" || a.Precision != None || a.Recall != 0 {
		t.Errorf("a class that no answer names has %+v", a)
	}
	if j.MacroPrecision.Value != 0.25 {
		t.Errorf("it weighs as 0 in the mean, which is %s", j.MacroPrecision.Value)
	}
}

func BenchmarkJudge(b *testing.B) {
	a := answers(6000, 0.9, 1)
	for b.Loop() {
		Judge(a, classes, 0.5, 1)
	}
}
