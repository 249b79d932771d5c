package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/results"
)

func TestTheBusAsksOnlyWhileAPageListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked, at atomic.Int64
		b := newBus(func(context.Context) (time.Time, error) {
			asked.Add(1)
			return time.Unix(at.Load(), 0), nil
		})
		time.Sleep(time.Hour)
		if n := asked.Load(); n != 0 {
			t.Errorf("it has asked %d times for nobody", n)
		}
		one, leaveOne, err := b.listen("a")
		if err != nil {
			t.Fatal(err)
		}
		two, leaveTwo, err := b.listen("b")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*liveEvery + liveEvery/2)
		if n := asked.Load(); n != 11 {
			t.Errorf("it has asked %d times for two pages, want 11", n)
		}
		<-one
		<-two
		synctest.Wait()
		select {
		case <-one:
			t.Error("nothing new was told twice")
		default:
		}
		at.Add(1)
		<-one
		// Two has not heard: what comes meanwhile is one token.
		at.Add(1)
		<-one
		if len(two) != 1 {
			t.Errorf("a slow page has %d tokens", len(two))
		}
		leaveOne()
		leaveOne() // again does nothing
		leaveTwo()
		synctest.Wait()
		before := asked.Load()
		time.Sleep(time.Hour)
		if n := asked.Load() - before; n != 0 {
			t.Errorf("it has asked %d times after the last page left", n)
		}
		if len(b.streams)+len(b.people) != 0 {
			t.Errorf("it remembers %v, %v", b.streams, b.people)
		}
		three, leave, err := b.listen("c")
		if err != nil {
			t.Fatal(err)
		}
		at.Add(1)
		<-three
		leave()
	})
}

func TestADatabaseThatDoesNotAnswerEndsNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var works atomic.Bool
		b := newBus(func(context.Context) (time.Time, error) {
			if !works.Load() {
				return time.Time{}, errors.New("gone")
			}
			return time.Now(), nil
		})
		news, leave, err := b.listen("a")
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		time.Sleep(time.Minute)
		works.Store(true)
		<-news
	})
}

func TestOnePersonHasFewStreams(t *testing.T) {
	b := newBus(func(context.Context) (time.Time, error) { return time.Time{}, nil })
	var leaves []func()
	for range liveStreams {
		_, leave, err := b.listen("a")
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, _, err := b.listen("a"); !errors.Is(err, errTooManyStreams) {
		t.Errorf("one more gave %v", err)
	}
	if _, leave, err := b.listen("b"); err != nil {
		t.Error(err)
	} else {
		leave()
	}
	leaves[0]()
	_, leave, err := b.listen("a")
	if err != nil {
		t.Error(err)
	}
	leave()
	for _, leave := range leaves {
		leave()
	}
}

// listener is a page that listens.
type listener struct {
	t      *testing.T
	body   io.ReadCloser
	lines  *bufio.Reader
	status int
	cancel context.CancelFunc
}

// told is an event.
type told struct {
	id    string
	Calls int64  `json:"calls"`
	Text  string `json:"text"`
}

func (b *browser) listen(path, last string) *listener {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.address+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	a, err := b.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	l := &listener{b.T, a.Body, bufio.NewReader(a.Body), a.StatusCode, cancel}
	b.Cleanup(l.close)
	return l
}

func (l *listener) close() {
	l.cancel()
	_ = l.body.Close()
}

// next waits for an event; false if the stream has ended.
func (l *listener) next() (e told, ok bool) {
	for {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			return e, false
		}
		if id, is := strings.CutPrefix(line, "id: "); is {
			e.id = strings.TrimSpace(id)
		}
		if data, is := strings.CutPrefix(line, "data: "); is {
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				l.t.Error(err)
			}
			return e, true
		}
	}
}

// hurried lets the pages of a world hear of calls soon.
func (w *world) hurried() *world {
	w.dashboard.bus.every, w.dashboard.bus.beat = time.Millisecond, 10*time.Millisecond
	return w
}

func (w *world) newest() time.Time {
	w.Helper()
	at, err := w.results.Newest(w.Context(), "")
	if err != nil {
		w.Fatal(err)
	}
	return at
}

