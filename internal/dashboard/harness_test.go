package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/logtest"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

func TestMain(m *testing.M) { os.Exit(databasetest.Main(m)) }

// world is a dashboard over a real database, with a user of each role.
type world struct {
	*testing.T
	base    *database.Store
	results *results.Store
	// log is what the dashboard has written to its log.
	log *logtest.Buffer
	// now is the time of the store of results. It goes on by a millisecond whenever
	// it is looked at, and a test may set it.
	now      time.Time
	accounts *account.Store
	// people are the users, by role; others may be added with [world.person].
	people map[account.Role]account.User
	// address is where the dashboard is served.
	address   string
	dashboard *Server
}

// start is when a world begins: on a Saturday at noon.
var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// newWorld returns a world without calls, on an SQLite database.
func newWorld(t *testing.T) *world { return newWorldAt(t, databasetest.SQLite(t)) }

func newWorldAt(t *testing.T, location string) *world {
	t.Helper()
	base, err := database.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	w := &world{T: t, base: base, results: results.New(base), accounts: account.New(base), log: &logtest.Buffer{}, now: start, people: map[account.Role]account.User{}}
	w.results.SetClock(func() time.Time {
		w.now = w.now.Add(time.Millisecond)
		return w.now
	})
	for _, role := range []account.Role{account.Viewer, account.Reviewer, account.Admin} {
		w.people[role] = w.person("the-"+string(role), role)
	}
	w.address = w.serve()
	return w
}

// person adds a user.
func (w *world) person(name string, role account.Role) account.User {
	w.Helper()
	u, err := w.accounts.Create(w.Context(), account.NewUser{Name: name, Password: "correct horse battery", Role: role})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// door is where a browser of a test is logged in without a password, as the user
// whose id follows.
const door = "/door/"

// serve serves the dashboard and the door.
func (w *world) serve() string {
	w.Helper()
	sessions := &account.Sessions{Accounts: w.accounts}
	s, err := New(Options{Base: w.base, Results: w.results, Accounts: w.accounts, Sessions: sessions, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		w.Fatal(err)
	}
	s.now = func() time.Time { return w.now }
	w.dashboard = s
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.HandleFunc("GET "+door+"{id}", func(rw http.ResponseWriter, r *http.Request) {
		u, err := w.accounts.Find(r.Context(), r.PathValue("id"))
		if err == nil {
			err = sessions.Begin(rw, r, u)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
	server := httptest.NewServer(mux)
	w.Cleanup(server.Close)
	return server.URL
}

// browser is a client with cookies, which stays where a redirect leads.
type browser struct {
	*world
	http http.Client
	user account.User
}

// as returns the browser of the user of a role.
func (w *world) as(role account.Role) *browser { return w.login(w.people[role]) }

// login returns a browser in which a person is logged in.
func (w *world) login(u account.User) *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	b := &browser{world: w, http: http.Client{Jar: jar}, user: u}
	b.get(door+u.ID).says(w, http.StatusOK)
	return b
}

// answer is what a browser shows in the end.
type answer struct {
	status int
	body   string
	header http.Header
	// path is where redirects have led to, with its query.
	path string
}

// get opens a path.
func (b *browser) get(path string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.address+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.do(r)
}

// post sends a form, given as pairs of a field and its value.
func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) do(r *http.Request) answer {
	b.Helper()
	w, err := b.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{w.StatusCode, string(body), w.Header, w.Request.URL.RequestURI()}
}

// says fails the test unless the answer has a status and holds all texts, as they
// stand in HTML.
func (a answer) says(t testing.TB, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d, want %d\n%s", a.path, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s does not say %q:\n%s", a.path, text, a.body)
		}
	}
}

// lacks fails the test if the answer holds one of some texts.
func (a answer) lacks(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("%s says %q:\n%s", a.path, text, a.body)
		}
	}
}

// sampleCall is a call of the task telecom that no answer is known to yet.
func sampleCall(id string) results.Call {
	sum := sha256.Sum256([]byte(id))
	return results.Call{
		ID: id, Task: "telecom", Channel: "phone", Language: "en",
		Origin: results.Origin{Source: "kafka", Topic: "calls", SHA256: hex.EncodeToString(sum[:])},
		Turns: []results.Turn{
			{Side: "agent", Text: "Hello, this is Person, how may I help you?", Start: 0, End: 2.5},
			{Side: "customer", Text: "My parcel is late, and nobody answers at Phone.", Start: 3, End: 7},
		},
		Spans: map[string]int64{"person": 1, "phone": 1}, Anonymizer: "v7", Status: results.Redacted,
	}
}

// sampleAnswer is a sure answer about a call.
func sampleAnswer(id, company string) results.Prediction {
	return results.Prediction{
		CallID: id, Model: "ft:base:own:sb-1", Company: company, Named: company, Confidence: 0.93, Threshold: 0.5,
		RunnerUp: "OtherSupport", RunnerUpConfidence: 0.04, Status: pipeline.AnswerClassified,
	}
}

// unsureAnswer is one below the threshold: its company is Unknown.
func unsureAnswer(id, named string, confidence float64) results.Prediction {
	return results.Prediction{
		CallID: id, Model: "ft:base:own:sb-1", Company: pipeline.Unknown, Named: named, Confidence: confidence, Threshold: 0.5,
		RunnerUp: "OtherSupport", RunnerUpConfidence: confidence / 2, Status: pipeline.AnswerUnsure,
	}
}

// call stores a call, and its answer if it is told.
func (w *world) call(c results.Call, p ...results.Prediction) {
	w.Helper()
	if _, err := w.results.SaveRedacted(w.Context(), c); err != nil {
		w.Fatal(err)
	}
	for _, one := range p {
		if _, err := w.results.SavePrediction(w.Context(), one); err != nil {
			w.Fatal(err)
		}
	}
}

// companies are those of seeded calls.
var companies = []string{"AcmeSupport", "BorealisHelp", "CometCare", "DeltaDesk", "OtherSupport"}

// seed stores so many answered calls, call-0000 and so on, an hour apart, of which
// the last is from now: every fifth of them is uncertain.
func (w *world) seed(calls int) {
	w.Helper()
	end := w.now
	for n := range calls {
		w.now = end.Add(-time.Duration(calls-1-n) * time.Hour)
		id, company := fmt.Sprintf("call-%04d", n), companies[n*n%len(companies)]
		p := sampleAnswer(id, company)
		p.Confidence = 0.55 + 0.44*float64(n%7)/6
		if n%5 == 4 {
			p = unsureAnswer(id, company, 0.2+0.28*float64(n%11)/10)
		}
		w.call(sampleCall(id), p)
	}
}

func TestTheHarnessHasARealDashboard(t *testing.T) {
	w := newWorld(t)
	w.seed(10)
	page, err := w.results.List(t.Context(), results.Filter{}, "", 20)
	if err != nil || len(page.Results) != 10 {
		t.Errorf("seeded %d calls, %v; want 10", len(page.Results), err)
	}
	b := w.as(account.Viewer)
	b.get("/").says(t, http.StatusOK, "the-viewer")
	b.get("/nothing").says(t, http.StatusNotFound, "There is no such page.")
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Errorf("the log says\n%s", w.log)
	}
}
