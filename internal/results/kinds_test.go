package results

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchboard/internal/pipeline"
	"switchboard/internal/review"
)

// Lists and counts tell calls from conversations of datasets, and have both where
// nobody asks.
func TestKindsAreToldApart(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = all
		answered(t, s, 3)
		newest := c.now
		if _, _, err := s.SaveConversations(t.Context(), conversations(5, "")); err != nil {
			t.Fatal(err)
		}
		answer(t, s, anAnswer(0), false)
		save(t, s, aCall(3), Stored) // it waits
		judge(t, s, 1, "anna", "Other")
		for _, id := range []string{"apply-production-1a2b3c4d/1", "apply-production-1a2b3c4d/2"} {
			if _, err := s.Judge(t.Context(), Judgement{CallID: id, Label: "AcmeSupport", Reviewer: "anna"}); err != nil {
				t.Fatal(err)
			}
		}
		for kind, want := range map[Kind]struct{ listed, counted, judged int64 }{Calls: {4, 3, 1}, Conversations: {5, 5, 2}, "": {9, 8, 3}} {
			if got := everything(t, s, Filter{Kind: kind, Companies: nil}, 2); int64(len(got)) != want.listed {
				t.Errorf("%q: %v are listed, want %d", kind, ids(got), want.listed)
			}
			if got := everything(t, s, Filter{Kind: kind, Companies: []string{"AcmeSupport"}}, 9); int64(len(got)) != want.counted {
				t.Errorf("%q: %v are of the company, want %d", kind, ids(got), want.counted)
			}
			for _, step := range []Step{Hourly, Daily} {
				var n int64
				points, err := s.Trend(t.Context(), TrendQuery{Kind: kind, Step: step, By: ByStatus})
				for _, p := range points {
					n += p.Calls
				}
				if err != nil || n != want.counted {
					t.Errorf("%q: %d are counted, %v; want %d", kind, n, err, want.counted)
				}
			}
			q, err := s.Quality(t.Context(), QualityQuery{Task: "telecom", Kind: kind})
			if err != nil || q.Judged != want.judged || q.Drift.Recent != want.counted {
				t.Errorf("%q: the quality is of %d judged and %d answered calls, %v; want %+v", kind, q.Judged, q.Drift.Recent, err, want)
			}
		}
		at, err := s.Newest(t.Context(), Calls)
		if err != nil || !at.After(newest) {
			t.Errorf("the newest call is of %v, %v", at, err)
		}
		if at, err = s.Newest(t.Context(), Conversations); err != nil || at.IsZero() || !at.Before(c.now) {
			t.Errorf("the newest conversation is of %v, %v", at, err)
		}
		if _, err := s.Erase(t.Context(), []string{"apply-production-1a2b3c4d/1", "call-000"}, false); err != nil {
			t.Fatal(err)
		}
		for kind, want := range map[Kind]int64{Calls: 2, Conversations: 4} {
			points, err := s.Trend(t.Context(), TrendQuery{Kind: kind})
			if err != nil || len(points) != 1 || points[0].Calls != want {
				t.Errorf("after an erasure %s are %+v, %v; want %d", kind, points, err, want)
			}
		}
	})
}

// What is added up by day is what the judgements say, whatever becomes of them; and as
// many calls are listed as are counted.
func TestSumsOfJudgementsAreThoseOfTheJudgements(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = review.Sampling{Share: 0.8, Second: 0.5}
		random := rand.New(rand.NewPCG(5, 6))
		companies := []string{"AcmeSupport", "OtherSupport", "ThirdSupport", pipeline.Unknown}
		const calls = 60
		for n := range calls {
			c.now = c.now.Add(2 * time.Hour)
			one, p := varied(n)
			p.Named = companies[n%3]
			if p.Status == pipeline.AnswerFailed {
				p.Named = ""
			}
			save(t, s, one, Stored)
			answer(t, s, p, true)
		}
		check := func(when string) {
			t.Helper()
			for _, q := range []QualityQuery{{}, {Task: "telecom"}, {Task: "airlines", Models: []string{"sb-1"}}, {From: noon.Truncate(24*time.Hour).AddDate(0, 0, 2)}} {
				judged, err := s.Judged(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				want := review.QualityOf(judged)
				for range 2 { // added up, and kept
					got, err := s.Quality(t.Context(), q)
					got.Drift = want.Drift
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Fatalf("%s: of %+v the quality is\n%+v, %v, want\n%+v", when, q, got, err, want)
					}
				}
			}
		}
		open := func() (n int) {
			t.Helper()
			if err := s.direct().row(t.Context(), "SELECT COUNT(*) FROM judged_days WHERE sums = ''").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		said := map[string]Judgement{}
		for range 150 {
			n := random.IntN(calls)
			j, err := s.Judge(t.Context(), Judgement{CallID: aCall(n).ID, Reviewer: []string{"anna", "bert", "carl"}[random.IntN(3)], Label: companies[random.IntN(4)]})
			if err != nil {
				t.Fatal(err)
			}
			said[j.CallID] = j
		}
		if err := s.AddUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := open(); n != 0 {
			t.Errorf("%d days are not added up", n)
		}
		check("judged")
		binsAreListed(t, s)
		for n, id := range slices.Sorted(mapKeys(said)) {
			if n%3 == 0 {
				if err := s.UndoJudgement(t.Context(), said[id].ID, said[id].Reviewer); err != nil {
					t.Fatal(err)
				}
			}
		}
		check("undone")
		late := anAnswer(9) // the ninth had failed
		late.Model, late.Named = "sb-1", "AcmeSupport"
		judge(t, s, 9, "dora", "AcmeSupport")
		check("failed and judged")
		answer(t, s, late, true)
		check("answered later")
		binsAreListed(t, s)
		if _, err := s.Erase(t.Context(), []string{aCall(3).ID, aCall(9).ID, aCall(31).ID, aCall(40).ID}, false); err != nil {
			t.Fatal(err)
		}
		check("erased")
		if _, err := s.Expire(t.Context(), noon.AddDate(0, 0, 3), false); err != nil {
			t.Fatal(err)
		}
		check("expired")
	})
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// binsAreListed holds that the filter of a bin means as many calls as are in it.
func binsAreListed(t *testing.T, s *Store) {
	t.Helper()
	q, err := s.Quality(t.Context(), QualityQuery{})
	if err != nil {
		t.Fatal(err)
	}
	yes, some := true, 0
	for _, b := range q.Bins {
		f := Filter{Sampled: &yes, Reviewed: &yes, Settled: true, Named: true, MinConfidence: &b.Low, Below: &b.High}
		if b.High == 1 {
			f.Below = nil
		}
		n, err := s.Count(t.Context(), f, 999)
		if err != nil || n != b.Right.Of {
			t.Errorf("from %v there are %d calls, %v; want %d", b.Low, n, err, b.Right.Of)
		}
		some += int(n)
	}
	if some == 0 {
		t.Error("no call is in any bin")
	}
}

