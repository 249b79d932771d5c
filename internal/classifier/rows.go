package classifier

import "math"

// addScaledPlain adds factor times the numbers of row to those of sum.
func addScaledPlain(sum, row []float32, factor float32) {
	row = row[:len(sum)]
	for j := range sum {
		sum[j] += factor * row[j]
	}
}

// addBytesPlain is addScaledPlain for bytes.
func addBytesPlain(sum []float32, row []int8, factor float32) {
	row = row[:len(sum)]
	for j := range sum {
		sum[j] += factor * float32(row[j])
	}
}

// descendPlain takes AdaGrad's step on the weights of a feature for each class: of an
// example that has the feature with this value, and whose classes have these errors, of
// which those that are 0 change nothing.
func descendPlain(weights, squares, errors []float32, value, rate float32) {
	for j, e := range errors {
		if e != 0 {
			descend(weights, squares, j, e*value, rate)
		}
	}
}

// descend takes AdaGrad's step on one weight, with the gradient g.
func descend(weights, squares []float32, j int, g, rate float32) {
	sum := squares[j] + g*g
	squares[j] = sum
	weights[j] -= rate * g / (float32(math.Sqrt(float64(sum))) + 1e-8)
}
