package modelserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/logtest"
)

const testKey = "test-key"

// running is a server under test, and a client of it.
type running struct {
	*Server
	url    string
	client *openai.Client
	log    *logtest.Buffer
}

// start serves a data directory until the test ends or stop is called.
func start(t testing.TB, options Options) (r *running, stop func()) {
	t.Helper()
	log := &logtest.Buffer{}
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	options.Keys = append(options.Keys, testKey)
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	stop = sync.OnceFunc(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	t.Cleanup(stop)
	return &running{Server: server, url: web.URL, client: clientOf(web.URL), log: log}, stop
}

func clientOf(url string) *openai.Client {
	config := openai.DefaultConfig(testKey)
	config.BaseURL = url + "/v1"
	return openai.NewClientWithConfig(config)
}

// topics are the labels of generated examples, and the words that give them
// away.
var topics = map[string][]string{
	"SkyFast":   {"flight", "gate", "boarding", "luggage", "seat"},
	"ParcelPro": {"parcel", "courier", "delivery", "doorstep", "depot"},
	"TuneBox":   {"playlist", "song", "album", "shuffle", "podcast"},
}

var topicNames = []string{"SkyFast", "ParcelPro", "TuneBox"}

// sentence writes a text about a topic.
func sentence(random *rand.Rand, topic string) string {
	filler := []string{"why", "is", "my", "still", "not", "here", "please", "help", "again", "today", "the"}
	words := make([]string, 4+random.IntN(8))
	for i := range words {
		words[i] = filler[random.IntN(len(filler))]
	}
	own := topics[topic]
	words[random.IntN(len(words))] = own[random.IntN(len(own))]
	return strings.Join(words, " ")
}

// jsonl writes n examples.
func jsonl(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	var file bytes.Buffer
	for i := range n {
		topic := topicNames[i%len(topicNames)]
		line, _ := json.Marshal(map[string]any{"messages": []map[string]string{
			{"role": "system", "content": "Name the company."},
			{"role": "user", "content": sentence(random, topic)},
			{"role": "assistant", "content": topic},
		}})
		file.Write(append(line, '\n'))
	}
	return file.Bytes()
}

func (r *running) upload(t testing.TB, content []byte) string {
	t.Helper()
	f, err := r.client.CreateFileBytes(t.Context(), openai.FileBytesRequest{Name: "examples.jsonl", Bytes: content, Purpose: openai.PurposeFineTune})
	if err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// create makes a job from a JSON body, for what go-openai's type lacks.
func (r *running) create(t testing.TB, body map[string]any) jobObject {
	t.Helper()
	if body["model"] == nil {
		body["model"] = BaseModel
	}
	var j jobObject
	r.call(t, "POST", "/v1/fine_tuning/jobs", body, &j)
	return j
}

// call makes a request that must succeed.
func (r *running) call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := r.raw(t, method, path, testKey, "application/json", bytes.NewReader(content))
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}

// raw makes any request.
func (r *running) raw(t testing.TB, method, path, key, contentType string, body io.Reader) (status int, answer []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s %s: no request id", method, path)
	}
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// await polls a job until it has one of the statuses.
func await(t testing.TB, client *openai.Client, id string, statuses ...string) openai.FineTuningJob {
	t.Helper()
	for {
		j, err := client.RetrieveFineTuningJob(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range statuses {
			if j.Status == status {
				return j
			}
		}
		if !(job{Status: j.Status}).active() {
			t.Fatalf("the job ended as %s, want %v", j.Status, statuses)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// trained makes a model of generated examples and returns its name.
func (r *running) trained(t testing.TB) string {
	t.Helper()
	j := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 60))})
	return await(t, r.client, j.ID, statusSucceeded).FineTunedModel
}

func ask(model, text string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{Model: model, Messages: []openai.ChatCompletionMessage{
		{Role: "system", Content: "Name the company."},
		{Role: "user", Content: text},
	}}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	return string(must[[]byte](t)(io.ReadAll(r)))
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serveAsChild(dir)
		return
	}
	os.Exit(m.Run())
}

func TestOptionsValidate(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no directory":    {Options{Keys: []string{"k"}}, "no data directory"},
		"no keys":         {Options{Dir: "d"}, "no API key"},
		"an empty key":    {Options{Dir: "d", Keys: []string{"k", ""}}, "is empty or has blanks"},
		"a padded key":    {Options{Dir: "d", Keys: []string{" k"}}, "is empty or has blanks"},
		"negative size":   {Options{Dir: "d", Keys: []string{"k"}, MaxFileBytes: -1}, "-1 bytes"},
		"negative jobs":   {Options{Dir: "d", Keys: []string{"k"}, MaxActiveJobs: -1}, "active jobs is -1"},
		"negative chats":  {Options{Dir: "d", Keys: []string{"k"}, MaxChats: -1}, "are -1 and 0"},
		"negative queue":  {Options{Dir: "d", Keys: []string{"k"}, MaxWaitingChats: -1}, "are 0 and -1"},
		"negative quota":  {Options{Dir: "d", Keys: []string{"k"}, MaxDiskBytes: -1}, "-1 bytes"},
		"negative drain":  {Options{Dir: "d", Keys: []string{"k"}, Drain: -1}, "-1ns"},
		"a bad name":      {Options{Dir: "d", NamedKeys: []Key{{Name: "A", Key: "k"}}}, "API key 1: its name"},
		"a key twice":     {Options{Dir: "d", Keys: []string{"k"}, NamedKeys: []Key{{Name: "a", Key: "k"}}}, "API key 1 with a name"},
		"a key as a name": {Options{Dir: "d", Keys: []string{"k"}, NamedKeys: []Key{{Name: "k", Key: "x"}}}, "API key 1 with a name"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(test.options); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// Two servers would train every job twice.
func TestDirectoryBelongsToOneServer(t *testing.T) {
	first, stop := start(t, Options{})
	again := Options{Dir: first.options.Dir, Keys: []string{"k"}}
	if _, err := New(again); err == nil || !strings.Contains(err.Error(), "another model server") {
		t.Fatalf("a second server starts with %v, want it refused", err)
	}
	stop()
	second, err := New(again)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	r, _ := start(t, Options{})
	listener := must[*httptest.Server](t)(httptest.NewUnstartedServer(nil), nil).Listener
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, listener) }()
	response, err := http.Get(fmt.Sprintf("http://%s/healthz", listener.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, response.Body); response.StatusCode != http.StatusOK || body != `{"status":"ok"}` {
		t.Errorf("health is %s %s", response.Status, body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serving ended with %v, want nil", err)
	}
}
