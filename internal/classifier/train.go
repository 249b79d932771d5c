package classifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Defaults of [Options], and the limits of training.
const (
	DefaultEpochs    = 8
	DefaultBatchSize = 32

	// MaxClasses is the largest number of different labels.
	MaxClasses = 1000

	// maxWidth is the most numbers that an embedding may have.
	maxWidth = 4096

	// maxWeights bounds the memory of training (8 bytes a weight) and the
	// size of a saved model (1 byte a weight).
	maxWeights  = 32 << 20
	maxFeatures = 1 << 19
)

// The constants of training, chosen by measurement: bench/README-classifier.md.
const (
	learningRate   = 0.1
	labelSmoothing = 0.05
	embeddingScale = 1.0 // length of an embedding, where that of the n-grams is 1
	minExamples    = 2   // that share a bucket, to make it a feature
	patience       = 2   // epochs without a better one, before training ends

	// Classes whose error is smaller are left alone in an update: after
	// the first epoch most are, and this is what makes training fast.
	negligible = 1e-3
)

// Example is a text and the class it belongs to. The text may have several
// lines, and may be empty; the label may not.
type Example struct {
	Text  string
	Label string
	// Embedding is what a sentence encoder makes of the text, a vector of
	// length 1, or nil to train on n-grams alone. All examples of a training
	// must have as many numbers. What those of the training set have in common,
	// their mean, is taken away.
	Embedding []float32
	// Weight is how many examples that are alike this one stands for; 0 means 1.
	Weight int
}

// Options say how to train. The zero value is ready to use.
type Options struct {
	// Epochs is how often training goes through all examples, at most; 0
	// means [DefaultEpochs].
	Epochs int
	// BatchSize is how many examples are scored before weights change;
	// 0 means [DefaultBatchSize].
	BatchSize int
	// LearningRateMultiplier scales the learning rate; 0 means 1.
	LearningRateMultiplier float64
	// Seed decides the order of examples.
	Seed uint64
	// Encoder names what made the examples' embeddings, in at most 255 bytes.
	// The model keeps it, so that it is asked with the same.
	Encoder string
	// OnEpoch is called after each epoch, if set. Training waits for it.
	OnEpoch func(Epoch)
}

// Validate reports the first option that is out of range.
func (o Options) Validate() error {
	switch {
	case o.Epochs < 0:
		return fmt.Errorf("epochs are %d: give 1 or more, or 0 for %d", o.Epochs, DefaultEpochs)
	case o.BatchSize < 0:
		return fmt.Errorf("batch size is %d: give 1 or more, or 0 for %d", o.BatchSize, DefaultBatchSize)
	case o.LearningRateMultiplier < 0 || math.IsNaN(o.LearningRateMultiplier) || math.IsInf(o.LearningRateMultiplier, 0):
		return fmt.Errorf("learning rate multiplier is %v: give a number above 0, or 0 for 1", o.LearningRateMultiplier)
	case len(o.Encoder) > maxEncoder:
		return fmt.Errorf("the encoder's name has %d bytes: at most %d are possible", len(o.Encoder), maxEncoder)
	}
	return nil
}

// Epoch tells how training stands after one pass over the examples.
type Epoch struct {
	// Number counts from 1 to Of.
	Number, Of int
	// Step is the number of batches so far, out of Steps in all, where an
	// example takes as many places of a batch as it weighs.
	Step, Steps int
	// TrainLoss is the mean cross-entropy (natural logarithm, without
	// smoothing or weights) and TrainAccuracy the share of right answers
	// over the epoch's examples, each scored just before it was learnt.
	TrainLoss, TrainAccuracy float64
	// ValidLoss and ValidAccuracy are the same over the validation set
	// after the epoch. A validation example whose label is in no training
	// example counts as wrong and not towards the loss. Both are NaN
	// without a validation set.
	ValidLoss, ValidAccuracy float64
	// Model gives the model as it stands, calibrated like the one that
	// [Train] returns. It may be called until OnEpoch returns.
	Model func() *Model
}

