package classifier

import (
	"math"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Feature hashing (Weinberger et al., "Feature Hashing for Large Scale
// Multitask Learning", 2009): an n-gram is known by the number of its bucket
// alone, so no text of the training data is kept in a model. Of all buckets
// only those seen in enough training examples get a weight.
const (
	bucketBits  = 24
	bucketCount = 1 << bucketBits
	bucketMask  = bucketCount - 1

	// maxTextRunes bounds the work for one text. The longest conversation
	// of 64 tweets with 280 characters each stays below it.
	maxTextRunes = 20_000
)

// N-grams of characters cross word borders, but not line breaks: what one
// tweet ends with and the next begins with is chance.
const (
	minChars = 3
	maxChars = 5
)

// Salts keep n-grams of different kinds and lengths apart when their
// characters are the same.
const (
	saltWord   = 0x9e3779b97f4a7c15
	saltBigram = 0xc2b2ae3d27d4eb4f
	saltChars  = 0x165667b19e3779f9
)

// extractor turns texts into buckets. It holds buffers only, so that one
// extractor can be used for many texts, one after another.
type extractor struct {
	runes   []rune
	buckets []uint32
	// spans are where in runes each bucket's n-gram lies; they are kept where
	// the slice is not nil.
	spans []span
}

// span is a stretch of runes, end exclusive.
type span struct{ start, end int }

// emit adds the bucket of an n-gram.
func (e *extractor) emit(b uint32, start, end int) {
	e.buckets = append(e.buckets, b)
	if e.spans != nil {
		e.spans = append(e.spans, span{start, end})
	}
}

// extract returns the buckets of all n-grams of text, in the order of the
// text, repeated as often as they occur. The slice is valid until the next
// call.
func (e *extractor) extract(text string) []uint32 {
	e.normalize(text)
	e.buckets = e.buckets[:0]
	e.words()
	e.chars()
	return e.buckets
}

// normalize fills e.runes: every digit a 0 (a booking code says nothing, its
// shape may), white space collapsed to one blank, line breaks kept as one
// '\n', with one '\n' at either end. Case stays: how a company writes helps
// to tell it from the others.
func (e *extractor) normalize(text string) {
	out := append(e.runes[:0], '\n') //nolint:gocritic // the buffer is used again
	for i := 0; i < len(text) && len(out) < maxTextRunes; {
		r := rune(text[i])
		size := 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		i += size
		last := out[len(out)-1]
		switch {
		case r == '\n':
			if last == ' ' {
				out = out[:len(out)-1]
				last = out[len(out)-1]
			}
			if last != '\n' {
				out = append(out, '\n')
			}
		case r == ' ' || r == '\t' || r >= utf8.RuneSelf && unicode.IsSpace(r) || r < ' ':
			if last != ' ' && last != '\n' {
				out = append(out, ' ')
			}
		case '0' <= r && r <= '9':
			out = append(out, '0')
		default:
			out = append(out, r)
		}
	}
	if out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	if out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	e.runes = out
}

// words emits single words and pairs of neighbours in one line. A word is a
// run of letters, digits, apostrophes and underscores, or any other single
// character that is not white space.
func (e *extractor) words() {
	var previous uint64
	before := 0
	runes := e.runes
	for i := 0; i < len(runes); {
		switch {
		case runes[i] == '\n':
			previous = 0
			i++
			continue
		case runes[i] == ' ':
			i++
			continue
		}
		start := i
		hash := step(saltWord, runes[i])
		inside := isWord(runes[i])
		i++
		for inside && i < len(runes) && isWord(runes[i]) {
			hash = step(hash, runes[i])
			i++
		}
		e.emit(bucket(hash), start, i)
		if previous != 0 {
			e.emit(bucket(bits.RotateLeft64(previous, 23)^hash^saltBigram), before, i)
		}
		previous, before = hash, start
	}
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '0' || r == '\'' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// chars emits the n-grams of characters.
func (e *extractor) chars() {
	runes := e.runes
	for i := range runes {
		hash := uint64(saltChars)
		for n := 1; n <= maxChars && i+n <= len(runes); n++ {
			r := runes[i+n-1]
			hash = step(hash, r)
			if n >= minChars {
				e.emit(bucket(hash), i, i+n)
			}
			// A line break may open or close an n-gram, but not be
			// inside one.
			if r == '\n' && n > 1 {
				break
			}
		}
	}
}

// step adds a character to a hash (FNV-1a on whole characters).
func step(hash uint64, r rune) uint64 { return (hash ^ uint64(r)) * 0x100000001b3 }

// bucket spreads a hash over the buckets (the finalizer of MurmurHash3).
func bucket(hash uint64) uint32 {
	hash ^= hash >> 33
	hash *= 0xff51afd7ed558ccd
	hash ^= hash >> 33
	return uint32(hash>>40) & bucketMask
}

// vocabulary numbers the kept buckets from 0 in ascending order of bucket:
// a set of bits with the count of bits before each block, so that a look-up
// costs two memory accesses and the whole takes the same memory for any size.
type vocabulary struct {
	words []uint64 // one bit a bucket
	ranks []uint32 // kept buckets before each block of blockWords words
	size  int
}

const blockWords = 8

// newVocabulary keeps the given buckets, which must be ascending and
// distinct.
func newVocabulary(kept []uint32) *vocabulary {
	v := &vocabulary{
		words: make([]uint64, bucketCount/64),
		ranks: make([]uint32, bucketCount/64/blockWords),
		size:  len(kept),
	}
	for _, b := range kept {
		v.words[b/64] |= 1 << (b % 64)
	}
	total := 0
	for block := range v.ranks {
		v.ranks[block] = uint32(total)
		for _, w := range v.words[block*blockWords : (block+1)*blockWords] {
			total += bits.OnesCount64(w)
		}
	}
	return v
}

// id returns the number of a bucket, and false if it was not kept.
func (v *vocabulary) id(b uint32) (uint32, bool) {
	at := b / 64
	word := v.words[at]
	bit := uint64(1) << (b % 64)
	if word&bit == 0 {
		return 0, false
	}
	rank := int(v.ranks[at/blockWords]) + bits.OnesCount64(word&(bit-1))
	for _, w := range v.words[at&^(blockWords-1) : at] {
		rank += bits.OnesCount64(w)
	}
	return uint32(rank), true
}

// buckets returns the kept buckets in ascending order.
func (v *vocabulary) buckets() []uint32 {
	kept := make([]uint32, 0, v.size)
	for at, word := range v.words {
		for ; word != 0; word &= word - 1 {
			kept = append(kept, uint32(at*64+bits.TrailingZeros64(word)))
		}
	}
	return kept
}

// vectorizer turns texts into weighted features: tf-idf with logarithmic
// term counts, scaled to length 1.
type vectorizer struct {
	vocabulary *vocabulary
	idf        []float32 // by feature
	extractor  extractor
	counts     []uint8 // by feature, all zero between calls
	ids        []uint32
}

func newVectorizer(v *vocabulary, idf []float32) *vectorizer {
	return &vectorizer{vocabulary: v, idf: idf, counts: make([]uint8, v.size)}
}

// count returns the distinct features of text in the order they appear, and
// leaves their numbers of occurrences (at most 255) in v.counts. The caller
// must zero these again.
func (v *vectorizer) count(text string) []uint32 {
	v.ids = v.ids[:0]
	for _, b := range v.extractor.extract(text) {
		id, kept := v.vocabulary.id(b)
		if !kept {
			continue
		}
		switch v.counts[id] {
		case 0:
			v.ids = append(v.ids, id)
		case math.MaxUint8:
			continue
		}
		v.counts[id]++
	}
	return v.ids
}

// termWeights holds 1 + ln(n) for n occurrences.
var termWeights = func() (w [math.MaxUint8 + 1]float32) {
	for n := 1; n < len(w); n++ {
		w[n] = float32(1 + math.Log(float64(n)))
	}
	return w
}()

// A packed feature holds its number in the lower 24 bits and its count in
// the upper 8: one training example is a list of these, ascending by number.
func (v *vectorizer) pack(text string) []uint32 {
	ids := v.count(text)
	packed := make([]uint32, len(ids))
	for i, id := range ids {
		packed[i] = id | uint32(v.counts[id])<<bucketBits
		v.counts[id] = 0
	}
	slices.SortFunc(packed, func(a, b uint32) int { return int(a&bucketMask) - int(b&bucketMask) })
	return packed
}
