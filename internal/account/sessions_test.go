package account

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/internal/database/databasetest"
)

func TestSessionsEndByThemselves(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		ann := create(t, s, "ann", Viewer)
		b := newBrowser(t, s)
		b.begin(ann)
		c.forward(Idle - time.Second)
		if b.user() != ann {
			t.Error("a session ended before it was idle for long enough")
		}
		c.forward(Idle - time.Second)
		if b.user() != ann {
			t.Error("a session ended although it was used")
		}
		c.forward(Idle)
		if b.user() != (User{}) {
			t.Error("an idle session goes on")
		}
		c.forward(-time.Second)
		if b.user() != ann {
			t.Error("the end is not where it should be")
		}
	})
}

// A page that is left open does not keep its session for ever.
func TestLookingWhetherASessionLastsIsNoUse(t *testing.T) {
	s, c := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	b := newBrowser(t, s)
	b.begin(ann)
	for used := time.Hour; used <= Idle; used += time.Hour {
		c.forward(time.Hour)
		u, ok, err := b.s.Lasts(b.request())
		if err != nil || ok != (used < Idle) || ok && u != ann {
			t.Errorf("after %s: %+v, %v, %v", used, u, ok, err)
		}
	}
}

func TestSessionsThatAreUsedEndToo(t *testing.T) {
	s, c := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	b := newBrowser(t, s)
	b.begin(ann)
	for used := time.Duration(0); used+time.Hour < Longest; used += time.Hour {
		c.forward(time.Hour)
		if b.user() != ann {
			t.Fatalf("it ended after %s", used+time.Hour)
		}
	}
	c.forward(time.Hour)
	if b.user() != (User{}) {
		t.Error("a session goes on for ever")
	}
	b.begin(ann)
	var n int
	if err := s.direct().row(t.Context(), "SELECT COUNT(*) FROM sessions").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions are kept, %v; want the new one", n, err)
	}
}

func TestLogoutEndsASessionForGood(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		ann := create(t, s, "ann", Viewer)
		b, other := newBrowser(t, s), newBrowser(t, s)
		b.begin(ann)
		other.begin(ann)
		kept := *b.cookies[sessionCookie]
		w := httptest.NewRecorder()
		if err := b.s.End(w, b.request()); err != nil {
			t.Fatal(err)
		}
		b.keep(w)
		if b.cookies[sessionCookie] != nil {
			t.Errorf("the browser keeps %v", b.cookies)
		}
		b.cookies[sessionCookie] = &kept
		if b.user() != (User{}) {
			t.Error("the token is worth something still")
		}
		if other.user() != ann {
			t.Error("the user was logged out elsewhere")
		}
	})
}

// A token that somebody planted before the login must not be the one after it.
func TestALoginMakesANewToken(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	mallory, ann := create(t, s, "mallory", Viewer), create(t, s, "ann", Admin)
	attacker, victim := newBrowser(t, s), newBrowser(t, s)
	attacker.begin(mallory)
	planted := *attacker.cookies[sessionCookie]
	victim.cookies[sessionCookie] = &planted
	victim.begin(ann)
	if victim.cookies[sessionCookie].Value == planted.Value {
		t.Error("the planted token is used on")
	}
	if victim.user() != ann {
		t.Errorf("the victim is %+v", victim.user())
	}
	if got := attacker.user(); got != (User{}) {
		t.Errorf("whoever planted it is %+v", got)
	}
	for _, made := range []string{"", "x", strings.Repeat("A", 52)} {
		victim.cookies[sessionCookie] = &http.Cookie{Name: sessionCookie, Value: made}
		if victim.user() != (User{}) {
			t.Errorf("the token %q is taken", made)
		}
		victim.begin(ann)
		if victim.cookies[sessionCookie].Value == made {
			t.Errorf("the token %q was adopted", made)
		}
	}
}

func TestCookies(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	for _, c := range []struct {
		name         string
		tls, proxied bool
		cookie       string
		secure       bool
	}{
		{"in the clear", false, false, "switchboard_session", false},
		{"over TLS", true, false, "__Host-switchboard_session", true},
		{"behind a proxy that ends the TLS", false, true, "__Host-switchboard_session", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			sessions := &Sessions{Accounts: s, Secure: c.proxied}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://page.test/login", nil)
			if c.tls {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			if err := sessions.Begin(w, r, ann); err != nil {
				t.Fatal(err)
			}
			set := w.Result().Cookies()
			if len(set) != 2 {
				t.Fatalf("%d cookies are set", len(set))
			}
			got, device := set[0], set[1]
			if device.Name != strings.Replace(c.cookie, "session", "device", 1) || device.Secure != c.secure || !device.HttpOnly || device.Path != "/" || device.MaxAge != int(deviceLife.Seconds()) {
				t.Errorf("the cookie of the device is %+v", device)
			}
			if got.Name != c.cookie || got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.MaxAge != int(Longest.Seconds()) {
				t.Errorf("the cookie is %+v", got)
			}
			if len(got.Value) < 40 {
				t.Errorf("the token %q can be guessed", got.Value)
			}
		})
	}
}

// A cookie that some other host of the domain, or somebody in the clear, could have
// set is none over TLS.
func TestOverTLSOnlyItsOwnCookieCounts(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	b := newBrowser(t, s)
	b.begin(create(t, s, "ann", Viewer))
	b.s.Secure = true
	if b.user() != (User{}) {
		t.Error("a cookie without the prefix was taken over TLS")
	}
}

func TestFrom(t *testing.T) {
	for _, c := range []struct {
		name      string
		secure    bool
		forwarded []string
		want      string
	}{
		{"whom it comes from", false, nil, "192.0.2.1"},
		{"whoever it says it comes from", false, []string{"203.0.113.9"}, "192.0.2.1"},
		{"through a proxy", true, []string{"203.0.113.9"}, "203.0.113.9"},
		{"through a proxy, with a lie before", true, []string{"10.0.0.1, 198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"through a proxy that does not say", true, nil, "192.0.2.1"},
		{"through a proxy that says nonsense", true, []string{"203.0.113.9, unknown"}, "192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = "192.0.2.1:1234"
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := (&Sessions{Secure: c.secure}).From(r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMiddleware(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	b := newBrowser(t, s)
	var got User
	var known bool
	handler := b.s.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, known = b.s.User(r) }), func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusServiceUnavailable) })
	handler.ServeHTTP(httptest.NewRecorder(), b.request())
	if known {
		t.Errorf("a stranger is %+v", got)
	}
	b.begin(ann)
	handler.ServeHTTP(httptest.NewRecorder(), b.request())
	if !known || got != ann {
		t.Errorf("the user is %+v", got)
	}
	_ = s.base.Close()
	known = false
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, b.request())
	if known || w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a database the answer is %d, and the user known: %v", w.Code, known)
	}
}

// Somebody may be disabled between showing who they are and coming in.
func TestADisabledUserHasNoSession(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	create(t, s, "root", Admin)
	ann := create(t, s, "ann", Viewer)
	if err := s.Disable(t.Context(), cli, ann.ID); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	b.begin(ann)
	if got := b.user(); got != (User{}) {
		t.Errorf("it is %+v", got)
	}
}
