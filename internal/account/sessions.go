package account

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// When a session ends by itself: some time after it was last used, and some time
// after it began.
const (
	Idle    = 8 * time.Hour
	Longest = 7 * 24 * time.Hour
)

// fresh is for how long a session that was used is not written again. It is little
// beside Idle.
const fresh = time.Minute

// A cookie of this prefix comes from this very host, over TLS, and from no other
// host of the domain.
const (
	sessionCookie       = "switchboard_session"
	secureSessionCookie = "__Host-" + sessionCookie
)

// Sessions tell whose a request is, by a cookie that a login sets.
type Sessions struct {
	Accounts *Store
	// Secure tells that people reach the page over TLS although this process is not:
	// what is before it, such as a reverse proxy, ends the TLS.
	Secure bool
}

// secure tells whether whoever sent a request sees the page over TLS.
func (s *Sessions) secure(r *http.Request) bool { return s.Secure || r.TLS != nil }

func (s *Sessions) cookieName(r *http.Request) string {
	if s.secure(r) {
		return secureSessionCookie
	}
	return sessionCookie
}

// cookie is one for this host alone that no script and no request from another site's
// form sees.
func (s *Sessions) cookie(r *http.Request, name, value string, life time.Duration) *http.Cookie {
	//nolint:gosec // it is secure wherever the page is seen over TLS
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(r), MaxAge: int(life.Seconds())}
	if life <= 0 {
		c.MaxAge = -1
	}
	return c
}

// Begin begins a session of a user who has just shown who they are, and ends the one
// that the request may have had: a token that somebody else planted is worth nothing.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, u User) error {
	token, now, old := newToken(), s.Accounts.now(), s.token(r)
	device, err := s.device(r, u)
	if err != nil {
		return err
	}
	err = s.Accounts.change(r.Context(), func(t tx) error {
		if err := t.endSession(r.Context(), old); err != nil {
			return err
		}
		if _, err := t.exec(r.Context(), "DELETE FROM sessions WHERE seen <= ? OR began <= ?", micros(now.Add(-Idle)), micros(now.Add(-Longest))); err != nil {
			return err
		}
		_, err := t.exec(r.Context(), "INSERT INTO sessions (token_hash, user_id, began, seen) VALUES (?, ?, ?, ?)", hashOf(token), u.ID, micros(now), micros(now))
		if err != nil {
			return err
		}
		return t.record(r.Context(), Entry{Account: u.ID, Action: LoggedIn})
	})
	if err != nil {
		return wrap("beginning a session", err)
	}
	http.SetCookie(w, s.cookie(r, s.cookieName(r), token, Longest))
	if device != nil {
		http.SetCookie(w, device)
	}
	return nil
}

// End ends the session of a request, if it has one.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, s.cookie(r, s.cookieName(r), "", 0))
	u, ok, err := s.Session(r)
	if err != nil || !ok {
		return err
	}
	err = s.Accounts.change(r.Context(), func(t tx) error {
		if err := t.endSession(r.Context(), s.token(r)); err != nil {
			return err
		}
		return t.record(r.Context(), Entry{Account: u.ID, Action: LoggedOut})
	})
	return wrap("ending a session", err)
}

func (t tx) endSession(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	_, err := t.exec(ctx, "DELETE FROM sessions WHERE token_hash = ?", hashOf(token))
	return err
}

// endSessions ends all sessions of a user.
func (t tx) endSessions(ctx context.Context, user string) error {
	_, err := t.exec(ctx, "DELETE FROM sessions WHERE user_id = ?", user)
	return err
}

func (s *Sessions) token(r *http.Request) string {
	c, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// Session returns whose session a request belongs to, and false for none, or one that
// has ended. The request counts as use of it.
func (s *Sessions) Session(r *http.Request) (User, bool, error) {
	u, seen, ok, err := s.find(r)
	if now := s.Accounts.now(); ok && now.Sub(seen) >= fresh {
		_, err = s.Accounts.direct().exec(r.Context(), "UPDATE sessions SET seen = ? WHERE token_hash = ? AND seen < ?", micros(now), hashOf(s.token(r)), micros(now))
	}
	return u, ok, wrap("keeping a session", err)
}

// Lasts returns what Session does, and counts as no use: a page that stays open asks
// again and again, whether somebody looks at it or not.
func (s *Sessions) Lasts(r *http.Request) (User, bool, error) {
	u, _, ok, err := s.find(r)
	return u, ok, err
}

func (s *Sessions) find(r *http.Request) (u User, seen time.Time, ok bool, err error) {
	token, now := s.token(r), s.Accounts.now()
	if token == "" {
		return User{}, time.Time{}, false, nil
	}
	var at int64
	u, err = scanUser(s.Accounts.direct().row(r.Context(), `SELECT `+userColumns+`, s.seen FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = ? AND s.seen > ? AND s.began > ? AND u.disabled = 0`, hashOf(token), micros(now.Add(-Idle)), micros(now.Add(-Longest))), &at)
	if errors.Is(err, errUnknown) {
		return User{}, time.Time{}, false, nil
	}
	if err != nil {
		return User{}, time.Time{}, false, wrap("looking a session up", err)
	}
	return u, fromMicros(at), true, nil
}

// From returns where a request comes from. Before a proxy that ends the TLS it is whom
// the proxy names last in X-Forwarded-For: the proxy has added that itself.
func (s *Sessions) From(r *http.Request) string {
	if s.Secure && r.TLS == nil {
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			return last.String()
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Address returns the URL by which whoever sent a request reaches a path of the page.
func (s *Sessions) Address(r *http.Request, path string) string {
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}

type userKey struct{}

// Middleware lets handlers learn from User whose request it is. It refuses nobody:
// that is for who knows what each page needs. Where the database cannot be asked,
// failed answers.
func (s *Sessions) Middleware(next http.Handler, failed func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, ok, err := s.Session(r)
		if err != nil {
			failed(w, r, err)
			return
		}
		if ok {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, u))
		}
		next.ServeHTTP(w, r)
	})
}

// User returns whose request it is, and false for one of nobody who is known.
func (s *Sessions) User(r *http.Request) (User, bool) {
	u, ok := r.Context().Value(userKey{}).(User)
	return u, ok
}
