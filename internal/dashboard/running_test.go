package dashboard

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/endpoint/endpointtest"
	"switchboard/internal/problem"
)

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		place  Place
		page   string
		secure bool
		says   string
	}{
		{place: Place{Address: "127.0.0.1:8092"}, page: "http://127.0.0.1:8092"},
		{place: Place{Address: ":8092", Cert: "c", Key: "k"}, page: "https://:8092", secure: true},
		{place: Place{Address: "127.0.0.1:8092", URL: "https://calls.example.com"}, page: "https://calls.example.com", secure: true},
		{place: Place{Address: "127.0.0.1:8092", URL: "http://calls.example.com:81"}, page: "http://calls.example.com:81"},
		{place: Place{Address: "8092"}, says: "SWITCHBOARD_DASHBOARD_ADDRESS"},
		{place: Place{Address: ":8092", Cert: "c"}, says: "SWITCHBOARD_DASHBOARD_TLS_KEY"},
		{place: Place{Address: ":8092", URL: "calls.example.com"}, says: "SWITCHBOARD_DASHBOARD_URL"},
		{place: Place{Address: ":8092", URL: "ftp://calls.example.com"}, says: "SWITCHBOARD_DASHBOARD_URL"},
		{place: Place{Address: ":8092", URL: "https://ann@calls.example.com"}, says: "SWITCHBOARD_DASHBOARD_URL"},
		{place: Place{Address: ":8092", URL: "https://calls.example.com/page"}, says: "SWITCHBOARD_DASHBOARD_URL"},
	} {
		err := c.place.Validate()
		if kind, _ := problem.KindOf(err); (err == nil) != (c.says == "") || err != nil && (kind != problem.BadInput || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", c.place, err, c.says)
		}
		if err == nil && (c.place.Page() != c.page || c.place.Secure() != c.secure) {
			t.Errorf("%+v: %s, secure %v", c.place, c.place.Page(), c.place.Secure())
		}
	}
}

// A dashboard is asked for its health with the certificate that it has, whatever name
// is in it, and with no other.
func TestHealthOverTLS(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			http.NotFound(w, r)
		}
	})
	p := Place{Address: "127.0.0.1:0"}
	_, p.Cert, p.Key = endpointtest.Certificate(t, "calls.example.com")
	r, err := Start(ok, p, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	if !strings.HasPrefix(r.URL(), "https://") {
		t.Errorf("it is at %s", r.URL())
	}
	p.Address = r.listener.Addr().String()
	if err := Health(t.Context(), p); err != nil {
		t.Error(err)
	}
	_, port, _ := net.SplitHostPort(p.Address)
	if err := Health(t.Context(), Place{Address: "0.0.0.0:" + port, Cert: p.Cert, Key: p.Key}); err != nil {
		t.Error(err)
	}
	other := Place{Address: p.Address}
	_, other.Cert, other.Key = endpointtest.Certificate(t, "calls.example.com")
	if err := Health(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("another certificate: %v", err)
	}
	if err := Health(t.Context(), Place{Address: p.Address}); err == nil {
		t.Error("HTTP was spoken with HTTPS")
	}
	if _, err := Start(ok, Place{Address: p.Address}, slog.New(slog.DiscardHandler)); err == nil || problem.ExitCode(err) != problem.ExitEnvironment {
		t.Errorf("a second one on the same port: %v", err)
	}
	if _, err := Start(ok, Place{Address: "127.0.0.1:0", Cert: p.Key, Key: p.Cert}, slog.New(slog.DiscardHandler)); problem.ExitCode(err) != problem.ExitBadInput {
		t.Errorf("a key for a certificate: %v", err)
	}
}

// Who has asked gets an answer although the dashboard stops, and who waits for news is
// sent home.
func TestStopAnswersFirst(t *testing.T) {
	asked, answer := make(chan bool, 2), make(chan bool)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- true
		if r.URL.Path == "/live" {
			<-r.Context().Done()
			return
		}
		<-answer
		_, _ = io.WriteString(w, "the answer")
	})
	r, err := Start(h, Place{Address: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 2)
	for _, path := range []string{"/", "/live"} {
		go func() {
			response, err := http.Get(r.URL() + path) //nolint:noctx // it ends with the server
			if err != nil {
				got <- err.Error()
				return
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			got <- string(body)
		}()
	}
	<-asked
	<-asked
	stopped := make(chan bool)
	go func() { r.Stop(); close(stopped) }()
	answer <- true
	if text := <-got + <-got; text != "the answer" {
		t.Errorf("the answers are %q", text)
	}
	<-stopped
	select {
	case err := <-r.Failed():
		t.Errorf("a stop is taken for a failure: %v", err)
	default:
	}
}
