package dashboard

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"switchboard/internal/account"
)

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
