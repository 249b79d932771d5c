package results

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
)

// together runs f so many times at once, and fails where one of them does.
func together(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// Two stores are two processes as far as a database can tell.
func twoStores(t *testing.T, location string) [2]*Store {
	t.Helper()
	return [2]*Store{openAt(t, location), openAt(t, location)}
}

func TestManyAttemptsOfOneCallStoreAndCountItOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		stores := twoStores(t, location)
		var stored, saved atomic.Int64
		together(t, 40, func(i int) error {
			outcome, err := stores[i%2].SaveRedacted(t.Context(), aCall(1))
			if outcome == Stored {
				stored.Add(1)
			} else if outcome != Same && err == nil {
				err = fmt.Errorf("an attempt gave %s", outcome)
			}
			return err
		})
		together(t, 40, func(i int) error {
			ok, err := stores[i%2].SavePrediction(t.Context(), anAnswer(1))
			if ok {
				saved.Add(1)
			}
			return err
		})
		if stored.Load() != 1 || saved.Load() != 1 {
			t.Errorf("stored %d times, answered %d times", stored.Load(), saved.Load())
		}
		wantCounts(t, stores[0], 1)
	})
}

func TestOfManyEventsWithOneIDOneWins(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		stores := twoStores(t, location)
		var stored atomic.Int64
		var winner atomic.Value
		together(t, 40, func(i int) error {
			c := aCall(1)
			c.Origin.SHA256 = sum(fmt.Sprint(i))
			outcome, err := stores[i%2].SaveRedacted(t.Context(), c)
			switch {
			case outcome == Stored:
				stored.Add(1)
				winner.Store(c.Origin.SHA256)
			case outcome != Other && err == nil:
				err = fmt.Errorf("another event gave %s", outcome)
			}
			return err
		})
		r, err := stores[0].Get(t.Context(), aCall(1).ID)
		if err != nil || stored.Load() != 1 || r.Origin.SHA256 != winner.Load() {
			t.Errorf("%d were stored, the call is of %s, %v", stored.Load(), r.Origin.SHA256, err)
		}
	})
}

// However attempts are broken off, each call is there once, and is counted and laid
// into the outbox if and only if it is answered.
func TestAttemptsThatAreBrokenOffLeaveTheCountsRight(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		const calls = 60
		stores := twoStores(t, location)
		attempt := func(ctx context.Context, i, n int) error {
			c, p := varied(n)
			if n%7 == 0 {
				c.Status = NoSpeech
			}
			_, err := stores[i%2].SaveRedacted(ctx, c)
			if err == nil {
				_, err = stores[i%2].SavePrediction(ctx, p)
			}
			return err
		}
		save(t, stores[0], aCall(0), Stored) // the day has its partitions
		var broken atomic.Int64
		together(t, 12, func(i int) error {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for range 40 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(50_000))*time.Microsecond)
				if attempt(ctx, i, random.IntN(calls)) != nil {
					broken.Add(1)
				}
				cancel()
			}
			return nil
		})
		t.Logf("%d of 480 attempts were broken off", broken.Load())
		wantConsistent(t, stores[0])
		together(t, 12, func(i int) error {
			for n := range calls {
				if err := attempt(t.Context(), i, n); err != nil {
					return err
				}
			}
			return nil
		})
		wantConsistent(t, stores[0])
		wantCounts(t, stores[1], calls)
	})
}

