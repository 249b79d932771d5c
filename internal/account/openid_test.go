package account

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"switchboard/internal/database/databasetest"
)

// person is a user of the identity provider, with what is said of them in the token,
// and what only when the provider is asked.
type person struct {
	subject     string
	said, asked map[string]any
}

func (p person) ID() string { return p.subject }

func (p person) Userinfo([]string) ([]byte, error) { return json.Marshal(p.asked) }

func (p person) Claims(_ []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	all := jwt.MapClaims{"iss": base.Issuer, "sub": base.Subject, "aud": base.Audience, "exp": base.ExpiresAt, "iat": base.IssuedAt, "nonce": base.Nonce}
	maps.Copy(all, p.said)
	return all, nil
}

// idp is an identity provider, with a page that lets people in by it.
type idp struct {
	*testing.T
	*mockoidc.MockOIDC
	provider *Provider
	accounts *Store
	clock    *clock
	browser  *browser
	// tamper changes an answer of the token endpoint.
	tamper func(answer []byte) []byte
	// asked are the paths that the page asked the provider for.
	asked []string
}

func newIDP(t *testing.T, location string, change func(*OpenID)) *idp {
	t.Helper()
	server, err := mockoidc.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{T: t, MockOIDC: server}
	if err := server.AddMiddleware(p.between); err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewUnstartedServer(nil).Listener
	if err := server.Start(listener, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
	p.accounts, p.clock = open(t, location)
	p.clock.at = time.Now().UTC().Truncate(time.Microsecond) // the provider's is the machine's
	p.browser = newBrowser(t, p.accounts)
	o := OpenID{
		Issuer: server.Issuer(), ClientID: server.ClientID, ClientSecret: server.ClientSecret, Page: "https://page.test/",
		Claim: "groups", Roles: "admin=leads, reviewer=support,reviewer=people,viewer=guests",
	}
	if change != nil {
		change(&o)
	}
	if p.provider, err = NewProvider(p.browser.s, o); err != nil {
		t.Fatal(err)
	}
	return p
}

// between stands between the provider and whoever asks it.
func (p *idp) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked = append(p.asked, r.URL.Path)
		if p.tamper == nil || r.URL.Path != mockoidc.TokenEndpoint {
			next.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		next.ServeHTTP(recorded, r)
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(p.tamper(recorded.Body.Bytes()))
	})
}

// start begins a login in the browser and returns what the provider is asked.
func (p *idp) start(next string) *url.URL {
	p.Helper()
	w := httptest.NewRecorder()
	if err := p.provider.Start(w, p.browser.request(), next); err != nil {
		p.Fatal(err)
	}
	p.browser.keep(w)
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		p.Fatalf("status %d, %v", w.Code, err)
	}
	return u
}

// letIn is what the provider does with a person who logs in: it sends them back.
func (p *idp) letIn(u *url.URL, who person) *url.URL {
	p.Helper()
	p.QueueUser(who)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		p.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		body, _ := io.ReadAll(answer.Body)
		p.Fatalf("the provider says %d %s", answer.StatusCode, body)
	}
	return back
}

// finish comes back to the page.
func (p *idp) finish(back *url.URL) (User, string, error) {
	r := p.browser.request()
	r.URL = back
	w := httptest.NewRecorder()
	u, next, err := p.provider.Finish(w, r)
	p.browser.keep(w)
	return u, next, err
}

func (p *idp) login(who person) (User, string, error) {
	p.Helper()
	return p.finish(p.letIn(p.start("/calls?company=acme"), who))
}

func groups(of ...string) map[string]any {
	return map[string]any{"groups": of, "preferred_username": "ann"}
}

