package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"switchboard/internal/results"
)

// How pages hear of new calls.
const (
	// liveEvery is how often the database is asked whether there are any, once for
	// all pages.
	liveEvery = time.Second
	// liveBeat is how often a page is told that its stream lives, and whoever reads it
	// is looked up again: they may have logged out.
	liveBeat = 15 * time.Second
	// livePatience is how long a page may take to read what it is sent.
	livePatience = 10 * time.Second
	// liveStreams is how many pages of one person hear of calls.
	liveStreams = 12
	// liveMost is up to how many calls a page is told of: it is not counted further.
	liveMost = 99
)

// bus tells pages that there are calls that were not there before. It asks only
// while a page listens.
type bus struct {
	newest func(context.Context) (time.Time, error)
	// every is [liveEvery], beat [liveBeat]: tests are in more of a hurry.
	every, beat time.Duration

	mu sync.Mutex
	// streams are those that listen, by whose they are counted in people.
	streams map[chan struct{}]string
	people  map[string]int
	// at is the latest call that is known, stop ends the asking.
	at   time.Time
	stop context.CancelFunc
}

func newBus(newest func(context.Context) (time.Time, error)) *bus {
	return &bus{newest: newest, every: liveEvery, beat: liveBeat, streams: map[chan struct{}]string{}, people: map[string]int{}}
}

var errTooManyStreams = errors.New("too many pages of one person listen")

// listen returns what gets a token when there are new calls. It holds one: whoever
// is slow hears once of all that came meanwhile, and keeps nobody waiting. leave ends
// it.
func (b *bus) listen(person string) (news <-chan struct{}, leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.people[person] >= liveStreams {
		return nil, nil, errTooManyStreams
	}
	stream := make(chan struct{}, 1)
	b.streams[stream] = person
	b.people[person]++
	if len(b.streams) == 1 {
		ctx, stop := context.WithCancel(context.Background())
		b.stop = stop
		go b.ask(ctx)
	}
	return stream, func() { b.leave(stream) }, nil
}

func (b *bus) leave(stream chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	person, ok := b.streams[stream]
	if !ok {
		return
	}
	delete(b.streams, stream)
	if b.people[person]--; b.people[person] == 0 {
		delete(b.people, person)
	}
	if len(b.streams) == 0 {
		b.stop()
	}
}

// ask looks for new calls until nobody listens. A database that does not answer has
// none: the pages themselves say so when they are loaded.
func (b *bus) ask(ctx context.Context) {
	tick := time.NewTicker(b.every)
	defer tick.Stop()
	for {
		if at, err := b.newest(ctx); err == nil {
			b.tell(at)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *bus) tell(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !at.After(b.at) {
		return
	}
	b.at = at
	for stream := range b.streams {
		select {
		case stream <- struct{}{}:
		default: // it has not heard of the last ones yet
		}
	}
}

// latest is the latest call that is known; zero if none is yet.
func (b *bus) latest() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// livePath is the address of a stream that tells of calls of a filter that came in
// after a moment.
func livePath(f results.Filter, since time.Time) string {
	q := queryOf(f)
	q.Set("since", strconv.FormatInt(since.UnixMicro(), 10))
	return withQuery("/live", q)
}

// stream is a page that hears of new calls.
type stream struct {
	*visit
	filter results.Filter
	since  time.Time
	// told is how many calls the page knows of.
	told int64
}

// live tells a page how many calls have come in since it was made. An event has
// their number and a sentence in the reader's language, and its id is when the
// latest call was stored: after a break, nothing is said again to a page that has
// heard of it.
func (s *Server) live(v *visit) error {
	q := v.r.URL.Query()
	f, err := v.filter(q)
	if err != nil {
		return err
	}
	since, err := strconv.ParseInt(q.Get("since"), 10, 64)
	if err != nil {
		return bad(v.T("The address does not say since when calls are new."))
	}
	news, leave, err := s.bus.listen(v.user.ID)
	if errors.Is(err, errTooManyStreams) {
		v.w.Header().Set("Retry-After", "60")
		v.problem(http.StatusTooManyRequests, v.T("Too many of your pages wait for new calls; close some."))
		return nil
	}
	defer leave()
	l := &stream{visit: v, filter: f, since: time.UnixMicro(max(since, 0)).UTC()}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	// A server bounds how long it reads a request; this one is read, and lasts.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	if err := l.send(": listening\nretry: 5000\n\n"); err != nil {
		return nil //nolint:nilerr // the page has gone
	}
	if last := v.r.Header.Get("Last-Event-ID"); last != "" {
		l.resume(last)
	} else if !l.count() {
		return nil
	}
	l.follow(news)
	return nil
}

// resume takes up a stream that was broken off: what the page has heard of is not
// news.
func (l *stream) resume(last string) {
	if at, err := strconv.ParseInt(last, 10, 64); err == nil {
		f := l.filter
		f.From, f.Until = l.from(), time.UnixMicro(at+1).UTC()
		if n, err := l.Results.Count(l.r.Context(), f, liveMost+1); err == nil {
			l.told = n
		}
	}
	l.count()
}

// follow tells the page of calls as they come in, until it or its reader has gone.
func (l *stream) follow(news <-chan struct{}) {
	beat := time.NewTicker(l.bus.beat)
	defer beat.Stop()
	for {
		select {
		case <-l.r.Context().Done():
			return
		case <-news:
			if !l.admitted() || !l.count() {
				return
			}
		case <-beat.C:
			// A call may have got its answer, and belong to the filter, meanwhile.
			if !l.admitted() || l.send(": still here\n\n") != nil || !l.count() {
				return
			}
		}
	}
}

// admitted tells whether the reader's session lasts.
func (l *stream) admitted() bool {
	u, ok, err := l.Sessions.Lasts(l.r)
	return err != nil || ok && u.ID == l.user.ID
}

// from is the first moment of calls that are new to the page.
func (l *stream) from() time.Time {
	if l.filter.From.After(l.since) {
		return l.filter.From
	}
	return l.since.Add(time.Microsecond)
}

// count tells the page how many calls are new, if there are more than it knows of;
// false where it has gone.
func (l *stream) count() bool {
	if l.told > liveMost {
		return true
	}
	newest := l.bus.latest() // before it is counted: nothing is left out after a break
	if newest.Before(l.since) {
		newest = l.since
	}
	f := l.filter
	f.From = l.from()
	n, err := l.Results.Count(l.r.Context(), f, liveMost+1)
	if err != nil || n <= l.told {
		return l.r.Context().Err() == nil
	}
	l.told = n
	text := l.lang.count(n, "%d new call", "%d new calls")
	if n > liveMost {
		text = l.T("more than %d new calls", liveMost)
	}
	data, err := json.Marshal(map[string]any{"calls": n, "text": text})
	return err == nil && l.send(fmt.Sprintf("id: %d\nevent: calls\ndata: %s\n\n", newest.UnixMicro(), data)) == nil
}

// send writes to the page, which has to read it soon.
func (l *stream) send(text string) error {
	c := http.NewResponseController(l.w)
	if err := c.SetWriteDeadline(time.Now().Add(livePatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := l.w.Write([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}
