package results

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/pipeline"
)

func TestErasedCallsAreGoneFromEveryTableAndCount(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		fill(t, s, c, 60)
		judge(t, s, 3, "anna", "NewCompany")
		judge(t, s, 4, "anna", "NewCompany")
		ids := []string{aCall(58).ID, aCall(3).ID, "nobody", aCall(3).ID}
		want := Erased{
			Calls: 2, Transcripts: 2, Words: 2, Judgements: 1, Outbox: 1, Counted: 1, CallIDs: []string{aCall(3).ID, aCall(58).ID}, Missing: []string{"nobody"},
			Events: []Event{{aCall(3).ID, "calls", 3, 3}, {aCall(58).ID, "calls", 3, 58}}, Ranges: []Range{{"calls", 3, 3, 58, 2}},
		}
		for _, dryRun := range []bool{true, true, false} {
			if got, err := s.Erase(t.Context(), ids, dryRun); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("erased %+v, %v; want %+v", got, err, want)
			}
			if dryRun {
				wantConsistent(t, s)
			}
		}
		for _, id := range ids[:2] {
			_, err := s.Get(t.Context(), id)
			wantInput(t, err, "no call")
			if said, err := s.Judgements(t.Context(), id); err != nil || len(said) > 0 {
				t.Errorf("it was said %+v, %v", said, err)
			}
		}
		if all := everything(t, s, Filter{Words: "parcel"}, 50); len(all) != 58 {
			t.Errorf("%d calls are found, want 58", len(all))
		}
		save(t, s, aCall(3), Answered) // its id is used for good
		again, err := s.Erase(t.Context(), ids, false)
		if err != nil || again.Calls != 0 || len(again.Missing) != 3 {
			t.Errorf("erased %+v, %v", again, err)
		}
		wantConsistentCounts(t, s)
	})
}

// What is kept beside an erasure is kept of each call, or nothing is erased; a rehearsal
// leaves nothing of either.
func TestErasingIsNotedOrNotDone(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		fill(t, s, c, 6)
		ids := []string{aCall(2).ID, aCall(4).ID, "nobody"}
		var noted []string
		note := func(_ context.Context, _ database.Tx, id string) error {
			noted = append(noted, id)
			return nil
		}
		full := errors.New("the audit takes nothing")
		if _, err := s.Erase(t.Context(), ids, false, note, func(context.Context, database.Tx, string) error { return full }); !errors.Is(err, full) {
			t.Errorf("erased without a note: %v", err)
		}
		wantConsistent(t, s)
		if all := everything(t, s, Filter{}, 50); len(all) != 6 {
			t.Errorf("%d calls are left, want all 6", len(all))
		}
		noted = nil
		for _, dryRun := range []bool{true, false, false} {
			before := len(noted)
			got, err := s.Erase(t.Context(), ids, dryRun, note)
			want := got.CallIDs
			if dryRun {
				want = nil
			}
			if err != nil || !slices.Equal(noted[before:], want) {
				t.Errorf("dry run %v: erased %q, and noted %q, %v", dryRun, got.CallIDs, noted[before:], err)
			}
		}
	})
}

// The same of calls that are removed for their age, day by day.
func TestExpiringIsNotedOrNotDone(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		fill(t, s, c, 6)
		all := len(everything(t, s, Filter{}, 50))
		full := errors.New("the audit takes nothing")
		before := noon.AddDate(0, 0, 9)
		if _, err := s.Expire(t.Context(), before, false, func(context.Context, database.Tx, int64) error { return full }); !errors.Is(err, full) {
			t.Errorf("expired without a note: %v", err)
		}
		if left := everything(t, s, Filter{}, 50); len(left) != all {
			t.Errorf("%d calls are left, want all %d", len(left), all)
		}
		noted := int64(0)
		note := func(_ context.Context, _ database.Tx, calls int64) error {
			noted += calls
			return nil
		}
		for _, dryRun := range []bool{true, false} {
			got, err := s.Expire(t.Context(), before, dryRun, note)
			if err != nil || got.Calls != int64(all) || (noted != 0) == dryRun {
				t.Errorf("dry run %v: expired %d, and noted %d, %v", dryRun, got.Calls, noted, err)
			}
		}
		if noted != int64(all) {
			t.Errorf("noted %d calls, want %d", noted, all)
		}
	})
}

// wantConsistentCounts compares the counts with the calls.
func wantConsistentCounts(t *testing.T, s *Store) {
	t.Helper()
	for _, q := range []TrendQuery{{By: ByTask}, {By: ByCompany}, {By: ByStatus}} {
		points, err := s.Trend(t.Context(), q)
		if want := trendOf(everything(t, s, Filter{}, MaxPage), q); err != nil || !reflect.DeepEqual(points, want) {
			t.Errorf("%s: counted\n%+v, %v\nwant\n%+v", q.By, points, err, want)
		}
	}
}

