package evaluate

import (
	"cmp"
	"math/rand/v2"
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
	whole := s.count(func(yield func(thread int)) {
		for i := range s.threads {
			yield(i)
		}
	})
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

// sheet holds answers as numbers, by thread.
type sheet struct {
	labels  []string
	threads [][]row
	classes []int // that are a truth and known
}

type row struct {
	truth, answer int // of labels
	right, given  bool
}

func newSheet(answers []Answer, known []string, threshold float64) sheet {
	var s sheet
	for _, a := range answers {
		s.labels = append(s.labels, a.Truth, a.Company)
	}
	slices.Sort(s.labels)
	s.labels = slices.Compact(s.labels)
	number := func(label string) int { i, _ := slices.BinarySearch(s.labels, label); return i }
	place := map[int64]int{}
	truths := map[int]bool{}
	for _, a := range answers {
		at, known := place[a.Thread]
		if !known {
			at = len(s.threads)
			place[a.Thread] = at
			s.threads = append(s.threads, nil)
		}
		r := row{number(a.Truth), number(a.Company), a.right(), a.given(threshold)}
		s.threads[at] = append(s.threads[at], r)
		truths[r.truth] = true
	}
	for i, label := range s.labels {
		if truths[i] && slices.Contains(known, label) {
			s.classes = append(s.classes, i)
		}
	}
	return s
}

// counts are what every figure is made of.
type counts struct {
	examples, right, given, givenRight int
	truths, answers, hits              []int // by label
}

func (s sheet) count(threads func(yield func(thread int))) counts {
	c := counts{truths: make([]int, len(s.labels)), answers: make([]int, len(s.labels)), hits: make([]int, len(s.labels))}
	threads(func(thread int) {
		for _, r := range s.threads[thread] {
			c.examples++
			c.truths[r.truth]++
			c.answers[r.answer]++
			if r.right {
				c.right++
				c.hits[r.truth]++
			}
			if r.given {
				c.given++
				if r.right {
					c.givenRight++
				}
			}
		}
	})
	return c
}

func (s sheet) bootstrap(seed uint64) []counts {
	random := rand.New(rand.NewPCG(seed, 0x6a75646765))
	samples := make([]counts, judgeResamples)
	for i := range samples {
		samples[i] = s.count(func(yield func(int)) {
			for range s.threads {
				yield(random.IntN(len(s.threads)))
			}
		})
	}
	return samples
}

func (c counts) accuracy() Share  { return ShareOf(c.right, c.examples) }
func (c counts) precision() Share { return ShareOf(c.givenRight, c.given) }
func (c counts) coverage() Share  { return ShareOf(c.given, c.examples) }

func (c counts) precisionOf(i int) Share { return ShareOf(c.hits[i], c.answers[i]) }
func (c counts) recallOf(i int) Share    { return ShareOf(c.hits[i], c.truths[i]) }

// f1Of is the harmonic mean of both, which is the same as twice the hits by all
// truths and answers.
func (c counts) f1Of(i int) Share { return ShareOf(2*c.hits[i], c.truths[i]+c.answers[i]) }

// macro is the mean over the known classes, None where there are none. A draw may
// have no example of a rare one; what the whole set says of it then stands in, for
// a mean without it would be of other classes. A class that no answer names has no
// precision and weighs as 0, as it does for scikit-learn: otherwise a model would
// gain by never naming what it finds hard.
func (s sheet) macro(c, whole counts, figure func(counts, int) Share) Share {
	if len(s.classes) == 0 {
		return None
	}
	var sum Share
	for _, i := range s.classes {
		if c.truths[i] > 0 {
			sum += max(0, figure(c, i))
		} else {
			sum += max(0, figure(whole, i))
		}
	}
	return sum / Share(len(s.classes))
}

// percentiles leaves out the draws in which there was nothing to measure.
func percentiles(value Share, samples []counts, figure func(counts) Share) Interval {
	if !value.Known() {
		return Interval{None, None, None}
	}
	values := make([]Share, 0, len(samples))
	for _, c := range samples {
		if v := figure(c); v.Known() {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Interval{value, None, None}
	}
	slices.Sort(values)
	return Interval{value, values[len(values)*25/1000], values[max(0, len(values)*975/1000-1)]}
}
