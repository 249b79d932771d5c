package dashboard

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
)

// page is what a template shows.
type page struct {
	// Title is that of the window and the first heading.
	Title string
	// View is the name of the template.
	View string
	// Notice is what the last form had to say; empty if nothing.
	Notice string
	// Data is the view's own.
	Data  any
	User  *account.User
	Lang  string
	Zone  string
	Nav   []navigation
	visit *visit
}

// navigation is a link to a view.
type navigation struct {
	Path, Name string
	Current    bool
}

// views are those of the navigation, with the least role that sees each.
var views = []struct {
	path, name string
	needs      account.Role
}{
	{"/", "Overview", account.Viewer},
	{"/calls", "Calls", account.Viewer},
	{"/review", "Review", account.Reviewer},
	{"/quality", "Quality", account.Viewer},
	{"/models", "Models", account.Viewer},
	{"/runs", "Runs", account.Viewer},
	{"/intake", "Intake", account.Viewer},
	{"/admin", "Admin", account.Admin},
}

// render shows a view.
func (v *visit) render(view, title string, data any) error {
	return v.show(http.StatusOK, view, title, data)
}

// leastPacked is from how many bytes on a page is sent compressed. There is no secret in
// a page that its length could tell.
const leastPacked = 4096

// show makes the whole page before the first byte is sent: a template that fails
// leaves no half of one.
func (v *visit) show(status int, view, title string, data any) error {
	t := v.pages[v.lang][view]
	if t == nil {
		return fmt.Errorf("there is no template of the view %s", view)
	}
	p := &page{Title: title, View: view, Notice: v.notice(), Data: data, User: v.user, Lang: v.lang.Code, Zone: v.zone.String(), Nav: v.navigation(), visit: v}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", p); err != nil {
		return fmt.Errorf("making the page %s: %w", view, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.lang.Code)
	v.w.Header().Set("Cache-Control", "no-store") // every page has names, or what somebody typed
	v.w.Header().Add("Vary", "Accept-Encoding")
	var err error
	if b.Len() >= leastPacked && strings.Contains(v.r.Header.Get("Accept-Encoding"), "gzip") {
		v.w.Header().Set("Content-Encoding", "gzip")
		v.w.WriteHeader(status)
		packed := gzip.NewWriter(v.w)
		_, err = b.WriteTo(packed)
		err = cmp.Or(err, packed.Close())
	} else {
		v.w.WriteHeader(status)
		_, err = b.WriteTo(v.w)
	}
	if err != nil {
		v.Log.Debug("a page was not read to its end", "path", v.pattern(), "error", err)
	}
	return nil
}

// problemPage says what is wrong.
type problemPage struct {
	Text string
	// Told is what the programs say of it, in English, for whoever looks after them;
	// empty if the text says it all.
	Told string
	// Call is where the call is that it is about, empty if it is about none.
	Call string
	// Login leads to the page to log in, empty if that does not help.
	Login string
}

// problem shows a page that says what is wrong, and leads to a call if one is given.
func (v *visit) problem(status int, text string, call ...string) {
	v.showProblem(status, problemPage{Text: text, Call: strings.Join(call, "")})
}

func (v *visit) showProblem(status int, p problemPage) {
	text := p.Text
	if err := v.show(status, "problem", v.T("That did not work"), p); err != nil {
		v.Log.Error("a page could not be shown", "path", v.pattern(), "error", err)
		http.Error(v.w, text, status)
	}
}

func (v *visit) navigation() []navigation {
	if v.user == nil {
		return nil
	}
	var all []navigation
	for _, view := range views {
		if v.user.Role.Includes(view.needs) {
			current := v.r.URL.Path == view.path || view.path != "/" && strings.HasPrefix(v.r.URL.Path, view.path+"/")
			all = append(all, navigation{view.path, v.T(view.name), current})
		}
	}
	return all
}

// parsePages reads the templates once for every language.
func parsePages() (map[*locale]map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := map[*locale]map[string]*template.Template{}
	for _, l := range locales {
		all[l] = map[string]*template.Template{}
		for _, name := range names {
			view := strings.TrimSuffix(path.Base(name), ".html")
			t, err := template.New("").Funcs(template.FuncMap{"t": l.text, "tn": l.count}).ParseFS(templateFiles, "templates/layout.html", "templates/comparison.html", name)
			if err != nil {
				return nil, fmt.Errorf("reading the template of the view %s: %w", view, err)
			}
			all[l][view] = t
		}
	}
	return all, nil
}

// Num is a whole number with the language's separators.
func (p *page) Num(n int64) string { return p.visit.lang.printer.Sprintf("%d", n) }

// Percent is a share from 0 to 1, with one digit after the point.
func (p *page) Percent(share float64) string { return p.visit.percent(share) }

func (v *visit) percent(share float64) string { return v.lang.printer.Sprintf("%.1f", 100*share) + "%" }

// When is a moment in the reader's zone; empty is "-".
func (p *page) When(t time.Time) template.HTML { return p.visit.when(t) }

func (v *visit) when(t time.Time) template.HTML {
	if t.IsZero() {
		return "-"
	}
	layout := "2006-01-02 15:04:05"
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, t.UTC().Format(time.RFC3339Nano), t.In(v.zone).Format(layout))) //nolint:gosec // digits and signs alone
}

// Asset is the address of an asset, which changes with its content.
func (p *page) Asset(name string) (string, error) { return assetPath(name) }

// Here is the page's own address with some parameters of the query set, or taken out
// where the value is empty: {{$.Here "company" "acme" "cursor" ""}}.
func (p *page) Here(pairs ...string) (string, error) { return with(p.visit.r.URL, pairs...) }

func with(u *url.URL, pairs ...string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("an address needs a value for each of its %d names", len(pairs))
	}
	query := u.Query()
	for pair := range slices.Chunk(pairs, 2) {
		if query.Del(pair[0]); pair[1] != "" {
			query.Set(pair[0], pair[1])
		}
	}
	return (&url.URL{Path: u.Path, RawQuery: query.Encode()}).String(), nil
}

// May tells whether the reader's role includes another.
func (p *page) May(role account.Role) bool { return p.User != nil && p.User.Role.Includes(role) }
