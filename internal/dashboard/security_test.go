package dashboard

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
)

const testPassword = "correct horse battery"

// clocked lets the accounts of a world have a time of their own, that a test moves.
func (w *world) clocked() *time.Time {
	now := start
	w.accounts.SetClock(func() time.Time { return now })
	return &now
}

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

// token is the cookie of a visitor's session, empty if they have none.
func (v *visitor) token() string {
	u, err := url.Parse(v.address)
	if err != nil {
		v.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(u) {
		if c.Name == "switchboard_session" {
			return c.Value
		}
	}
	return ""
}

func (v *visitor) plant(token string) {
	u, err := url.Parse(v.address)
	if err != nil {
		v.Fatal(err)
	}
	v.http.Jar.SetCookies(u, []*http.Cookie{{Name: "switchboard_session", Value: token, Path: "/"}})
}

func (v *visitor) login(name, password string) *http.Response {
	return v.send(http.MethodPost, "/login", form("name", name, "password", password))
}

// loggedIn tells whether the visitor is known.
func (v *visitor) loggedIn() bool {
	return v.send(http.MethodGet, "/account", nil).StatusCode == http.StatusOK
}

func TestSessionFixation(t *testing.T) {
	w := newWorld(t)
	attacker, victim := w.visitor(account.Viewer), w.stranger()
	planted := attacker.token()
	victim.plant(planted)
	victim.login("the-admin", testPassword)
	if victim.token() == planted {
		t.Error("the planted token goes on")
	}
	if got := victim.send(http.MethodGet, "/admin/users", nil).StatusCode; got != http.StatusOK {
		t.Errorf("the victim gets %d", got)
	}
	if attacker.loggedIn() {
		t.Error("whoever planted the token is logged in by it")
	}
}

func TestTheEndOfASession(t *testing.T) {
	w := newWorld(t)
	now := w.clocked()
	admin := w.people[account.Admin]
	ends := map[string]func(v *visitor){
		"logout":   func(v *visitor) { v.send(http.MethodPost, "/logout", nil) },
		"idle":     func(*visitor) { *now = now.Add(account.Idle) },
		"disabled": func(*visitor) { w.must(w.accounts.Disable(t.Context(), admin, w.people[account.Viewer].ID)) },
		"another role": func(*visitor) {
			w.must(w.accounts.SetRole(t.Context(), admin, w.people[account.Viewer].ID, account.Reviewer))
		},
		"ended": func(*visitor) { w.must(w.accounts.EndSessions(t.Context(), admin, w.people[account.Viewer].ID)) },
		"password": func(*visitor) {
			w.must(w.accounts.SetPassword(t.Context(), admin, w.people[account.Viewer].ID, testPassword))
		},
	}
	for what, end := range ends {
		w.must(w.accounts.Enable(t.Context(), admin, w.people[account.Viewer].ID))
		v := w.visitor(account.Viewer)
		token := v.token()
		if !v.loggedIn() {
			t.Fatalf("%s: not logged in before", what)
		}
		end(v)
		v.plant(token) // whoever kept it
		if v.loggedIn() {
			t.Errorf("%s: the session goes on", what)
		}
	}
}

func TestCrossSitePosts(t *testing.T) {
	w := newWorld(t)
	for _, r := range (&Server{}).routes() {
		method, path := exampleOf(r.pattern)
		if method == http.MethodGet {
			continue
		}
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			{"Sec-Fetch-Site", "same-site", "Origin", "https://sister.example"},
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
		} {
			v := w.visitor(account.Admin)
			if got := v.send(method, path, form("name", "x"), header...).StatusCode; got != http.StatusForbidden {
				t.Errorf("%s with %v: status %d, want 403", r.pattern, header, got)
			}
			if !v.loggedIn() {
				t.Errorf("%s with %v did something", r.pattern, header)
			}
		}
	}
	v := w.visitor(account.Admin)
	if got := v.send(http.MethodPost, "/account/language", form("language", "de"), "Origin", w.address).StatusCode; got != http.StatusSeeOther {
		t.Errorf("a post of the page's own: status %d", got)
	}
}

