package results

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func TestMain(m *testing.M) { os.Exit(databasetest.Main(m)) }

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// clock is a store's time: it goes on by a millisecond whenever it is looked at.
type clock struct{ now time.Time }

func (c *clock) tick() time.Time {
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func openAt(t testing.TB, location string) *Store {
	t.Helper()
	base, err := database.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	return New(base)
}

// each runs a test on the results in an empty database of either kind, at noon.
func each(t *testing.T, test func(t *testing.T, s *Store, c *clock)) {
	databasetest.Each(t, func(t *testing.T, location string) {
		s, c := openAt(t, location), &clock{noon}
		s.now = c.tick
		test(t, s, c)
	})
}

func sum(event string) string {
	h := sha256.Sum256([]byte(event))
	return hex.EncodeToString(h[:])
}

func aCall(n int) Call {
	id := fmt.Sprintf("call-%03d", n)
	return Call{
		ID: id, Task: "telecom", Channel: "phone", Language: "en", ReceivedAt: noon.Add(-time.Second),
		Origin: Origin{Source: "kafka", Topic: "calls", Partition: 3, Offset: int64(n), SHA256: sum(id)},
		Turns:  []Turn{{Side: "customer", Text: "My parcel is late.", Start: 0.5, End: 2}, {Side: "agent", Text: "Oh."}},
		Spans:  map[string]int64{"name": 2}, Anonymizer: "v7", Status: Redacted,
	}
}

func anAnswer(n int) Prediction {
	return Prediction{
		CallID: aCall(n).ID, Model: "ft:base:own:sb-1", Company: "AcmeSupport", Confidence: 0.75, Threshold: 0.5,
		RunnerUp: "OtherSupport", RunnerUpConfidence: 0.125, Status: pipeline.AnswerClassified,
	}
}

func save(t *testing.T, s *Store, c Call, want Outcome) {
	t.Helper()
	if got, err := s.SaveRedacted(t.Context(), c); err != nil || got != want {
		t.Errorf("storing %s gave %q, %v; want %q", c.ID, got, err, want)
	}
}

func answer(t *testing.T, s *Store, p Prediction, want bool) {
	t.Helper()
	if got, err := s.SavePrediction(t.Context(), p); err != nil || got != want {
		t.Errorf("answering %s gave %v, %v; want %v", p.CallID, got, err, want)
	}
}

func TestACallIsStoredAnsweredAndRead(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		c := aCall(1)
		save(t, s, c, Stored)
		got, err := s.Call(t.Context(), c.ID)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("read %+v, %v\nwant %+v", got, err, c)
		}
		waiting, err := s.Get(t.Context(), c.ID)
		if err != nil || waiting.Prediction != nil || waiting.Latency >= 0 {
			t.Errorf("a call that waits is %+v, %v", waiting, err)
		}
		p := anAnswer(1)
		answer(t, s, p, true)
		r, err := s.Get(t.Context(), c.ID)
		if err != nil || r.Prediction == nil {
			t.Fatalf("read %+v, %v", r, err)
		}
		p.At = r.Prediction.At
		c.Status = pipeline.AnswerClassified
		if !reflect.DeepEqual(*r.Prediction, p) || !reflect.DeepEqual(r.Call, c) || r.Latency != p.At.Sub(c.ReceivedAt) || r.StoredAt.After(p.At) {
			t.Errorf("read %+v with %+v", r, r.Prediction)
		}
		_, err = s.Get(t.Context(), "nobody")
		wantInput(t, err, `no call "nobody"`)
		_, err = s.SavePrediction(t.Context(), Prediction{CallID: "nobody", Status: NoSpeech})
		wantInput(t, err, `no call "nobody"`)
	})
}

func wantInput(t *testing.T, err error, says string) {
	t.Helper()
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want bad input that says %q", err, says)
	}
}

func TestTheFirstEventOfAnIDWinsForGood(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		first := aCall(1)
		save(t, s, first, Stored)
		save(t, s, first, Same)
		elsewhere := first
		elsewhere.Origin.Offset = 99
		save(t, s, elsewhere, Same)
		other := first
		other.Origin.SHA256, other.Turns = sum("another"), []Turn{{Text: "something else"}}
		save(t, s, other, Other)
		answer(t, s, anAnswer(1), true)
		c.now = noon.AddDate(0, 3, 0) // long after any workflow is forgotten
		save(t, s, first, Answered)
		save(t, s, elsewhere, Answered)
		save(t, s, other, Other)
		second := anAnswer(1)
		second.Company, second.Model = "OtherSupport", "ft:base:own:sb-2"
		answer(t, s, second, false)
		r, err := s.Get(t.Context(), first.ID)
		if err != nil || r.Origin != first.Origin || r.Prediction.Company != "AcmeSupport" || r.Turns[0].Text != first.Turns[0].Text {
			t.Errorf("the call became %+v, %v", r, err)
		}
		wantCounts(t, s, 1)
	})
}

