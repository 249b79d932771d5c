package results

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

func reject(t *testing.T, s *Store, c Call, reason string) {
	t.Helper()
	if err := s.Reject(t.Context(), c, reason); err != nil {
		t.Fatal(err)
	}
}

// wantStatus holds what is told of a call, and returns it.
func wantStatus(t *testing.T, s *Store, id string, status Status, code string) Result {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil || r.Status != status || r.Prediction == nil || r.Prediction.ErrorCode != code {
		t.Fatalf("the call is %+v with %+v, %v; want %s (%s)", r, r.Prediction, err, status, code)
	}
	return r
}

func wantTotals(t *testing.T, s *Store, want Totals) {
	t.Helper()
	got, err := s.Totals(t.Context(), nil, time.Time{}, time.Time{})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("counted %+v, %v; want %+v", got, err, want)
	}
}

// A call that was given up is seen as such, with what was stored of it, and is
// answered like any other once its event comes again.
func TestAGivenUpCallIsSeenAndCanBeAnswered(t *testing.T) {
	for name, stored := range map[string]bool{"after its turns were stored": true, "before": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store, _ *clock) {
				c, bare := aCall(1), aCall(1)
				bare.Turns, bare.Spans, bare.Anonymizer, bare.Status = nil, nil, "", ""
				turns := 0
				if stored {
					save(t, s, c, Stored)
					turns = len(c.Turns)
				}
				reject(t, s, bare, "refused")
				reject(t, s, bare, "bad-input")
				r := wantStatus(t, s, c.ID, Rejected, "bad-input")
				if len(r.Turns) != turns || r.Latency >= 0 || r.Prediction.Company != "" || r.Task != c.Task || r.Origin != c.Origin {
					t.Errorf("it is %+v", r)
				}
				wantTotals(t, s, Totals{Answered: map[Status]int64{}, Rejected: 1})
				_, err := s.Call(t.Context(), c.ID)
				wantInput(t, err, "was given up; send its event again")
				if got := ids(everything(t, s, Filter{Statuses: []Status{Rejected}}, 9)); !slices.Equal(got, []string{c.ID}) {
					t.Errorf("rejected are %v", got)
				}
				save(t, s, c, Stored)
				wantTotals(t, s, Totals{Answered: map[Status]int64{}, Waiting: 1})
				if got, err := s.Call(t.Context(), c.ID); err != nil || !reflect.DeepEqual(got, c) {
					t.Errorf("read %+v, %v\nwant %+v", got, err, c)
				}
				if got := ids(everything(t, s, Filter{Words: "parcel"}, 9)); !slices.Equal(got, []string{c.ID}) {
					t.Errorf("its words are found in %v", got)
				}
				answer(t, s, anAnswer(1), true)
				reject(t, s, bare, "refused") // what is answered stays so
				wantStatus(t, s, c.ID, pipeline.AnswerClassified, "")
				wantCounts(t, s, 1)
				wantConsistent(t, s)
			})
		})
	}
}

// Nothing is told of a call that another event has given its id to, and nothing is
// made up of one whose event is unknown.
func TestWhatIsNotMeantIsNotGivenUp(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		save(t, s, aCall(1), Stored)
		other := aCall(1)
		other.Origin.SHA256 = sum("another")
		reject(t, s, other, "refused")
		reject(t, s, Call{ID: "nobody"}, "refused")
		wantTotals(t, s, Totals{Answered: map[Status]int64{}, Waiting: 1})
		reject(t, s, Call{ID: aCall(1).ID}, "gave-up")
		wantTotals(t, s, Totals{Answered: map[Status]int64{}, Rejected: 1})
		save(t, s, other, Other)
		// An attempt that was thought lost ends after all.
		answer(t, s, anAnswer(1), true)
		wantCounts(t, s, 1)
	})
}

// Only the answer that asking failed gives way to a later one.
func TestAFailedAnswerGivesWay(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		c := aCall(1)
		failed := Prediction{CallID: c.ID, Company: pipeline.Unknown, Model: "m", Status: pipeline.AnswerFailed, ErrorCode: "text_too_long"}
		save(t, s, c, Stored)
		answer(t, s, failed, true)
		answer(t, s, failed, false)
		save(t, s, c, Same)
		if open, err := s.Call(t.Context(), c.ID); err != nil || !reflect.DeepEqual(open, c) {
			t.Errorf("read %+v, %v\nwant %+v, which waits", open, err, c)
		}
		reject(t, s, c, "refused")
		wantStatus(t, s, c.ID, pipeline.AnswerFailed, "text_too_long")
		failed.ErrorCode = "timeout"
		answer(t, s, failed, true)
		wantStatus(t, s, c.ID, pipeline.AnswerFailed, "timeout")
		answer(t, s, anAnswer(1), true)
		answer(t, s, failed, false)
		save(t, s, c, Answered)
		wantStatus(t, s, c.ID, pipeline.AnswerClassified, "")
		// Each answer is published, and the last one is that which is counted.
		wantTotals(t, s, Totals{Answered: map[Status]int64{pipeline.AnswerClassified: 1}, Unpublished: 3})
		for _, by := range []Dimension{ByCompany, ByStatus} {
			points, err := s.Trend(t.Context(), TrendQuery{By: by})
			if want := trendOf(everything(t, s, Filter{}, 9), TrendQuery{By: by}); err != nil || !reflect.DeepEqual(points, want) {
				t.Errorf("%s: counted %+v, %v; want %+v", by, points, err, want)
			}
		}
	})
}
