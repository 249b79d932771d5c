package dashboard

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/account"
)

// visitor sends requests as they are: it follows no redirect.
type visitor struct {
	*world
	http http.Client
}

// stranger returns a visitor who is not logged in.
func (w *world) stranger() *visitor {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	v := &visitor{world: w, http: http.Client{Jar: jar}}
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

// visitor returns one who is logged in as the user of a role.
func (w *world) visitor(role account.Role) *visitor {
	w.Helper()
	v := w.stranger()
	v.send(http.MethodGet, door+w.people[role].ID, nil)
	return v
}

// send sends a request with header fields given as pairs, and returns the head of the
// answer: what follows may have no end.
func (v *visitor) send(method, path string, form url.Values, header ...string) *http.Response {
	v.Helper()
	ctx, cancel := context.WithCancel(v.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, v.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := v.http.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer
}

// inPath finds what stands for something in a pattern.
var inPath = regexp.MustCompile(`\{[^}]*\}`)

// exampleOf returns a request that a pattern is for.
func exampleOf(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, method
	}
	return method, inPath.ReplaceAllStringFunc(path, func(name string) string {
		if name == "{$}" {
			return ""
		}
		return "x"
	})
}

// Every route against every role: who may not is turned away, each in the way that
// suits them, and who may is not.
func TestRoutesAndRoles(t *testing.T) {
	w := newWorld(t)
	tried := 0
	for _, r := range (&Server{}).routes() {
		method, path := exampleOf(r.pattern)
		for _, role := range append([]account.Role{everybody}, account.Roles...) {
			v := w.stranger()
			if role != everybody {
				v = w.visitor(role)
			}
			got := v.send(method, path, nil)
			toLogin := got.StatusCode == http.StatusSeeOther && strings.HasPrefix(got.Header.Get("Location"), "/login?next=")
			tried++
			switch {
			case r.needs == everybody || role.Includes(r.needs):
				if got.StatusCode == http.StatusUnauthorized && path != "/login" || got.StatusCode == http.StatusForbidden || toLogin {
					t.Errorf("%s as %q: status %d, which turns away who may", r.pattern, role, got.StatusCode)
				}
				if method == http.MethodGet && r.needs != everybody && got.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s as %q: the browser may keep it", r.pattern, role)
				}
			case role == everybody && method == http.MethodGet:
				if !toLogin {
					t.Errorf("%s without login: status %d to %q, want the page to log in", r.pattern, got.StatusCode, got.Header.Get("Location"))
				}
			case role == everybody:
				if got.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s without login: status %d, want 401", r.pattern, got.StatusCode)
				}
			default:
				if got.StatusCode != http.StatusForbidden {
					t.Errorf("%s as %q: status %d, want 403", r.pattern, role, got.StatusCode)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d requests were made", tried)
	}
}

// Routes that are open are few, and each is so on purpose; and what a viewer may
// change is their own.
func TestWhatEverybodyMay(t *testing.T) {
	open := []string{
		"GET /health", "GET /login", "POST /login", "GET /login/provider", "GET /login/callback", "POST /logout", "GET /welcome", "POST /welcome",
	}
	own := []string{"POST /account/language", "POST /account/password", "POST /views", "POST /views/delete"}
	for _, r := range (&Server{}).routes() {
		if got, want := r.needs == everybody, slices.Contains(open, r.pattern); got != want {
			t.Errorf("%s is open: %v, want %v", r.pattern, got, want)
		}
		if strings.HasPrefix(r.pattern, "POST ") && r.needs == account.Viewer && !slices.Contains(own, r.pattern) {
			t.Errorf("%s changes something, and a viewer may", r.pattern)
		}
		if _, path := exampleOf(r.pattern); (path == "/admin" || strings.HasPrefix(path, "/admin/")) && r.needs != account.Admin {
			t.Errorf("%s needs %q, want an admin", r.pattern, r.needs)
		}
	}
}

// A stranger gets the assets, which the page to log in needs, and nothing else.
func TestWhatAStrangerSees(t *testing.T) {
	w := newWorld(t)
	style, err := assetPath("style.css")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		style: http.StatusOK, "/health": http.StatusOK, "/login": http.StatusOK,
		"/assets/": http.StatusNotFound, "/assets/../templates/layout.html": http.StatusNotFound, "/assets/style.css": http.StatusNotFound,
		"/nothing": http.StatusNotFound, "/.env": http.StatusNotFound, "/debug/pprof/": http.StatusNotFound, "/metrics": http.StatusNotFound,
	} {
		if got := w.stranger().send(http.MethodGet, path, nil).StatusCode; got != want && got != http.StatusTemporaryRedirect && got != http.StatusMovedPermanently {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
	for _, path := range []string{"//admin/users", "/admin/../admin/users", "/admin/users/", "/ADMIN/users", "/admin%2Fusers", "/login/../admin/users"} {
		got := w.stranger().send(http.MethodGet, path, nil)
		if got.StatusCode == http.StatusOK {
			t.Errorf("%s: a stranger is shown it", path)
		}
	}
}
