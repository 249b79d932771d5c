package classifier

import "math"

// meanEmbedding is what the examples' embeddings have in common, each as often as it
// weighs, nil if they have none.
func meanEmbedding(examples []Example, width int) []float32 {
	if width == 0 {
		return nil
	}
	sums, lines := make([]float64, width), 0
	for _, e := range examples {
		lines += e.Weight
		for i, v := range e.Embedding {
			sums[i] += float64(e.Weight) * float64(v)
		}
	}
	mean := make([]float32, width)
	for i, sum := range sums {
		mean[i] = float32(sum / float64(lines))
	}
	return mean
}

// nothing is the square of a length that is rounding alone.
const nothing = 1e-10

// centred is an embedding less the mean, at the length 1 again: some encoders put all
// texts close to each other, and what tells them apart would be lost beside what they
// share. Nothing is left of the mean itself. No mean leaves an embedding as it is.
func centred(embedding, mean []float32) []float32 {
	if len(embedding) == 0 || len(mean) == 0 {
		return embedding
	}
	rest := make([]float32, len(embedding))
	var square float64
	for i, v := range embedding {
		rest[i] = v - mean[i]
		square += float64(rest[i]) * float64(rest[i])
	}
	if square < nothing {
		clear(rest)
		return rest
	}
	norm := float32(1 / math.Sqrt(square))
	for i := range rest {
		rest[i] *= norm
	}
	return rest
}
