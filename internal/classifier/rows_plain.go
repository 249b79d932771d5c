//go:build !goexperiment.simd || !amd64

package classifier

func clearUpper() {}

func addScaled(sum, row []float32, factor float32) { addScaledPlain(sum, row, factor) }

func addBytes(sum []float32, row []int8, factor float32) { addBytesPlain(sum, row, factor) }

func descendAll(weights, squares, errors []float32, value, rate float32) {
	descendPlain(weights, squares, errors, value, rate)
}
