package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// OpenID says how people log in by an identity provider.
type OpenID struct {
	// Issuer is the provider's URL; ClientID and ClientSecret are what it knows the
	// page by.
	Issuer, ClientID, ClientSecret string
	// Page is the URL by which people reach the page. The provider sends them back to
	// the path [Callback] below it.
	Page string
	// Claim is what the provider says of a user that roles are given by, such as
	// "groups"; dots lead into objects.
	Claim string
	// Roles are which values of the claim give which role, such as
	// "admin=support-leads,reviewer=support,viewer=*"; the star is every user of the
	// provider.
	Roles string
}

// Callback is the path to which the provider sends people back.
const Callback = "/login/callback"

// Errors of a login by an identity provider.
var (
	// ErrProvider is that the provider cannot be asked, or answers what cannot be
	// trusted.
	ErrProvider = errors.New("the identity provider could not be asked, or its answer does not hold")
	// ErrStale is that a login was begun too long ago, in another browser, or not here.
	ErrStale = errors.New("this login took too long, or was begun elsewhere")
	// ErrNoRole is that the provider knows a user to whom no role is given, or who is
	// disabled.
	ErrNoRole = errors.New("nobody has given this user a role")
	// ErrDenied is that the provider let the user not in.
	ErrDenied = errors.New("the identity provider has refused the login")
)

// Provider lets users in whom an identity provider knows. It is safe for concurrent
// use.
type Provider struct {
	OpenID
	sessions *Sessions
	grants   []grant
	client   *http.Client
	// known is what the provider has said of itself: it is asked at the first login,
	// so that the page also starts while it is down.
	known atomic.Pointer[oidc.Provider]
}

// grant is a role for whoever has a value of the claim.
type grant struct {
	role  Role
	value string
}

const anybody = "*"

// patience is how long the provider may take for each answer.
const patience = 10 * time.Second

// NewProvider returns what lets users in by an identity provider. Settings that do
// not fit are problems of kind BadInput.
func NewProvider(sessions *Sessions, o OpenID) (*Provider, error) {
	if o.ClientID == "" || o.ClientSecret == "" || o.Page == "" || o.Roles == "" || o.Claim == "" {
		return nil, problem.Input("a login by an identity provider needs the id and the secret of a client, the page's own URL, and who gets which role")
	}
	for what, address := range map[string]string{"the identity provider's URL": o.Issuer, "the page's own URL": o.Page} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, problem.Input("%s is not one: give https:// and a host", what)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
			return nil, problem.Input("%s is not https, which only an address of this machine may do without", what)
		}
	}
	o.Page = strings.TrimSuffix(o.Page, "/")
	grants, err := parseGrants(o.Roles)
	if err != nil {
		return nil, err
	}
	return &Provider{OpenID: o, sessions: sessions, grants: grants, client: &http.Client{Timeout: patience}}, nil
}

// ProviderOf returns what lets users in by the identity provider that the settings name,
// nil if they name none. The page is the URL by which people reach it.
func ProviderOf(getenv func(string) string, sessions *Sessions, page string) (*Provider, error) {
	issuer := config.Get(getenv, config.DashboardOIDCIssuer)
	if issuer == "" {
		return nil, nil
	}
	secret, err := config.DashboardOIDCSecret(getenv)
	if err != nil {
		return nil, err
	}
	return NewProvider(sessions, OpenID{
		Issuer: issuer, ClientID: config.Get(getenv, config.DashboardOIDCClientID), ClientSecret: secret, Page: page,
		Claim: config.Get(getenv, config.DashboardOIDCClaim), Roles: config.Get(getenv, config.DashboardOIDCRoles),
	})
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func parseGrants(roles string) (grants []grant, err error) {
	for one := range strings.SplitSeq(roles, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(one), "=")
		role, err := ParseRole(strings.TrimSpace(name))
		if value = strings.TrimSpace(value); err != nil || !ok || value == "" {
			return nil, problem.Input("%q gives nobody a role; write a role, =, and a value, such as admin=support-leads", one)
		}
		grants = append(grants, grant{role, value})
	}
	return grants, nil
}

// roleOf returns the highest role that values of the claim give, false if none does.
func (p *Provider) roleOf(values []string) (role Role, ok bool) {
	for _, g := range p.grants {
		if (g.value == anybody || slices.Contains(values, g.value)) && (!ok || g.role.Includes(role)) {
			role, ok = g.role, true
		}
	}
	return role, ok
}

// discover asks the provider where what is, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if known := p.known.Load(); known != nil {
		return known, nil
	}
	known, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, unavailable("asking what it offers", err)
	}
	p.known.Store(known)
	return known, nil
}

