package dashboard

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/problem"
)

// loginData is what the page to log in shows.
type loginData struct {
	// Next is the path that people wanted to see, Name what they typed, Wrong why they
	// were not let in.
	Next, Name, Wrong string
	// Provider is the path to the identity provider, empty without one.
	Provider string
}

func (s *Server) loginForm(v *visit) error {
	next := afterLogin(v.r.FormValue("next"))
	if v.user != nil {
		return v.redirect(next, "")
	}
	return s.showLogin(v, http.StatusOK, loginData{Next: next})
}

func (s *Server) showLogin(v *visit, status int, d loginData) error {
	v.w.Header().Set("Cache-Control", "no-store")
	if s.Provider != nil {
		d.Provider = "/login/provider?" + url.Values{"next": {d.Next}}.Encode()
	}
	return v.show(status, "login", v.T("Log in to Switchboard"), d)
}

func (s *Server) login(v *visit) error {
	d := loginData{Next: afterLogin(v.r.PostFormValue("next")), Name: v.r.PostFormValue("name")}
	u, err := s.Accounts.Authenticate(v.r.Context(), d.Name, v.r.PostFormValue("password"), s.Sessions.Origin(v.r))
	var many *account.TooManyLogins
	switch {
	case errors.As(err, &many):
		d.Wrong = v.tooMany(many)
		return s.showLogin(v, http.StatusTooManyRequests, d)
	case errors.Is(err, account.ErrLogin):
		// Not the name: people type their password there by mistake.
		v.Log.Info("a login failed", "from", s.Sessions.From(v.r))
		d.Wrong = v.T("The name or the password is wrong.")
		return s.showLogin(v, http.StatusUnauthorized, d)
	case err != nil:
		return err
	}
	return s.begin(v, u, d.Next)
}

// tooMany says how long to wait.
func (v *visit) tooMany(e *account.TooManyLogins) string {
	seconds := int64(math.Ceil(e.Wait.Seconds()))
	v.w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	return v.lang.count(seconds, "Too many logins have failed. Try again in a second.", "Too many logins have failed. Try again in %d seconds.")
}

func (s *Server) begin(v *visit, u account.User, next string) error {
	if err := s.Sessions.Begin(v.w, v.r, u); err != nil {
		return err
	}
	return v.redirect(next, "")
}

func (s *Server) loginByProvider(v *visit) error {
	if s.Provider == nil {
		return errNotFound
	}
	next := afterLogin(v.r.FormValue("next"))
	v.w.Header().Set("Cache-Control", "no-store")
	if err := s.Provider.Start(v.w, v.r, next); err != nil {
		return s.providerFailed(v, err, next)
	}
	return nil
}

func (s *Server) backFromProvider(v *visit) error {
	if s.Provider == nil {
		return errNotFound
	}
	v.w.Header().Set("Cache-Control", "no-store")
	u, next, err := s.Provider.Finish(v.w, v.r)
	if err != nil {
		return s.providerFailed(v, err, "/")
	}
	return s.begin(v, u, afterLogin(next))
}

// providerFailed says why nobody was let in, and nothing that the provider said.
func (s *Server) providerFailed(v *visit, err error, next string) error {
	d := loginData{Next: next}
	status := http.StatusForbidden
	switch {
	case errors.Is(err, account.ErrProvider):
		v.Log.Warn("a login by the identity provider failed", "error", err)
		status, d.Wrong = http.StatusBadGateway, v.T("The identity provider does not answer. Try again in a while, and ask whoever looks after Switchboard if that does not help.")
	case errors.Is(err, account.ErrStale):
		status, d.Wrong = http.StatusBadRequest, v.T("This login took too long or was begun elsewhere. Log in again.")
	case errors.Is(err, account.ErrDenied):
		d.Wrong = v.T("The identity provider has refused the login.")
	case errors.Is(err, account.ErrNoRole):
		d.Wrong = v.T("The identity provider knows you, but nobody has given you a role here. Ask an administrator.")
	default:
		return err
	}
	return s.showLogin(v, status, d)
}

func (s *Server) logout(v *visit) error {
	if err := s.Sessions.End(v.w, v.r); err != nil {
		return err
	}
	return v.redirect("/login", "")
}

// afterLogin returns the page that a link to the page to log in names, and the
// overview for one that leads elsewhere, or back to it.
func afterLogin(next string) string {
	own := localPath(next, "/")
	if strings.HasPrefix(own, "/login") || strings.HasPrefix(own, "/welcome") {
		return "/"
	}
	return own
}

// welcomeData is what the page of an invitation shows.
type welcomeData struct {
	Token, Name, Wrong string
	// First tells that it is the first admin, who chooses a name.
	First bool
}

