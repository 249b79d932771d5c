package evaluate

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
)

// sheet holds answers as numbers, by thread. Of many threads few differ in what they
// count: a bootstrap draws threads, and adds up what each kind of them has.
type sheet struct {
	labels []string
	// kinds are the different lists of rows that threads have, and threads is each
	// thread's kind.
	kinds   [][]row
	threads []int
	classes []int // that are a truth and known
}

// row is an answer, as far as it counts.
type row struct {
	truth, answer int // of labels
	right, given  bool
}

func newSheet(answers []Answer, known []string, threshold float64) sheet {
	s := sheet{labels: labelsOf(answers)}
	number := make(map[string]int, len(s.labels))
	for i, label := range s.labels {
		number[label] = i
	}
	place := map[int64]int{}
	var threads [][]row
	truths := map[int]bool{}
	for _, a := range answers {
		at, known := place[a.Thread]
		if !known {
			at = len(threads)
			place[a.Thread] = at
			threads = append(threads, nil)
		}
		r := row{number[a.Truth], number[a.Company], a.right(), a.given(threshold)}
		threads[at] = append(threads[at], r)
		truths[r.truth] = true
	}
	s.sort(threads)
	for i, label := range s.labels {
		if truths[i] && slices.Contains(known, label) {
			s.classes = append(s.classes, i)
		}
	}
	return s
}

// labelsOf are all truths and answers, in order and each once.
func labelsOf(answers []Answer) []string {
	labels := map[string]bool{}
	for _, a := range answers {
		labels[a.Truth], labels[a.Company] = true, true
	}
	return slices.Sorted(maps.Keys(labels))
}

// sort finds the kinds of threads.
func (s *sheet) sort(threads [][]row) {
	kinds := map[string]int{}
	s.threads = make([]int, len(threads))
	var key []byte
	for i, rows := range threads {
		slices.SortFunc(rows, row.compare)
		key = key[:0]
		for _, r := range rows {
			key = binary.AppendUvarint(key, uint64(r.truth))
			key = binary.AppendUvarint(key, uint64(r.answer))
			key = append(key, one(r.given)) // which is right follows from the labels
		}
		kind, known := kinds[string(key)]
		if !known {
			kind = len(s.kinds)
			kinds[string(key)] = kind
			s.kinds = append(s.kinds, rows)
		}
		s.threads[i] = kind
	}
}

func (r row) compare(o row) int {
	return cmp.Or(cmp.Compare(r.truth, o.truth), cmp.Compare(r.answer, o.answer), cmp.Compare(one(r.given), one(o.given)))
}

func one(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// counts are what every figure is made of.
type counts struct {
	examples, right, given, givenRight int
	truths, answers, hits              []int // by label
}

// count adds up threads, of each kind as many as drawn says.
func (s sheet) count(drawn []int) counts {
	c := counts{truths: make([]int, len(s.labels)), answers: make([]int, len(s.labels)), hits: make([]int, len(s.labels))}
	for kind, n := range drawn {
		if n == 0 {
			continue
		}
		for _, r := range s.kinds[kind] {
			c.examples += n
			c.truths[r.truth] += n
			c.answers[r.answer] += n
			if r.right {
				c.right += n
				c.hits[r.truth] += n
			}
			if r.given {
				c.given += n
				if r.right {
					c.givenRight += n
				}
			}
		}
	}
	return c
}

// whole counts every thread once.
func (s sheet) whole() counts {
	drawn := make([]int, len(s.kinds))
	for _, kind := range s.threads {
		drawn[kind]++
	}
	return s.count(drawn)
}

func (s sheet) bootstrap(seed uint64) []counts {
	random := rand.New(rand.NewPCG(seed, 0x6a75646765))
	samples := make([]counts, judgeResamples)
	drawn := make([]int, len(s.kinds))
	for i := range samples {
		clear(drawn)
		for range s.threads {
			drawn[s.threads[random.IntN(len(s.threads))]]++
		}
		samples[i] = s.count(drawn)
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
