package evaluate

import (
	"cmp"
	"slices"
)

// Interval is a figure with its 95% confidence interval, all three [None] where
// there is nothing to measure.
type Interval struct {
	Value Share `json:"value"`
	Low   Share `json:"low"`
	High  Share `json:"high"`
}

// Judgement is all that answers tell of a model on one set. Answers below the
// threshold, and those that are [dataset.Unknown], are not given.
type Judgement struct {
	Examples  int     `json:"examples"`
	Threads   int     `json:"threads"`
	Threshold float64 `json:"threshold"`
	// Accuracy counts every answer, whatever its confidence.
	Accuracy Interval `json:"accuracy"`
	// Macro figures are means over the classes that the model can know and
	// that the set has, so that a rare one weighs as much as a frequent one.
	MacroPrecision Interval `json:"macro_precision"`
	MacroRecall    Interval `json:"macro_recall"`
	MacroF1        Interval `json:"macro_f1"`
	// Precision is the share of right answers among those given at the
	// threshold, Coverage the share of examples that get one, Unknown the
	// others.
	Precision Interval `json:"precision"`
	Coverage  Interval `json:"coverage"`
	Unknown   Share    `json:"unknown"`
	// ECE is the expected calibration error over Reliability's bins: the mean
	// distance between confidence and accuracy.
	ECE         float64 `json:"ece"`
	Reliability []Bin   `json:"reliability"`
	Curve       []Point `json:"coverage_curve"`
	// Classes are those that the model can know, NotTrained the others of the set.
	Classes    []Class      `json:"classes"`
	NotTrained []NotTrained `json:"not_trained"`
	Confused   []Mistake    `json:"confused"`
}

// Bin is a tenth of the confidences.
type Bin struct {
	From       float64 `json:"from"`
	Examples   int     `json:"examples"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
}

// Point is what one threshold gives.
type Point struct {
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// Class tells how one class is answered, whatever the confidence. Precision is
// [None] for a class that no answer names.
type Class struct {
	Label     string   `json:"label"`
	Examples  int      `json:"examples"`
	Precision Share    `json:"precision"`
	Recall    Share    `json:"recall"`
	F1        Interval `json:"f1"`
}

// NotTrained tells how the examples of a class are answered that the model cannot
// know: Named counts those that it takes for another at the threshold. The rest is
// Unknown, as it should be.
type NotTrained struct {
	Label    string `json:"label"`
	Examples int    `json:"examples"`
	Named    int    `json:"named"`
}

// Mistake is how often one class was taken for another.
type Mistake struct {
	Truth    string `json:"truth"`
	Answer   string `json:"answer"`
	Examples int    `json:"examples"`
}

// judgeResamples is how often the bootstrap draws for a judgement.
const judgeResamples = 1000

// Judge judges answers at a threshold. Known are the classes that the macro
// figures are over; the examples of others count everywhere else. The intervals are percentile intervals of
// a bootstrap that draws whole threads, as in [Compare]. The same answers and
// seed give the same judgement. Of no answers every share is [None].
func Judge(answers []Answer, known []string, threshold float64, seed uint64) Judgement {
	if len(answers) == 0 {
		nothing := Interval{None, None, None}
		return Judgement{
			Threshold: threshold, Accuracy: nothing, MacroPrecision: nothing, MacroRecall: nothing, MacroF1: nothing,
			Precision: nothing, Coverage: nothing, Unknown: None,
		}
	}
	s := newSheet(answers, known, threshold)
	whole := s.whole()
	j := Judgement{
		Examples: len(answers), Threads: len(s.threads), Threshold: threshold,
		Reliability: reliability(answers), Curve: curve(answers), Confused: confused(answers), NotTrained: notTrained(answers, known, threshold),
	}
	for _, b := range j.Reliability {
		gap := b.Confidence - b.Accuracy
		j.ECE += max(gap, -gap) * float64(b.Examples) / float64(len(answers))
	}
	samples := s.bootstrap(seed)
	at := func(figure func(counts) Share) Interval {
		return percentiles(figure(whole), samples, figure)
	}
	j.Accuracy = at(counts.accuracy)
	macro := func(figure func(counts, int) Share) Interval {
		return at(func(c counts) Share { return s.macro(c, whole, figure) })
	}
	j.MacroPrecision, j.MacroRecall, j.MacroF1 = macro(counts.precisionOf), macro(counts.recallOf), macro(counts.f1Of)
	j.Precision, j.Coverage = at(counts.precision), at(counts.coverage)
	j.Unknown = 1 - j.Coverage.Value
	for i, label := range s.labels {
		if !slices.Contains(s.classes, i) {
			continue // no class of the set, or one that is not known
		}
		j.Classes = append(j.Classes, Class{
			Label: label, Examples: whole.truths[i], Precision: whole.precisionOf(i), Recall: whole.recallOf(i),
			F1: at(func(c counts) Share { return c.f1Of(i) }),
		})
	}
	slices.SortFunc(j.Classes, func(a, b Class) int {
		return cmp.Or(cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Label, b.Label))
	})
	return j
}
