package results

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/review"
)

var none, all = review.Sampling{}, review.Sampling{Share: 1, Second: 1, Held: 0}

// judge stores what somebody says about call number n.
func judge(t *testing.T, s *Store, n int, reviewer, label string) Judgement {
	t.Helper()
	j, err := s.Judge(t.Context(), Judgement{CallID: aCall(n).ID, Reviewer: reviewer, Label: label})
	if err != nil {
		t.Fatalf("%s judging %d: %v", reviewer, n, err)
	}
	return j
}

// answered stores and answers so many calls alike.
func answered(t *testing.T, s *Store, calls int) {
	t.Helper()
	for n := range calls {
		save(t, s, aCall(n), Stored)
		answer(t, s, anAnswer(n), true)
	}
}

func TestTheNewestJudgementOfAPersonHolds(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.Sampling = none
		answered(t, s, 1)
		first := judge(t, s, 0, "anna", "OtherSupport")
		again := judge(t, s, 0, "anna", " OtherSupport ")
		if !reflect.DeepEqual(again, first) {
			t.Errorf("saying it again gave %+v, want %+v", again, first)
		}
		second := judge(t, s, 0, "anna", "NewCompany")
		bert := judge(t, s, 0, "bert", "NewCompany")
		want := first
		want.Company, want.Model, want.Confidence, want.Threshold, want.Status, want.Task = "AcmeSupport", "ft:base:own:sb-1", 0.75, 0.5, pipeline.AnswerClassified, "telecom"
		if first != want || first.ID == 0 || first.At.IsZero() || !first.Holds {
			t.Errorf("stored %+v, want %+v", first, want)
		}
		wantReview(t, s, 0, Review{Judged: 2, Label: "NewCompany"})
		undo := func(id int64, who string) {
			t.Helper()
			if err := s.UndoJudgement(t.Context(), id, who); err != nil {
				t.Error(err)
			}
		}
		wantInput(t, s.UndoJudgement(t.Context(), second.ID, "bert"), "no such judgement of yours")
		wantInput(t, s.UndoJudgement(t.Context(), 99, "bert"), "no such judgement of yours")
		undo(second.ID, "anna")
		undo(second.ID, "anna")
		wantReview(t, s, 0, Review{Judged: 2}) // as many say one thing as another
		undo(first.ID, "anna")
		wantReview(t, s, 0, Review{Judged: 1, Label: "NewCompany"})
		undo(bert.ID, "bert")
		wantReview(t, s, 0, Review{})
		said, err := s.Judgements(t.Context(), aCall(0).ID)
		if err != nil || len(said) != 3 || said[0].ID != bert.ID || said[2].ID != first.ID || said[1].Undone.IsZero() || said[1].Holds {
			t.Errorf("it was said %+v, %v", said, err)
		}
	})
}

func wantReview(t *testing.T, s *Store, n int, want Review) {
	t.Helper()
	r, err := s.Get(t.Context(), aCall(n).ID)
	if err != nil || r.Review != want {
		t.Errorf("the call is %+v, %v; want %+v", r.Review, err, want)
	}
}

func TestJudgementsThatAreNoneAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		answered(t, s, 1)
		save(t, s, aCall(1), Stored)
		for want, j := range map[string]Judgement{
			"no such call":         {CallID: "nobody", Label: "A", Reviewer: "anna"},
			"waits for its answer": {CallID: aCall(1).ID, Label: "A", Reviewer: "anna"},
			"another task":         {CallID: aCall(0).ID, Task: "banks", Label: "A", Reviewer: "anna"},
			"names no company":     {CallID: aCall(0).ID, Label: " ", Reviewer: "anna"},
			"no such reason":       {CallID: aCall(0).ID, Label: "A", Reason: "why not", Reviewer: "anna"},
			"cannot be stored":     {CallID: aCall(0).ID, Label: "A\x00", Reviewer: "anna"},
		} {
			_, err := s.Judge(t.Context(), j)
			wantInput(t, err, want)
		}
	})
}

// However many people judge a call at once, each counts once.
func TestJudgementsOfOneMomentAllCount(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.Sampling = none
		s.now = func() time.Time { return noon }
		answered(t, s, 1)
		together(t, 12, func(i int) error {
			_, err := s.Judge(t.Context(), Judgement{CallID: aCall(0).ID, Reviewer: fmt.Sprint("person ", i/2), Label: "NewCompany"})
			return err
		})
		wantReview(t, s, 0, Review{Judged: 6, Label: "NewCompany"})
		said, err := s.Judgements(t.Context(), aCall(0).ID)
		if err != nil || len(said) != 6 {
			t.Errorf("it was said %+v, %v", said, err)
		}
	})
}

