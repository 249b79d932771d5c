package ner

import (
	"testing"

	"switchboard/internal/anonymize"
)

func TestLetterCase(t *testing.T) {
	for s, want := range map[string]uint32{"": 0, "42": 0, "!": 0, "becky": 1, "b": 1, "B": 2, "Becky": 3, "BECKY": 4, "B2": 2, "beCky": 5, "McDonald": 5} {
		if got := letterCase(s); got != want {
			t.Errorf("%q is of case %d, want %d", s, got, want)
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
