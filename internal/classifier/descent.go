package classifier

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// training is the state of one run.
type training struct {
	options    Options
	labels     []string
	vocabulary *vocabulary
	idf        []float32
	mean       []float32 // of the embeddings, nil without
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
	return newModel(t.labels, t.options.Encoder, t.mean, t.vocabulary, t.idf, t.weights, t.temperature())
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