func TestErasingACallBeforeItsAnswerLeavesNothingToAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		save(t, s, aCall(1), Stored)
		if got, err := s.Erase(t.Context(), []string{aCall(1).ID}, false); err != nil || got.Calls != 1 || got.Counted != 0 {
			t.Errorf("erased %+v, %v", got, err)
		}
		answer(t, s, anAnswer(1), false)
		wantCounts(t, s, 0)
	})
}

// What is erased is in no file of the database any more, in whichever way it is
// erased.
func TestErasedWordsAreOverwritten(t *testing.T) {
	for name, erase := range map[string]func(s *Store) (Erased, error){
		"by id":  func(s *Store) (Erased, error) { return s.Erase(t.Context(), []string{aCall(7).ID}, false) },
		"by age": func(s *Store) (Erased, error) { return s.Expire(t.Context(), noon.AddDate(0, 0, 2), false) },
		"by id, at the second attempt": func(s *Store) (Erased, error) {
			// The first one is broken off once its change is made.
			ctx, erased := t.Context(), Erased{}
			err := s.change(ctx, func(t tx) error {
				return t.overwriting(ctx, func() error { return t.eraseAll(ctx, []string{aCall(7).ID}, &erased) })
			})
			if err != nil {
				return erased, err
			}
			_, err = s.Erase(ctx, []string{aCall(7).ID}, false)
			return erased, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			location := databasetest.SQLite(t)
			s := openAt(t, location)
			c := clock{noon}
			s.now = c.tick
			for n := range 40 {
				one := aCall(n)
				if n == 7 {
					one.Turns = []Turn{{Text: "My Xylophonium is late, xylophonium"}}
				}
				save(t, s, one, Stored)
			}
			c.now = noon.AddDate(0, 0, 3)
			save(t, s, aCall(40), Stored)
			found := func() (n int) {
				for _, file := range []string{location, location + "-wal"} {
					bytes, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					n += strings.Count(strings.ToLower(string(bytes)), "xylophonium")
				}
				return n
			}
			if found() == 0 {
				t.Fatal("it was never there")
			}
			if got, err := erase(s); err != nil || got.Calls == 0 {
				t.Fatalf("erased %+v, %v", got, err)
			}
			if n := found(); n > 0 {
				t.Errorf("the word is there %d times", n)
			}
			if all := everything(t, s, Filter{Words: "parcel"}, 50); len(all) == 0 {
				t.Error("other words are gone")
			}
		})
	}
}

func TestErasingACallThatWasGivenUpChangesNoCount(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		answered(t, s, 2)
		if err := s.Reject(t.Context(), aCall(2), "too_long"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Erase(t.Context(), []string{aCall(2).ID}, false); err != nil || got.Calls != 1 || got.Counted != 0 {
			t.Errorf("erased %+v, %v", got, err)
		}
		wantConsistentCounts(t, s)
	})
}

// Days go as a whole, what lies in the day of the moment stays, and so do the counts.
func TestExpiredDaysAreGoneAndTheirCountsStay(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		for n, days := range []int{0, 1, 1, 3} {
			c.now = noon.AddDate(0, 0, days)
			save(t, s, aCall(n), Stored)
			answer(t, s, anAnswer(n), true)
			judge(t, s, n, "anna", "NewCompany")
		}
		before := noon.AddDate(0, 0, 3)
		rehearsed, err := s.Expire(t.Context(), before, true)
		if err != nil || rehearsed.Calls != 3 || rehearsed.Judgements != 3 || rehearsed.Outbox != 3 || len(rehearsed.CallIDs) != 0 || !reflect.DeepEqual(rehearsed.Ranges, []Range{{"calls", 3, 0, 2, 3}}) {
			t.Errorf("to be expired are %+v, %v", rehearsed, err)
		}
		expired, err := s.Expire(t.Context(), before, false)
		if err != nil || !reflect.DeepEqual(expired.CallIDs, []string{aCall(0).ID, aCall(1).ID, aCall(2).ID}) {
			t.Errorf("expired are %+v, %v", expired, err)
		}
		rehearsed.CallIDs = expired.CallIDs
		if !reflect.DeepEqual(expired, rehearsed) {
			t.Errorf("expired are %+v, announced were %+v", expired, rehearsed)
		}
		if left := everything(t, s, Filter{}, 5); len(left) != 1 || left[0].ID != aCall(3).ID || left[0].Review.Judged != 1 {
			t.Errorf("left are %v", ids(left))
		}
		totals, err := s.Totals(t.Context(), nil, noon, c.now)
		if err != nil || totals.Answered[pipeline.AnswerClassified] != 4 || totals.Unpublished != 1 {
			t.Errorf("counted are %+v, %v", totals, err)
		}
		if again, err := s.Expire(t.Context(), before, false); err != nil || again.Calls != 0 || len(again.Partitions) != 0 {
			t.Errorf("expired are %+v, %v", again, err)
		}
		save(t, s, aCall(1), Answered)
	})
}