func TestLoginByAnIdentityProvider(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		p := newIDP(t, location, nil)
		asked := p.start("/calls?company=acme")
		for name, want := range map[string]string{
			"response_type": "code", "client_id": p.ClientID, "code_challenge_method": "S256", "redirect_uri": "https://page.test/login/callback", "scope": "openid profile email groups",
		} {
			if got := asked.Query().Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if len(asked.Query().Get(name)) < 40 {
				t.Errorf("%s can be guessed: %q", name, asked.Query().Get(name))
			}
		}
		u, next, err := p.finish(p.letIn(asked, person{"s1", groups("support", "other"), nil}))
		if err != nil || next != "/calls?company=acme" || u.Name != "ann" || u.Role != Reviewer || !u.External {
			t.Fatalf("%+v, %q, %v", u, next, err)
		}
		if len(p.browser.cookies) != 0 {
			t.Errorf("the browser keeps %v", p.browser.cookies)
		}
		again, _, err := p.login(person{"s1", groups("support"), nil})
		if err != nil || again != u {
			t.Errorf("the second time it is %+v, %v", again, err)
		}
		other, _, err := p.login(person{"s2", groups("guests", "leads"), nil})
		if err != nil || other.ID == u.ID || other.Role != Admin {
			t.Errorf("another person of that name is %+v, %v", other, err)
		}
		if _, err := p.accounts.Authenticate(t.Context(), "ann", "", Origin{}); !errors.Is(err, ErrLogin) {
			t.Errorf("the user gets in by a password: %v", err)
		}
		for what, err := range map[string]error{
			"a role":     p.accounts.SetRole(t.Context(), cli, u.ID, Admin),
			"a password": p.accounts.SetPassword(t.Context(), cli, u.ID, password),
			"a link":     second(p.accounts.Invite(t.Context(), cli, u.ID)),
		} {
			if !isBadInput(err) {
				t.Errorf("the user was given %s here: %v", what, err)
			}
		}
	})
}

func TestRolesFollowTheIdentityProvider(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		p := newIDP(t, location, nil)
		u, _, err := p.login(person{"s1", groups("leads"), nil})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := newBrowser(t, p.accounts)
		elsewhere.begin(u)
		u, _, err = p.login(person{"s1", groups("guests"), nil})
		if err != nil || u.Role != Viewer {
			t.Errorf("after less it is %+v, %v", u, err)
		}
		if got := elsewhere.user(); got != (User{}) {
			t.Errorf("a session with the role before goes on: %+v", got)
		}
		elsewhere.begin(u)
		if _, _, err = p.login(person{"s1", groups("others"), nil}); !errors.Is(err, ErrNoRole) {
			t.Errorf("after nothing: %v", err)
		}
		if got := elsewhere.user(); got != (User{}) {
			t.Errorf("a session of nobody goes on: %+v", got)
		}
		if err := p.accounts.Disable(t.Context(), cli, u.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err = p.login(person{"s1", groups("leads"), nil}); !errors.Is(err, ErrNoRole) {
			t.Errorf("a disabled user got in: %v", err)
		}
	})
}

func TestWhoIsNobodyIsNotLetIn(t *testing.T) {
	p := newIDP(t, databasetest.SQLite(t), nil)
	for what, said := range map[string]map[string]any{
		"no group":        {},
		"another group":   groups("Leads", "lead", "leads,support"),
		"a number":        {"groups": 7},
		"an object":       {"groups": map[string]any{"leads": true}},
		"mixed":           {"groups": []any{"leads", 7}},
		"null":            {"groups": nil},
		"the role's name": {"role": "admin", "roles": []string{"admin"}},
		"the star":        groups("*"),
	} {
		if u, _, err := p.login(person{"nobody", said, map[string]any{"sub": "nobody"}}); !errors.Is(err, ErrNoRole) {
			t.Errorf("%s: %+v, %v", what, u, err)
		}
	}
	if users, err := p.accounts.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("there are users: %v, %v", users, err)
	}
}

