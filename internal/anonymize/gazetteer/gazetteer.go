// Package gazetteer knows names of persons and places: 58,794 words from the
// census of the United States, Faker and GeoNames, which tools/ner/gazetteer.py
// collects.
//
// A model for names that tools/ner trains reads what the gazetteer knows of each
// word, besides the word itself, so that it need not know names by heart; and
// what it is not sure of is believed sooner of a name that is listed.
package gazetteer

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"strings"
	"sync"
)

//go:embed words.txt
var file string

// Kind is what is known of a word. The models were trained with these numbers.
type Kind uint32

const (
	// Unlisted is the kind of words that are in no list.
	Unlisted Kind = iota
	// Given is a given name, and perhaps a family name too.
	Given
	// Family is a family name alone.
	Family
	// Ordinary is a name that is an ordinary English word as well.
	Ordinary
	// Place is a city, state or country whose name no person has.
	Place
	// NamedPlace is a place and a name.
	NamedPlace

	// Kinds is how many there are.
	Kinds
)

// words is read when a word is asked for first: a line for each kind, its number
// and then its words. Lines that begin with # say so.
var words = sync.OnceValue(func() map[string]Kind {
	known := map[string]Kind{}
	for line := range strings.Lines(file) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		kind := Kind(fields[0][0] - '0')
		for _, word := range fields[1:] {
			known[word] = kind
		}
	}
	return known
})

// Of returns what is known of a word. It has to be in lower case and in ASCII:
// "jose" for José.
func Of(word string) Kind { return words()[word] }

// SHA256 returns the hash of the list, as 64 hexadecimal digits. A model that was
// trained with another list reads this one wrongly.
func SHA256() string {
	sum := sha256.Sum256([]byte(file))
	return hex.EncodeToString(sum[:])
}
