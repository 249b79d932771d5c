package classifier

import (
	"math"
	"slices"
	"sync"
)

// Model is a trained classifier. It is immutable and safe for concurrent use.
type Model struct {
	labels      []string
	vocabulary  *vocabulary
	idf         []float32
	temperature float64

	// Weights are held as bytes with one scale a feature: a row of 60
	// classes is then one line of the processor's cache, and rows come
	// from all over the memory.
	weights []int8 // by feature, then class
	scales  []float32

	scratch sync.Pool // of *scratch
}

// scratch is the memory that one prediction needs.
type scratch struct {
	vectorizer *vectorizer
	scores     []float32
}

// newModel rounds float weights to bytes.
func newModel(labels []string, v *vocabulary, idf, weights []float32, temperature float64) *Model {
	m := &Model{
		labels:      labels,
		vocabulary:  v,
		idf:         idf,
		temperature: temperature,
		weights:     make([]int8, len(weights)),
		scales:      make([]float32, v.size),
	}
	classes := len(labels)
	for id := range m.scales {
		row := weights[id*classes:][:classes]
		// Softmax does not notice when the same amount is taken from every
		// class, and smaller numbers lose less in rounding.
		middle := (slices.Max(row) + slices.Min(row)) / 2
		scale := (slices.Max(row) - middle) / math.MaxInt8
		if scale == 0 {
			continue
		}
		m.scales[id] = scale
		for j, w := range row {
			m.weights[id*classes+j] = int8(math.Round(float64((w - middle) / scale)))
		}
	}
	return m
}

// Labels returns the classes in ascending order.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// Temperature returns what scores are divided by to calibrate probabilities;
// 1 for a model trained without a validation set.
func (m *Model) Temperature() float64 { return m.temperature }

// Scored is a class and how likely it is.
type Scored struct {
	Label string
	// Probability is between 0 and 1. Over all classes they add up to 1.
	Probability float64
}

// Predict returns all classes with their probabilities, the likeliest first;
// equally likely ones in ascending order of label. A text without a single
// known n-gram, such as an empty one, gives every class the same probability.
func (m *Model) Predict(text string) []Scored {
	s, _ := m.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{vectorizer: newVectorizer(m.vocabulary, m.idf), scores: make([]float32, len(m.labels))}
	}
	defer m.scratch.Put(s)

	m.score(s, text)
	softmax(s.scores)
	result := make([]Scored, len(m.labels))
	for i, p := range s.scores {
		result[i] = Scored{Label: m.labels[i], Probability: float64(p)}
	}
	slices.SortStableFunc(result, func(a, b Scored) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	return result
}

// score fills s.scores with the calibrated score of each class.
func (m *Model) score(s *scratch, text string) {
	z := s.scores
	clear(z)
	ids := s.vectorizer.count(text)
	var square float64
	for _, id := range ids {
		value := termWeights[s.vectorizer.counts[id]] * m.idf[id]
		s.vectorizer.counts[id] = 0
		square += float64(value * value)
		factor := value * m.scales[id]
		row := m.weights[int(id)*len(z):][:len(z)]
		for j := range z {
			z[j] += factor * float32(row[j])
		}
	}
	if square == 0 {
		return
	}
	norm := float32(1 / (math.Sqrt(square) * m.temperature))
	for j := range z {
		z[j] *= norm
	}
}
