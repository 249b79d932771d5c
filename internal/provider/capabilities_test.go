package provider

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// asking answers GET by path, and refuses a question without a model.
func asking(t *testing.T, answers map[string]string, chat int) *faulty {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path != "/v1/chat/completions" || string(body) != "{}" {
				t.Errorf("sent %s %s with %s: only a question that is certain to be refused is harmless", r.Method, r.URL.Path, body)
			}
			w.WriteHeader(chat)
			fmt.Fprint(w, `{"error":{"message":"you must provide a model parameter","type":"invalid_request_error","code":null}}`)
			return
		}
		answer, known := answers[strings.TrimPrefix(r.URL.Path, "/v1")]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"error":{"message":"Invalid URL (%s %s)","type":"invalid_request_error","code":null}}`, r.Method, r.URL.Path)
			return
		}
		if answer == "forbidden" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(w, answer)
	})
}

func TestCapabilities(t *testing.T) {
	const list, job = `{"data":[]}`, `{"data":[{"id":"j1","status":"succeeded"}]}`
	whole := map[string]string{
		"/models/m": `{"id":"m"}`, "/files": list, "/fine_tuning/jobs": job,
		"/fine_tuning/jobs/j1/events": list, "/fine_tuning/jobs/j1/checkpoints": list, "/batches": list,
	}
	without := func(changes ...string) map[string]string {
		answers := map[string]string{}
		for path, answer := range whole {
			answers[path] = answer
		}
		for i := 0; i < len(changes); i += 2 {
			answers[changes[i]] = changes[i+1]
			if changes[i+1] == "" {
				delete(answers, changes[i])
			}
		}
		return answers
	}
	for _, tc := range []struct {
		name    string
		answers map[string]string
		chat    int
		// lacks, unknown and fails are the capabilities with such an error.
		lacks, unknown, fails string
	}{
		{name: "all", answers: whole, chat: 400},
		{name: "unprocessable in place of bad", answers: whole, chat: 422},
		{name: "no job yet", answers: without("/fine_tuning/jobs", list), chat: 400, unknown: "events checkpoints"},
		{name: "no batches", answers: without("/batches", ""), chat: 400, lacks: "batches"},
		{name: "no checkpoints", answers: without("/fine_tuning/jobs/j1/checkpoints", ""), chat: 400, lacks: "checkpoints"},
		{name: "no fine-tuning", answers: without("/fine_tuning/jobs", ""), chat: 400, lacks: "jobs events checkpoints"},
		{name: "fine-tuning forbidden", answers: without("/fine_tuning/jobs", "forbidden"), chat: 400, fails: "jobs events checkpoints"},
		{name: "no base model", answers: without("/models/m", ""), chat: 400, lacks: "base model"},
		{name: "no chat", answers: whole, chat: 405, lacks: "answers"},
		{name: "chat fails", answers: whole, chat: 500, fails: "answers"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := client(t, asking(t, tc.answers, tc.chat), Options{})
			for _, capability := range Capabilities {
				found, err := c.Ask(t.Context(), capability, "m")
				lacks, unknown := strings.Contains(tc.lacks, capability.Name), strings.Contains(tc.unknown, capability.Name)
				fails := strings.Contains(tc.fails, capability.Name)
				if Missing(err) != lacks || errors.Is(err, ErrUnknown) != unknown || (err != nil) != (lacks || unknown || fails) || (err == nil && found == "") {
					t.Errorf("%s: got %q, %v", capability.Name, found, err)
				}
				if capability.Needed == (capability.Without != "") {
					t.Errorf("%s: needed %t, and without it %q", capability.Name, capability.Needed, capability.Without)
				}
			}
		})
	}
}

func TestDeployment(t *testing.T) {
	for base, says := range map[string]string{
		"https://api.openai.com/v1":                  "",
		"https://acme-ai.openai.azure.com/openai/v1": "you have deployed it",
		"https://api.tokenfactory.nebius.com/v1":     "by the run",
	} {
		c, err := New(Options{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Deployment(); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%s: got %q, want %q", base, got, says)
		}
	}
}
