package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// repeating is a provider that takes files, and then says in every field what was
// in them: a line of the training file, with the texts of customers.
type repeating struct {
	mu     sync.Mutex
	refuse string // the path that is refused; "" lets the job fail
	status int
	sent   string
}

func (p *repeating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if i := bytes.Index(body, []byte(marker)); i >= 0 {
		p.sent = string(body[max(0, i-60):min(len(body), i+60)])
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1")
	failure := map[string]any{"message": p.sent, "code": p.sent, "type": p.sent, "param": p.sent}
	answer := map[string]any{
		"id": "id-1", "object": p.sent, "filename": p.sent, "purpose": p.sent, "status": "failed", "error": failure,
		"level": "error", "message": p.sent, "type": p.sent, "training_file": p.sent, "suffix": p.sent, "metadata": map[string]string{"a": p.sent},
	}
	switch {
	case p.refuse == path && r.Method == http.MethodPost:
		w.Header().Set("X-Request-Id", strings.ReplaceAll(p.sent, "\n", " "))
		w.WriteHeader(p.status)
		answer = map[string]any{"error": failure}
	case r.Method == http.MethodGet && (path == "/files" || path == "/fine_tuning/jobs"):
		answer = map[string]any{"data": []any{}}
	case strings.HasSuffix(path, "/events"):
		answer = map[string]any{"data": []any{answer}}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// A provider that repeats what it was sent, whether it refuses the upload, the
// job, or lets the job fail, brings none of it into a history, Temporal's
// database, the log, what the starter prints, or an artifact that is not the data
// itself.
func TestRepeatedTextsLeaveNoTrace(t *testing.T) {
	p := &repeating{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	th := newHarness(t, "OPENAI_BASE_URL="+server.URL+"/v1", "OPENAI_API_KEY=sk-repeated")
	training, _ := tweets(t, th.dir, 300)
	th.open()
	var said strings.Builder
	for i, c := range []struct {
		refuse, says string
		status       int
	}{
		{"/files", "the provider refused the request", http.StatusBadRequest},
		{"/fine_tuning/jobs", "does not let this account create fine-tuning jobs", http.StatusForbidden},
		{"/fine_tuning/jobs", "the provider refused the request", http.StatusUnprocessableEntity},
		{"", "failed at the provider", http.StatusOK},
	} {
		p.mu.Lock()
		p.refuse, p.status = c.refuse, c.status
		p.mu.Unlock()
		code, out, errOut := th.starter("finetune", "--dataset", training, "--base-model", "base-1", "--seed", fmt.Sprint(i+1), "--watch", "--json")
		if code != 1 || !strings.Contains(out+errOut, c.says) {
			t.Errorf("%s with %d: exit code %d, want 1 with %q\n%s%s", c.refuse, c.status, code, c.says, out, errOut)
		}
		said.WriteString(out + errOut)
		var r report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		th.checkHistories(r.WorkflowID)
		for _, args := range [][]string{{"status", r.WorkflowID}, {"status", r.WorkflowID, "--json"}} {
			_, out, errOut = th.starter(args...)
			said.WriteString(out + errOut)
		}
	}
	if p.mu.Lock(); !strings.Contains(p.sent, marker) {
		t.Fatal("nothing was sent that could be repeated")
	}
	p.mu.Unlock()
	said.WriteString(th.errors.String())
	th.searchFor("what the starter prints and the log", []byte(said.String()))
	err := filepath.WalkDir(th.dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(th.dir, path)
		isData := strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".parquet")
		if err != nil || d.IsDir() || isData && !strings.HasSuffix(name, "events.jsonl") {
			return err
		}
		content, err := os.ReadFile(path)
		th.searchFor(name, content)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func (th *harness) searchFor(where string, content []byte) {
	th.t.Helper()
	for _, secret := range []string{marker, "Naomi", "late again", "we are sorry"} {
		if bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower(secret))) {
			th.t.Errorf("%q is in %s", secret, where)
		}
	}
}