// Train fits a model to the examples. The validation set may be empty; it is
// used for the figures of each [Epoch], to calibrate the probabilities and to
// stop early, never to fit weights: training ends after two epochs in a row of
// which neither the validation loss nor the validation accuracy was the best so
// far, and the model is that of the last epoch that was better in one of them.
//
// Examples that are alike are read once and learnt together, wherever they stand:
// the model is that of one example with their weight.
//
// It takes all cores, about 16 bytes of memory for each byte of text, 64 MB
// for counting, and 8 bytes for each of up to 33 million weights, and 1 more
// with a validation set. It returns the context's cause when cancelled, which it
// notices between batches.
func Train(ctx context.Context, train, validation []Example, options Options) (*Model, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	options.Epochs = cmp.Or(options.Epochs, DefaultEpochs)
	options.BatchSize = cmp.Or(options.BatchSize, DefaultBatchSize)
	options.LearningRateMultiplier = cmp.Or(options.LearningRateMultiplier, 1)

	if err := checkWeights(train, validation); err != nil {
		return nil, err
	}
	train, lines := merge(train)
	validation, _ = merge(validation)
	labels, counts := classes(train)
	switch {
	case slices.Contains(labels, ""):
		return nil, errors.New("an example has an empty label: every example needs one")
	case len(labels) < 2:
		return nil, fmt.Errorf("the examples have %d different labels: at least 2 are needed to tell apart", len(labels))
	case len(labels) > MaxClasses:
		return nil, fmt.Errorf("the examples have %d different labels: at most %d are possible", len(labels), MaxClasses)
	}
	vocabulary, idf := selectFeatures(train, lines, len(labels))
	if vocabulary.size == 0 {
		return nil, errors.New("no two examples share a word: there is nothing to learn from")
	}
	width, err := embeddingWidth(train, validation)
	if err != nil {
		return nil, err
	}
	rows := vocabulary.size + width
	mean := meanEmbedding(train, width)
	t := &training{
		options:    options,
		labels:     labels,
		mean:       mean,
		vocabulary: vocabulary,
		idf:        idf,
		weights:    make([]float32, rows*len(labels)),
		squares:    make([]float32, rows*len(labels)),
		lines:      lines,
		train:      vectorize(train, labels, vocabulary, idf, mean),
		valid:      vectorize(validation, labels, vocabulary, idf, mean),
	}
	t.importance = make([]float32, len(labels))
	for i, n := range counts {
		t.importance[i] = float32(math.Sqrt(float64(lines) / float64(len(labels)*n)))
	}
	t.weigh()
	return t.run(ctx)
}

// weigh gives the training examples their scales: the root of how much an example weighs
// beside the others of its class, so that AdaGrad's squares grow as by all that are
// alike. That a whole class is repeated teaches nothing of it that one time does not.
func (t *training) weigh() {
	lines, distinct := make([]int, len(t.labels)), make([]int, len(t.labels))
	for _, v := range t.train {
		lines[v.class] += v.weight
		distinct[v.class]++
	}
	for i, v := range t.train {
		mean := float64(lines[v.class]) / float64(distinct[v.class])
		t.train[i].scale = float32(math.Sqrt(float64(v.weight) / mean))
	}
}

func checkWeights(train, validation []Example) error {
	for _, examples := range [][]Example{train, validation} {
		for _, e := range examples {
			if e.Weight < 0 {
				return fmt.Errorf("an example has the weight %d: give 1 or more, or 0 for 1", e.Weight)
			}
		}
	}
	return nil
}

// merge makes one of the examples that are alike, with their weight, in the order
// in which each is there first, and returns how many there are in all. Texts of
// which the embeddings differ are not alike.
func merge(examples []Example) (distinct []Example, lines int) {
	type content struct{ text, label string }
	at := make(map[content]int, len(examples))
	distinct = make([]Example, 0, len(examples))
	for _, e := range examples {
		e.Weight = max(e.Weight, 1)
		lines += e.Weight
		key := content{e.Text, e.Label}
		i, known := at[key]
		if known && slices.Equal(distinct[i].Embedding, e.Embedding) {
			distinct[i].Weight += e.Weight
			continue
		}
		if !known {
			at[key] = len(distinct)
		}
		distinct = append(distinct, e)
	}
	return distinct, lines
}

