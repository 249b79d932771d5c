package results

import (
	"context"
	"errors"
	"sync"
	"testing"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/problem"
)

// signal tells somebody who waits for it, and nobody else.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// A server that is shut down, and one that dies, in the middle of what it does loses
// nothing that it has said is stored, and doubles nothing that is tried again. Every
// error meanwhile is one that passes.
func TestPostgreSQLIsRestarted(t *testing.T) {
	const calls = 60
	server := databasetest.Own(t)
	stores := twoStores(t, server.Location())
	save(t, stores[0], aCall(0), Stored) // the day has its partitions
	done, broken := make(chan struct{}), make(chan struct{})
	until := func(i, n int, attempt func() error) {
		for err := attempt(); err != nil; err = attempt() {
			if kind, known := problem.KindOf(err); known || database.Unusable(err) || database.Full(err) {
				t.Errorf("worker %d, call %d: an error that passes is %s: %v", i, n, kind, err)
				return
			}
			signal(broken)
		}
		signal(done)
	}
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			for n := range calls {
				c, p := varied(n)
				until(i, n, func() error { _, err := stores[i%2].SaveRedacted(t.Context(), c); return err })
				until(i, n, func() error { _, err := stores[i%2].SavePrediction(t.Context(), p); return err })
			}
		})
	}
	for _, stop := range []func(){server.Stop, server.Kill, server.Stop} {
		for range 20 {
			<-done
		}
		stop()
		<-broken
		server.Start(t)
	}
	workers.Wait()
	wantConsistent(t, stores[0])
	wantCounts(t, stores[1], calls)
}

// A disk that is full is told as such, takes nothing by halves, and the same calls are
// stored once there is room.
func TestPostgreSQLIsFull(t *testing.T) {
	location, disk := databasetest.Own(t).OnDisk(t, 32<<20)
	s := openAt(t, location)
	save(t, s, aCall(0), Stored) // the day has its partitions
	disk.Fill(t)
	n := fillUp(t, s, 20_000)
	disk.Free(t)
	for i := range n {
		c, p := varied(i)
		if _, err := s.SaveRedacted(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SavePrediction(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	wantConsistent(t, s)
	wantCounts(t, s, int64(n))
}

// A server that has no room for its log of changes dies of it. What it had said is stored is
// there when it is back, and everything else can be stored then.
func TestPostgreSQLDiesOfAFullDisk(t *testing.T) {
	server, disk := databasetest.OwnOnDisk(t, 128<<20)
	s := openAt(t, server.Location())
	const before, all = 20, 40
	attempt := func(n int) error {
		c, p := varied(n)
		_, err := s.SaveRedacted(t.Context(), c)
		if err == nil {
			_, err = s.SavePrediction(t.Context(), p)
		}
		return err
	}
	for n := range before {
		if err := attempt(n); err != nil {
			t.Fatal(err)
		}
	}
	disk.Fill(t)
	if _, err := s.db.ExecContext(t.Context(), "SELECT pg_switch_wal()"); err != nil {
		t.Fatal(err) // the next change begins another file
	}
	for n := before; n < all; n++ {
		err := attempt(n)
		if kind, known := problem.KindOf(err); err == nil || known || database.Unusable(err) {
			t.Errorf("call %d: %v of kind %q, want an error that passes", n, err, kind)
		}
	}
	disk.Free(t)
	server.Kill() // it may have ended, or be trying to recover
	server.Start(t)
	s = openAt(t, server.Location())
	wantConsistent(t, s)
	wantCounts(t, s, before)
	for n := range all {
		if err := attempt(n); err != nil {
			t.Fatal(err)
		}
	}
	wantConsistent(t, s)
	wantCounts(t, s, all)
}

// Whoever waits for a slow server waits for as long as it likes: who gives up leaves
// nothing behind, and who does not is served.
func TestPostgreSQLIsSlow(t *testing.T) {
	location := databasetest.Postgres(t)
	stores, admin := twoStores(t, location), openAt(t, location)
	save(t, stores[0], aCall(0), Stored)
	slow, err := admin.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Rollback() }()
	if _, err := slow.ExecContext(t.Context(), "LOCK TABLE calls IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	waiting := func(want int) {
		for n := -1; n != want; {
			if err := admin.db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
	}
	impatient, giveUp := context.WithCancel(t.Context())
	outcomes := make(chan error)
	attempt := func(ctx context.Context, s *Store, n int) {
		_, err := s.SaveRedacted(ctx, aCall(n))
		if err == nil {
			_, err = s.SavePrediction(ctx, anAnswer(n))
		}
		outcomes <- err
	}
	go attempt(impatient, stores[0], 1)
	waiting(1)
	giveUp()
	if err := <-outcomes; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	waiting(0)
	for n := 1; n < 4; n++ {
		go attempt(t.Context(), stores[n%2], n)
	}
	waiting(3)
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
	answer(t, stores[0], anAnswer(0), true)
	wantConsistent(t, admin)
	wantCounts(t, admin, 4)
}
