package webhook

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
)

// secret is that of the specification's example.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// The example is that of the specification's own libraries.
func TestSignatureIsTheSpecifications(t *testing.T) {
	key, err := ParseSecret(secret + "\n")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1614265330, 0)
	got := key.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVerify(t *testing.T) {
	key, err := ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1614265330, 0)
	signature := key.Sign("id", now, []byte("body"))
	for name, test := range map[string]struct {
		id, timestamp, signatures, body string
		now                             time.Time
		want                            bool
	}{
		"as it was sent":        {"id", "1614265330", signature, "body", now, true},
		"beside another secret": {"id", "1614265330", "v1,other " + signature, "body", now, true},
		"another body":          {"id", "1614265330", signature, "Body", now, false},
		"another id":            {"di", "1614265330", signature, "body", now, false},
		"another time":          {"id", "1614265331", signature, "body", now, false},
		"no time":               {"id", "", signature, "body", now, false},
		"no signature":          {"id", "1614265330", "", "body", now, false},
		"sent again later":      {"id", "1614265330", signature, "body", now.Add(6 * time.Minute), false},
		"from a fast clock":     {"id", "1614265330", signature, "body", now.Add(-6 * time.Minute), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := key.Verify(test.id, test.timestamp, test.signatures, []byte(test.body), test.now); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for name, test := range map[string]struct{ hosts, secret, says string }{
		"hosts and no secret":      {"hooks.example.com", "", "SWITCHBOARD_NOTIFY_SECRET"},
		"a secret of another kind": {"hooks.example.com", "hunter2", "openssl"},
		"a short secret":           {"hooks.example.com", "whsec_aHVudGVyMg==", "openssl"},
		"a URL for a host":         {"https://hooks.example.com/x", secret, "SWITCHBOARD_NOTIFY_HOSTS"},
		"a pattern":                {"*.example.com", secret, "SWITCHBOARD_NOTIFY_HOSTS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSender(test.hosts, test.secret)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %s", err, test.says)
			}
			if test.secret != "" && strings.Contains(err.Error(), test.secret) {
				t.Errorf("%v holds the secret", err)
			}
		})
	}
}

func TestOnlyListedHostsAreNotified(t *testing.T) {
	for name, test := range map[string]struct {
		hosts, address string
		want           bool
	}{
		"nobody by default":           {"", "http://localhost/x", false},
		"a listed host":               {"a.example, hooks.example.com", "https://hooks.example.com/x?y=z", true},
		"however it is written":       {"hooks.example.com", "https://Hooks.Example.com:443/x", true},
		"another":                     {"hooks.example.com", "https://example.com/x", false},
		"one that begins so":          {"hooks.example.com", "https://hooks.example.com.evil.org/x", false},
		"one behind a user":           {"hooks.example.com", "https://hooks.example.com@evil.org/x", false},
		"another port":                {"hooks.example.com", "https://hooks.example.com:8080/x", false},
		"a listed port":               {"localhost:8080", "http://localhost:8080/x", true},
		"no port where one is listed": {"localhost:8080", "http://localhost/x", false},
		"the metadata of a cloud":     {"hooks.example.com", "http://169.254.169.254/latest", false},
		"no URL":                      {"hooks.example.com", "hooks.example.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewSender(test.hosts, secret)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Check(test.address)
			if kind, _ := problem.KindOf(err); (err == nil) != test.want || err != nil && kind != problem.BadInput {
				t.Errorf("got %v", err)
			}
		})
	}
}

// receiver is a server that verifies what it gets, and answers with a status.
func receiver(t *testing.T, status int) (s *Sender, address string, got *[]string) {
	t.Helper()
	key, err := ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	got = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h := r.Header
		if err != nil || !key.Verify(h.Get(HeaderID), h.Get(HeaderTimestamp), h.Get(HeaderSignature), body, time.Now()) {
			t.Errorf("%s %s with %v does not come from who has the secret: %v", r.Method, r.URL, h, err)
		}
		*got = append(*got, r.Method+" "+r.URL.Path+" "+h.Get(HeaderID)+" "+h.Get("Content-Type")+" "+string(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	s, err = NewSender(strings.TrimPrefix(server.URL, "http://"), secret)
	if err != nil {
		t.Fatal(err)
	}
	return s, server.URL + "/T0/password", got
}

func TestSend(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusOK: "", http.StatusNoContent: "", http.StatusGone: "410",
		http.StatusInternalServerError: "500", http.StatusTooManyRequests: "429", http.StatusNotFound: "404",
		http.StatusFound: "302", // and it does not follow
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			s, address, got := receiver(t, status)
			err := s.Send(t.Context(), address, "id-1", []byte(`{"type":"run.done"}`))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			if len(*got) != 1 || (*got)[0] != `POST /T0/password id-1 application/json {"type":"run.done"}` {
				t.Errorf("the receiver got %q", *got)
			}
			if err != nil && strings.Contains(err.Error(), "password") {
				t.Errorf("%v holds the address", err)
			}
		})
	}
}

// What a receiver says in its status line, or instead of one, is repeated nowhere.
func TestReceiverIsNotQuoted(t *testing.T) {
	for name, answer := range map[string]string{
		"a reason of its own": "HTTP/1.1 500 Marigold Quetzal\r\nContent-Length: 0\r\n\r\n",
		"no HTTP":             "Marigold Quetzal\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, answer)
				c.Close()
			}()
			s, err := NewSender(listener.Addr().String(), secret)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Send(t.Context(), "http://"+listener.Addr().String()+"/T0/password", "id-1", nil)
			if err == nil || strings.Contains(err.Error(), "Marigold") || strings.Contains(err.Error(), "password") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	s, err := NewSender(strings.TrimPrefix(address, "http://"), secret)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), address+"/T0/password", "id-1", nil)
	if err == nil || strings.Contains(err.Error(), "password") {
		t.Errorf("got %v", err)
	}
	if _, ok := problem.KindOf(err); ok {
		t.Errorf("%v would not be repeated", err)
	}
}