func (s *Server) welcome(v *visit) error {
	return s.showWelcome(v, http.StatusOK, welcomeData{Token: v.r.FormValue("token")})
}

func (s *Server) showWelcome(v *visit, status int, d welcomeData) error {
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Referrer-Policy", "no-referrer") // the address has the token
	i, err := s.Accounts.Invitation(v.r.Context(), d.Token)
	if errors.Is(err, account.ErrInvitation) {
		v.problem(http.StatusGone, v.T("This link has been used, replaced, or is too old. Ask for another one, or log in."))
		return nil
	}
	if err != nil {
		return err
	}
	if d.First = i.User.ID == ""; !d.First {
		d.Name = i.User.Name
	}
	return v.show(status, "welcome", v.T("Welcome to Switchboard"), d)
}

func (s *Server) acceptInvitation(v *visit) error {
	d := welcomeData{Token: v.r.PostFormValue("token"), Name: v.r.PostFormValue("name")}
	password := v.r.PostFormValue("password")
	if password != v.r.PostFormValue("again") {
		d.Wrong = v.T("The two passwords are not the same.")
		return s.showWelcome(v, http.StatusBadRequest, d)
	}
	u, err := s.Accounts.Accept(v.r.Context(), d.Token, d.Name, password)
	switch kind, _ := problem.KindOf(err); {
	case errors.Is(err, account.ErrInvitation):
		return s.showWelcome(v, http.StatusGone, d)
	case kind == problem.BadInput:
		d.Wrong = v.tell(err).Error()
		return s.showWelcome(v, http.StatusBadRequest, d)
	case err != nil:
		return err
	}
	return s.begin(v, u, "/")
}

// accountData is what the page of one's own account shows.
type accountData struct {
	Role, Wrong string
	Languages   []choice
}

// choice is one of a list.
type choice struct {
	Value, Name string
	Chosen      bool
}

func (s *Server) ownAccount(v *visit) error { return s.showAccount(v, http.StatusOK, "") }

func (s *Server) showAccount(v *visit, status int, wrong string) error {
	d := accountData{Role: v.T(roleNames[v.user.Role]), Wrong: wrong, Languages: []choice{
		{"", v.T("as in the browser"), v.user.Language == ""},
		{"en", "English", v.user.Language == "en"},
		{"de", "Deutsch", v.user.Language == "de"},
	}}
	return v.show(status, "account", v.T("Your account"), d)
}

func (s *Server) changeLanguage(v *visit) error {
	language := v.r.PostFormValue("language")
	if err := s.Accounts.SetLanguage(v.r.Context(), v.user.ID, language); err != nil {
		return err
	}
	v.lang = localeOf(language, v.r.Header.Get("Accept-Language"))
	return v.redirect("/account", v.T("The language is changed."))
}

func (s *Server) changePassword(v *visit) error {
	password := v.r.PostFormValue("password")
	if password != v.r.PostFormValue("again") {
		return s.showAccount(v, http.StatusBadRequest, v.T("The two passwords are not the same."))
	}
	_, err := s.Accounts.Authenticate(v.r.Context(), v.user.Name, v.r.PostFormValue("old"), s.Sessions.Origin(v.r))
	if err == nil {
		err = s.Accounts.SetPassword(v.r.Context(), *v.user, v.user.ID, password)
	}
	var many *account.TooManyLogins
	switch kind, _ := problem.KindOf(err); {
	case errors.As(err, &many):
		return s.showAccount(v, http.StatusTooManyRequests, v.tooMany(many))
	case errors.Is(err, account.ErrLogin):
		return s.showAccount(v, http.StatusBadRequest, v.T("That is not your password."))
	case kind == problem.BadInput:
		return s.showAccount(v, http.StatusBadRequest, v.tell(err).Error())
	case err != nil:
		return err
	}
	// All sessions have ended with the password before, this one too.
	if err := s.Sessions.Begin(v.w, v.r, *v.user); err != nil {
		return err
	}
	return v.redirect("/account", v.T("The password is changed. Everywhere else you are logged out."))
}

func (s *Server) saveView(v *visit) error {
	view := account.View{Name: v.r.PostFormValue("name"), Query: v.r.PostFormValue("query")}
	if err := s.Accounts.SaveView(v.r.Context(), v.user.ID, view); err != nil {
		return err
	}
	return v.redirect((&url.URL{Path: "/calls", RawQuery: strings.TrimPrefix(view.Query, "?")}).String(), v.T("The view is saved."))
}

func (s *Server) deleteView(v *visit) error {
	if err := s.Accounts.DeleteView(v.r.Context(), v.user.ID, v.r.PostFormValue("name")); err != nil {
		return err
	}
	return v.redirect("/calls", v.T("The view is removed."))
}
