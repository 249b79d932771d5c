package classifier

const (
	// exampleBytes is what an example costs beside its text: its headers, its
	// label, its place in slices that grow.
	exampleBytes = 512
	// ngramsPerByte bounds the features of a text: a character begins n-grams
	// of each length, and may begin a word and a pair of words.
	ngramsPerByte = maxChars - minChars + 1 + 2
	// weightBytes are those of a weight and of its squared gradients, and a
	// byte in each of the models that a caller may keep: the best one and
	// those of some epochs.
	weightBytes = 4 + 4 + 5
	// fixedBytes are for counting buckets, and for what each core works with.
	fixedBytes = 4*bucketCount + 64<<20
)

// TrainingMemory returns about how many bytes of memory [Train] holds at most,
// its examples included, for so many examples to train and to validate on with so
// many bytes of text between them, those that are alike counted once, and so many
// classes. Width is how many numbers an embedding has, 0 without. It errs upwards, and is for
// refusing a training before it takes the memory of a machine. What the garbage
// collector has yet to free comes on top.
func TrainingMemory(train, validation, textBytes, classes, width int) int64 {
	n, text := int64(train)+int64(validation), int64(textBytes)
	scores := 4 * int64(validation) * int64(classes)
	features := min(maxFeatures, int64(maxWeights/max(classes, 1)), text*ngramsPerByte) + int64(width)
	perByte := int64(1 + 4*ngramsPerByte)
	return text*perByte + n*(exampleBytes+4*int64(width)) + scores + features*(8+weightBytes*int64(classes)) + fixedBytes
}