// A server that restarts, or a network that breaks, ends connections in the middle
// of whatever they do.
func TestLostConnectionsLeaveTheCountsRight(t *testing.T) {
	const calls = 40
	location := databasetest.Postgres(t)
	stores, admin := twoStores(t, location), openAt(t, location)
	save(t, stores[0], aCall(0), Stored) // the day has its partitions
	done := make(chan struct{})
	var saboteur sync.WaitGroup
	saboteur.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if _, err := admin.db.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	var broken atomic.Int64
	together(t, 8, func(i int) error {
		for n := range calls {
			c, p := varied(n)
			if _, err := stores[i%2].SaveRedacted(t.Context(), c); err != nil {
				broken.Add(1)
			}
			if _, err := stores[i%2].SavePrediction(t.Context(), p); err != nil {
				broken.Add(1)
			}
		}
		return nil
	})
	close(done)
	saboteur.Wait()
	t.Logf("%d of 640 changes were broken off", broken.Load())
	wantConsistent(t, admin)
	for n := range calls {
		c, p := varied(n)
		if _, err := admin.SaveRedacted(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.SavePrediction(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	wantConsistent(t, admin)
	wantCounts(t, admin, calls)
}

// A disk that is full is told as such, and takes nothing by halves.
func TestAFullDiskIsToldAndTakesNothingByHalves(t *testing.T) {
	s := openAt(t, databasetest.SQLite(t))
	s.db.SetMaxOpenConns(1) // the limit is a connection's
	limit := func(pages int) {
		if _, err := s.db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	var pages int
	if err := s.db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit(pages + 40)
	n := fillUp(t, s, 1000)
	limit(1 << 30)
	c, p := varied(n - 1)
	if _, err := s.SaveRedacted(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	answer(t, s, p, true)
	wantConsistent(t, s)
	wantCounts(t, s, int64(n))
}

// wantConsistent compares the counts, the outbox and the words with the calls.
func wantConsistent(t *testing.T, s *Store) {
	t.Helper()
	all := everything(t, s, Filter{}, MaxPage)
	answered := []string{}
	for _, r := range all {
		if r.Prediction != nil {
			answered = append(answered, r.ID)
		}
	}
	for _, q := range []TrendQuery{{By: ByTask}, {By: ByCompany}, {By: ByStatus}} {
		points, err := s.Trend(t.Context(), q)
		if want := trendOf(all, q); err != nil || !reflect.DeepEqual(points, want) {
			t.Errorf("%s: counted\n%+v, %v\nwant\n%+v", q.By, points, err, want)
		}
	}
	wantStrings(t, s, "the outbox", "SELECT call_id FROM call_outbox", answered)
	wantStrings(t, s, "the used ids", "SELECT call_id FROM call_ids", ids(all))
	wantStrings(t, s, "the transcripts", "SELECT call_id FROM transcripts", ids(all))
}

func wantStrings(t *testing.T, s *Store, what, query string, want []string) {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := []string{}
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		got = append(got, one)
	}
	want = slices.Sorted(slices.Values(want))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s are of %v, want %v", what, got, want)
	}
}

func TestRelaysTakeEachMessageOnceWhileItIsTheirs(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		const calls = 50
		stores := twoStores(t, location)
		want := []string{}
		for n := range calls {
			save(t, stores[0], aCall(n), Stored)
			answer(t, stores[0], anAnswer(n), true)
			want = append(want, aCall(n).ID)
		}
		var mu sync.Mutex
		var got []string
		together(t, 8, func(i int) error {
			for {
				some, err := stores[i%2].Unpublished(t.Context(), 4)
				if err != nil {
					return err
				}
				left, err := stores[i%2].Backlog(t.Context())
				if err != nil || left == 0 {
					return err
				}
				numbers := []int64{}
				mu.Lock()
				for _, m := range some {
					got = append(got, m.Key)
					numbers = append(numbers, m.ID)
				}
				mu.Unlock()
				if err := stores[i%2].Published(t.Context(), numbers); err != nil {
					return err
				}
			}
		})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("published %v, want %v", got, want)
		}
	})
}