// unavailable says what the provider was asked when it failed, and nothing of what it
// answered.
func unavailable(doing string, err error) error {
	var retrieve *oauth2.RetrieveError
	var mismatch *oidc.IssuerMismatchError
	var sent *url.Error
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return fmt.Errorf("%w: %s: it has expired", ErrProvider, doing)
	case errors.As(err, &retrieve) && retrieve.Response != nil:
		return fmt.Errorf("%w: %s: status %d", ErrProvider, doing, retrieve.Response.StatusCode)
	case errors.As(err, &mismatch):
		return fmt.Errorf("%w: %s: it calls itself by another URL than is set", ErrProvider, doing)
	case errors.As(err, &sent) && sent.Timeout():
		return fmt.Errorf("%w: %s: it took too long", ErrProvider, doing)
	case errors.As(err, &sent):
		return fmt.Errorf("%w: %s: %s", ErrProvider, doing, problem.Broken(sent.Err))
	}
	return fmt.Errorf("%w: %s", ErrProvider, doing)
}

func (p *Provider) settings(known *oidc.Provider) *oauth2.Config {
	c := &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.Endpoint(),
		RedirectURL: p.Page + Callback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
	// Some providers tell the groups to whoever asks for them, and others refuse what
	// they do not offer.
	var offered struct {
		Scopes []string `json:"scopes_supported"`
	}
	if err := known.Claims(&offered); err == nil && slices.Contains(offered.Scopes, p.Claim) && !slices.Contains(c.Scopes, p.Claim) {
		c.Scopes = append(c.Scopes, p.Claim)
	}
	return c
}

// pending is a login on its way. The browser keeps it in a cookie; what the provider
// is told, and must tell again, are hashes of it: whoever sees those knows nothing of
// the others.
type pending struct {
	secret string
	began  time.Time
	next   string
}

// pendingLife is how long people may take at the provider.
const pendingLife = 10 * time.Minute

const (
	pendingCookie       = "switchboard_login"
	securePendingCookie = "__Host-" + pendingCookie
)

func (l pending) String() string {
	return l.secret + "." + strconv.FormatInt(l.began.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString([]byte(l.next))
}

func parsePending(text string) (l pending, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(parts[0]) < 32 {
		return l, false
	}
	began, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return l, false
	}
	next, err := base64.RawURLEncoding.DecodeString(parts[2])
	return pending{parts[0], time.Unix(began, 0), string(next)}, err == nil
}

func (l pending) derive(what string) string {
	sum := sha256.Sum256([]byte(what + " " + l.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (l pending) state() string    { return l.derive("state") }
func (l pending) nonce() string    { return l.derive("nonce") }
func (l pending) verifier() string { return l.derive("verifier") }

func (p *Provider) cookieName(r *http.Request) string {
	if p.sessions.secure(r) {
		return securePendingCookie
	}
	return pendingCookie
}

// Start sends the browser to the provider. Back here, it goes on to next, which is a
// path of the page. It fails with [ErrProvider].
func (p *Provider) Start(w http.ResponseWriter, r *http.Request, next string) error {
	known, err := p.discover(oidc.ClientContext(r.Context(), p.client))
	if err != nil {
		return err
	}
	l := pending{newToken(), p.sessions.Accounts.now(), next}
	http.SetCookie(w, p.sessions.cookie(r, p.cookieName(r), l.String(), pendingLife))
	http.Redirect(w, r, p.settings(known).AuthCodeURL(l.state(), oidc.Nonce(l.nonce()), oauth2.S256ChallengeOption(l.verifier())), http.StatusSeeOther)
	return nil
}

// Finish returns who has come back from the provider, and where they wanted to go. It
// fails with [ErrStale], [ErrDenied], [ErrProvider] or [ErrNoRole].
func (p *Provider) Finish(w http.ResponseWriter, r *http.Request) (u User, next string, err error) {
	l, err := p.takePending(w, r)
	if err != nil {
		return User{}, "", err
	}
	if r.FormValue("error") != "" {
		return User{}, "", ErrDenied
	}
	claims, subject, err := p.redeem(oidc.ClientContext(r.Context(), p.client), l, r.FormValue("code"))
	if err != nil {
		return User{}, "", err
	}
	role, ok := p.roleOf(claims.values(p.Claim))
	if !ok {
		role = ""
	}
	u, err = p.sessions.Accounts.external(r.Context(), p.Issuer+" "+subject, claims.name(), role)
	return u, l.next, err
}

// takePending returns the login that a browser began and comes back from, once.
func (p *Provider) takePending(w http.ResponseWriter, r *http.Request) (pending, error) {
	c, err := r.Cookie(p.cookieName(r))
	if err != nil {
		return pending{}, ErrStale
	}
	l, ok := parsePending(c.Value)
	if !ok || subtle.ConstantTimeCompare([]byte(l.state()), []byte(r.FormValue("state"))) != 1 {
		return pending{}, ErrStale
	}
	http.SetCookie(w, p.sessions.cookie(r, p.cookieName(r), "", 0))
	if age := p.sessions.Accounts.now().Sub(l.began); age < -time.Minute || age > pendingLife {
		return pending{}, ErrStale
	}
	return l, nil
}

// redeem changes a code for what the provider says of the user.
func (p *Provider) redeem(ctx context.Context, l pending, code string) (claims, string, error) {
	known, err := p.discover(ctx)
	if err != nil {
		return nil, "", err
	}
	token, err := p.settings(known).Exchange(ctx, code, oauth2.VerifierOption(l.verifier()))
	if err != nil {
		return nil, "", unavailable("changing a code for a token", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.sessions.Accounts.now}).Verify(ctx, raw)
	if err != nil {
		return nil, "", unavailable("checking its token", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.nonce())) != 1 {
		return nil, "", fmt.Errorf("%w: its token is for another login", ErrProvider)
	}
	var all claims
	if err := id.Claims(&all); err != nil {
		return nil, "", unavailable("reading its token", err)
	}
	if all.at(p.Claim) != nil || known.UserInfoEndpoint() == "" {
		return all, id.Subject, nil
	}
	return p.ask(ctx, known, token, id.Subject, all)
}

// ask asks the provider for what is not in its token.
func (p *Provider) ask(ctx context.Context, known *oidc.Provider, token *oauth2.Token, subject string, all claims) (claims, string, error) {
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, "", unavailable("asking about a user", err)
	}
	if info.Subject != subject {
		return nil, "", fmt.Errorf("%w: it told about another user", ErrProvider)
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return nil, "", unavailable("reading about a user", err)
	}
	for name, value := range more {
		if _, told := all[name]; !told {
			all[name] = value
		}
	}
	return all, subject, nil
}

// claims are what a provider says of a user.
type claims map[string]json.RawMessage

// at returns a claim: of that very name, or the one that dots lead to; nil if there is
// none.
func (c claims) at(name string) json.RawMessage {
	if value, ok := c[name]; ok {
		return value
	}
	first, rest, dotted := strings.Cut(name, ".")
	var inner claims
	if !dotted || json.Unmarshal(c[first], &inner) != nil {
		return nil
	}
	return inner.at(rest)
}

// values are those of a claim that is a text or a list of texts. An address that
// nobody has confirmed is none.
func (c claims) values(name string) []string {
	if name == "email" && !slices.Contains([]string{"true", `"true"`}, string(c["email_verified"])) {
		return nil
	}
	value := c.at(name)
	var many []string
	if json.Unmarshal(value, &many) == nil {
		return many
	}
	var one string
	if json.Unmarshal(value, &one) == nil {
		return []string{one}
	}
	return nil
}

// name is what a user is shown as.
func (c claims) name() string {
	for _, claim := range []string{"preferred_username", "email", "name"} {
		var name string
		if json.Unmarshal(c[claim], &name) != nil {
			continue
		}
		name = strings.TrimSpace(strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return -1
			}
			return r
		}, name))
		if runes := []rune(name); len(runes) > longestName {
			name = string(runes[:longestName])
		}
		if name != "" {
			return name
		}
	}
	return "-"
}

