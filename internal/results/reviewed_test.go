package results

import (
	"maps"
	"testing"
	"time"
)

func TestWhatAPersonHasDoneAndWhichLabelsPeopleGive(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		for n := range 3 {
			save(t, s, aCall(n), Stored)
			answer(t, s, anAnswer(n), true)
		}
		judged := func(n int, reviewer, label string) Judgement {
			t.Helper()
			j, err := s.Judge(t.Context(), Judgement{CallID: aCall(n).ID, Reviewer: reviewer, Label: label})
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		judged(0, "one", "AcmeSupport")
		yesterday := c.now
		c.now = c.now.Add(time.Hour)
		judged(1, "one", "AcmeSupport")
		judged(1, "one", "Fresh") // they have thought again
		judged(1, "two", "AcmeSupport")
		undone := judged(2, "one", "Slip")
		if err := s.UndoJudgement(t.Context(), undone.ID, "one"); err != nil {
			t.Fatal(err)
		}

		labels, err := s.JudgedLabels(t.Context(), "telecom")
		if want := map[string]int64{"AcmeSupport": 2, "Fresh": 1}; err != nil || !maps.Equal(labels, want) {
			t.Errorf("people give %v, %v; want %v", labels, err, want)
		}
		for name, tc := range map[string]struct {
			q     Queue
			since time.Time
			want  int64
		}{
			"all":          {Queue{"telecom", "one"}, time.Time{}, 2},
			"since":        {Queue{"telecom", "one"}, yesterday.Add(time.Minute), 1},
			"another":      {Queue{"telecom", "two"}, time.Time{}, 1},
			"nobody":       {Queue{"telecom", "three"}, time.Time{}, 0},
			"another task": {Queue{"airlines", "one"}, time.Time{}, 0},
		} {
			if n, err := s.Done(t.Context(), tc.q, tc.since); err != nil || n != tc.want {
				t.Errorf("%s: %d, %v; want %d", name, n, err, tc.want)
			}
		}
	})
}
