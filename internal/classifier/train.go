package classifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
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
	// must have as many numbers.
	Embedding []float32
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
	// Step is the number of batches so far, out of Steps in all.
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

	labels, counts := classes(train)
	switch {
	case slices.Contains(labels, ""):
		return nil, errors.New("an example has an empty label: every example needs one")
	case len(labels) < 2:
		return nil, fmt.Errorf("the examples have %d different labels: at least 2 are needed to tell apart", len(labels))
	case len(labels) > MaxClasses:
		return nil, fmt.Errorf("the examples have %d different labels: at most %d are possible", len(labels), MaxClasses)
	}
	vocabulary, idf := selectFeatures(train, len(labels))
	if vocabulary.size == 0 {
		return nil, errors.New("no two examples share a word: there is nothing to learn from")
	}
	width, err := embeddingWidth(train, validation)
	if err != nil {
		return nil, err
	}
	rows := vocabulary.size + width
	t := &training{
		options:    options,
		labels:     labels,
		vocabulary: vocabulary,
		idf:        idf,
		weights:    make([]float32, rows*len(labels)),
		squares:    make([]float32, rows*len(labels)),
		train:      vectorize(train, labels, vocabulary, idf),
		valid:      vectorize(validation, labels, vocabulary, idf),
	}
	t.importance = make([]float32, len(labels))
	for i, n := range counts {
		t.importance[i] = float32(math.Sqrt(float64(len(train)) / float64(len(labels)*n)))
	}
	return t.run(ctx)
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