func TestClaimsGiveRoles(t *testing.T) {
	for _, c := range []struct {
		name, claim, roles string
		said               map[string]any
		want               Role
	}{
		{"a text", "role", "admin=boss", map[string]any{"role": "boss"}, Admin},
		{"a path", "realm_access.roles", "reviewer=support", map[string]any{"realm_access": map[string]any{"roles": []string{"x", "support"}}}, Reviewer},
		{"a name with dots", "https://acme.example/roles", "viewer=v", map[string]any{"https://acme.example/roles": []string{"v"}}, Viewer},
		{"an address", "email", "admin=ann@acme.example,viewer=*", map[string]any{"email": "ann@acme.example", "email_verified": true}, Admin},
		{"an address that is a text", "email", "admin=ann@acme.example,viewer=*", map[string]any{"email": "ann@acme.example", "email_verified": "true"}, Admin},
		{"an address that nobody confirmed", "email", "admin=ann@acme.example,viewer=*", map[string]any{"email": "ann@acme.example", "email_verified": false}, Viewer},
		{"an address of which nobody says that it is confirmed", "email", "admin=ann@acme.example,viewer=*", map[string]any{"email": "ann@acme.example"}, Viewer},
		{"everybody", "groups", "viewer=*", nil, Viewer},
		{"the highest", "groups", "viewer=*,admin=a,reviewer=a", map[string]any{"groups": []string{"a"}}, Admin},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newIDP(t, databasetest.SQLite(t), func(o *OpenID) { o.Claim, o.Roles = c.claim, c.roles })
			u, _, err := p.login(person{"s1", c.said, map[string]any{"sub": "s1"}})
			if err != nil || u.Role != c.want {
				t.Errorf("got %+v, %v; want %s", u, err, c.want)
			}
		})
	}
}

// Some providers keep groups out of the token and tell them to whoever asks.
func TestTheProviderIsAskedForWhatTheTokenLacks(t *testing.T) {
	p := newIDP(t, databasetest.SQLite(t), nil)
	u, _, err := p.login(person{"s1", map[string]any{"email": "ann@acme.example"}, map[string]any{"sub": "s1", "groups": []string{"leads"}, "email": "mallory@acme.example"}})
	if err != nil || u.Role != Admin || u.Name != "ann@acme.example" {
		t.Errorf("%+v, %v", u, err)
	}
	if _, _, err := p.login(person{"s2", nil, map[string]any{"sub": "s1", "groups": []string{"leads"}}}); !errors.Is(err, ErrProvider) {
		t.Errorf("what is said of another user was taken: %v", err)
	}
}

func TestNamesOfTheProviderAreCleaned(t *testing.T) {
	p := newIDP(t, databasetest.SQLite(t), nil)
	for said, want := range map[string]string{
		"  ann\r\nSet-Cookie: a=b\u202e ": "annSet-Cookie: a=b",
		strings.Repeat("ä", 100):          strings.Repeat("ä", 64),
		"\n":                              "-",
	} {
		if u, _, err := p.login(person{"s1", map[string]any{"groups": []string{"leads"}, "preferred_username": said}, nil}); err != nil || u.Name != want {
			t.Errorf("%q is shown as %q, %v", said, u.Name, err)
		}
	}
}

