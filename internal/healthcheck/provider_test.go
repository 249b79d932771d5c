package healthcheck

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/modelserver"
	"switchboard/internal/pipeline"
)

// providerChecks examines the provider at a base URL.
func providerChecks(t *testing.T, h http.Handler) map[string]pipeline.Check {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var found checks
	found.provider(t.Context(), config.Config{
		ProviderURL: server.URL + "/v1", ProviderKey: "sk-test", BaseModel: "switchboard-softmax-1", RequestTimeout: 5 * time.Second,
	})
	byName := map[string]pipeline.Check{}
	for _, c := range found {
		byName[c.Name] = c
	}
	return byName
}

func TestDoctorOnTheModelServer(t *testing.T) {
	server, err := modelserver.New(modelserver.Options{Dir: t.TempDir(), Keys: []string{"sk-test"}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	checks := providerChecks(t, server)
	for name, c := range checks {
		if c.State == pipeline.CheckProblem {
			t.Errorf("%s: %s", name, c.Message)
		}
	}
	for _, name := range []string{"provider", "base model", "files", "jobs", "answers"} {
		if checks[name].State != pipeline.CheckOK {
			t.Errorf("%s is %q: %s", name, checks[name].State, checks[name].Message)
		}
	}
	if c := checks["events"]; c.State != pipeline.CheckNote || !strings.Contains(c.Message, "not checked: the provider has no fine-tuning job yet") {
		t.Errorf("events of no job are %+v", c)
	}
}

// A provider that answers, and does not fine-tune.
func TestDoctorTellsWhatIsNeededFromWhatIsNot(t *testing.T) {
	checks := providerChecks(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /v1/models":
			fmt.Fprint(w, `{"data":[{"id":"switchboard-softmax-1"}]}`)
		case "GET /v1/models/switchboard-softmax-1":
			fmt.Fprint(w, `{"id":"switchboard-softmax-1"}`)
		case "GET /v1/files":
			fmt.Fprint(w, `{"data":[]}`)
		case "POST /v1/chat/completions":
			http.Error(w, `{"error":{"message":"no model"}}`, http.StatusBadRequest)
		default:
			http.NotFound(w, r)
		}
	}))
	for name, want := range map[string]struct {
		state pipeline.CheckState
		says  string
	}{
		"provider":    {pipeline.CheckOK, "used as OpenAI-compatible"},
		"base model":  {pipeline.CheckOK, "switchboard-softmax-1"},
		"files":       {pipeline.CheckOK, "can be listed"},
		"jobs":        {pipeline.CheckProblem, "offers no fine-tuning (404 Not Found)"},
		"events":      {pipeline.CheckProblem, "knows no such request"},
		"answers":     {pipeline.CheckOK, "can be asked for"},
		"checkpoints": {pipeline.CheckNote, "not offered; without them a run uses the job's last model"},
		"batches":     {pipeline.CheckNote, "not offered; without them apply asks call by call"},
	} {
		if got := checks[name]; got.State != want.state || !strings.Contains(got.Message, want.says) {
			t.Errorf("%s: got %+v, want %s that says %q", name, got, want.state, want.says)
		}
	}
}
