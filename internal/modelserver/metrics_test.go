package modelserver

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/logtest"
)

// scrape returns the metrics as Prometheus gets them on a listener of its own.
func (r *running) scrape(t *testing.T) string {
	t.Helper()
	answer := httptest.NewRecorder()
	r.Metrics().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("metrics: %d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestMetrics(t *testing.T) {
	r, _ := start(t, Options{MaxDiskBytes: 1 << 40})
	model := r.trained(t)
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(model, "my flight")))
	r.raw(t, "BREW", "/v1/files", testKey, "", nil)
	metrics := r.scrape(t)
	for _, want := range []string{
		`requests_total{method="POST",route="/v1/files",status="200"} 1`,
		`requests_total{method="other",route="/v1/files",status="405"} 1`,
		`requests_total{method="POST",route="/v1/chat/completions",status="200"} 1`,
		`request_duration_seconds_count{method="POST",route="/v1/chat/completions"} 1`,
		`jobs{status="succeeded"} 1`, `jobs{status="failed"} 0`,
		`tokens_total{kind="completion"} 1`,
		`chats_working 0`, `chats_waiting 0`, `ready 1`, `disk_limit_bytes 1.099511627776e+12`,
	} {
		if !strings.Contains(metrics, "\nswitchboard_modelserver_"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	// The time of a training is counted just after its success can be seen.
	for strings.Contains(metrics, "training_seconds_total 0\n") {
		metrics = r.scrape(t)
	}
	for _, name := range []string{"training_seconds_total", "trained_tokens_total", "disk_used_bytes"} {
		if !regexp.MustCompile(`\nswitchboard_modelserver_` + name + ` [0-9.]*[1-9]`).MatchString(metrics) {
			t.Errorf("%s is missing or 0", name)
		}
	}
	if status, _ := r.raw(t, "GET", "/metrics", "", "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a key the metrics answer %d", status)
	}
	own := httptest.NewRecorder()
	r.Metrics().ServeHTTP(own, httptest.NewRequest("GET", "/metrics", nil))
	if own.Code != 200 || !strings.Contains(own.Body.String(), "switchboard_modelserver_jobs") {
		t.Errorf("the handler for a listener of its own answers %d", own.Code)
	}
}

// Nothing of what clients send, and no key, reaches the log at its most
// talkative or the metrics: each part of the requests below has a word of its
// own, which is looked for afterwards.
func TestNothingOfTheRequestsIsLogged(t *testing.T) {
	log := &logtest.Buffer{}
	r, _ := start(t, Options{
		Keys: []string{"zebrakey"}, NamedKeys: []Key{{Name: "team", Key: "zebrateam", RequestsPerMinute: 2}},
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	training := strings.ReplaceAll(strings.ReplaceAll(string(jsonl(1, 60)), "flight", "zebratext"), "SkyFast", "zebralabel")
	f := must[openai.File](t)(r.client.CreateFileBytes(t.Context(), openai.FileBytesRequest{Name: "zebrafile.jsonl", Bytes: []byte(training), Purpose: openai.PurposeFineTune}))
	j := r.create(t, map[string]any{"training_file": f.ID, "suffix": "zebrasuffix", "metadata": map[string]string{"zebrameta": "zebravalue"}})
	model := await(t, r.client, j.ID, statusSucceeded).FineTunedModel
	bad := r.create(t, map[string]any{"training_file": r.upload(t, []byte(`{"messages":[{"role":"zebrarole"}]}`+"\n"))})
	await(t, r.client, bad.ID, statusFailed)
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(model, "zebraquestion zebratext")))
	for _, request := range []struct{ method, path, key, body string }{
		{"GET", "/v1/models/" + model, testKey, ""},
		{"GET", "/v1/models/zebramodel", testKey, ""},
		{"GET", "/v1/zebrapath?zebraquery=1", testKey, ""},
		{"ZEBRA", "/v1/models", testKey, ""},
		{"GET", "/v1/models", "zebrawrong", ""},
		{"GET", "/v1/models", "zebrakey", ""},
		{"GET", "/v1/models", "zebrateam", ""},
		{"GET", "/v1/models", "zebrateam", ""},
		{"GET", "/v1/models", "zebrateam", ""}, // over its limit
		{"POST", "/v1/chat/completions", testKey, `{"zebrajson`},
		{"POST", "/v1/chat/completions", testKey, `{"model":"zebramodel","messages":[{"role":"user","content":"zebraquestion"}]}`},
		{"POST", "/v1/chat/completions", testKey, fmt.Sprintf(`{"model":%q,"messages":[{"role":"zebrarole","content":"zebraquestion"}]}`, model)},
	} {
		r.raw(t, request.method, request.path, request.key, "application/json", strings.NewReader(request.body))
	}
	// A failure of the server itself, about this very model.
	tuned, _ := r.jobs.get(j.ID)
	path := filepath.Join(r.options.Dir, modelPath(tuned.ID))
	if err := os.WriteFile(path, []byte("zebradisk"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.models.mu.Lock()
	r.models.models[model].loaded = nil
	r.models.mu.Unlock()
	if response, _ := r.do(t, "POST", "/v1/chat/completions", testKey, ask(model, "zebraquestion")); response.StatusCode != 500 {
		t.Fatalf("a damaged model answers %d", response.StatusCode)
	}
	metrics := r.scrape(t)
	if !strings.Contains(log.String(), "request failed") || !strings.Contains(log.String(), "key=team") {
		t.Fatal("the log lacks the failure or the name of the key: this test shows nothing")
	}
	for what, text := range map[string]string{"log": log.String(), "metrics": metrics} {
		for line := range strings.Lines(text) {
			if strings.Contains(strings.ToLower(line), "zebra") || strings.Contains(line, testKey) {
				t.Errorf("the %s holds a part of a request: %s", what, line)
			}
		}
	}
}
