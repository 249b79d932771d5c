package account

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
)

func TestMain(m *testing.M) {
	hashing.Memory, hashing.Iterations = 64, 1 // what is tested is not how much a guess costs
	os.Exit(databasetest.Main(m))
}

const password = "correct horse battery"

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

// open opens accounts until the test ends, at a time that stands still.
func open(t *testing.T, location string) (*Store, *clock) {
	t.Helper()
	base, err := database.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	c := &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	s := New(base)
	s.now = c.now
	return s, c
}

func create(t *testing.T, s *Store, name string, role Role) User {
	t.Helper()
	u, err := s.Create(t.Context(), NewUser{Name: name, Password: password, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// browser keeps cookies as a browser does, as far as sessions need it.
type browser struct {
	t       *testing.T
	s       *Sessions
	cookies map[string]*http.Cookie
	over    string
}

func newBrowser(t *testing.T, s *Store) *browser {
	return &browser{t, &Sessions{Accounts: s}, map[string]*http.Cookie{}, "http://page.test/"}
}

func (b *browser) request() *http.Request {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, b.over, nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

// keep keeps the cookies of an answer and returns them.
func (b *browser) keep(w *httptest.ResponseRecorder) []*http.Cookie {
	set := w.Result().Cookies()
	for _, c := range set {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	return set
}

func (b *browser) begin(u User) []*http.Cookie {
	b.t.Helper()
	w := httptest.NewRecorder()
	if err := b.s.Begin(w, b.request(), u); err != nil {
		b.t.Fatal(err)
	}
	return b.keep(w)
}

func (b *browser) end() error {
	w := httptest.NewRecorder()
	defer b.keep(w)
	return b.s.End(w, b.request())
}

// user returns who the browser is taken for, the zero user for nobody.
func (b *browser) user() User {
	b.t.Helper()
	u, _, err := b.s.Session(b.request())
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

func each(t *testing.T, test func(t *testing.T, s *Store, c *clock)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, location string) {
		s, c := open(t, location)
		test(t, s, c)
	})
}
