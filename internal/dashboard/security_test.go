package dashboard

import (
	"crypto/tls"
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"switchboard/internal/account"
	"switchboard/internal/callkey"
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

func TestLoginByForm(t *testing.T) {
	w := newWorld(t)
	v := w.stranger()
	if got := v.login("the-viewer", "wrong wrong wrong"); got.StatusCode != http.StatusUnauthorized || v.token() != "" {
		t.Errorf("a wrong password: status %d, token %q", got.StatusCode, v.token())
	}
	if got := v.login("the-viewer", testPassword); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" || !v.loggedIn() {
		t.Errorf("the password: status %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	if got := v.send(http.MethodGet, "/login?next=/runs", nil); got.Header.Get("Location") != "/runs" {
		t.Errorf("whoever is logged in is shown status %d", got.StatusCode)
	}
}

// Whether there is a user of a name is not told.
func TestAWrongNameLooksLikeAWrongPassword(t *testing.T) {
	w := newWorld(t)
	try := func(name string) answer {
		b := &browser{world: w, http: w.stranger().http}
		return b.post("/login", "name", name, "password", "wrong wrong wrong")
	}
	known, unknown := try("the-viewer"), try("the-nobody")
	if known.status != unknown.status || strings.ReplaceAll(known.body, "the-viewer", "the-nobody") != unknown.body {
		t.Errorf("%d and %d, or other words", known.status, unknown.status)
	}
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

func TestLoginsAreLimited(t *testing.T) {
	w := newWorld(t)
	now := w.clocked()
	v := w.stranger()
	var got *http.Response
	for n := 0; n < 100; n++ {
		if got = v.login("the-admin", "wrong wrong wrong"); got.StatusCode != http.StatusUnauthorized {
			break
		}
	}
	wait, err := strconv.Atoi(got.Header.Get("Retry-After"))
	if got.StatusCode != http.StatusTooManyRequests || err != nil || wait < 1 {
		t.Fatalf("status %d, wait %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
	if got := v.login("the-admin", testPassword).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("the right password: status %d", got)
	}
	if got := v.login("the-viewer", testPassword).StatusCode; got != http.StatusSeeOther {
		t.Errorf("another user: status %d", got)
	}
	*now = now.Add(time.Duration(wait) * time.Second)
	if got := v.login("the-admin", testPassword).StatusCode; got != http.StatusSeeOther {
		t.Errorf("after the wait: status %d", got)
	}
}

// Whoever finds a browser that is logged in must not guess the password there.
func TestGuessesAtOnesOwnPasswordAreLimited(t *testing.T) {
	w := newWorld(t)
	w.clocked()
	v := w.visitor(account.Viewer)
	status := 0
	for n := 0; n < 100 && status != http.StatusTooManyRequests; n++ {
		status = v.send(http.MethodPost, "/account/password", form("old", "guess guess guess", "password", "seven lanterns under water", "again", "seven lanterns under water")).StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("status %d", status)
	}
}

func TestOnesOwnPassword(t *testing.T) {
	w := newWorld(t)
	v, elsewhere := w.visitor(account.Viewer), w.visitor(account.Viewer)
	old := v.token()
	change := func(old, password, again string) int {
		return v.send(http.MethodPost, "/account/password", form("old", old, "password", password, "again", again)).StatusCode
	}
	for what, status := range map[string]int{
		"the wrong one":      change("wrong wrong wrong", "seven lanterns under water", "seven lanterns under water"),
		"two others":         change(testPassword, "seven lanterns under water", "seven lanterns over water"),
		"too short":          change(testPassword, "short", "short"),
		"the wrong, at once": change("", "seven lanterns under water", "seven lanterns under water"),
	} {
		if status != http.StatusBadRequest {
			t.Errorf("%s: status %d", what, status)
		}
	}
	if !elsewhere.loggedIn() {
		t.Error("what failed has ended a session")
	}
	if status := change(testPassword, "seven lanterns under water", "seven lanterns under water"); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	if !v.loggedIn() || v.token() == old {
		t.Error("the user has no new session")
	}
	if elsewhere.loggedIn() {
		t.Error("elsewhere the session goes on")
	}
	if got := w.stranger().login("the-viewer", "seven lanterns under water").StatusCode; got != http.StatusSeeOther {
		t.Errorf("the new password: status %d", got)
	}
}

var linkInPage = regexp.MustCompile(`value="(http[^"]*/welcome\?token=[A-Z0-9]+)"`)

// An admin adds somebody, hands a link on, and they come in by it, once.
func TestAnInvitation(t *testing.T) {
	w := newWorld(t)
	admin := w.as(account.Admin)
	page := admin.post("/admin/users", "name", "newcomer", "role", "reviewer")
	page.says(t, http.StatusOK, "newcomer", "has not chosen a password")
	found := linkInPage.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatalf("there is no link:\n%s", page.body)
	}
	link, err := url.Parse(found[1])
	if err != nil || "http://"+link.Host != w.address {
		t.Fatalf("the link is %s, %v", found[1], err)
	}
	admin.get(page.path).lacks(t, "token=")
	b := &browser{world: w, http: http.Client{Jar: w.stranger().http.Jar}}
	shown := b.get(link.RequestURI())
	shown.says(t, http.StatusOK, "newcomer")
	if shown.header.Get("Referrer-Policy") != "no-referrer" || shown.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the token may get about: %v", shown.header)
	}
	token := link.Query().Get("token")
	b.post("/welcome", "token", token, "password", "short", "again", "short").says(t, http.StatusBadRequest, "It needs at least 12 characters.")
	b.post("/welcome", "token", token, "password", testPassword, "again", "other").says(t, http.StatusBadRequest, "not the same")
	b.post("/welcome", "token", token, "password", testPassword, "again", testPassword).says(t, http.StatusOK, "newcomer")
	b.get("/account").says(t, http.StatusOK, "reviewer")
	b.post("/welcome", "token", token, "password", testPassword, "again", testPassword).says(t, http.StatusGone, "has been used")
	b.get(link.RequestURI()).says(t, http.StatusGone, "has been used")
	if got := w.stranger().login("newcomer", testPassword).StatusCode; got != http.StatusSeeOther {
		t.Errorf("the password: status %d", got)
	}
}

func TestAnAdminChangesUsers(t *testing.T) {
	w := newWorld(t)
	admin, viewer := w.as(account.Admin), w.visitor(account.Viewer)
	id := w.people[account.Viewer].ID
	admin.get("/admin/users").says(t, http.StatusOK, "the-viewer", "the-reviewer", "the-admin")
	admin.get("/admin/users/"+id).says(t, http.StatusOK, "the-viewer", id)
	admin.get("/admin/users/x").says(t, http.StatusNotFound)
	admin.post("/admin/users/"+id+"/role", "role", "root").says(t, http.StatusBadRequest)
	if !viewer.loggedIn() {
		t.Error("what failed has logged the user out")
	}
	admin.post("/admin/users/"+id+"/role", "role", "reviewer").says(t, http.StatusOK, "The role is changed")
	if viewer.loggedIn() {
		t.Error("the session with the role before goes on")
	}
	admin.post("/admin/users/"+id+"/disable").says(t, http.StatusOK, "disabled")
	if got := w.stranger().login("the-viewer", testPassword).StatusCode; got != http.StatusUnauthorized {
		t.Errorf("a disabled user: status %d", got)
	}
	admin.post("/admin/users/"+id+"/enable").says(t, http.StatusOK, "may log in again")
	admin.post("/admin/users/"+w.people[account.Admin].ID+"/disable").says(t, http.StatusBadRequest, "This is the last admin")
	admin.post("/admin/users", "name", "THE-viewer", "role", "viewer").says(t, http.StatusBadRequest, "There is a user with that name already.")
	admin.get("/admin/audit").says(t, http.StatusOK, "disabled a user", "enabled a user", "before: viewer, now: reviewer", "the-admin")
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

func TestAuditPage(t *testing.T) {
	w := newWorld(t)
	now := w.clocked()
	viewer := w.people[account.Viewer]
	for n := range 2*auditPage + 10 {
		*now = now.Add(time.Minute)
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: "target-" + strconv.Itoa(n)}))
	}
	admin := w.as(account.Admin)
	page := admin.get("/admin/audit?action=thing.done")
	page.says(t, http.StatusOK, "target-209<", "target-110<", "the-viewer")
	page.lacks(t, "target-109<")
	older := regexp.MustCompile(`href="(/admin/audit\?[^"]*before=[^"]*)" rel="next"`).FindStringSubmatch(page.body)
	if older == nil {
		t.Fatal("there is no way to older entries")
	}
	next := admin.get(strings.ReplaceAll(older[1], "&amp;", "&"))
	next.says(t, http.StatusOK, "target-109<", "target-10<")
	next.lacks(t, "target-110<", "target-9<")
	admin.get("/admin/audit?account="+viewer.ID+"&target=target-7").says(t, http.StatusOK, "target-7<")
	admin.get("/admin/audit?target=nothing").says(t, http.StatusOK, "No entries match.")
	admin.get("/admin/audit?until=2026-11-27").says(t, http.StatusOK, "No entries match.")
	admin.get("/admin/audit?from=2026-11-28&until=2026-11-28").says(t, http.StatusOK, "target-209<")
	admin.get("/admin/audit?from=soon").says(t, http.StatusBadRequest)
}

