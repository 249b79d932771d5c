package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"switchboard/internal/modelserver"
)

// counter is a model server that counts what is sent to it.
type counter struct {
	url   string
	mu    sync.Mutex
	sent  int
	paths map[string]int // of what was sent
	// filtered is a word; questions with it are refused like those that a
	// content filter withholds. None are if it is empty.
	filtered string
}

const counterKey = "sk-test"

// newCounter starts a model server, with these faults of its jobs.
func newCounter(t *testing.T, jobs ...modelserver.JobFault) *counter {
	t.Helper()
	server, err := modelserver.New(modelserver.Options{
		Dir: t.TempDir(), Keys: []string{counterKey}, Logger: slog.New(slog.DiscardHandler), Faults: &modelserver.Faults{Jobs: jobs},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	c := &counter{paths: map[string]int{}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.refuses(w, r) {
			server.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	c.url = front.URL + "/v1"
	return c
}

func (c *counter) refuses(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// A fine-tuning asks its base model one question before it is accepted. It is
	// the same for everybody and carries nobody's text.
	if bytes.Contains(body, []byte(`"model":"`+modelserver.BaseModel+`","messages"`)) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	c.paths[r.URL.Path]++
	if c.filtered == "" || r.URL.Path != "/v1/chat/completions" {
		return false
	}
	if !bytes.Contains(body, []byte(c.filtered)) {
		return false
	}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprint(w, `{"error":{"code":"content_filter","message":"no"}}`)
	return true
}

// filter refuses questions with this word from now on.
func (c *counter) filter(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.filtered = word
}

// count is how often something was posted to a path.
func (c *counter) count(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths[path]
}

// posts is how many requests that may carry something came so far.
func (c *counter) posts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}