func TestAPageHearsOfItsCalls(t *testing.T) {
	w := newWorld(t).hurried()
	w.seed(3)
	b := w.as(account.Viewer)
	since := w.newest()
	all, some := b.listen(livePath(results.Filter{}, since), ""), b.listen(livePath(results.Filter{Companies: []string{"CometCare"}, Words: "parcel"}, since), "")
	w.call(sampleCall("a"), sampleAnswer("a", "AcmeSupport"))
	e, ok := all.next()
	if !ok || e.Calls != 1 || e.Text != "1 new call" {
		t.Fatalf("the first call is %+v", e)
	}
	w.call(sampleCall("b"), sampleAnswer("b", "CometCare"))
	if e, ok = all.next(); !ok || e.Calls != 2 || e.Text != "2 new calls" {
		t.Errorf("the second call is %+v", e)
	}
	// Its answer may come when the call is no news any more.
	if e, ok = some.next(); !ok || e.Calls != 1 {
		t.Errorf("of the filter's calls, it hears of %+v", e)
	}
	// After a break, what was heard is no news.
	all.close()
	if err := w.accounts.SetLanguage(t.Context(), b.user.ID, "de"); err != nil {
		t.Fatal(err)
	}
	w.call(sampleCall("d"))
	again := b.listen(livePath(results.Filter{}, since), fmt.Sprint(w.newest().UnixMicro()))
	w.call(sampleCall("e"))
	if e, ok = again.next(); !ok || e.Calls != 4 || e.Text != "4 neue Anrufe" {
		t.Errorf("after a break it hears of %+v", e)
	}
}

func TestCallsAreNotCountedForEver(t *testing.T) {
	w := newWorld(t).hurried()
	since := w.now.UTC()
	for n := range liveMost + 20 {
		w.call(sampleCall(fmt.Sprintf("call-%d", n)))
	}
	e, ok := w.as(account.Viewer).listen(livePath(results.Filter{}, since), "").next()
	if !ok || e.Calls != liveMost+1 || e.Text != "more than 99 new calls" {
		t.Errorf("it hears of %+v", e)
	}
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	w := newWorld(t).hurried()
	b := w.as(account.Viewer)
	l := b.listen(livePath(results.Filter{}, w.newest()), "")
	if l.status != http.StatusOK {
		t.Fatalf("status %d", l.status)
	}
	b.post("/logout")
	if e, ok := l.next(); ok {
		t.Errorf("after the logout it hears of %+v", e)
	}
	if a := b.get(livePath(results.Filter{}, start)); !strings.HasPrefix(a.path, "/login") {
		t.Errorf("without a session, a stream leads to %s", a.path)
	}
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	w := newWorld(t).hurried()
	b := w.as(account.Viewer)
	path := livePath(results.Filter{}, w.newest())
	for range liveStreams {
		if l := b.listen(path, ""); l.status != http.StatusOK {
			t.Fatalf("status %d", l.status)
		}
	}
	if a := b.get(path); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("status %d, %v", a.status, a.header)
	}
}

// Two hundred pages take as much memory after five hundred calls as after one.
func TestManyStreamsKeepNothing(t *testing.T) {
	w := newWorld(t)
	w.dashboard.bus.every = 20 * time.Millisecond
	const pages, rounds = 200, 500
	var listeners []*listener
	since := w.newest()
	for n := 0; len(listeners) < pages; n++ {
		b := w.login(w.people[account.Viewer])
		if n > 0 {
			b = w.login(w.person(fmt.Sprintf("somebody-%d", n), account.Viewer))
		}
		for range min(liveStreams, pages-len(listeners)) {
			listeners = append(listeners, b.listen(livePath(results.Filter{}, since), ""))
		}
	}
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	w.call(sampleCall("first"))
	var hear sync.WaitGroup
	for _, l := range listeners {
		hear.Go(func() { l.next() })
	}
	hear.Wait()
	before := used()
	for n := range rounds {
		w.call(sampleCall(fmt.Sprintf("call-%04d", n)))
	}
	for _, l := range listeners { // each hears of all it will be told
		hear.Go(func() {
			for e, ok := l.next(); ok && e.Calls <= liveMost; e, ok = l.next() {
			}
		})
	}
	hear.Wait()
	if after := used(); after > before+32<<20 {
		t.Errorf("%d MB have become %d MB", before>>20, after>>20)
	}
}