// external returns the user of a subject, with the name and role that their provider
// says they have now. Whoever has another role than before, or none, is logged out
// everywhere.
func (s *Store) external(ctx context.Context, subject, name string, role Role) (User, error) {
	var u User
	var denied error
	err := s.change(ctx, func(t tx) error {
		known, err := scanUser(t.row(ctx, "SELECT "+userColumns+" FROM users u WHERE u.subject = ?", subject))
		switch {
		case errors.Is(err, errUnknown) && role == "":
			denied = ErrNoRole
			return nil
		case errors.Is(err, errUnknown):
			u = User{ID: rand.Text(), Name: name, Role: role, External: true, Created: s.now().UTC().Truncate(time.Microsecond)}
			return t.addExternal(ctx, u, subject)
		case err != nil:
			return err
		}
		if role == "" || !known.Disabled.IsZero() {
			denied = ErrNoRole
			return t.endSessions(ctx, known.ID)
		}
		u = known
		u.Name, u.Role = name, role
		return t.updateExternal(ctx, known, u)
	})
	if err != nil {
		return User{}, wrap("looking a user up", err)
	}
	return u, denied
}

func (t tx) addExternal(ctx context.Context, u User, subject string) error {
	_, err := t.exec(ctx, "INSERT INTO users (id, name, subject, password, role, language, created, disabled) VALUES (?, ?, ?, '', ?, '', ?, 0)",
		u.ID, u.Name, subject, string(u.Role), micros(u.Created))
	if err != nil {
		return err
	}
	return t.record(ctx, Entry{Action: UserCreated, Target: u.ID, Details: map[string]string{"role": string(u.Role)}})
}

func (t tx) updateExternal(ctx context.Context, was, is User) error {
	if _, err := t.exec(ctx, "UPDATE users SET name = ?, role = ? WHERE id = ?", is.Name, string(is.Role), is.ID); err != nil || was.Role == is.Role {
		return err
	}
	if err := t.endSessions(ctx, is.ID); err != nil {
		return err
	}
	return t.record(ctx, Entry{Action: RoleChanged, Target: is.ID, Details: map[string]string{"from": string(was.Role), "to": string(is.Role)}})
}
