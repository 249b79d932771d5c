package dilated

import "golang.org/x/sys/cpu"

// avx512 and avx2 are for processors with vectors of 16 and of 8 numbers. Their
// blocks fill the registers: sums, the weights of one step, and a number of x.
var (
	avx512 = kernel{name: "AVX-512", rows: blockRows, columns: 64, multiply: multiply512, add: addVectors}
	avx2   = kernel{name: "AVX2", rows: blockRows, columns: 16, multiply: multiply256, add: addVectors}
)

const blockRows = 6

// kernels are all that this processor can run, the quickest first.
func kernels() (known []kernel) {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		if cpu.X86.HasAVX512F {
			known = append(known, avx512)
		}
		known = append(known, avx2)
	}
	return append(known, plain)
}

func multiply512(c, x []float32, at []int, move int, weights []float32) {
	steps := len(weights) / 64
	rows := blockOf(x, at, move, steps)
	block512(&c[:blockRows*64][0], &rows, &weights[0], steps)
}

func multiply256(c, x []float32, at []int, move int, weights []float32) {
	steps := len(weights) / 16
	rows := blockOf(x, at, move, steps)
	block256(&c[:blockRows*16][0], &rows, &weights[0], steps)
}

// blockOf returns where the rows of a block begin. It panics if one is no part of x.
func blockOf(x []float32, at []int, move, steps int) (rows [blockRows]*float32) {
	for i := range rows {
		rows[i] = &x[at[i]+move:][:steps][0]
	}
	return rows
}

func addVectors(y, x, c []float32) {
	n := len(y) / 8 * 8
	if n > 0 {
		add256(&y[0], &x[:n][0], &c[:n][0], n)
	}
	addPlain(y[n:], x[n:], c[n:])
}

// block512 adds to a block of 6 rows and 64 columns what the rows of x are times the
// weights, in so many steps, at least one.
//
//go:noescape
func block512(c *float32, x *[blockRows]*float32, weights *float32, steps int)

// block256 does the same with 16 columns.
//
//go:noescape
func block256(c *float32, x *[blockRows]*float32, weights *float32, steps int)

// add256 makes y the sum of x and what of c is above zero, of n numbers, a positive
// multiple of 8.
//
//go:noescape
func add256(y, x, c *float32, n int)
