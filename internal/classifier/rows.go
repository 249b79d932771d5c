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
// example that has the feature with this value, that weighs times, and whose classes
// have these errors, of which those that are 0 change nothing.
func descendPlain(weights, squares, errors []float32, value, times, rate float32) {
	for j, e := range errors {
		if e != 0 {
			descend(weights, squares, j, e*value, times, rate)
		}
	}
}

// descend takes AdaGrad's step on one weight, with the gradient g of an example that
// weighs times. It is one step of the length of that many, and the squares grow
// as they would by that many: where they are small beside it, it comes out
// shorter by the root of times, as it has to, for each of the many would have been
// followed by a smaller error.
func descend(weights, squares []float32, j int, g, times, rate float32) {
	sum := squares[j] + times*g*g
	squares[j] = sum
	weights[j] -= rate * times * g / (float32(math.Sqrt(float64(sum))) + 1e-8)
}
