//go:build goexperiment.simd && amd64

package classifier

import "simd/archsimd"

// wide tells whether the processor has vectors of eight numbers. With them, every
// class has the same sums in the same order, and rounds as without.
var wide = archsimd.X86.AVX2()

// lanes is how many numbers a vector has.
const lanes = 8

// clearUpper makes [math.Exp] and SHA-256 fast, which mix two kinds of instructions.
// Some processors are many times slower at that while the upper halves of their vectors
// are in use, and whatever ran before may have left them so: also the runtime, which
// restores them where it had interrupted a goroutine.
func clearUpper() {
	if wide {
		archsimd.ClearAVXUpperBits()
	}
}

func addScaled(sum, row []float32, factor float32) {
	if !wide || len(sum) < lanes {
		addScaledPlain(sum, row, factor)
		return
	}
	row = row[:len(sum)]
	f := archsimd.BroadcastFloat32x8(factor)
	for len(sum) >= lanes {
		f.Mul(archsimd.LoadFloat32x8Slice(row)).Add(archsimd.LoadFloat32x8Slice(sum)).StoreSlice(sum)
		sum, row = sum[lanes:], row[lanes:]
	}
	archsimd.ClearAVXUpperBits()
	addScaledPlain(sum, row, factor)
}

// addBytes is given all that comes after the row as well, which a vector may reach
// into.
func addBytes(sum []float32, row []int8, factor float32) {
	if wide && len(sum) >= lanes {
		f := archsimd.BroadcastFloat32x8(factor)
		for len(sum) >= lanes && len(row) >= 2*lanes {
			numbers := archsimd.LoadInt8x16Slice(row).ExtendLo8ToInt32().ConvertToFloat32()
			f.Mul(numbers).Add(archsimd.LoadFloat32x8Slice(sum)).StoreSlice(sum)
			sum, row = sum[lanes:], row[lanes:]
		}
		archsimd.ClearAVXUpperBits()
	}
	addBytesPlain(sum, row, factor)
}

func descendAll(weights, squares, errors []float32, value, rate float32) {
	if !wide || len(errors) < lanes {
		descendPlain(weights, squares, errors, value, rate)
		return
	}
	weights, squares = weights[:len(errors)], squares[:len(errors)]
	v, step := archsimd.BroadcastFloat32x8(value), archsimd.BroadcastFloat32x8(rate)
	least := archsimd.BroadcastFloat32x8(1e-8)
	for len(errors) >= lanes {
		g := archsimd.LoadFloat32x8Slice(errors).Mul(v)
		sum := archsimd.LoadFloat32x8Slice(squares).Add(g.Mul(g))
		sum.StoreSlice(squares)
		archsimd.LoadFloat32x8Slice(weights).Sub(step.Mul(g).Div(sum.Sqrt().Add(least))).StoreSlice(weights)
		weights, squares, errors = weights[lanes:], squares[lanes:], errors[lanes:]
	}
	archsimd.ClearAVXUpperBits()
	descendPlain(weights, squares, errors, value, rate)
}
