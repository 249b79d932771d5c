package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // the zones of readers, wherever the program runs

	"switchboard/internal/account"
)

// visit is one request with who makes it, and how they read.
type visit struct {
	*Server
	w http.ResponseWriter
	r *http.Request
	// user is nil before somebody has logged in.
	user *account.User
	lang *locale
	zone *time.Location
	// names are those of accounts that the page has asked for, by id.
	names map[string]string
	// pseudonyms are those of accounts that an export has asked for, by id.
	pseudonyms map[string]string
}

func (s *Server) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{Server: s, w: w, r: r, zone: zoneOf(r)}
	own := ""
	if u, ok := s.Sessions.User(r); ok {
		v.user, own = &u, u.Language
	}
	v.lang = localeOf(own, r.Header.Get("Accept-Language"))
	return v
}

// zoneCookie holds the name of the reader's time zone: the script sets it, for no
// header has it.
const zoneCookie = "zone"

// zoneOf returns the reader's zone, UTC if it is not known.
func zoneOf(r *http.Request) *time.Location {
	c, err := r.Cookie(zoneCookie)
	if err != nil || len(c.Value) > 64 || strings.EqualFold(c.Value, "local") {
		return time.UTC
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// T is a text in the reader's language, see [locale.text].
func (v *visit) T(text string, args ...any) string { return v.lang.text(text, args...) }

// redirect answers a form that was carried out: with the page at a path, which says
// so once in its notice.
func (v *visit) redirect(path, notice string) error {
	if notice != "" {
		http.SetCookie(v.w, v.noticed(url.QueryEscape(notice), 60))
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther) //nolint:gosec // callers give paths of this page, and check what a form gives with localPath
	return nil
}

const noticeCookie = "notice"

// noticed is the cookie of a notice for some seconds; a negative number removes it.
func (v *visit) noticed(value string, seconds int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // without TLS no browser would keep a secure one
		Name: noticeCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.Sessions.Secure || v.r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
}

// notice returns what the last form had to say, once.
func (v *visit) notice() string {
	c, err := v.r.Cookie(noticeCookie)
	if err != nil || c.Value == "" {
		return ""
	}
	http.SetCookie(v.w, v.noticed("", -1))
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return text
}