func TestQueueAsksForWhatIsUncertainAndForTheSample(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = none
		for n, confidence := range []float64{0.4, 0.2, 0.3} {
			save(t, s, aCall(n), Stored)
			p := anAnswer(n)
			p.Status, p.Company, p.Confidence = pipeline.AnswerUnsure, pipeline.Unknown, confidence
			answer(t, s, p, true)
		}
		s.Sampling = all
		for n := 3; n < 6; n++ {
			save(t, s, aCall(n), Stored)
			answer(t, s, anAnswer(n), true)
		}
		anna := Queue{Task: "telecom", Reviewer: "anna"}
		wantWaiting(t, s, anna, 3, 3, 0)
		sampled := map[string]bool{}
		for i, uncertain := range []int{1, 2, 0} { // the least sure first, and one of the sample in between
			wantNext(t, s, anna, Uncertain, uncertain)
			wantNext(t, s, anna, Uncertain, uncertain) // until it is judged
			judge(t, s, uncertain, "anna", "AcmeSupport")
			r, kind, ok, err := s.NextToReview(t.Context(), anna, nil)
			if err != nil || !ok || kind != FromSample || len(r.Turns) == 0 || sampled[r.ID] || !r.Review.Sampled {
				t.Fatalf("%d: next is %s, %q, %v, %v", i, r.ID, kind, ok, err)
			}
			sampled[r.ID] = true
			if _, err := s.Judge(t.Context(), Judgement{CallID: r.ID, Reviewer: "anna", Label: "AcmeSupport"}); err != nil {
				t.Fatal(err)
			}
		}
		wantWaiting(t, s, anna, 0, 0, 0)
		if r, _, ok, err := s.NextToReview(t.Context(), anna, nil); ok || err != nil {
			t.Errorf("next is %s, %v", r.ID, err)
		}
		bert := Queue{Task: "telecom", Reviewer: "bert"}
		wantWaiting(t, s, bert, 0, 0, 3)
		first, kind, ok, err := s.NextToReview(t.Context(), bert, nil)
		if err != nil || !ok || kind != SecondOpinion {
			t.Errorf("next is %s, %q, %v, %v", first.ID, kind, ok, err)
		}
		second, _, ok, err := s.NextToReview(t.Context(), bert, []string{first.ID})
		if err != nil || !ok || second.ID == first.ID {
			t.Errorf("after %s next is %s, %v, %v", first.ID, second.ID, ok, err)
		}
		if _, _, ok, _ := s.NextToReview(t.Context(), Queue{Task: "banks", Reviewer: "bert"}, nil); ok {
			t.Error("another task has calls to review")
		}
		c.now = c.now.Add(waitFor + time.Hour)
		wantWaiting(t, s, bert, 0, 0, 0)
	})
}

func wantNext(t *testing.T, s *Store, q Queue, kind string, n int) {
	t.Helper()
	r, got, ok, err := s.NextToReview(t.Context(), q, nil)
	if err != nil || !ok || r.ID != aCall(n).ID || got != kind || len(r.Turns) == 0 {
		t.Fatalf("next for %s is %s, %q, %v, %v; want %s of %s", q.Reviewer, r.ID, got, ok, err, aCall(n).ID, kind)
	}
}

// Two people at once are asked about different calls, and about one that the other has
// left after a while.
func TestNobodyIsAskedAboutACallThatSomebodyLooksAt(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = none
		for n := range 2 {
			save(t, s, aCall(n), Stored)
			p := anAnswer(n)
			p.Status, p.Company, p.Confidence = pipeline.AnswerUnsure, pipeline.Unknown, float64(n)/10
			answer(t, s, p, true)
		}
		anna, bert := Queue{Task: "telecom", Reviewer: "anna"}, Queue{Task: "telecom", Reviewer: "bert"}
		wantNext(t, s, anna, Uncertain, 0)
		wantNext(t, s, bert, Uncertain, 1)
		wantNext(t, s, anna, Uncertain, 0)
		wantWaiting(t, s, bert, 2, 0, 0)
		c.now = c.now.Add(claimFor)
		wantNext(t, s, bert, Uncertain, 0)
	})
}

func wantWaiting(t *testing.T, s *Store, q Queue, uncertain, sample, second int64) {
	t.Helper()
	want := map[string]int64{Uncertain: uncertain, FromSample: sample, SecondOpinion: second}
	if got, err := s.Waiting(t.Context(), q); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v wait for %s, %v; want %v", got, q.Reviewer, err, want)
	}
}