// An export names nobody, has no formulas, and is in the audit itself.
func TestAuditExport(t *testing.T) {
	w := newWorld(t)
	viewer := w.people[account.Viewer]
	for _, target := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "plain", "a,b\n\"c\"", viewer.ID} {
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: target}))
	}
	admin := w.as(account.Admin)
	got := admin.get("/admin/audit.csv?action=thing.done")
	got.says(t, http.StatusOK)
	got.lacks(t, viewer.ID, viewer.Name)
	if got.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("it is sent as %v", got.header)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	pseudonym, err := w.base.Pseudonym(t.Context(), viewer.ID)
	w.must(err)
	if rows[1][1] != pseudonym || rows[1][3] != pseudonym {
		t.Errorf("the user is %q and %q, want %q", rows[1][1], rows[1][3], pseudonym)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	for n := range 2*auditAtOnce - len(rows) + 1 {
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: "more-" + strconv.Itoa(n)}))
	}
	all, err := csv.NewReader(strings.NewReader(admin.get("/admin/audit.csv?action=thing.done").body)).ReadAll()
	seen := map[string]bool{}
	for _, row := range all {
		seen[row[3]] = true
	}
	if err != nil || len(all) != 2*auditAtOnce+1 || len(seen) != len(all) {
		t.Errorf("of many there are %d rows, %d of them different, %v", len(all), len(seen), err)
	}
	if again := admin.get("/admin/audit?action=audit.exported"); !strings.Contains(again.body, "<td>exported the audit</td>") {
		t.Error("nobody is told of the export")
	}
}

