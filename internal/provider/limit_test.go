package provider

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// busiest returns the largest number of arrivals in any span of d.
func busiest(arrivals []time.Time, d time.Duration) int {
	slices.SortFunc(arrivals, time.Time.Compare)
	most, first := 0, 0
	for i, at := range arrivals {
		for at.Sub(arrivals[first]) >= d {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// A provider that sees requests with up to two seconds of delay never sees
// more than the limit in any minute, and sees 95% of it.
func TestPaceAtTheProvidersSide(t *testing.T) {
	for _, perMinute := range []int{1, 60, 600, 3000, 12000} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(64, perMinute)
			random := rand.New(rand.NewPCG(1, 2))
			var mu sync.Mutex
			var arrivals []time.Time
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			var group sync.WaitGroup
			for range 200 { // more askers than slots
				group.Go(func() {
					for {
						release, err := l.acquire(ctx, time.Minute)
						if err != nil {
							return
						}
						mu.Lock()
						late := time.Duration(random.Int64N(int64(jitterPerMinute)))
						arrivals = append(arrivals, time.Now().Add(late))
						mu.Unlock()
						time.Sleep(50 * time.Millisecond)
						release()
					}
				})
			}
			group.Wait()
			if n := busiest(arrivals, time.Minute); n > perMinute {
				t.Errorf("%d a minute: %d arrive in one", perMinute, n)
			}
			used := float64(len(arrivals)) / time.Since(start).Minutes() / float64(perMinute)
			if used < 0.95 {
				t.Errorf("%d a minute: %.1f%% used, want 95%%", perMinute, 100*used)
			}
		})
	}
}

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(3, 0)
		var now, most atomic.Int64
		var group sync.WaitGroup
		for range 30 {
			group.Go(func() {
				release, err := l.acquire(t.Context(), time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
				release()
				release() // a second call does nothing
			})
		}
		start := time.Now()
		group.Wait()
		if most.Load() != 3 || time.Since(start) != 10*time.Second {
			t.Errorf("%d at a time in %s, want 3 in 10s", most.Load(), time.Since(start))
		}
	})
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(4, 600)
		l.hold(20 * time.Second)
		l.hold(5 * time.Second) // a shorter one does not shorten
		start := time.Now()
		release, err := l.acquire(t.Context(), time.Minute)
		if err != nil || time.Since(start) != 20*time.Second {
			t.Fatalf("acquired after %s with %v, want 20s", time.Since(start), err)
		}
		release()

		l.hold(2 * time.Minute)
		_, err = l.acquire(t.Context(), time.Minute)
		var held errHeld
		if !errors.As(err, &held) || held.left != 2*time.Minute {
			t.Fatalf("got %v, want a hold of 2m", err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err = l.acquire(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the deadline", err)
		}
		if len(l.slots) != 0 {
			t.Errorf("%d slots leaked", len(l.slots))
		}
	})
}

// A hold that comes while requests wait for their pace stops them too, and
// they do not leave in a bunch when it ends.
func TestHoldStopsThoseWhoWaitForTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(64, 60)
		var mu sync.Mutex
		var sent []time.Duration
		start := time.Now()
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				release, err := l.acquire(t.Context(), time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				sent = append(sent, time.Since(start))
				mu.Unlock()
				release()
			})
		}
		time.Sleep(2500 * time.Millisecond)
		l.hold(30 * time.Second)
		group.Wait()
		slices.Sort(sent)
		for i, at := range sent {
			if at > 2500*time.Millisecond && at < 32500*time.Millisecond {
				t.Errorf("a request left at %s, during the hold", at)
			}
			if i > 0 && at-sent[i-1] < time.Second {
				t.Errorf("two requests left %s apart", at-sent[i-1])
			}
		}
	})
}

func TestTurn(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(l *limiter)
	}{
		{"waiting for a slot", func(l *limiter) { l.slots <- struct{}{} }},
		{"waiting for the pace", func(l *limiter) { l.pace.Reserve() }},
		{"waiting for a hold to end", func(l *limiter) { l.hold(time.Minute) }},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(1, 1)
			tc.prepare(l)
			taken := len(l.slots)
			turn, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, stop)
			start := time.Now()
			_, err := l.acquire(WithTurn(t.Context(), turn), time.Hour)
			if !errors.Is(err, ErrNotSent) || time.Since(start) != time.Second {
				t.Errorf("%s: got %v after %s, want ErrNotSent after 1s", tc.name, err, time.Since(start))
			}
			if len(l.slots) != taken {
				t.Errorf("%s: %d slots taken, want %d", tc.name, len(l.slots), taken)
			}
		})
	}
}

// A request that was sent is not called back by the end of its turn.
func TestTurnLeavesSentRequestsAlone(t *testing.T) {
	synctest.Test(t, testTurnLeavesSentRequestsAlone)
}

func testTurnLeavesSentRequestsAlone(t *testing.T) {
	turn, stop := context.WithCancel(t.Context())
	f, c := serveInBubble(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		stop()
		time.Sleep(time.Second) // lets all who wait for the turn's end act
		answer(w, "x", 0)
	})
	ctx := WithTurn(t.Context(), turn)
	if _, err := c.Classify(ctx, "m", "s", "t"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Classify(ctx, "m", "s", "t"); !errors.Is(err, ErrNotSent) {
		t.Fatalf("got %v, want ErrNotSent", err)
	}
	if n := f.requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// When one call is told to wait, every call of the client waits.
func TestRetryAfterHoldsTheWholeClient(t *testing.T) {
	synctest.Test(t, testRetryAfterHoldsTheWholeClient)
}

func testRetryAfterHoldsTheWholeClient(t *testing.T) {
	const hold = 300 * time.Millisecond
	var until atomic.Int64
	_, c := serveInBubble(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if until.Load() == 0 {
			until.Store(time.Now().Add(hold).UnixNano())
			w.Header().Set("Retry-After-Ms", "300")
			w.WriteHeader(429)
			return
		}
		if early := time.Until(time.Unix(0, until.Load())); early > 0 {
			t.Errorf("a request came %s too early", early)
		}
		answer(w, "x", 0)
	})
	if _, err := c.Classify(t.Context(), "m", "s", "t"); err == nil {
		t.Fatal("no error for a 429")
	}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if _, err := c.Classify(t.Context(), "m", "s", "t"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// A hold that outlasts the request timeout fails at once, and says so.
func TestLongHoldFailsAtOnce(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
	})
	c := client(t, f, Options{})
	c.Models(t.Context())
	_, err := c.Models(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Reason != RateLimited || e.RetryAfter < 59*time.Minute || e.Permanent {
		t.Fatalf("got %v, want a rate limit that ends in an hour", err)
	}
	if n := f.requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}
