package cli

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// send runs `calls send` on files against an intake.
func send(t *testing.T, url string, args ...string) (code int, said string) {
	t.Helper()
	var out, errs bytes.Buffer
	environ := []string{"SWITCHBOARD_INTAKE_URL=" + url, "SWITCHBOARD_INTAKE_KEY=sk-intake-0123456789"}
	code = Run(t.Context(), append([]string{"calls", "send"}, args...), environ, &out, &errs)
	return code, out.String() + errs.String()
}

func eventFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const spoken = `{"call_id":"c-1","turns":[{"text":"This is Xaverius Quillbottom."}]}`

// Whatever an intake answers, and whoever it is, its words are not repeated: it was
// sent what somebody said.
func TestSendRepeatsNothing(t *testing.T) {
	event := eventFile(t, "call.json", spoken)
	for _, status := range []int{200, 202, 302, 307, 400, 401, 403, 404, 413, 415, 422, 500} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Location", "/"+strings.ReplaceAll(string(body), `"`, ""))
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"detail":` + string(body) + `,"reason":"Xaverius Quillbottom"}`))
		}))
		code, said := send(t, server.URL, event)
		server.Close()
		if sent := status < 300; sent != (code == 0) || strings.Contains(said, "Quillbottom") {
			t.Errorf("%d: exit code %d, %s", status, code, said)
		}
	}
	// What is no HTTP at all is not repeated either.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("Xaverius Quillbottom\r\n\r\n"))
			_ = c.Close()
		}
	}()
	if code, said := send(t, "http://"+l.Addr().String(), event); code != 3 || strings.Contains(said, "Quillbottom") {
		t.Errorf("no HTTP: exit code %d, %s", code, said)
	}
}

// An event goes where it was to go, and nowhere else.
func TestSendFollowsNoRedirection(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	if code, said := send(t, server.URL, eventFile(t, "call.json", spoken)); code != 3 || elsewhere.Load() != 0 {
		t.Errorf("exit code %d, %d requests elsewhere, %s", code, elsewhere.Load(), said)
	}
}

// What is wrong with an event is said in our own words, file by file, and the others
// are sent.
func TestSendNamesWhatIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"turns"`) {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	code, said := send(t, server.URL, eventFile(t, "good.json", spoken), eventFile(t, "bad.json", `{"call_id":"c-2"}`))
	for _, want := range []string{"1 call sent", "bad.json: the event has neither turns nor an audio_url", "1 event of 2 refused"} {
		if code != 2 || !strings.Contains(strings.ToLower(said), strings.ToLower(want)) {
			t.Errorf("exit code %d, %q is not in %s", code, want, said)
		}
	}
	if code, said := send(t, server.URL); code != 2 || !strings.Contains(said, "no events are given") {
		t.Errorf("without files: exit code %d, %s", code, said)
	}
}

// Where the calls of a task are listed is said with the task.
func TestSendSaysWhereTheCallsAreListed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	event := func(task string) string {
		return eventFile(t, "call.json", `{"call_id":"c-1",`+task+`"turns":[{"text":"a"}]}`)
	}
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{event("")}, "next starter calls list"},
		{[]string{event(`"task":"airlines",`)}, "next starter calls list --task airlines"},
		{[]string{event(`"task":"rail",`), event(""), event(`"task":"airlines",`)}, "next starter calls list --task airlines starter calls list starter calls list --task rail"},
	} {
		if code, said := send(t, server.URL, c.files...); code != 0 || !strings.HasSuffix(strings.Join(strings.Fields(said), " "), c.want) {
			t.Errorf("exit code %d, %q, want %q", code, said, c.want)
		}
	}
}

// What is set wrong is said before anything is sent.
func TestSendNeedsAnAddressAndAKey(t *testing.T) {
	event := eventFile(t, "call.json", spoken)
	for _, address := range []string{"foo", "127.0.0.1:8091", "ftp://127.0.0.1:8091", "http://", "http://[", "/v1/calls"} {
		if code, said := send(t, address, event); code != 2 || !strings.Contains(said, "SWITCHBOARD_INTAKE_URL is no address of an intake") {
			t.Errorf("%s: exit code %d, %s", address, code, said)
		}
	}
	t.Chdir(t.TempDir())
	h := newHarness(t)
	if r := h.run("calls", "send", event); r.code != exitEnvironment || !strings.Contains(r.stderr, "there is no key for the intake: SWITCHBOARD_INTAKE_KEY is not set, and there is no file .switchboard/api-key") {
		t.Errorf("without a key: exit code %d, %s", r.code, r.stderr)
	}
	h.set("SWITCHBOARD_INTAKE_KEY_FILE", "nowhere")
	if r := h.run("calls", "send", event); r.code != exitBadInput || !strings.Contains(r.stderr, "the API key cannot be read from nowhere (set by SWITCHBOARD_INTAKE_KEY_FILE)") {
		t.Errorf("with a file that is not there: exit code %d, %s", r.code, r.stderr)
	}
}
