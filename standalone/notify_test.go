package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/webhook"
)

const notifySecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// listener is somebody's server: it verifies what it gets, and does not understand
// the first time.
type listener struct {
	t   *testing.T
	key webhook.Secret

	mu     sync.Mutex
	ids    []string
	events []pipeline.Event
	bodies string
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	h := r.Header
	if err != nil || !l.key.Verify(h.Get(webhook.HeaderID), h.Get(webhook.HeaderTimestamp), h.Get(webhook.HeaderSignature), body, time.Now()) {
		l.t.Errorf("what came with %v is not from the worker: %v", h, err)
	}
	l.ids, l.bodies = append(l.ids, h.Get(webhook.HeaderID)), l.bodies+string(body)
	if len(l.ids) == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var e pipeline.Event
	if err := json.Unmarshal(body, &e); err != nil {
		l.t.Error(err)
	}
	l.events = append(l.events, e)
}

func TestRunsNotify(t *testing.T) {
	key, err := webhook.ParseSecret(notifySecret)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, key: key}
	server := httptest.NewServer(l)
	defer server.Close()
	th := newHarness(t, "SWITCHBOARD_NOTIFY_HOSTS="+strings.TrimPrefix(server.URL, "http://"), "SWITCHBOARD_NOTIFY_SECRET="+notifySecret)
	training, production := tweets(t, th.dir, 600)
	th.open()

	tuned := th.run("finetune", "--dataset", training, "--notify", server.URL+"/hook", "--watch")
	// This one fails once it knows how many conversations the companies have.
	code, out, errOut := th.starter("finetune", "--dataset", training, "--target-size", "1000", "--notify", server.URL+"/hook", "--watch")
	if code != 2 {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	code, out, errOut = th.starter("apply", "--dataset", production, "--notify", "http://127.0.0.1:9/hook")
	if code != 2 || !strings.Contains(errOut, "SWITCHBOARD_NOTIFY_HOSTS") {
		t.Errorf("a host that is on no list: exit code %d\n%s%s", code, out, errOut)
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ids) != 3 || l.ids[0] != l.ids[1] || l.ids[1] == l.ids[2] {
		t.Errorf("the ids are %q, want one twice and another one", l.ids)
	}
	if len(l.events) != 2 || l.events[0].Type != pipeline.RunDone || l.events[1].Type != pipeline.RunFailed {
		t.Fatalf("told of %+v", l.events)
	}
	if done := l.events[0].Data; done.WorkflowID != tuned.WorkflowID || done.RunID != tuned.RunID || done.Model != tuned.FineTune.Model {
		t.Errorf("told of %+v, after %+v", done, tuned)
	}
	if failed := l.events[1].Data; failed.Failure != "BadInput" {
		t.Errorf("told of %+v", failed)
	}
	for _, secret := range []string{marker, "Naomi", "AcmeHelp", "tweets.csv", "target"} {
		if strings.Contains(l.bodies, secret) {
			t.Errorf("what was sent holds %q: %s", secret, l.bodies)
		}
	}
}