// What is only asked for changes nothing, so that a link from elsewhere cannot either.
func TestGettingChangesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.entries()
	for _, r := range (&Server{}).routes() {
		if method, path := exampleOf(r.pattern); method == http.MethodGet && !strings.HasSuffix(path, ".csv") {
			v := w.visitor(account.Admin)
			before++ // of the session
			v.send(method, path+"?name=x&role=admin&language=de&id=x&token=x", nil, "Sec-Fetch-Site", "cross-site")
			if !v.loggedIn() {
				t.Errorf("%s logs out", r.pattern)
			}
		}
	}
	if n := w.entries(); n != before {
		t.Errorf("%d entries are in the audit, want %d", n, before)
	}
}

func (w *world) entries() (n int) {
	w.Helper()
	w.must(w.accounts.Audit(w.Context(), account.AuditQuery{}, func(account.Entry) error { n++; return nil }))
	return n
}

func TestAfterLogin(t *testing.T) {
	for next, want := range map[string]string{
		"/":                            "/",
		"/calls?company=a&company=b":   "/calls?company=a&company=b",
		"/calls/a%2Fb":                 "/calls/a%2Fb",
		"/calls?next=https://evil.com": "/calls?next=https://evil.com",
		"":                             "/",
		"calls":                        "/",
		"//evil.example":               "/",
		"///evil.example":              "/",
		"/\\evil.example":              "/",
		"\\\\evil.example":             "/",
		"/%5cevil.example":             "/%5cevil.example",
		"/\t/evil.example":             "/",
		"/\n/evil.example":             "/",
		"\t//evil.example":             "/",
		" //evil.example":              "/",
		"https://evil.example":         "/",
		"https:evil.example":           "/",
		"http:///evil.example":         "/",
		"javascript:alert(1)":          "/",
		"/%2f/evil.example":            "/",
		"//user@evil.example":          "/",
		"/calls\r\nSet-Cookie: a=b":    "/",
		"/login?next=/login":           "/",
		"/login/provider":              "/",
		"/welcome?token=x":             "/",
		"?next=x":                      "/",
		"#x":                           "/",
	} {
		if got := afterLogin(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// However it is written, a login leads to this host.
func FuzzAfterLogin(f *testing.F) {
	for _, seed := range []string{"/calls", "//evil.example", "/\\evil", "https://evil.example", "/%2f/evil", "/ /evil", "/.//evil", "/..//evil"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://page.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := afterLogin(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != "page.example" || u.Scheme != "https" || strings.ContainsAny(got, "\r\n\t\\") || strings.HasPrefix(got, "//") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

func TestOpenRedirects(t *testing.T) {
	w := newWorld(t)
	for _, next := range []string{"//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"} {
		v := w.stranger()
		got := v.send(http.MethodPost, "/login", form("name", "the-viewer", "password", testPassword, "next", next))
		if to := got.Header.Get("Location"); to != "/" {
			t.Errorf("after the login %q leads to %q", next, to)
		}
		if to := v.send(http.MethodGet, "/login?"+form("next", next).Encode(), nil).Header.Get("Location"); to != "/" {
			t.Errorf("when logged in %q leads to %q", next, to)
		}
	}
	got := w.stranger().send(http.MethodGet, "/runs?status=failed", nil, "Host", "evil.example", "X-Forwarded-Host", "evil.example")
	if to := got.Header.Get("Location"); to != "/login?next=%2Fruns%3Fstatus%3Dfailed" {
		t.Errorf("a stranger is led to %q", to)
	}
	v := w.stranger()
	if to := v.send(http.MethodPost, "/login", form("name", "the-viewer", "password", testPassword, "next", "/runs?status=failed")).Header.Get("Location"); to != "/runs?status=failed" {
		t.Errorf("after the login it goes on to %q", to)
	}
	if to := v.send(http.MethodPost, "/views", form("name", "x", "query", "a=b#//evil.example")).Header.Get("Location"); !strings.HasPrefix(to, "/calls?") {
		t.Errorf("a saved view leads to %q", to)
	}
}

func TestHeaderInjection(t *testing.T) {
	w := newWorld(t)
	v := w.visitor(account.Admin)
	evil := "x\r\nSet-Cookie: evil=1\r\nX-Evil: 1"
	for path, f := range map[string]url.Values{
		"/login":            form("name", evil, "password", evil, "next", "/"+evil),
		"/account/language": form("language", evil),
		"/views":            form("name", evil, "query", "a="+evil),
		"/views/delete":     form("name", evil),
		"/admin/users":      form("name", evil, "role", evil),
	} {
		got := v.send(http.MethodPost, path, f, "Accept-Language", "de")
		if got.Header.Get("X-Evil") != "" || strings.Contains(strings.Join(got.Header.Values("Set-Cookie"), "\n"), "evil=1") || strings.ContainsAny(got.Header.Get("Location"), "\r\n") {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
	for _, path := range []string{"/login?next=", "/welcome?token=", "/admin/audit?target=", "/nothing/"} {
		if got := v.send(http.MethodGet, path+url.QueryEscape(evil), nil); got.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
}

// What people call themselves, and what is typed into forms, is text wherever it is
// shown.
func TestMarkupIsText(t *testing.T) {
	w := newWorld(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	admin := w.as(account.Admin)
	w.must(w.accounts.Record(t.Context(), account.Entry{Account: evil, Action: account.Action(evil), Target: evil, Details: map[string]string{evil: evil}}))
	_, err := w.base.DB().ExecContext(t.Context(), "UPDATE users SET name = '"+evil+"' WHERE role = 'admin'")
	w.must(err)
	for _, path := range []string{
		"/account", "/admin/users", "/admin/users/" + w.people[account.Admin].ID, "/admin/audit",
		"/admin/audit?target=" + url.QueryEscape(evil), "/admin/audit?action=" + url.QueryEscape(evil), "/login?next=" + url.QueryEscape("/"+evil), "/nothing/" + url.PathEscape(evil),
		"/admin/audit?from=" + url.QueryEscape(evil), "/welcome?token=" + url.QueryEscape(evil),
	} {
		page := admin.get(path)
		page.lacks(t, "<script>alert", "<img src=x")
	}
	stranger := &browser{world: w, http: http.Client{Jar: w.stranger().http.Jar}}
	stranger.post("/login", "name", evil, "password", evil, "next", "/"+evil).lacks(t, "<script>alert", "<img src=x")
}

// What keeps a browser from doing more than it should stands on every answer.
func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	style, err := assetPath("style.css")
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{style, "/nothing"}
	for _, r := range (&Server{}).routes() {
		if method, path := exampleOf(r.pattern); method == http.MethodGet {
			paths = append(paths, path)
		}
	}
	for _, v := range []*visitor{w.stranger(), w.visitor(account.Admin)} {
		for _, path := range paths {
			h := v.send(http.MethodGet, path, nil).Header
			policy := h.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("%s: the policy lacks %s", path, want)
				}
			}
			if strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
				t.Errorf("%s: %v", path, h)
			}
		}
	}
}

// Templates have no script or style of their own, which the policy would not run.
func TestNothingIsInline(t *testing.T) {
	names, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	inline := regexp.MustCompile(`(?i)<script(?:\s+[^s>][^>]*)?>|<style|\sstyle=|\son[a-z]+=|javascript:`)
	for _, n := range names {
		content, err := templateFiles.ReadFile("templates/" + n.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(content); found != nil {
			t.Errorf("%s has %q", n.Name(), found)
		}
	}
}

// A route that gets lost leaves a form that leads nowhere.
func TestEveryFormLeadsSomewhere(t *testing.T) {
	patterns := []*regexp.Regexp{}
	for _, r := range (&Server{}).routes() {
		if path, ok := strings.CutPrefix(r.pattern, "POST "); ok {
			patterns = append(patterns, regexp.MustCompile("^"+inPath.ReplaceAllString(path, "[^/]+")+"$"))
		}
	}
	posted := regexp.MustCompile(`<form method="post"[^>]*? action="([^"]*)"`)
	inTemplate := regexp.MustCompile(`\{\{[^}]*\}\}`)
	names, err := templateFiles.ReadDir("templates")
	w := newWorld(t)
	w.must(err)
	found := 0
	for _, n := range names {
		content, err := templateFiles.ReadFile("templates/" + n.Name())
		w.must(err)
		for _, m := range posted.FindAllStringSubmatch(string(content), -1) {
			action := inTemplate.ReplaceAllString(m[1], "x")
			if action == "x" {
				continue // code makes it
			}
			found++
			if !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(action) }) {
				t.Errorf("%s posts to %s, where nothing is", n.Name(), action)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d forms were found", found)
	}
}
