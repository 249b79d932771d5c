package ner

import (
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/gazetteer"
	"switchboard/internal/transformer"
)

func TestLetterCase(t *testing.T) {
	for s, want := range map[string]uint32{"": 0, "42": 0, "!": 0, "becky": 1, "b": 1, "B": 2, "Becky": 3, "BECKY": 4, "B2": 2, "beCky": 5, "McDonald": 5} {
		if got := letterCase(s); got != want {
			t.Errorf("%q is of case %d, want %d", s, got, want)
		}
	}
}

// Every piece of a word has what the gazetteer knows of all of it, and how it is
// written itself.
func TestTokenTypes(t *testing.T) {
	const text = "Becky, PARIS becks"
	input := transformer.Input{
		Raw:               text,
		Offsets:           [][2]uint{{0, 0}, {0, 4}, {4, 5}, {5, 6}, {7, 12}, {13, 17}, {17, 18}, {0, 0}},
		SpecialTokensMask: []uint32{1, 0, 0, 0, 0, 0, 0, 1},
		TypeIDs:           make([]uint32, 8),
	}
	setTypes(&input)
	given, place := uint32(letterCases*gazetteer.Given), uint32(letterCases*gazetteer.NamedPlace)
	for i, want := range []uint32{0, 3 + given, 1 + given, 0, 4 + place, 1 + given, 1 + given, 0} {
		if got := input.TypeIDs[i]; got != want {
			at := input.Offsets[i]
			t.Errorf("piece %d, %q, is of type %d, want %d", i, text[at[0]:at[1]], got, want)
		}
	}
}

// What the cache gives out is a copy, and what it keeps is no text.
func TestCache(t *testing.T) {
	c := newCache()
	if found, unknown := c.split([]string{"a", "b"}); len(found) != 2 || len(unknown) != 2 {
		t.Errorf("an empty cache knows %v, not %v", found, unknown)
	}
	r := []string{"hello Naomi", "nobody"}
	c.add(r[0], []anonymize.Span{{Start: 6, End: 11}})
	c.add(r[1], nil)
	found, unknown := c.split([]string{"nobody", "hello Naomi", "new"})
	if len(unknown) != 1 || unknown[0] != 2 || found[0] != nil || len(found[1]) != 1 || found[1][0].Start != 6 {
		t.Errorf("found %v, unknown %v", found, unknown)
	}
	found[1][0].Start = 99
	if again, _ := c.split([]string{"hello Naomi"}); again[0][0].Start != 6 {
		t.Error("a caller changed what the cache holds")
	}
	if fingerprintOf("a") == fingerprintOf("b") || fingerprintOf("a") != fingerprintOf("a") {
		t.Error("fingerprints do not tell texts apart")
	}
}