// Whatever is done has words, in whichever package it is done.
func TestEveryActionOfTheAuditHasWords(t *testing.T) {
	actions := regexp.MustCompile(`(?:account\.)?Action = "([a-z_]+\.[a-z_]+)"`)
	found := 0
	for _, pattern := range []string{"*.go", "../account/*.go", "../../activities/*.go", "../../workflows/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range actions.FindAllStringSubmatch(string(content), -1) {
				if found++; auditTexts[account.Action(m[1])] == "" {
					t.Errorf("%s: %s has no words", name, m[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d actions were found", found)
	}
	v := &visit{lang: german}
	if got := v.details(map[string]string{"from": "viewer", "to": "admin", "other": "x"}); got != "vorher: Betrachter, other: x, jetzt: Admin" {
		t.Errorf("details are %q", got)
	}
}

// A key is made on the page, shown once, and revoked; the audit tells who did it.
func TestKeysOfCalls(t *testing.T) {
	w := newWorld(t)
	admin := w.as(account.Admin)
	admin.get("/admin/keys").says(t, http.StatusOK, "No keys have been made here yet.")
	made := admin.post("/admin/keys", "name", "The <b>telephone</b> system")
	made.says(t, http.StatusOK, "The &lt;b&gt;telephone&lt;/b&gt; system", "in use", "the-admin", "not shown again")
	key := regexp.MustCompile(`readonly value="([^"]+)"`).FindStringSubmatch(made.body)
	if key == nil || made.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("there is no key, or the browser keeps it:\n%s", made.body)
	}
	if ok, err := callkey.New(w.base).Use(t.Context(), key[1]); err != nil || !ok {
		t.Errorf("the key is none: %v", err)
	}
	list := admin.get("/admin/keys")
	list.lacks(t, key[1])
	list.says(t, http.StatusOK, "in use")
	admin.post("/admin/keys", "name", "").says(t, http.StatusBadRequest, "Give the key a name of 1 to 64 characters.")
	id := w.audited(keyCreated)[0].Target
	admin.post("/admin/keys/"+id+"/revoke").says(t, http.StatusOK, "The key is revoked.", "revoked")
	if ok, err := callkey.New(w.base).Use(t.Context(), key[1]); err != nil || ok {
		t.Errorf("the key goes on: %v", err)
	}
	admin.post("/admin/keys/none/revoke").says(t, http.StatusBadRequest, "There is no such key.")
	if made, revoked := w.audited(keyCreated), w.audited(keyRevoked); len(made) != 1 || len(revoked) != 1 || revoked[0].Target != id || revoked[0].Account != w.people[account.Admin].ID || strings.Contains(made[0].Details["name"], key[1]) {
		t.Errorf("the audit has %+v and %+v", made, revoked)
	}
	admin.get("/admin/audit").says(t, http.StatusOK, "made an API key", `<a href="/admin/keys">The &lt;b&gt;telephone&lt;/b&gt; system</a>`)
	for _, role := range []account.Role{account.Viewer, account.Reviewer} {
		w.as(role).post("/admin/keys", "name", "x").says(t, http.StatusForbidden)
	}
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

func TestOverTLS(t *testing.T) {
	w := newWorld(t)
	s, err := New(Options{Base: w.base, Results: w.results, Accounts: w.accounts, Sessions: &account.Sessions{Accounts: w.accounts}, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	w.address = server.URL
	v := w.stranger()
	v.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}} //nolint:forcetypeassert // it is one
	got := v.login("the-viewer", testPassword)
	found := false
	for _, c := range got.Cookies() {
		if c.Name != "__Host-switchboard_session" {
			continue
		}
		if found = true; !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie is %+v", c)
		}
	}
	if !found || got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("the answer is %v", got.Header)
	}
	if !v.loggedIn() {
		t.Error("the login does not hold")
	}
}

// withProvider serves a world's page anew, with an identity provider.
func (w *world) withProvider() *mockoidc.MockOIDC {
	w.Helper()
	idp, err := mockoidc.Run()
	w.must(err)
	w.Cleanup(func() { _ = idp.Shutdown() })
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	w.Cleanup(server.Close)
	w.address = server.URL
	sessions := &account.Sessions{Accounts: w.accounts}
	provider, err := account.NewProvider(sessions, account.OpenID{
		Issuer: idp.Issuer(), ClientID: idp.ClientID, ClientSecret: idp.ClientSecret, Page: server.URL, Claim: "groups", Roles: "reviewer=support",
	})
	w.must(err)
	s, err := New(Options{Base: w.base, Results: w.results, Accounts: w.accounts, Sessions: sessions, Provider: provider, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	w.must(err)
	mux.Handle("/", s)
	return idp
}

func TestLoginByProvider(t *testing.T) {
	w := newWorld(t)
	idp := w.withProvider()
	fresh := func() *browser { return &browser{world: w, http: http.Client{Jar: w.stranger().http.Jar}} }
	b := fresh()
	b.get("/runs?status=failed").says(t, http.StatusOK, `href="/login/provider?next=%2Fruns%3Fstatus%3Dfailed"`)
	idp.QueueUser(&mockoidc.MockUser{Subject: "1", PreferredUsername: "ann", Groups: []string{"support"}})
	b.get("/login/provider?next=/account").says(t, http.StatusOK, "ann", "reviewer", "Change your password there.")
	b.get("/admin/users").says(t, http.StatusForbidden)

	idp.QueueUser(&mockoidc.MockUser{Subject: "2", PreferredUsername: "bob", Groups: []string{"sales"}})
	nobody := fresh()
	nobody.get("/login/provider").says(t, http.StatusForbidden, "nobody has given you a role")
	nobody.get("/account").says(t, http.StatusOK, "/login/provider")

	idp.QueueUser(&mockoidc.MockUser{Subject: "1", PreferredUsername: "ann", Groups: []string{"support"}})
	if got := fresh().get("/login/provider?next=" + url.QueryEscape("//evil.example/")); got.status != http.StatusOK || got.path != "/" {
		t.Errorf("a link from elsewhere leads to %q, status %d", got.path, got.status)
	}
	fresh().get("/login/callback?code=x&state=x").says(t, http.StatusBadRequest, "took too long or was begun elsewhere")
	fresh().get("/login/callback?error=access_denied&error_description=Tell+them+your+password").lacks(t, "Tell them")

	idp.QueueError(&mockoidc.ServerError{Code: http.StatusInternalServerError, Error: "x", Description: "secret"})
	s := w.log.String()
	down := newWorld(t)
	gone := down.withProvider()
	w.must(gone.Shutdown())
	stranded := &browser{world: down, http: http.Client{Jar: down.stranger().http.Jar}}
	stranded.get("/login/provider").says(t, http.StatusBadGateway, "does not answer")
	if !strings.Contains(down.log.String(), "connection refused") {
		t.Errorf("the log says\n%s", down.log)
	}
	if strings.Contains(s, "secret") {
		t.Errorf("the log repeats what the provider said:\n%s", s)
	}
}

func TestWithoutAProvider(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/login/provider", "/login/callback?code=x&state=x"} {
		if got := w.stranger().send(http.MethodGet, path, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got)
		}
	}
}

func TestLanguageOfAnAccount(t *testing.T) {
	w := newWorld(t)
	b := w.as(account.Viewer)
	b.post("/account/language", "language", "de").says(t, http.StatusOK, `lang="de"`, "Die Sprache ist geändert.", "Ihr Konto")
	b.get("/account").says(t, http.StatusOK, `lang="de"`)
	b.post("/account/language", "language", "xx").says(t, http.StatusBadRequest)
	b.post("/account/language", "language", "").says(t, http.StatusOK, `lang="en"`, "Your account")
}

func TestSavedViewsAreOnesOwn(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.as(account.Viewer), w.as(account.Reviewer)
	ann.post("/views", "name", "unsure ones", "query", "status=unsure").says(t, http.StatusOK, "The view is saved.", "unsure ones")
	ann.get("/calls").says(t, http.StatusOK, "unsure ones", `href="/calls?status=unsure"`)
	bob.get("/calls").lacks(t, "unsure ones")
	bob.post("/views/delete", "name", "unsure ones")
	ann.get("/calls").says(t, http.StatusOK, "unsure ones")
	ann.post("/views", "name", "", "query", "status=unsure").says(t, http.StatusBadRequest, "Give the view a name of 1 to 64 characters.")
	ann.post("/views/delete", "name", "unsure ones").says(t, http.StatusOK, "The view is removed.")
	ann.get("/calls").lacks(t, "unsure ones")
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
