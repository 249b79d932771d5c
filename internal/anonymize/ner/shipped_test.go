package ner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/anonymize/ner"
)

// The shipped model is small, loads from the program alone, and finds names
// where only their place tells.
func TestShipped(t *testing.T) {
	if underRace && os.Getenv("SWITCHBOARD_NER_RACE") == "" {
		t.Skip("the race detector's pointer checks stop the backend; see underRace")
	}
	var bytes int64
	files, _ := filepath.Glob("shipped/*")
	for _, f := range append(files, "../gazetteer/words.txt") {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	if bytes < 1<<20 || bytes > 16<<20 {
		t.Errorf("the shipped model has %d bytes; at most 16 MB are allowed", bytes)
	}
	r, err := ner.Shipped(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	texts := []string{
		"i told zorinna about it and she laughed",
		"Your colleague Brixley at the counter was a star",
		"we spoke to José-Ángel at the counter",
		"we are sorry for the long delay today",
		"Is the app down again?",
	}
	found, err := r.Recognize(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"zorinna", "Brixley", "José-Ángel", "", ""} {
		var got []string
		for _, sp := range found[i] {
			got = append(got, texts[i][sp.Start:sp.End])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: found %q, want %q", texts[i], got, want)
		}
	}
}
