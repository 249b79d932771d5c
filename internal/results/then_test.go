package results

import (
	"testing"
	"time"
)

// What people say later of a call, and what they take back, changes no figure of the
// past.
func TestWhatWasCheckedThen(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = all
		answered(t, s, 2)
		model := anAnswer(0).Model
		before := c.now
		judge(t, s, 0, "ann", "AcmeSupport")
		then := c.now
		judge(t, s, 1, "ann", "OtherSupport")
		both := c.now
		second := judge(t, s, 0, "ann", "OtherSupport")
		changed := c.now
		if err := s.UndoJudgement(t.Context(), second.ID, "ann"); err != nil {
			t.Fatal(err)
		}
		undone := c.now
		judge(t, s, 0, "bob", "OtherSupport")
		disputed := c.now
		for _, at := range []struct {
			when      time.Time
			right, of int64
		}{{before, 0, 0}, {then, 1, 1}, {both, 1, 2}, {changed, 0, 2}, {undone, 1, 2}, {disputed, 0, 1}} {
			got, err := s.CheckedThen(t.Context(), "telecom", []string{model, "another"}, noon, at.when)
			if err != nil || got[model].Count != at.right || got[model].Of != at.of || got["another"].Of != 0 {
				t.Errorf("at %s: %+v, %v; want %d of %d", at.when, got, err, at.right, at.of)
			}
		}
		if got, err := s.CheckedThen(t.Context(), "telecom", []string{model}, c.now, c.now); err != nil || len(got) != 0 {
			t.Errorf("of later calls: %+v, %v", got, err)
		}
	})
}
