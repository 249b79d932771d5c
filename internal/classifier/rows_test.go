package classifier

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Vectors of the processor give the very numbers that the loops in Go give, for any
// number of classes, and touch nothing else.
func TestRowsAreTheSameInVectors(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	numbers := func(n int) []float32 {
		list := make([]float32, n)
		for i := range list {
			list[i] = random.Float32() - 0.5
		}
		return list
	}
	for classes := 1; classes <= 70; classes++ {
		sum, row, factor := numbers(classes), numbers(classes+9), random.Float32()
		want := slices.Clone(sum)
		addScaledPlain(want, row, factor)
		if addScaled(sum, row, factor); !slices.Equal(sum, want) {
			t.Fatalf("%d classes: scores are %v, want %v", classes, sum, want)
		}

		after := random.IntN(20)
		rounded := make([]int8, classes+after)
		for i := range rounded {
			rounded[i] = int8(random.IntN(256) - 128)
		}
		addBytesPlain(want, rounded, factor)
		if addBytes(sum, rounded, factor); !slices.Equal(sum, want) {
			t.Fatalf("%d classes and %d bytes: scores are %v, want %v", classes, after, sum, want)
		}

		weights, squares, errors := numbers(classes+5), numbers(classes+5), numbers(classes)
		for i := range squares {
			squares[i] = max(0, squares[i]) // half of them untouched so far
		}
		for i := range errors {
			if random.IntN(3) == 0 {
				errors[i] = 0
			}
		}
		wantWeights, wantSquares := slices.Clone(weights), slices.Clone(squares)
		descendPlain(wantWeights, wantSquares, errors, 0.3, 0.1)
		descendAll(weights, squares, errors, 0.3, 0.1)
		if !slices.Equal(weights, wantWeights) || !slices.Equal(squares, wantSquares) {
			t.Fatalf("%d classes: weights are %v, want %v", classes, weights, wantWeights)
		}
	}
}