// Partitions are made when a day begins, by whichever process comes first, and
// again where one was dropped.
func TestPartitionsAreMadeByWhoeverNeedsThem(t *testing.T) {
	stores := twoStores(t, databasetest.Postgres(t))
	days := []time.Time{noon, noon.AddDate(0, 0, 1), noon.AddDate(0, 1, 0), noon.AddDate(0, 0, -40)}
	for day, at := range days {
		for _, s := range stores {
			s.now = func() time.Time { return at }
		}
		together(t, 10, func(i int) error {
			_, err := stores[i%2].SaveRedacted(t.Context(), aCall(day*10+i))
			return err
		})
	}
	if all := everything(t, stores[0], Filter{}, 7); len(all) != 40 || all[0].StoredAt.Sub(days[2]) > time.Second || !all[39].StoredAt.Equal(days[3]) {
		t.Errorf("the list is %v", ids(all))
	}
	names := partitionNames(t, stores[0])
	for _, name := range []string{"calls_20261128", "calls_20261201", "calls_20261202", "transcripts_20261228", "transcripts_20261231", "calls_20261019"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s among %v", name, names)
		}
	}
	for _, name := range []string{"calls_20261019", "transcripts_20261019"} {
		if _, err := stores[0].db.ExecContext(t.Context(), "DROP TABLE "+name); err != nil {
			t.Fatal(err)
		}
	}
	save(t, stores[1], aCall(99), Stored)
	save(t, stores[1], aCall(30), Answered) // what was dropped has used its id for good
	answer(t, stores[1], anAnswer(30), false)
	_, err := stores[1].Get(t.Context(), aCall(30).ID)
	wantInput(t, err, "no call")
}

func partitionNames(t *testing.T, s *Store) []string {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN ('calls'::regclass, 'transcripts'::regclass)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(name, "public."))
	}
	return names
}

// However many calls come at one moment, no two are stored at the same.
func TestNoTwoCallsShareAMoment(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		stores := twoStores(t, location)
		for _, s := range stores {
			s.now = func() time.Time { return noon }
		}
		together(t, 20, func(i int) error {
			_, err := stores[i%2].SaveRedacted(t.Context(), aCall(i))
			return err
		})
		all := everything(t, stores[0], Filter{Words: "parcel"}, 6)
		if len(all) != 20 || !all[0].StoredAt.Equal(noon.Add(19*time.Microsecond)) || !all[19].StoredAt.Equal(noon) {
			t.Errorf("the list is %v", all)
		}
		for _, r := range all {
			if one, err := stores[1].Get(t.Context(), r.ID); err != nil || !one.StoredAt.Equal(r.StoredAt) || len(one.Turns) != 2 {
				t.Errorf("%s is %+v, %v", r.ID, one, err)
			}
		}
	})
}

// syncs lets the tests' server wait for the disk, as one that keeps anything does.
func syncs(b *testing.B, s *Store) {
	b.Helper()
	for _, statement := range []string{"ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()"} {
		if _, err := s.db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSaveCall stores and answers calls, 16 at once on two cores.
func BenchmarkSaveCall(b *testing.B) {
	for name, location := range map[string]func(testing.TB) string{"SQLite": databasetest.SQLite, "PostgreSQL": databasetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := openAt(b, location(b))
			if s.base.Postgres() {
				syncs(b, s)
			}
			var n atomic.Int64
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c, p := aCall(0), anAnswer(0)
					c.ID = fmt.Sprintf("call-%d", n.Add(1))
					p.CallID, c.Origin.SHA256 = c.ID, sum(c.ID)
					if outcome, err := s.SaveRedacted(b.Context(), c); err != nil || outcome != Stored {
						b.Error(outcome, err)
						return
					}
					if saved, err := s.SavePrediction(b.Context(), p); err != nil || !saved {
						b.Error(saved, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// fillUp stores calls until the disk is full, at most so many, and returns how many it
// tried. What is stored then must fit together.
func fillUp(t *testing.T, s *Store, most int) int {
	t.Helper()
	var err error
	n := 0
	for ; err == nil && n < most; n++ {
		c, p := varied(n)
		if _, err = s.SaveRedacted(t.Context(), c); err == nil {
			_, err = s.SavePrediction(t.Context(), p)
		}
	}
	if !database.Full(err) {
		t.Fatalf("after %d calls: %v, want that the disk is full", n, err)
	}
	wantConsistent(t, s)
	return n
}
