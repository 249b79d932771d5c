package modelserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/languagemodel"
)

// childDir is the environment variable that makes the test binary a model
// server on the directory it names. It prints its address.
const childDir = "SWITCHBOARD_TEST_MODELSERVER_DIR"

// childModels and childPython name the language models of such a server, and what
// trains them.
const (
	childModels = "SWITCHBOARD_TEST_MODELSERVER_MODELS"
	childPython = "SWITCHBOARD_TEST_MODELSERVER_PYTHON"
)

func serveAsChild(dir string) {
	options := Options{Dir: dir, Keys: []string{testKey}, Logger: slog.New(slog.DiscardHandler)}
	var err error
	if file := os.Getenv(childModels); file != "" {
		options.LanguageModels, err = languagemodel.Load(context.Background(), languagemodel.Options{File: file, Python: os.Getenv(childPython), Logger: options.Logger})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server, err := New(options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	_ = server.Serve(context.Background(), listener)
}

// spawn starts a model server in a process of its own. Kill ends it the hard
// way.
func spawn(t *testing.T, dir string) (r *running, kill func()) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start: %v", err)
	}
	url := "http://" + strings.TrimSpace(address)
	return &running{url: url, client: clientOf(url)}, func() {
		_ = child.Process.Kill() // SIGKILL
		_ = child.Wait()
	}
}

// killedJob takes about half a second to train.
func killedJob(t *testing.T, r *running) string {
	t.Helper()
	return r.create(t, map[string]any{
		"training_file": r.upload(t, jsonl(1, 1200)), "validation_file": r.upload(t, jsonl(2, 60)),
		"hyperparameters": map[string]any{"n_epochs": 20, "batch_size": 4},
	}).ID
}

// A server that is killed at any moment and started again ends with the job
// done once, as if nothing had happened.
func TestSurvivesSIGKILL(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	undisturbed, stop := spawn(t, t.TempDir())
	want := outcome(t, undisturbed, killedJob(t, undisturbed))
	stop()

	epochs := func(t *testing.T, r *running, id string, n int) {
		t.Helper()
		for {
			var events list[eventObject]
			r.call(t, "GET", "/v1/fine_tuning/jobs/"+id+"/events?limit=100", nil, &events)
			seen := 0
			for _, e := range events.Data {
				if e.Type == "metrics" {
					seen++
				}
			}
			if seen >= n {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	interrupted := 0
	for name, moment := range map[string]func(t *testing.T, r *running, id string){
		"at once":           func(*testing.T, *running, string) {},
		"as it starts":      func(t *testing.T, r *running, id string) { await(t, r.client, id, statusRunning) },
		"after epoch 7":     func(t *testing.T, r *running, id string) { epochs(t, r, id, 7) },
		"in the last epoch": func(t *testing.T, r *running, id string) { epochs(t, r, id, 19) },
		"while saving":      func(t *testing.T, r *running, id string) { epochs(t, r, id, 20) },
		"when it is done":   func(t *testing.T, r *running, id string) { await(t, r.client, id, statusSucceeded) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r, kill := spawn(t, dir)
			id := killedJob(t, r)
			moment(t, r, id)
			kill()
			r, kill = spawn(t, dir)
			defer kill()
			if got := outcome(t, r, id); got != want {
				t.Errorf("outcome is\n%s\nwant\n%s", got, want)
			}
			if _, story := r.raw(t, "GET", "/v1/fine_tuning/jobs/"+id+"/events?limit=100", testKey, "", nil); strings.Contains(string(story), "started again after a restart") {
				interrupted++
			}
		})
	}
	if interrupted == 0 {
		t.Error("no kill came while training: this test shows nothing")
	}
	t.Run("five times, by chance", func(t *testing.T) {
		dir := t.TempDir()
		r, kill := spawn(t, dir)
		id := killedJob(t, r)
		for range 5 {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			kill()
			r, kill = spawn(t, dir)
		}
		defer kill()
		if got := outcome(t, r, id); got != want {
			t.Errorf("outcome is\n%s\nwant\n%s", got, want)
		}
	})
}

// outcome waits for the end of the only job, and describes everything that
// must not depend on what happened in between.
func outcome(t *testing.T, r *running, id string) string {
	t.Helper()
	done := await(t, r.client, id, statusSucceeded)
	var jobs list[jobObject]
	r.call(t, "GET", "/v1/fine_tuning/jobs", nil, &jobs)
	models := must[openai.ModelsList](t)(r.client.ListModels(t.Context()))
	files := must[openai.FilesList](t)(r.client.ListFiles(t.Context()))
	var story strings.Builder
	fmt.Fprintf(&story, "%d job, %d models, %d files, %d result file, %d tokens\n", len(jobs.Data), len(models.Models), len(files.Files), len(done.ResultFiles), done.TrainedTokens)
	story.WriteString(readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), done.ResultFiles[0]))))
	var events list[eventObject]
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+id+"/events?limit=100", nil, &events)
	for _, e := range events.Data {
		if e.Type == "metrics" {
			data, _ := json.Marshal(e.Data)
			fmt.Fprintf(&story, "%s\n", data)
		}
	}
	asked := []string{done.FineTunedModel}
	for _, c := range r.checkpoints(t, id, "") {
		fmt.Fprintf(&story, "step %d %s\n", c.Step, must[[]byte](t)(json.Marshal(c.Metrics)))
		asked = append(asked, c.Model)
	}
	for _, model := range asked {
		request := ask(model, "the flight, the parcel and the song")
		request.LogProbs, request.TopLogProbs = true, 3
		answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request))
		fmt.Fprintf(&story, "%v\n", answer.Choices[0].LogProbs.Content[0].TopLogProbs)
	}
	return story.String()
}

