package classifier

import (
	"math"
	"slices"
	"sync"
)

// Model is a trained classifier. It is immutable and safe for concurrent use.
type Model struct {
	labels      []string
	encoder     string
	mean        []float32 // of the embeddings; nil for n-grams alone, and in older models
	vocabulary  *vocabulary
	idf         []float32
	temperature float64

	// Weights are held as bytes with one scale a feature: a row of 60
	// classes is then one line of the processor's cache, and rows come
	// from all over the memory.
	// The numbers of the embedding follow the n-grams.
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
func newModel(labels []string, encoder string, mean []float32, v *vocabulary, idf, weights []float32, temperature float64) *Model {
	m := &Model{
		labels:      labels,
		encoder:     encoder,
		mean:        mean,
		vocabulary:  v,
		idf:         idf,
		temperature: temperature,
		weights:     make([]int8, len(weights)),
		scales:      make([]float32, len(weights)/len(labels)),
	}
	inParallel(len(m.scales), func(next func() (int, bool)) {
		for id, ok := next(); ok; id, ok = next() {
			m.round(id, weights)
		}
	})
	return m
}

// round rounds the weights of a feature.
func (m *Model) round(id int, weights []float32) {
	classes := len(m.labels)
	row := weights[id*classes:][:classes]
	// Softmax does not notice when the same amount is taken from every
	// class, and smaller numbers lose less in rounding.
	middle := (slices.Max(row) + slices.Min(row)) / 2
	scale := (slices.Max(row) - middle) / math.MaxInt8
	if scale == 0 {
		return
	}
	m.scales[id] = scale
	for j, w := range row {
		m.weights[id*classes+j] = int8(math.Round(float64((w - middle) / scale)))
	}
}

// Labels returns the classes in ascending order.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// Temperature returns what scores are divided by to calibrate probabilities;
// 1 for a model trained without a validation set.
func (m *Model) Temperature() float64 { return m.temperature }

// Width returns how many numbers the embedding of a text has to have; 0 for a
// model trained on n-grams alone.
func (m *Model) Width() int { return len(m.scales) - m.vocabulary.size }

// Encoder returns what made the embeddings that the model was trained with, as
// [Options] named it.
func (m *Model) Encoder() string { return m.encoder }

// Scored is a class and how likely it is.
type Scored struct {
	Label string
	// Probability is between 0 and 1. Over all classes they add up to 1.
	Probability float64
}

// Predict returns all classes with their probabilities, the likeliest first;
// equally likely ones in ascending order of label. A text without a single
// known n-gram, such as an empty one, gives every class the same probability.
//
// A model that was trained with embeddings answers by the n-grams alone:
// [Model.PredictEmbedded] gives it all that it learnt from.
func (m *Model) Predict(text string) []Scored { return m.PredictEmbedded(text, nil) }

// PredictEmbedded is like [Model.Predict] for a text and its embedding, which
// must have [Model.Width] numbers.
func (m *Model) PredictEmbedded(text string, embedding []float32) []Scored {
	s, _ := m.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{vectorizer: newVectorizer(m.vocabulary, m.idf), scores: make([]float32, len(m.labels))}
	}
	defer m.scratch.Put(s)

	m.score(s, text, embedding)
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
func (m *Model) score(s *scratch, text string, embedding []float32) {
	z := s.scores
	clear(z)
	var square float64
	for _, id := range s.vectorizer.count(text) {
		value := termWeights[s.vectorizer.counts[id]] * m.idf[id]
		s.vectorizer.counts[id] = 0
		square += float64(value * value)
		m.add(z, int(id), value)
	}
	if square > 0 {
		norm := float32(1 / math.Sqrt(square))
		for j := range z {
			z[j] *= norm
		}
	}
	for i, value := range centred(embedding, m.mean) {
		m.add(z, m.vocabulary.size+i, embeddingScale*value)
	}
	for j := range z {
		z[j] /= float32(m.temperature)
	}
}

// add adds to z what a feature says for each class.
func (m *Model) add(z []float32, feature int, value float32) {
	addBytes(z, m.weights[feature*len(z):], value*m.scales[feature])
}