func TestCallsBeginWithWhatTheCustomerSays(t *testing.T) {
	long := strings.Repeat("wörter ", 2000)
	each(t, func(t *testing.T, s *Store, _ *clock) {
		for n, c := range []struct {
			turns []Turn
			want  string
		}{
			{[]Turn{{Side: "agent", Text: "Good morning."}, {Side: "customer", Text: "My  parcel\nis late."}, {Side: "agent", Text: "Oh."}, {Side: "customer", Text: "Yes, it is."}}, "My parcel is late. Yes, it is."},
			{[]Turn{{Text: "nobody knows who says this"}}, "nobody knows who says this"},
			{[]Turn{{Side: "agent", Text: "Hello?"}}, ""},
			{nil, ""},
			{[]Turn{{Side: "customer", Text: `a "quoted" \ word, and one that is long enough to be cut`}}, `a "quoted" \ word, and one that is long …`},
			{[]Turn{{Side: "customer", Text: long}}, "wörter wörter wörter wörter wörter …"},
			{[]Turn{{Side: "agent", Text: long}, {Side: "customer", Text: "too late"}}, ""},
		} {
			one := aCall(n)
			one.Turns = c.turns
			save(t, s, one, Stored)
			listed := everything(t, s, Filter{}, 1)[:1]
			got, err := s.Beginnings(t.Context(), listed, 40)
			if err != nil || got[one.ID] != c.want {
				t.Errorf("%d begins %q, %v; want %q", n, got[one.ID], err, c.want)
			}
		}
		if all, err := s.Beginnings(t.Context(), everything(t, s, Filter{}, 9), 40); err != nil || len(all) != 4 {
			t.Errorf("%d calls begin: %v, %v", len(all), all, err)
		}
	})
}

// Wherever a transcript is cut, the turns before are read, and what there is of the one
// that is cut.
func TestACutTranscriptIsRead(t *testing.T) {
	turns := []Turn{{Side: "agent", Text: "Grüß Gott \"hier\" \\ \u2028 <b>"}, {Side: "customer", Text: "Ich heiße Person."}, {Side: "agent", Text: "Aha", Start: 1, End: 2.5}}
	whole, err := json.Marshal(turns)
	if err != nil {
		t.Fatal(err)
	}
	for end := range len(whole) + 1 {
		if !utf8.Valid(whole[:end]) {
			continue // a database cuts between letters
		}
		read := turnsOf(string(whole[:end]))
		text := fmt.Sprint(read)
		if len(read) > 0 && !strings.HasPrefix(turns[0].Text, read[0].Text) || len(read) > 1 && read[0] != turns[0] || len(read) > 2 && read[1] != turns[1] {
			t.Errorf("of %s is read %s", whole[:end], text)
		}
		if end > 60 && len(read) == 0 || end > 110 && len(read) < 2 {
			t.Errorf("of %s is read %s", whole[:end], text)
		}
	}
}

// A list of one kind reads the index of that kind, however many there are of the other;
// and how calls begin is read by their moments.
func TestKindsAreReadByTheirIndexes(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		answered(t, s, 20)
		for range 10 {
			if _, _, err := s.SaveConversations(t.Context(), conversations(200, fmt.Sprint(c.now))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.db.ExecContext(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
		explain, index := "EXPLAIN QUERY PLAN ", map[Kind]string{Calls: "calls_live", Conversations: "calls_dataset"}
		if s.base.Postgres() { // which names the indexes of partitions itself, and reads all of a day of few
			explain, index = "EXPLAIN ", map[Kind]string{Calls: "_at_idx1"}
		}
		for kind, want := range index {
			query, args := s.query(Filter{Kind: kind}, nil, 51)
			plan := planOf(t, s, explain+query, args...)
			if !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s are read by\n%s", kind, plan)
			}
		}
		plan := planOf(t, s, explain+"SELECT call_id, substr(turns, 1, ?) FROM transcripts WHERE at IN (?, ?)", mostRead, micros(noon), micros(noon)+1)
		if strings.Contains(plan, "SCAN") {
			t.Errorf("beginnings are read by\n%s", plan)
		}
	})
}

func planOf(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	lines, err := list(t.Context(), s, func(rows *sql.Rows) (line string, err error) {
		if s.base.Postgres() {
			return line, rows.Scan(&line)
		}
		var id, parent, unused int
		return line, rows.Scan(&id, &parent, &unused, &line)
	}, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