// Closing in good order leaves the job for the next start, and does not count
// as one of its attempts.
func TestCloseLeavesTheJobForLater(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	id := killedJob(t, r)
	await(t, r.client, id, statusRunning)
	stop()
	r, _ = start(t, Options{Dir: dir})
	await(t, r.client, id, statusSucceeded)
	if j, _ := r.jobs.get(id); j.Attempts != 1 {
		t.Errorf("the job was started %d times, want 1 besides the one that was closed", j.Attempts)
	}
	if !strings.Contains(fmt.Sprint(r.jobs.newest()), "started again after a restart") {
		t.Error("no event tells of the restart")
	}
}

// A job that kills the server is not tried for ever.
func TestAttemptsAreBounded(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	id := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 12))}).ID
	await(t, r.client, id, statusSucceeded)
	if _, err := r.jobs.change(id, func(j *job) error {
		j.Status, j.Attempts = statusRunning, maxAttempts
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	stop()
	r, _ = start(t, Options{Dir: dir})
	await(t, r.client, id, statusFailed)
	if j, _ := r.jobs.get(id); j.Error.Code != "server_error" || !strings.Contains(j.Error.Message, "20 times") {
		t.Errorf("the error is %+v", j.Error)
	}
}

// What a crash can leave is removed at the next start; what is damaged stops
// it, with the name of the file.
func TestStartCleansUp(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	model := r.trained(t)
	stop()
	left := []string{"tmp/half", "files/file-ORPHAN.data", "models/ftjob-ORPHAN.model", "models/ftjob-ORPHAN.step-7.model"}
	for _, name := range left {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, stop = start(t, Options{Dir: dir})
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there", name)
		}
	}
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(model, "my flight")))
	stop()

	damaged := filepath.Join(dir, "jobs", "ftjob-X.json")
	if err := os.WriteFile(damaged, []byte(`{"id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: dir, Keys: []string{"k"}}); err == nil || !strings.Contains(err.Error(), "jobs/ftjob-X.json is damaged") {
		t.Errorf("error is %v, want the damaged file's name", err)
	}
}

// A damaged model is the server's failure, told without details, and other
// models go on.
func TestDamagedModel(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	bad, good := r.trained(t), r.trained(t)
	stop()
	r, _ = start(t, Options{Dir: dir})
	j, _ := r.models.has(bad)
	path := filepath.Join(dir, j.path)
	content := must[[]byte](t)(os.ReadFile(path))
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(ask(bad, "my flight"))
	status, answer := r.raw(t, "POST", "/v1/chat/completions", testKey, "application/json", strings.NewReader(string(body)))
	if status != 500 || !strings.Contains(string(answer), `"type":"server_error"`) || strings.Contains(string(answer), "checksum") {
		t.Errorf("%d %s", status, answer)
	}
	if !strings.Contains(r.log.String(), "checksum is wrong") {
		t.Error("the log does not say what is wrong")
	}
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(good, "my flight")))
}
