package results

import (
	"fmt"
	"testing"
	"time"

	"switchboard/internal/review"
)

// conversations are n of a run, the first with a text of its own.
func conversations(n int, first string) (list []Conversation) {
	for i := range n {
		c := Conversation{Call: aCall(i), Answer: anAnswer(i)}
		c.Call.ID = fmt.Sprintf("apply-production-1a2b3c4d/%d", i)
		c.Call.ReceivedAt, c.Call.Origin = time.Time{}, Origin{SHA256: sum(fmt.Sprint("conversation ", i, first))}
		first = ""
		list = append(list, c)
	}
	return list
}

func TestConversationsOfARunAreLikeCalls(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = review.Sampling{Share: 1}
		save(t, s, aCall(0), Stored)
		for range 2 { // an attempt whose answer was lost
			if _, _, err := s.SaveConversations(t.Context(), conversations(50, "")); err != nil {
				t.Fatal(err)
			}
		}
		if stored, changed, err := s.SaveConversations(t.Context(), conversations(51, "other")); stored != 1 || changed != 1 || err != nil {
			t.Errorf("stored %d, changed %d, %v; want 1, 1", stored, changed, err)
		}
		r, err := s.Get(t.Context(), "apply-production-1a2b3c4d/7")
		if err != nil || r.Prediction == nil || r.Prediction.Company != "AcmeSupport" || r.Origin.Source != FromRun || len(r.Turns) != 2 || !r.Review.Sampled || r.Latency >= 0 {
			t.Errorf("got %+v, %v", r, err)
		}
		if n, err := s.Backlog(t.Context()); n != 0 || err != nil {
			t.Errorf("%d answers are to be published, %v", n, err)
		}
		totals, err := s.Totals(t.Context(), []string{"telecom"}, time.Time{}, time.Time{})
		if err != nil || totals.Answered["classified"] != 51 || totals.Waiting != 1 {
			t.Errorf("counted %+v, %v", totals, err)
		}
		if _, err := s.Judge(t.Context(), Judgement{CallID: "apply-production-1a2b3c4d/7", Label: "Other", Reviewer: "anna"}); err != nil {
			t.Error(err)
		}
		if _, _, err := s.SaveConversations(t.Context(), conversations(MostConversations+1, "")); err == nil {
			t.Error("more than fit were stored")
		}
	})
}

func TestHeldCallsAndWhenTheyWereJudged(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.Sampling = review.Sampling{Share: 1, Held: 1}
		answered(t, s, 3)
		s.Sampling = none
		save(t, s, aCall(3), Stored)
		answer(t, s, anAnswer(3), true)
		judge(t, s, 0, "anna", "Other")
		judge(t, s, 1, "anna", "Other")
		judge(t, s, 1, "bert", "AcmeSupport") // as many say one thing as another
		judge(t, s, 3, "anna", "Other")
		last := judge(t, s, 3, "bert", "Other")
		held, err := s.Held(t.Context(), "telecom")
		if err != nil || len(held) != 1 || held[0].CallID != "call-000" || held[0].Label != "Other" || len(held[0].Turns) != 2 {
			t.Errorf("held are %+v, %v", held, err)
		}
		at, err := s.JudgedAt(t.Context(), "telecom")
		if err != nil || len(at) != 3 || !at["call-003"].Equal(last.At) {
			t.Errorf("judged at %v, %v", at, err)
		}
	})
}

func TestRemovedCallsAreWithdrawnOnceTheRelaysAreDone(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Withdraws = true
		answered(t, s, 4)
		save(t, s, aCall(4), Stored) // nobody has heard of it
		if _, _, err := s.SaveConversations(t.Context(), conversations(1, "")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Unpublished(t.Context(), 1); err != nil { // a relay has call-000
			t.Fatal(err)
		}
		for _, dry := range []bool{true, false} {
			e, err := s.Erase(t.Context(), []string{"call-000", "call-004", "apply-production-1a2b3c4d/0"}, dry)
			if err != nil || e.Withdrawn != 1 || e.Calls != 3 || e.Outbox != 1 {
				t.Errorf("erased %+v, %v", e, err)
			}
		}
		first, err := s.Unpublished(t.Context(), 9)
		if err != nil || len(first) != 3 || first[0].Key != "call-001" || first[0].Value == nil {
			t.Errorf("while a relay may publish: %+v, %v", first, err)
		}
		c.now = c.now.Add(25 * time.Hour)
		if dry, err := s.Expire(t.Context(), c.now.Add(24*time.Hour), true); err != nil || dry.Withdrawn != 3 {
			t.Errorf("would expire %+v, %v", dry, err)
		}
		if e, err := s.Expire(t.Context(), c.now.Add(24*time.Hour), false); err != nil || e.Withdrawn != 3 || e.Outbox != 3 {
			t.Errorf("expired %+v, %v", e, err)
		}
		c.now = c.now.Add(time.Hour)
		last, err := s.Unpublished(t.Context(), 9)
		if err != nil || len(last) != 4 {
			t.Fatalf("withdrawn are %+v, %v", last, err)
		}
		for _, m := range last {
			if m.Value != nil {
				t.Errorf("%s has an answer", m.Key)
			}
		}
	})
}
