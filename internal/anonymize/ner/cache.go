package ner

import (
	"hash/maphash"

	lru "github.com/hashicorp/golang-lru/v2"

	"switchboard/internal/anonymize"
)

// cacheSize is how many texts' names are kept, some ten megabytes.
const cacheSize = 1 << 16

// fingerprint stands for a text. It is a hash under keys that are drawn anew
// in each process, 128 bits wide, so that the cache holds no text, nothing in
// memory can be matched against known texts, and two texts do not meet in it.
type fingerprint [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func fingerprintOf(s string) fingerprint {
	return fingerprint{maphash.String(seeds[0], s), maphash.String(seeds[1], s)}
}

// cache keeps the names of the latest texts. Agents write the same sentences
// again and again, in one file and in the next.
type cache struct {
	texts *lru.Cache[fingerprint, []anonymize.Span]
}

func newCache() cache {
	texts, err := lru.New[fingerprint, []anonymize.Span](cacheSize)
	if err != nil {
		panic(err) // the size is not positive
	}
	return cache{texts}
}

// split returns what is known of the texts, in their order, and the indexes of
// those of which nothing is.
func (c cache) split(texts []string) (found [][]anonymize.Span, unknown []int) {
	found = make([][]anonymize.Span, len(texts))
	for i, s := range texts {
		spans, ok := c.texts.Get(fingerprintOf(s))
		if !ok {
			unknown = append(unknown, i)
			continue
		}
		found[i] = append(found[i], spans...) // callers change what they get
	}
	return found, unknown
}

func (c cache) add(s string, spans []anonymize.Span) {
	c.texts.Add(fingerprintOf(s), append([]anonymize.Span(nil), spans...))
}
