package dashboard

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/callkey"
	"switchboard/internal/problem"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Server serves the pages. It is safe for concurrent use.
type Server struct {
	Options
	handler http.Handler
	// pages are the templates of each language, by view.
	pages map[*locale]map[string]*template.Template
	// offers and labels are what the queue of calls to review remembers.
	offers offers
	labels labelCache
	// callKeys are those with which calls may be sent.
	callKeys *callkey.Store
	// now is the time.
	now func() time.Time
	// bus tells pages of new calls, past has counts of days that are over.
	bus  *bus
	past pastCounts
}

// New returns a dashboard.
func New(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &Server{Options: o, callKeys: callkey.New(o.Base), now: time.Now, bus: newBus(func(ctx context.Context) (time.Time, error) { return o.Results.Newest(ctx, "") })}
	var err error
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", files)
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.guarded(r))
	}
	mux.Handle("/", s.guarded(route{"/", everybody, func(*visit) error { return errNotFound }}))
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(s.answers(func(v *visit) error { return errElsewhere }))
	s.handler = secured(own.Handler(o.Sessions.Middleware(mux, s.unknowable)))
	return s, nil
}

// Prepare does what the first visitor would wait for, while ctx lasts: it adds up what
// people have said about calls. Pages are right without it.
func (s *Server) Prepare(ctx context.Context) {
	if err := s.Results.AddUp(ctx); err != nil && ctx.Err() == nil {
		s.Log.Warn("what people said about calls could not be added up; the page of the quality does it when it is opened", "error", err)
	}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// secured sets what keeps a browser from doing more with a page than it is for.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// longestForm bounds what is posted.
const longestForm = 1 << 20

// guarded serves a route to those who may use it.
func (s *Server) guarded(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Body = http.MaxBytesReader(w, q.Body, longestForm)
		v := s.visit(w, q)
		if err := s.admit(v, r); err != nil {
			v.fail(err)
			return
		}
		if r.needs != everybody {
			w.Header().Set("Cache-Control", "no-store")
		}
		if err := v.form(); err != nil {
			v.fail(err)
			return
		}
		if err := r.serve(v); err != nil {
			v.fail(err)
		}
	})
}

// answers serves somebody of whom nothing is known, before any page has been found.
func (s *Server) answers(serve func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		v := s.visit(w, q)
		w.Header().Set("Cache-Control", "no-store")
		if err := serve(v); err != nil {
			v.fail(err)
		}
	})
}

// unknowable answers where the database does not tell whose request it is.
func (s *Server) unknowable(w http.ResponseWriter, q *http.Request, err error) {
	s.answers(func(*visit) error { return problem.New(problem.Environment, "the database does not answer: %w", err) }).ServeHTTP(w, q)
}

// form reads what was posted, once for whoever serves it.
func (v *visit) form() error {
	if v.r.Method != http.MethodPost {
		return nil
	}
	err := v.r.ParseForm()
	if err == nil {
		err = v.r.ParseMultipartForm(longestForm) //nolint:gosec // the body is bounded before it comes here
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errTooLarge
	case err != nil && !errors.Is(err, http.ErrNotMultipart):
		return errForm
	}
	return nil
}

// Why a page is not shown. Each is answered in its own way.
var (
	errNotFound  = errors.New("there is no such page")
	errForbidden = errors.New("this needs another role")
	errLogin     = errors.New("this needs an account")
	errNoCall    = errors.New("there is no such call")
	errTooLarge  = errors.New("more was posted than a form has")
	errElsewhere = errors.New("what was posted comes from another site")
	errForm      = errors.New("what was posted is no form")
)

func (s *Server) admit(v *visit, r route) error {
	switch {
	case r.needs == everybody:
		return nil
	case v.user == nil:
		return errLogin
	case !v.user.Role.Includes(r.needs):
		return errForbidden
	}
	return nil
}

func (s *Server) health(v *visit) error {
	if err := s.Base.DB().PingContext(v.r.Context()); err != nil {
		return problem.New(problem.Environment, "the database does not answer: %w", err)
	}
	_, err := fmt.Fprintln(v.w, "ok")
	return err
}

// fail answers a visit that cannot be served. What went wrong inside goes to the
// log, and not to the visitor.
func (v *visit) fail(err error) {
	kind, known := problem.KindOf(err)
	switch {
	case errors.Is(err, errLogin) && v.r.Method == http.MethodGet:
		http.Redirect(v.w, v.r, "/login?"+url.Values{"next": {v.r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
	case errors.Is(err, errLogin):
		v.showProblem(http.StatusUnauthorized, problemPage{Text: v.T("Your session has ended, or you are not logged in. Log in, and do it again."), Login: v.loginAgain()})
	case errors.Is(err, errForbidden):
		v.problem(http.StatusForbidden, v.T("Your account may not do this. Ask an administrator for another role."))
	case errors.Is(err, errNotFound):
		v.problem(http.StatusNotFound, v.T("There is no such page."))
	case errors.Is(err, errNoCall):
		v.problem(http.StatusNotFound, v.T("There is no such call. It may have been erased, or its retention may have ended."))
	case errors.Is(err, errElsewhere):
		v.problem(http.StatusForbidden, v.T("This was sent from another site. Open the page here, and do it there."))
	case errors.Is(err, errTooLarge):
		v.problem(http.StatusRequestEntityTooLarge, v.T("What you sent is larger than this page takes. Shorten it, and send it again."))
	case errors.Is(err, errForm):
		v.problem(http.StatusBadRequest, v.T("The form cannot be read. Open the page again, and send it once more."))
	case v.r.Context().Err() != nil:
		// Nobody waits for an answer.
	case known:
		v.failWith(err, kind)
	default:
		v.Log.Error("a page could not be shown", "path", v.pattern(), "error", err)
		v.problem(http.StatusInternalServerError, v.T("Something went wrong here. Try again, and tell whoever looks after Switchboard: the log of the dashboard says what it was."))
	}
}

// loginAgain is the page to log in, and after it the page from which something was sent.
func (v *visit) loginAgain() string {
	from, err := url.Parse(v.r.Referer())
	if err != nil || from.Host != v.r.Host {
		return "/login"
	}
	return "/login?" + url.Values{"next": {afterLogin(from.RequestURI())}}.Encode()
}

// sentenceOf makes a sentence of an error's text.
func sentenceOf(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}

// pattern is the route that is visited, for logs: a path may hold the id of a call.
func (v *visit) pattern() string { return v.r.Pattern }
