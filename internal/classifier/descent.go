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
	lines        int       // what the examples of train weigh together
	scores       []float32 // by example of valid, then class: when it was last scored
}

// scored is one example of a batch between its scoring and its update.
type scored struct {
	vector *vector
	values []float32 // of its features
	errors []float32 // by class: probability minus target, weighted; 0 where it is negligible
	active []int32   // classes whose error is not
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
	perEpoch := (t.lines + t.options.BatchSize - 1) / t.options.BatchSize
	epoch := Epoch{Of: t.options.Epochs, Steps: perEpoch * t.options.Epochs}
	var best bestEpoch
	for epoch.Number < epoch.Of {
		epoch.Number++
		shuffle.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if err := t.epoch(ctx, &epoch, order, batch); err != nil {
			return nil, err
		}
		epoch.Step = epoch.Number * perEpoch
		epoch.ValidLoss, epoch.ValidAccuracy = t.validate()
		epoch.Model = sync.OnceValue(t.model)
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

// epoch goes through all examples once, and fills in how well they were answered. Its
// step is that before its first batch.
func (t *training) epoch(ctx context.Context, epoch *Epoch, order []int, batch []scored) error {
	loss, right, done := 0.0, 0, 0
	for len(order) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// The rate falls to zero in a straight line, so that the
		// last examples do not outweigh the first.
		step := epoch.Step + done/t.options.BatchSize
		remaining := 1 - float64(step)/float64(epoch.Steps)
		rate := float32(learningRate * t.options.LearningRateMultiplier * remaining)
		n, weight := t.takeBatch(order)
		t.step(batch[:n], order[:n], rate)
		for _, s := range batch[:n] {
			loss += float64(s.vector.weight) * s.loss
			if s.right {
				right += s.vector.weight
			}
		}
		order = order[n:]
		done += weight
	}
	epoch.TrainLoss = loss / float64(t.lines)
	epoch.TrainAccuracy = float64(right) / float64(t.lines)
	return nil
}

// takeBatch returns how many examples, from the first, fill a batch, and what they
// weigh together.
func (t *training) takeBatch(order []int) (n, weight int) {
	for n < len(order) && weight < t.options.BatchSize {
		weight += t.train[order[n]].weight
		n++
	}
	return n, weight
}

// step scores a batch with the weights as they are, then updates them.
func (t *training) step(batch []scored, order []int, rate float32) {
	inParallel(len(batch), func(next func() (int, bool)) {
		for i, ok := next(); ok; i, ok = next() {
			batch[i].vector = &t.train[order[i]]
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
	weight := t.importance[class] * s.vector.scale
	s.active = s.active[:0]
	for j := range z {
		e := z[j] - labelSmoothing/float32(len(z))
		if j == class {
			e -= 1 - labelSmoothing
		}
		z[j] = 0
		if e > negligible || e < -negligible {
			s.active = append(s.active, int32(j))
			z[j] = e * weight
		}
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
	if len(s.active) > classes/denseShare {
		descendAll(weights, squares, s.errors, value, rate)
		return
	}
	for _, j := range s.active {
		descend(weights, squares, int(j), s.errors[j]*value, rate)
	}
}

// denseShare is the part of the classes from which on it is faster to update all.
const denseShare = 6

// logits fills z with the score of each class.
func (t *training) logits(z []float32, v *vector, values []float32) {
	clear(z)
	for i, f := range v.features {
		addScaled(z, t.weights[int(f&bucketMask)*len(z):][:len(z)], values[i])
	}
	for i, value := range v.embedding {
		addScaled(z, t.weights[(t.vocabulary.size+i)*len(z):][:len(z)], embeddingScale*value)
	}
}

// validate scores the validation set and returns loss and accuracy over it, NaN if it
// is empty.
func (t *training) validate() (loss, accuracy float64) {
	classes := len(t.labels)
	if t.scores == nil {
		t.scores = make([]float32, len(t.valid)*classes)
	}
	losses := make([]float64, len(t.valid))
	right := make([]bool, len(t.valid))
	inParallel(len(t.valid), func(next func() (int, bool)) {
		p := make([]float32, classes)
		var x []float32
		for i, ok := next(); ok; i, ok = next() {
			v, z := &t.valid[i], t.scoresOf(i)
			x = values(x, v.features, t.idf)
			t.logits(z, v, x)
			right[i] = argmax(z) == v.class
			if v.class >= 0 {
				copy(p, z)
				softmax(p)
				losses[i] = crossEntropy(p[v.class])
			}
		}
	})
	known, correct, all := 0, 0, 0
	for i, v := range t.valid {
		loss += float64(v.weight) * losses[i] // in order: sums of floats depend on it
		all += v.weight
		if right[i] {
			correct += v.weight
		}
		if v.class >= 0 {
			known += v.weight
		}
	}
	return loss / float64(known), float64(correct) / float64(all)
}

// scoresOf are those of a validation example after the last [training.validate].
func (t *training) scoresOf(i int) []float32 {
	return t.scores[i*len(t.labels):][:len(t.labels)]
}

// temperature returns the divisor of the scores that makes the validation
// set likeliest, between 1/8 and 8. The loss has one minimum in it, which
// golden-section search finds.
func (t *training) temperature() float64 {
	known := 0
	for _, v := range t.valid {
		if v.class >= 0 {
			known += v.weight
		}
	}
	// A handful of examples, all right, would ask for boundless confidence.
	if known < 10 {
		return 1
	}
	const ratio = 1 / math.Phi
	low, high := -math.Log(8), math.Log(8)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	lossA, lossB := t.lossAt(a), t.lossAt(b)
	for high-low > 1e-3 {
		if lossA < lossB {
			high, b, lossB = b, a, lossA
			a = high - ratio*(high-low)
			lossA = t.lossAt(a)
		} else {
			low, a, lossA = a, b, lossB
			b = low + ratio*(high-low)
			lossB = t.lossAt(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// lossAt is the sum of the validation losses at a temperature, given as its logarithm.
func (t *training) lossAt(logT float64) (sum float64) {
	scale := float32(math.Exp(-logT))
	losses := make([]float64, len(t.valid))
	inParallel(len(t.valid), func(next func() (int, bool)) {
		p := make([]float32, len(t.labels))
		for i, ok := next(); ok; i, ok = next() {
			class := t.valid[i].class
			if class < 0 {
				continue
			}
			for j, z := range t.scoresOf(i) {
				p[j] = z * scale
			}
			softmax(p)
			losses[i] = crossEntropy(p[class])
		}
	})
	for i, v := range t.valid {
		sum += float64(v.weight) * losses[i]
	}
	return sum
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
	clearUpper()
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