// What comes back must belong to what this browser began, and be what the provider
// says now.
func TestLoginsThatDoNotHold(t *testing.T) {
	who := person{"s1", groups("leads"), nil}
	query := func(back *url.URL, name, value string) *url.URL {
		q := back.Query()
		q.Set(name, value)
		back.RawQuery = q.Encode()
		return back
	}
	token := func(change func(parts []string)) func([]byte) []byte {
		return func(answer []byte) []byte {
			var all map[string]any
			if err := json.Unmarshal(answer, &all); err != nil {
				return answer
			}
			raw, _ := all["id_token"].(string)
			parts := strings.Split(raw, ".")
			if len(parts) == 3 {
				change(parts)
			}
			all["id_token"] = strings.Join(parts, ".")
			answer, _ = json.Marshal(all)
			return answer
		}
	}
	for _, c := range []struct {
		name string
		back func(p *idp) *url.URL
		want error
	}{
		{"another state", func(p *idp) *url.URL { return query(p.letIn(p.start("/"), who), "state", "x") }, ErrStale},
		{"no state", func(p *idp) *url.URL { return query(p.letIn(p.start("/"), who), "state", "") }, ErrStale},
		{"another browser", func(p *idp) *url.URL {
			back := p.letIn(p.start("/"), who)
			p.browser = newBrowser(p.T, p.accounts)
			return back
		}, ErrStale},
		{"another login of this browser", func(p *idp) *url.URL {
			back := p.letIn(p.start("/"), who)
			p.start("/")
			return back
		}, ErrStale},
		{"a cookie that was changed", func(p *idp) *url.URL {
			back := p.letIn(p.start("/"), who)
			c := p.browser.cookies[pendingCookie]
			c.Value = c.Value[:strings.LastIndex(c.Value, ".")+1] + "Ly9ldmls"
			return back
		}, ErrStale},
		{"too late", func(p *idp) *url.URL {
			back := p.letIn(p.start("/"), who)
			p.clock.forward(pendingLife + time.Second)
			return back
		}, ErrStale},
		{"twice", func(p *idp) *url.URL {
			back := p.letIn(p.start("/"), who)
			if _, _, err := p.finish(back); err != nil {
				p.Error(err)
			}
			return back
		}, ErrStale},
		{"a code of another login", func(p *idp) *url.URL {
			stolen := p.letIn(p.start("/"), who).Query().Get("code")
			return query(p.letIn(p.start("/"), who), "code", stolen)
		}, ErrProvider},
		{"a code that is none", func(p *idp) *url.URL { return query(p.letIn(p.start("/"), who), "code", "x") }, ErrProvider},
		{"another nonce", func(p *idp) *url.URL {
			return p.letIn(p.start("/"), person{"s1", map[string]any{"groups": []string{"leads"}, "nonce": "x"}, nil})
		}, ErrProvider},
		{"no nonce", func(p *idp) *url.URL {
			return p.letIn(p.start("/"), person{"s1", map[string]any{"groups": []string{"leads"}, "nonce": ""}, nil})
		}, ErrProvider},
		{"a token for another page", func(p *idp) *url.URL {
			return p.letIn(p.start("/"), person{"s1", map[string]any{"groups": []string{"leads"}, "aud": "another"}, nil})
		}, ErrProvider},
		{"a token of another provider", func(p *idp) *url.URL {
			return p.letIn(p.start("/"), person{"s1", map[string]any{"groups": []string{"leads"}, "iss": "https://evil.example"}, nil})
		}, ErrProvider},
		{"an expired token", func(p *idp) *url.URL {
			p.FastForward(-24 * time.Hour)
			return p.letIn(p.start("/"), who)
		}, ErrProvider},
		{"a token that was changed", func(p *idp) *url.URL {
			p.tamper = token(func(parts []string) { parts[1] = parts[1][:len(parts[1])-2] + "fQ" })
			return p.letIn(p.start("/"), who)
		}, ErrProvider},
		{"a token without a signature", func(p *idp) *url.URL {
			p.tamper = token(func(parts []string) { parts[0], parts[2] = "eyJhbGciOiJub25lIn0", "" })
			return p.letIn(p.start("/"), who)
		}, ErrProvider},
		{"no token", func(p *idp) *url.URL {
			p.tamper = func([]byte) []byte { return []byte(`{"access_token":"a","token_type":"bearer"}`) }
			return p.letIn(p.start("/"), who)
		}, ErrProvider},
		{"an answer that is none", func(p *idp) *url.URL {
			p.tamper = func([]byte) []byte { return []byte("<html>") }
			return p.letIn(p.start("/"), who)
		}, ErrProvider},
		{"the provider refuses", func(p *idp) *url.URL {
			return query(p.letIn(p.start("/"), who), "error", "access_denied")
		}, ErrDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newIDP(t, databasetest.SQLite(t), nil)
			u, _, err := p.finish(c.back(p))
			if !errors.Is(err, c.want) || u != (User{}) {
				t.Errorf("got %+v, %v; want %v", u, err, c.want)
			}
		})
	}
}

