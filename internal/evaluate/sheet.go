package evaluate

import (
	"math/rand/v2"
	"slices"
)

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