// wantCounts holds that as many calls are answered, counted and to be published.
func wantCounts(t *testing.T, s *Store, n int64) {
	t.Helper()
	totals, err := s.Totals(t.Context(), nil, time.Time{}, time.Time{})
	var counted int64
	for _, calls := range totals.Answered {
		counted += calls
	}
	if err != nil || counted != n || totals.Unpublished != n {
		t.Errorf("counted %+v, %v; want %d", totals, err, n)
	}
	var rows int64
	if err := s.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM calls WHERE status <> 'redacted'").Scan(&rows); err != nil || rows != n {
		t.Errorf("%d calls are answered, %v; want %d", rows, err, n)
	}
}

func TestACallWithoutSpeechIsItsAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		c := aCall(1)
		c.Turns, c.Audio, c.Status = nil, true, NoSpeech
		save(t, s, c, Stored)
		save(t, s, c, Answered)
		answer(t, s, Prediction{CallID: c.ID, Status: NoSpeech}, false)
		r, err := s.Get(t.Context(), c.ID)
		if err != nil || r.Status != NoSpeech || r.Prediction == nil || r.Prediction.Company != "" || !r.Audio {
			t.Errorf("it is %+v, %v", r, err)
		}
		wantCounts(t, s, 1)
	})
}

func TestWhatIsPublishedIsTheAnswerInTheSameBytes(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		for n := range 3 {
			save(t, s, aCall(n), Stored)
			answer(t, s, anAnswer(n), true)
		}
		first, err := s.Unpublished(t.Context(), 2)
		if err != nil || len(first) != 2 || first[0].Key != "call-000" || first[1].Key != "call-001" {
			t.Fatalf("took %+v, %v; want the two oldest", first, err)
		}
		second, err := s.Unpublished(t.Context(), 2)
		if err != nil || len(second) != 1 || second[0].Key != "call-002" {
			t.Fatalf("another relay took %+v, %v; want the third", second, err)
		}
		if err := s.Published(t.Context(), []int64{first[0].ID}); err != nil {
			t.Fatal(err)
		}
		c.now = c.now.Add(Lease)
		again, err := s.Unpublished(t.Context(), 9)
		if err != nil || !reflect.DeepEqual(again, []Message{first[1], second[0]}) {
			t.Errorf("took %+v, %v; want those that were not published, as they were", again, err)
		}
		var got Classified
		if err := json.Unmarshal(first[0].Value, &got); err != nil {
			t.Fatal(err)
		}
		want := Classified{
			CallID: "call-000", Task: "telecom", Channel: "phone", Language: "en", ReceivedAt: noon.Add(-time.Second), StoredAt: got.StoredAt, AnsweredAt: got.AnsweredAt,
			Status: pipeline.AnswerClassified, Company: "AcmeSupport", Confidence: 0.75, Threshold: 0.5, Model: "ft:base:own:sb-1", RunnerUp: "OtherSupport", RunnerUpConfidence: 0.125,
		}
		if got != want || got.StoredAt.IsZero() || got.AnsweredAt.Before(got.StoredAt) {
			t.Errorf("published %+v, want %+v", got, want)
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		if i, err := s.Intake(t.Context()); err != nil || i != (Intake{}) {
			t.Errorf("at first it is %+v, %v", i, err)
		}
		var since []time.Time
		for _, step := range []struct {
			paused  bool
			who, by string
		}{{true, "anna", "anna"}, {true, "bert", "anna"}, {false, "bert", "bert"}, {false, "anna", "bert"}, {true, "anna", "anna"}} {
			if err := s.SetPaused(t.Context(), step.paused, step.who); err != nil {
				t.Fatal(err)
			}
			i, err := s.Intake(t.Context())
			if err != nil || i.Paused != step.paused || i.By != step.by {
				t.Errorf("after %+v it is %+v, %v", step, i, err)
			}
			since = append(since, i.Since)
		}
		if !since[0].Equal(since[1]) || !since[2].Equal(since[3]) || !slices.IsSortedFunc(since, time.Time.Compare) || since[0].Before(noon) {
			t.Errorf("it was so since %v", since)
		}
	})
}