// embeddingWidth returns how many numbers the examples' embeddings have, 0 if
// they have none.
func embeddingWidth(train, validation []Example) (int, error) {
	width := len(train[0].Embedding)
	for _, examples := range [][]Example{train, validation} {
		for _, e := range examples {
			if len(e.Embedding) != width {
				return 0, fmt.Errorf("an example has an embedding of %d numbers and another of %d: all need as many", width, len(e.Embedding))
			}
		}
	}
	if width > maxWidth {
		return 0, fmt.Errorf("the embeddings have %d numbers: at most %d are possible", width, maxWidth)
	}
	return width, nil
}

// classes returns the labels in ascending order, and the weight of the examples
// that each has.
func classes(examples []Example) (labels []string, counts []int) {
	count := map[string]int{}
	for _, e := range examples {
		count[e.Label] += e.Weight
	}
	for label := range count {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		counts = append(counts, count[label])
	}
	return labels, counts
}

// selectFeatures keeps the buckets that most of the lines share, as many as the
// limits allow for the number of classes, and returns their inverse document
// frequencies. An example is as many lines as it weighs.
func selectFeatures(examples []Example, lines, classes int) (*vocabulary, []float32) {
	frequencies := documentFrequencies(examples)
	sharedBy := make([]int, lines+1) // buckets, by number of lines
	for _, n := range frequencies {
		sharedBy[n]++
	}
	limit := min(maxFeatures, maxWeights/classes)
	threshold, total := lines+1, 0
	for threshold > minExamples && total+sharedBy[threshold-1] <= limit {
		threshold--
		total += sharedBy[threshold]
	}

	kept := make([]uint32, 0, total)
	idf := make([]float32, 0, total)
	for b, n := range frequencies {
		if int(n) >= threshold {
			kept = append(kept, uint32(b))
			idf = append(idf, float32(1+math.Log(float64(1+lines)/float64(1+n))))
		}
	}
	return newVocabulary(kept), idf
}

// documentFrequencies returns how many lines have each bucket.
func documentFrequencies(examples []Example) []uint32 {
	// 64 MB, whatever the number of examples. Cores add to it in any
	// order: the sums are the same.
	frequencies := make([]uint32, bucketCount)
	var lock sync.Mutex
	inParallel(len(examples), func(next func() (int, bool)) {
		type occurrence struct{ bucket, lines uint32 }
		var e extractor
		var pending []occurrence
		flush := func() {
			lock.Lock()
			defer lock.Unlock()
			for _, o := range pending {
				frequencies[o.bucket] += o.lines
			}
			pending = pending[:0]
		}
		for i, ok := next(); ok; i, ok = next() {
			buckets := e.extract(examples[i].Text)
			slices.Sort(buckets)
			for _, b := range slices.Compact(buckets) {
				pending = append(pending, occurrence{b, uint32(examples[i].Weight)})
			}
			if len(pending) > 1<<16 {
				flush()
			}
		}
		flush()
	})
	return frequencies
}

// vector is one example: its packed features, ascending, its embedding, centred, the
// number of its class, -1 if that is not among the classes, and its weight. Scale is what
// its gradient is multiplied by for that: see [training.weigh].
type vector struct {
	features  []uint32
	embedding []float32
	class     int
	weight    int
	scale     float32
}

func vectorize(examples []Example, labels []string, v *vocabulary, idf, mean []float32) []vector {
	vectors := make([]vector, len(examples))
	inParallel(len(examples), func(next func() (int, bool)) {
		vectorizer := newVectorizer(v, idf)
		for i, ok := next(); ok; i, ok = next() {
			class, known := slices.BinarySearch(labels, examples[i].Label)
			if !known {
				class = -1
			}
			vectors[i] = vector{
				features: vectorizer.pack(examples[i].Text), embedding: centred(examples[i].Embedding, mean), class: class, weight: examples[i].Weight,
			}
		}
	})
	return vectors
}