// classes returns the labels in ascending order, and how many examples each
// has.
func classes(examples []Example) (labels []string, counts []int) {
	count := map[string]int{}
	for _, e := range examples {
		count[e.Label]++
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

// selectFeatures keeps the buckets that most examples share, as many as the
// limits allow for the number of classes, and returns their inverse document
// frequencies.
func selectFeatures(examples []Example, classes int) (*vocabulary, []float32) {
	// 64 MB, whatever the number of examples. Cores add to it in any
	// order: the sums are the same.
	frequencies := make([]uint32, bucketCount)
	var lock sync.Mutex
	inParallel(len(examples), func(next func() (int, bool)) {
		var e extractor
		var pending []uint32
		flush := func() {
			lock.Lock()
			defer lock.Unlock()
			for _, b := range pending {
				frequencies[b]++
			}
			pending = pending[:0]
		}
		for i, ok := next(); ok; i, ok = next() {
			buckets := e.extract(examples[i].Text)
			slices.Sort(buckets)
			pending = append(pending, slices.Compact(buckets)...)
			if len(pending) > 1<<16 {
				flush()
			}
		}
		flush()
	})

	sharedBy := make([]int, len(examples)+1) // buckets, by number of examples
	for _, n := range frequencies {
		sharedBy[n]++
	}
	limit := min(maxFeatures, maxWeights/classes)
	threshold, total := len(examples)+1, 0
	for threshold > minExamples && total+sharedBy[threshold-1] <= limit {
		threshold--
		total += sharedBy[threshold]
	}

	kept := make([]uint32, 0, total)
	idf := make([]float32, 0, total)
	for b, n := range frequencies {
		if int(n) >= threshold {
			kept = append(kept, uint32(b))
			idf = append(idf, float32(1+math.Log(float64(1+len(examples))/float64(1+n))))
		}
	}
	return newVocabulary(kept), idf
}

// vector is one example: its packed features, ascending, its embedding, and the
// number of its class, -1 if that is not among the classes.
type vector struct {
	features  []uint32
	embedding []float32
	class     int
}

func vectorize(examples []Example, labels []string, v *vocabulary, idf []float32) []vector {
	vectors := make([]vector, len(examples))
	inParallel(len(examples), func(next func() (int, bool)) {
		vectorizer := newVectorizer(v, idf)
		for i, ok := next(); ok; i, ok = next() {
			class, known := slices.BinarySearch(labels, examples[i].Label)
			if !known {
				class = -1
			}
			vectors[i] = vector{features: vectorizer.pack(examples[i].Text), embedding: examples[i].Embedding, class: class}
		}
	})
	return vectors
}

// training is the state of one run.
type training struct {
	options    Options
	labels     []string
	vocabulary *vocabulary
	idf        []float32
	importance []float32 // by class: how much its examples weigh

	// By feature, then class: the weights, and the sums of squared
	// gradients that AdaGrad divides by. The numbers of the embedding follow
	// the n-grams.
	weights, squares []float32

	train, valid []vector
}

// scored is one example of a batch between its scoring and its update.
type scored struct {
	vector *vector
	values []float32 // of its features
	errors []float32 // by class: probability minus target, weighted
	active []int32   // classes whose error is not negligible
	loss   float64
	right  bool
}

// model rounds the weights as they are; training may go on.
func (t *training) model() *Model {
	return newModel(t.labels, t.options.Encoder, t.vocabulary, t.idf, t.weights, t.temperature())
}

func (t *training) run(ctx context.Context) (*Model, error) {
	order := make([]int, len(t.train))
	for i := range order {
		order[i] = i
	}
	batch := make([]scored, min(t.options.BatchSize, len(order)))
	for i := range batch {
		batch[i].errors = make([]float32, len(t.labels))
	}
	shuffle := rand.New(rand.NewPCG(t.options.Seed, 0))
	perEpoch := (len(order) + len(batch) - 1) / len(batch)
	epoch := Epoch{Of: t.options.Epochs, Steps: perEpoch * t.options.Epochs}
	var best bestEpoch
	for epoch.Number < epoch.Of {
		epoch.Number++
		shuffle.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		loss, right := 0.0, 0
		for indices := range slices.Chunk(order, len(batch)) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			// The rate falls to zero in a straight line, so that the
			// last examples do not outweigh the first.
			remaining := 1 - float64(epoch.Step)/float64(epoch.Steps)
			rate := float32(learningRate * t.options.LearningRateMultiplier * remaining)
			t.step(batch[:len(indices)], indices, rate)
			for i := range indices {
				loss += batch[i].loss
				if batch[i].right {
					right++
				}
			}
			epoch.Step++
		}
		epoch.TrainLoss = loss / float64(len(order))
		epoch.TrainAccuracy = float64(right) / float64(len(order))
		epoch.Model = sync.OnceValue(t.model)
		epoch.ValidLoss, epoch.ValidAccuracy = t.validate()
		if t.options.OnEpoch != nil {
			t.options.OnEpoch(epoch)
		}
		if len(t.valid) > 0 && best.waits(epoch) == patience {
			break
		}
	}
	if best.model != nil {
		return best.model, nil
	}
	return epoch.Model(), nil
}

// step scores a batch with the weights as they are, then updates them.
func (t *training) step(batch []scored, indices []int, rate float32) {
	inParallel(len(batch), func(next func() (int, bool)) {
		for i, ok := next(); ok; i, ok = next() {
			batch[i].vector = &t.train[indices[i]]
			t.score(&batch[i])
		}
	})
	// Each core owns a range of features and takes the examples in order,
	// so every weight sees the same updates in the same order whatever the
	// number of cores.
	shards := runtime.GOMAXPROCS(0)
	features := len(t.weights) / len(t.labels)
	inParallel(shards, func(next func() (int, bool)) {
		for shard, ok := next(); ok; shard, ok = next() {
			from, to := features*shard/shards, features*(shard+1)/shards
			for i := range batch {
				t.update(&batch[i], uint32(from), uint32(to), rate)
			}
		}
	})
}

func (t *training) score(s *scored) {
	s.values = values(s.values, s.vector.features, t.idf)
	z := s.errors
	t.logits(z, s.vector, s.values)
	class := s.vector.class
	s.right = argmax(z) == class
	softmax(z)
	s.loss = crossEntropy(z[class])
	weight := t.importance[class]
	s.active = s.active[:0]
	for j := range z {
		e := z[j] - labelSmoothing/float32(len(z))
		if j == class {
			e -= 1 - labelSmoothing
		}
		if e > negligible || e < -negligible {
			s.active = append(s.active, int32(j))
		}
		z[j] = e * weight
	}
}

func (t *training) update(s *scored, from, to uint32, rate float32) {
	if len(s.active) == 0 {
		return
	}
	t.updateEmbedding(s, int(from), int(to), rate)
	features := s.vector.features
	first, _ := slices.BinarySearchFunc(features, from, func(f, id uint32) int { return cmp.Compare(f&bucketMask, id) })
	for i := first; i < len(features); i++ {
		id := features[i] & bucketMask
		if id >= to {
			return
		}
		t.descend(s, int(id), s.values[i], rate)
	}
}

// updateEmbedding updates the weights of the embedding's numbers that are among
// the features from from to to.
func (t *training) updateEmbedding(s *scored, from, to int, rate float32) {
	first := t.vocabulary.size
	for id := max(from, first); id < min(to, first+len(s.vector.embedding)); id++ {
		t.descend(s, id, embeddingScale*s.vector.embedding[id-first], rate)
	}
}

// descend takes AdaGrad's step on the weights of one feature.
func (t *training) descend(s *scored, feature int, value, rate float32) {
	classes := len(t.labels)
	weights := t.weights[feature*classes:][:classes]
	squares := t.squares[feature*classes:][:classes]
	for _, j := range s.active {
		g := s.errors[j] * value
		sum := squares[j] + g*g
		squares[j] = sum
		weights[j] -= rate * g / (float32(math.Sqrt(float64(sum))) + 1e-8)
	}
}

// logits fills z with the score of each class.
func (t *training) logits(z []float32, v *vector, values []float32) {
	clear(z)
	add := func(feature int, value float32) {
		row := t.weights[feature*len(z):][:len(z)]
		for j := range z {
			z[j] += value * row[j]
		}
	}
	for i, f := range v.features {
		add(int(f&bucketMask), values[i])
	}
	for i, value := range v.embedding {
		add(t.vocabulary.size+i, embeddingScale*value)
	}
}

// validate returns loss and accuracy over the validation set, NaN if it is
// empty.
func (t *training) validate() (loss, accuracy float64) {
	losses := make([]float64, len(t.valid))
	right := make([]bool, len(t.valid))
	t.eachValidation(func(i int, z []float32) {
		class := t.valid[i].class
		right[i] = argmax(z) == class
		if class >= 0 {
			softmax(z)
			losses[i] = crossEntropy(z[class])
		}
	})
	known, correct := 0, 0
	for i := range t.valid {
		loss += losses[i] // in order: sums of floats depend on it
		if right[i] {
			correct++
		}
		if t.valid[i].class >= 0 {
			known++
		}
	}
	return loss / float64(known), float64(correct) / float64(len(t.valid))
}

// eachValidation calls visit, on several goroutines, with the scores of every
// validation example. The slice is visit's to change until it returns.
func (t *training) eachValidation(visit func(i int, z []float32)) {
	inParallel(len(t.valid), func(next func() (int, bool)) {
		z := make([]float32, len(t.labels))
		var x []float32
		for i, ok := next(); ok; i, ok = next() {
			x = values(x, t.valid[i].features, t.idf)
			t.logits(z, &t.valid[i], x)
			visit(i, z)
		}
	})
}

// temperature returns the divisor of the scores that makes the validation
// set likeliest, between 1/8 and 8. The loss has one minimum in it, which
// golden-section search finds.
func (t *training) temperature() float64 {
	scores := make([][]float32, len(t.valid))
	t.eachValidation(func(i int, z []float32) {
		if t.valid[i].class >= 0 {
			scores[i] = slices.Clone(z)
		}
	})
	known := 0
	for _, z := range scores {
		if z != nil {
			known++
		}
	}
	// A handful of examples, all right, would ask for boundless confidence.
	if known < 10 {
		return 1
	}
	p := make([]float32, len(t.labels))
	loss := func(logT float64) (sum float64) {
		scale := float32(math.Exp(-logT))
		for i, z := range scores {
			if z == nil {
				continue
			}
			for j := range z {
				p[j] = z[j] * scale
			}
			softmax(p)
			sum += crossEntropy(p[t.valid[i].class])
		}
		return sum
	}
	const ratio = 1 / math.Phi
	low, high := -math.Log(8), math.Log(8)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	lossA, lossB := loss(a), loss(b)
	for high-low > 1e-3 {
		if lossA < lossB {
			high, b, lossB = b, a, lossA
			a = high - ratio*(high-low)
			lossA = loss(a)
		} else {
			low, a, lossA = a, b, lossB
			b = low + ratio*(high-low)
			lossB = loss(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// values returns the tf-idf values of packed features, scaled to length 1,
// in the memory of into.
func values(into []float32, packed []uint32, idf []float32) []float32 {
	into = into[:0]
	var square float32
	for _, f := range packed {
		value := termWeights[f>>bucketBits] * idf[f&bucketMask]
		square += value * value
		into = append(into, value)
	}
	if square > 0 {
		norm := 1 / float32(math.Sqrt(float64(square)))
		for i := range into {
			into[i] *= norm
		}
	}
	return into
}

// softmax turns scores into probabilities in place.
func softmax(z []float32) {
	highest := slices.Max(z)
	var sum float64
	for i, v := range z {
		e := math.Exp(float64(v - highest))
		z[i] = float32(e)
		sum += e
	}
	for i := range z {
		z[i] = float32(float64(z[i]) / sum)
	}
}

// crossEntropy is the loss of giving the right class probability p.
func crossEntropy(p float32) float64 { return -math.Log(max(float64(p), 1e-12)) }

// argmax returns the first index of the highest score.
func argmax(z []float32) int {
	best := 0
	for i, v := range z {
		if v > z[best] {
			best = i
		}
	}
	return best
}

// inParallel runs work on every core. Each calls next for the numbers below n
// that it is to handle, until next says false.
func inParallel(n int, work func(next func() (int, bool))) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var group sync.WaitGroup
	for w := range workers {
		i := w - workers
		group.Go(func() {
			work(func() (int, bool) {
				i += workers
				return i, i < n
			})
		})
	}
	group.Wait()
}