func TestCallsAreFoundByWhatPeopleSay(t *testing.T) {
	yes, no := true, false
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.Sampling = none
		answered(t, s, 4)
		s.Sampling = all
		for n := 4; n < 6; n++ {
			save(t, s, aCall(n), Stored)
			answer(t, s, anAnswer(n), true)
		}
		judge(t, s, 0, "anna", "AcmeSupport")
		judge(t, s, 1, "anna", "OtherSupport")
		judge(t, s, 2, "anna", "OtherSupport")
		judge(t, s, 2, "bert", "AcmeSupport")
		judge(t, s, 4, "bert", "NewCompany")
		for name, tc := range map[string]struct {
			f    Filter
			want []int
		}{
			"reviewed":          {Filter{Reviewed: &yes}, []int{4, 2, 1, 0}},
			"not reviewed":      {Filter{Reviewed: &no}, []int{5, 3}},
			"label":             {Filter{JudgedLabels: []string{"OtherSupport", "NewCompany"}}, []int{4, 1}},
			"said otherwise":    {Filter{JudgedLabels: []string{"OtherSupport"}, Companies: []string{"AcmeSupport"}}, []int{1}},
			"right":             {Filter{Right: &yes}, []int{0}},
			"wrong":             {Filter{Right: &no}, []int{4, 1}},
			"disputed":          {Filter{Disputed: true}, []int{2}},
			"reviewer":          {Filter{Reviewers: []string{"bert"}}, []int{4, 2}},
			"reviewer, against": {Filter{Reviewers: []string{"bert"}, Against: true}, []int{4}},
			"against":           {Filter{Against: true, Words: "parcel"}, []int{4, 2, 1}},
			"sampled":           {Filter{Sampled: &yes}, []int{5, 4}},
			"not sampled":       {Filter{Sampled: &no, Reviewed: &yes}, []int{2, 1, 0}},
			"by two people":     {Filter{People: 2}, []int{2}},
		} {
			want := []string{}
			for _, n := range tc.want {
				want = append(want, aCall(n).ID)
			}
			if got := ids(everything(t, s, tc.f, 2)); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

func TestCorrectedCallsAreThoseThatPeopleAgreeOn(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.Sampling = none
		answered(t, s, 4)
		s.Sampling = review.Sampling{Share: 1, Held: 1}
		save(t, s, aCall(4), Stored)
		answer(t, s, anAnswer(4), true)
		judge(t, s, 0, "anna", "NewCompany")
		judge(t, s, 1, "anna", "OtherSupport")
		judge(t, s, 1, "bert", "AcmeSupport")
		judge(t, s, 1, "carl", "AcmeSupport")
		judge(t, s, 2, "anna", "OtherSupport")
		judge(t, s, 2, "bert", "AcmeSupport")
		judge(t, s, 4, "bert", "AcmeSupport")
		if err := s.UndoJudgement(t.Context(), judge(t, s, 3, "anna", "OtherSupport").ID, "anna"); err != nil {
			t.Fatal(err)
		}
		got, err := s.Corrected(t.Context(), "telecom")
		if err != nil || len(got) != 2 {
			t.Fatalf("corrected are %+v, %v", got, err)
		}
		c := got[1]
		if got[0].Label != "NewCompany" || c.Label != "AcmeSupport" || !slices.Equal(c.Reviewers, []string{"anna", "bert", "carl"}) || c.Company != "AcmeSupport" || c.Turns[0].Text != "My parcel is late." {
			t.Errorf("corrected are %+v", got)
		}
		quality, err := s.Quality(t.Context(), QualityQuery{Task: "telecom"})
		if err != nil || quality.Judged != 1 || quality.Accuracy.Count != 1 || quality.Coverage.Of != 1 || len(quality.Reviewers) != 3 || quality.Drift.Recent != 5 {
			t.Errorf("the quality is %+v, %v", quality, err)
		}
	})
}

// Whatever is said to wait is asked for, and nothing else.
func TestAsManyCallsAreAskedForAsWait(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = review.Sampling{Share: 0.3, Second: 0.5, Held: 0.5}
		fill(t, s, c, 120)
		judge(t, s, 4, "carl", "NewCompany")
		for round, reviewer := range []string{"anna", "bert", "anna"} {
			q := Queue{Task: "telecom", Reviewer: reviewer}
			want, err := s.Waiting(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int64{Uncertain: 0, FromSample: 0, SecondOpinion: 0}
			for {
				r, kind, ok, err := s.NextToReview(t.Context(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				got[kind]++
				if _, err := s.Judge(t.Context(), Judgement{CallID: r.ID, Reviewer: reviewer, Label: "AcmeSupport"}); err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(got, want) || round == 2 && (got[Uncertain] > 0 || got[SecondOpinion] > 0) || round == 0 && (got[Uncertain] == 0 || got[FromSample] == 0) {
				t.Errorf("round %d: %s was asked for %v, and %v waited", round, reviewer, got, want)
			}
		}
	})
}
