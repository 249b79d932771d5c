package reports

import (
	"fmt"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
)

// What takes long to tell is told of a sample that is spread over the whole set, with
// each conversation's own answer; of few conversations it is told of all.
func TestPartsOfALargeSet(t *testing.T) {
	var s Subject
	for i := range 100 {
		s.Test = append(s.Test, dataset.Example{ID: int64(i), Text: fmt.Sprint(i / 50)})
		s.Answers.Test = append(s.Answers.Test, evaluate.Answer{Thread: int64(i), Truth: fmt.Sprint(i / 50)})
	}
	for _, c := range []struct {
		most, each int
		sampled    bool
	}{{10, 5, true}, {99, 49, true}, {100, 50, false}, {1000, 50, false}} {
		parts, sampled := s.parts(func(e dataset.Example) string { return e.Text }, c.most)
		if sampled != c.sampled || len(parts) != 2 || len(parts["0"]) < c.each || len(parts["1"]) < c.each || len(parts["0"])+len(parts["1"]) != min(c.most, 100) {
			t.Errorf("at most %d: %d and %d of a sample: %v", c.most, len(parts["0"]), len(parts["1"]), sampled)
		}
		seen := map[int64]bool{}
		for name, answers := range parts {
			for _, a := range answers {
				if a.Truth != name || seen[a.Thread] {
					t.Errorf("at most %d: conversation %d is in part %s, or there twice", c.most, a.Thread, name)
				}
				seen[a.Thread] = true
			}
		}
	}
}
