#include "textflag.h"

// The compiler's own vectors (simd/archsimd) would do but for two things: it keeps
// 512-bit values in 15 of 32 registers, and MulAdd overwrites a factor instead of
// the sum, so that each step copies registers (golang.org/issue/78753 and 80829).

// ROW512 and ROW256 add to the sums of a row its number of this step times the
// weights of this step.
#define ROW512(x, c0, c1, c2, c3) \
	VBROADCASTSS (x)(AX*4), Z28; \
	VFMADD231PS  Z24, Z28, c0; \
	VFMADD231PS  Z25, Z28, c1; \
	VFMADD231PS  Z26, Z28, c2; \
	VFMADD231PS  Z27, Z28, c3

#define ROW256(x, c0, c1) \
	VBROADCASTSS (x)(AX*4), Y14; \
	VFMADD231PS  Y12, Y14, c0; \
	VFMADD231PS  Y13, Y14, c1

// LOAD and STORE move the sums of a row.
#define LOAD512(at, c0, c1, c2, c3) \
	VMOVUPS at+0(DI), c0; \
	VMOVUPS at+64(DI), c1; \
	VMOVUPS at+128(DI), c2; \
	VMOVUPS at+192(DI), c3

#define STORE512(at, c0, c1, c2, c3) \
	VMOVUPS c0, at+0(DI); \
	VMOVUPS c1, at+64(DI); \
	VMOVUPS c2, at+128(DI); \
	VMOVUPS c3, at+192(DI)

#define LOAD256(at, c0, c1) \
	VMOVUPS at+0(DI), c0; \
	VMOVUPS at+32(DI), c1

#define STORE256(at, c0, c1) \
	VMOVUPS c0, at+0(DI); \
	VMOVUPS c1, at+32(DI)

// ROWS reads the arguments: sums in DI, rows in R8 to R13, weights in BX, steps in
// CX, and counts steps in AX.
#define ROWS \
	MOVQ c+0(FP), DI; \
	MOVQ x+8(FP), SI; \
	MOVQ weights+16(FP), BX; \
	MOVQ steps+24(FP), CX; \
	MOVQ 0(SI), R8; \
	MOVQ 8(SI), R9; \
	MOVQ 16(SI), R10; \
	MOVQ 24(SI), R11; \
	MOVQ 32(SI), R12; \
	MOVQ 40(SI), R13; \
	XORQ AX, AX


// func block512(c *float32, x *[6]*float32, weights *float32, steps int)
TEXT ·block512(SB), NOSPLIT, $0-32
	ROWS
	LOAD512(0, Z0, Z1, Z2, Z3)
	LOAD512(256, Z4, Z5, Z6, Z7)
	LOAD512(512, Z8, Z9, Z10, Z11)
	LOAD512(768, Z12, Z13, Z14, Z15)
	LOAD512(1024, Z16, Z17, Z18, Z19)
	LOAD512(1280, Z20, Z21, Z22, Z23)

step:
	VMOVUPS (BX), Z24
	VMOVUPS 64(BX), Z25
	VMOVUPS 128(BX), Z26
	VMOVUPS 192(BX), Z27
	ROW512(R8, Z0, Z1, Z2, Z3)
	ROW512(R9, Z4, Z5, Z6, Z7)
	ROW512(R10, Z8, Z9, Z10, Z11)
	ROW512(R11, Z12, Z13, Z14, Z15)
	ROW512(R12, Z16, Z17, Z18, Z19)
	ROW512(R13, Z20, Z21, Z22, Z23)
	ADDQ $256, BX
	INCQ AX
	CMPQ AX, CX
	JLT  step

	STORE512(0, Z0, Z1, Z2, Z3)
	STORE512(256, Z4, Z5, Z6, Z7)
	STORE512(512, Z8, Z9, Z10, Z11)
	STORE512(768, Z12, Z13, Z14, Z15)
	STORE512(1024, Z16, Z17, Z18, Z19)
	STORE512(1280, Z20, Z21, Z22, Z23)
	VZEROUPPER
	RET

// func block256(c *float32, x *[6]*float32, weights *float32, steps int)
TEXT ·block256(SB), NOSPLIT, $0-32
	ROWS
	LOAD256(0, Y0, Y1)
	LOAD256(64, Y2, Y3)
	LOAD256(128, Y4, Y5)
	LOAD256(192, Y6, Y7)
	LOAD256(256, Y8, Y9)
	LOAD256(320, Y10, Y11)

step:
	VMOVUPS (BX), Y12
	VMOVUPS 32(BX), Y13
	ROW256(R8, Y0, Y1)
	ROW256(R9, Y2, Y3)
	ROW256(R10, Y4, Y5)
	ROW256(R11, Y6, Y7)
	ROW256(R12, Y8, Y9)
	ROW256(R13, Y10, Y11)
	ADDQ $64, BX
	INCQ AX
	CMPQ AX, CX
	JLT  step

	STORE256(0, Y0, Y1)
	STORE256(64, Y2, Y3)
	STORE256(128, Y4, Y5)
	STORE256(192, Y6, Y7)
	STORE256(256, Y8, Y9)
	STORE256(320, Y10, Y11)
	VZEROUPPER
	RET

// func add256(y, x, c *float32, n int)
TEXT ·add256(SB), NOSPLIT, $0-32
	MOVQ   y+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   c+16(FP), BX
	MOVQ   n+24(FP), CX
	VXORPS Y0, Y0, Y0
	XORQ   AX, AX

eight:
	VMAXPS  (BX)(AX*4), Y0, Y1
	VADDPS  (SI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     eight
	VZEROUPPER
	RET
