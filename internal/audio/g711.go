package audio

// The two codes of ITU-T G.711, in which telephone networks carry speech: a byte a
// sample, finer where it is quiet.
var muLaw, aLaw = muLawTable(), aLawTable()

func muLawTable() (t [256]int16) {
	for i := range t {
		b := ^byte(i)
		magnitude := (int(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
		if b&0x80 != 0 {
			magnitude = -magnitude
		}
		t[i] = int16(magnitude)
	}
	return t
}

func aLawTable() (t [256]int16) {
	for i := range t {
		b := byte(i) ^ 0x55
		magnitude := int(b&0x0f)<<4 + 8
		if segment := b >> 4 & 7; segment > 0 {
			magnitude = (magnitude + 0x100) << (segment - 1)
		}
		if b&0x80 == 0 {
			magnitude = -magnitude
		}
		t[i] = int16(magnitude)
	}
	return t
}