func TestTheProviderIsDown(t *testing.T) {
	p := newIDP(t, databasetest.SQLite(t), nil)
	secret := "the customer's name"
	for _, status := range []int{500, 503, 404} {
		p.QueueError(&mockoidc.ServerError{Code: status, Error: "x", Description: secret})
		err := p.provider.Start(httptest.NewRecorder(), p.browser.request(), "/")
		if !errors.Is(err, ErrProvider) || strings.Contains(err.Error(), secret) {
			t.Errorf("status %d: %v", status, err)
		}
	}
	back := p.letIn(p.start("/"), person{"s1", groups("leads"), nil})
	for range 2 { // the client tries both ways to show its secret
		p.QueueError(&mockoidc.ServerError{Code: 500, Error: "x", Description: secret})
	}
	if _, _, err := p.finish(back); !errors.Is(err, ErrProvider) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "500") {
		t.Errorf("when the code was changed: %v", err)
	}
	back = p.letIn(p.start("/"), person{"s1", groups("leads"), nil})
	if err := p.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.finish(back); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("when it was gone: %v", err)
	}
	p.provider.known.Store(nil)
	if err := p.provider.Start(httptest.NewRecorder(), p.browser.request(), "/"); !errors.Is(err, ErrProvider) {
		t.Errorf("when it was gone from the start: %v", err)
	}
}

func TestTheProviderIsAskedOnceWhatItOffers(t *testing.T) {
	p := newIDP(t, databasetest.SQLite(t), nil)
	for range 3 {
		if _, _, err := p.login(person{"s1", groups("leads"), nil}); err != nil {
			t.Fatal(err)
		}
	}
	n := map[string]int{}
	for _, path := range p.asked {
		n[path]++
	}
	if n[mockoidc.DiscoveryEndpoint] != 1 || n[mockoidc.JWKSEndpoint] != 1 || n[mockoidc.UserinfoEndpoint] != 0 {
		t.Errorf("it was asked for %v", n)
	}
	// It may change its keys at any time.
	pair, err := mockoidc.RandomKeypair(2048)
	if err != nil {
		t.Fatal(err)
	}
	p.Keypair = pair
	if _, _, err := p.login(person{"s1", groups("leads"), nil}); err != nil {
		t.Errorf("with other keys: %v", err)
	}
}

func TestSettingsOfAProviderThatWillNotDo(t *testing.T) {
	good := OpenID{Issuer: "https://idp.example", ClientID: "c", ClientSecret: "s", Page: "https://page.example", Claim: "groups", Roles: "viewer=*"}
	if _, err := NewProvider(&Sessions{}, good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*OpenID){
		"no client":                    func(o *OpenID) { o.ClientID = "" },
		"no secret":                    func(o *OpenID) { o.ClientSecret = "" },
		"no page":                      func(o *OpenID) { o.Page = "" },
		"no roles":                     func(o *OpenID) { o.Roles = "" },
		"no claim":                     func(o *OpenID) { o.Claim = "" },
		"a provider in the clear":      func(o *OpenID) { o.Issuer = "http://idp.example" },
		"a page in the clear":          func(o *OpenID) { o.Page = "http://page.example" },
		"a provider that is a name":    func(o *OpenID) { o.Issuer = "idp.example" },
		"a provider with a password":   func(o *OpenID) { o.Issuer = "https://u:p@idp.example" },
		"a role that is none":          func(o *OpenID) { o.Roles = "root=leads" },
		"a role for nobody":            func(o *OpenID) { o.Roles = "admin=" },
		"a role without an equal sign": func(o *OpenID) { o.Roles = "admin" },
		"a comma too many":             func(o *OpenID) { o.Roles = "admin=a," },
	} {
		o := good
		change(&o)
		if _, err := NewProvider(&Sessions{}, o); !isBadInput(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p, err := ProviderOf(func(string) string { return "" }, &Sessions{}, ""); p != nil || err != nil {
		t.Errorf("without settings there is %v, %v", p, err)
	}
}
