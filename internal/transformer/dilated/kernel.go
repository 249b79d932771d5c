package dilated

// kernel is a way to multiply that a processor is quick at.
type kernel struct {
	name string
	// rows and columns are of the block of products that it makes at once.
	rows, columns int
	// multiply adds to c, a block row by row, the products of rows of x, one
	// beginning at each place of at moved by so many numbers, with the weights,
	// which have the block's columns.
	multiply func(c, x []float32, at []int, move int, weights []float32)
	// add makes y the sum of x and what of c is above zero. x is as long as y,
	// and c at least.
	add func(y, x, c []float32)
}

// plain is for any processor.
var plain = kernel{name: "plain", rows: 4, columns: 16, multiply: multiplyPlain, add: addPlain}

// multiplyPlain keeps four by two sums in registers.
func multiplyPlain(c, x []float32, at []int, move int, weights []float32) {
	k := len(weights) / 16
	a0, a1, a2, a3 := x[at[0]+move:][:k], x[at[1]+move:][:k], x[at[2]+move:][:k], x[at[3]+move:][:k]
	for j := 0; j < 16; j += 2 {
		c00, c10, c20, c30 := c[j], c[16+j], c[32+j], c[48+j]
		c01, c11, c21, c31 := c[j+1], c[17+j], c[33+j], c[49+j]
		w := weights[j:]
		for i := range a0 {
			w0, w1 := w[16*i], w[16*i+1]
			c00 += a0[i] * w0
			c01 += a0[i] * w1
			c10 += a1[i] * w0
			c11 += a1[i] * w1
			c20 += a2[i] * w0
			c21 += a2[i] * w1
			c30 += a3[i] * w0
			c31 += a3[i] * w1
		}
		c[j], c[16+j], c[32+j], c[48+j] = c00, c10, c20, c30
		c[j+1], c[17+j], c[33+j], c[49+j] = c01, c11, c21, c31
	}
}

func addPlain(y, x, c []float32) {
	x, c = x[:len(y)], c[:len(y)]
	for i := range y {
		y[i] = x[i] + max(c[i], 0)
	}
}
