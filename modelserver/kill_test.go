package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"
)

// examples writes n examples of two labels, different for each seed.
func examples(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	words := map[string][]string{"SkyFast": {"flight", "gate", "seat"}, "TuneBox": {"song", "album", "shuffle"}}
	var file bytes.Buffer
	for i := range n {
		label := []string{"SkyFast", "TuneBox"}[i%2]
		text := fmt.Sprintf("my %s %d is %d late", words[label][random.IntN(3)], random.IntN(1000), random.IntN(1000))
		line, _ := json.Marshal(map[string]any{"messages": []map[string]string{{"role": "user", "content": text}, {"role": "assistant", "content": label}}})
		file.Write(append(line, '\n'))
	}
	return file.Bytes()
}

// victim is a real model server in a process of its own, which is killed and
// started again on the same address and directory.
type victim struct {
	t       *testing.T
	program string
	address string
	dir     string
	process *exec.Cmd
	errors  bytes.Buffer
	client  *openai.Client
}

func newVictim(t *testing.T, program string) *victim {
	env := environment(t)
	v := &victim{t: t, program: program, address: env["SWITCHBOARD_MODELSERVER_ADDRESS"], dir: t.TempDir()}
	config := openai.DefaultConfig("the-key")
	config.BaseURL = "http://" + v.address + "/v1"
	v.client = openai.NewClientWithConfig(config)
	v.start()
	t.Cleanup(v.kill)
	return v
}

func (v *victim) start() {
	v.t.Helper()
	v.errors.Reset()
	v.process = exec.Command(v.program, "-address", v.address, "-data", v.dir)
	v.process.Env = append(os.Environ(), "SWITCHBOARD_MODELSERVER_KEYS=the-key")
	v.process.Stderr = &v.errors
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
	waitUntil(v.t, "the server has started", func() bool { return check(v.t.Context(), v.address, "") == nil })
}

// kill ends the process the hard way.
func (v *victim) kill() {
	_ = v.process.Process.Kill() // SIGKILL
	_ = v.process.Wait()
}

// model returns the bytes of a job's model as they are on disk.
func (v *victim) model(job string) []byte {
	v.t.Helper()
	content, err := os.ReadFile(filepath.Join(v.dir, "models", job+".model"))
	if err != nil {
		v.t.Fatal(err)
	}
	return content
}

// await polls until a job has succeeded.
func (v *victim) await(id string) openai.FineTuningJob {
	v.t.Helper()
	var job openai.FineTuningJob
	waitUntil(v.t, "job "+id+" has succeeded", func() (succeeded bool) {
		var err error
		if job, err = v.client.RetrieveFineTuningJob(v.t.Context(), id); err != nil {
			v.t.Fatal(err)
		}
		if job.Status == "failed" || job.Status == "cancelled" {
			v.t.Fatalf("job %s is %s", id, job.Status)
		}
		return job.Status == "succeeded"
	})
	return job
}

// acknowledged is what the server has said is there: by the client's word, not
// the server's.
type acknowledged struct {
	mu      sync.Mutex
	files   map[string][]byte // content by id
	deleted map[string]bool
	jobs    map[string]uint64 // the seed of its examples by id
	models  map[string]string // a model's answer, by its id
	asked   int
}

// work uploads, creates jobs, deletes and asks until the server is gone. Every
// file that the jobs need has a seed below seeds.
func (a *acknowledged) work(ctx context.Context, c *openai.Client, random *rand.Rand, seeds uint64, size int) {
	for ctx.Err() == nil {
		seed := random.Uint64N(seeds)
		content := examples(seed, size)
		file, err := c.CreateFileBytes(ctx, openai.FileBytesRequest{Name: "a.jsonl", Bytes: content, Purpose: openai.PurposeFineTune})
		if err != nil {
			return
		}
		a.note(func() { a.files[file.ID] = content })
		if random.IntN(3) == 0 {
			if err := c.DeleteFile(ctx, file.ID); err != nil {
				// Deleted or not: nobody said.
				a.note(func() { delete(a.files, file.ID) })
				return
			}
			a.note(func() { delete(a.files, file.ID); a.deleted[file.ID] = true })
		} else if len(a.jobs) < 8 {
			job, err := c.CreateFineTuningJob(ctx, openai.FineTuningJobRequest{TrainingFile: file.ID, Model: "switchboard-softmax-1"})
			if err != nil {
				return
			}
			a.note(func() { a.jobs[job.ID] = seed })
		}
		for id := range maps.Clone(a.jobs) {
			job, err := c.RetrieveFineTuningJob(ctx, id)
			if err != nil {
				return
			}
			if job.Status != "succeeded" {
				continue
			}
			answer, err := answerOf(ctx, c, job.FineTunedModel)
			if err != nil {
				return
			}
			a.note(func() { a.models[job.FineTunedModel] = answer; a.asked++ })
		}
	}
}

func (a *acknowledged) note(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// answerOf is an answer with its probabilities, as text.
func answerOf(ctx context.Context, c *openai.Client, model string) (string, error) {
	answer, err := c.CreateChatCompletion(ctx, openai.ChatCompletionRequest{
		Model: model, LogProbs: true, TopLogProbs: 2,
		Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "the flight and the song"}},
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprint(answer.Choices[0].LogProbs.Content), nil
}

// check holds the server against what it has acknowledged.
func (a *acknowledged) check(t *testing.T, c *openai.Client) {
	t.Helper()
	for id, want := range a.files {
		content, err := c.GetFileContent(t.Context(), id)
		if err != nil {
			t.Errorf("an acknowledged file is lost: %v", err)
			continue
		}
		got, err := io.ReadAll(content)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("an acknowledged file of %d bytes has now %d: %v", len(want), len(got), err)
		}
		_ = content.Close()
	}
	for id := range a.deleted {
		var e *openai.APIError
		if _, err := c.GetFile(t.Context(), id); !errors.As(err, &e) || e.HTTPStatusCode != 404 {
			t.Errorf("a deleted file is back: %v", err)
		}
	}
	for id := range a.jobs {
		job, err := c.RetrieveFineTuningJob(t.Context(), id)
		if err != nil || job.Status == "failed" || job.Status == "cancelled" {
			t.Errorf("an acknowledged job is %q: %v", job.Status, err)
		}
	}
	for model, want := range a.models {
		if got, err := answerOf(t.Context(), c, model); err != nil || got != want {
			t.Errorf("a model that was asked answers %s, %v; want %s", got, err, want)
		}
	}
}

// A server that is killed at many moments keeps everything that it has
// acknowledged, and its jobs end in the same bytes as without a kill.
func TestKilledServerKeepsItsWord(t *testing.T) {
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
	program := filepath.Join(t.TempDir(), "modelserver")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building modelserver: %v\n%s", err, out)
	}
	const (
		seeds = 3
		size  = 3000 // examples: some tenths of a second of training
		kills = 15   // a job is given up after 20
	)
	undisturbed := newVictim(t, program)
	models, results := map[uint64][]byte{}, map[uint64]string{}
	resultsOf := func(v *victim, job openai.FineTuningJob) string {
		t.Helper()
		content, err := v.client.GetFileContent(t.Context(), job.ResultFiles[0])
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for seed := range uint64(seeds) {
		file, err := undisturbed.client.CreateFileBytes(t.Context(), openai.FileBytesRequest{Name: "a.jsonl", Bytes: examples(seed, size), Purpose: openai.PurposeFineTune})
		if err != nil {
			t.Fatal(err)
		}
		job, err := undisturbed.client.CreateFineTuningJob(t.Context(), openai.FineTuningJobRequest{TrainingFile: file.ID, Model: "switchboard-softmax-1"})
		if err != nil {
			t.Fatal(err)
		}
		done := undisturbed.await(job.ID)
		models[seed], results[seed] = undisturbed.model(job.ID), resultsOf(undisturbed, done)
	}
	undisturbed.kill()

	for _, seed := range []uint64{rand.Uint64(), rand.Uint64()} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			v := newVictim(t, program)
			a := &acknowledged{files: map[string][]byte{}, deleted: map[string]bool{}, jobs: map[string]uint64{}, models: map[string]string{}}
			for range kills {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				own := rand.New(rand.NewPCG(random.Uint64(), 0))
				go func() {
					defer close(done)
					a.work(ctx, v.client, own, seeds, size)
				}()
				time.Sleep(time.Duration(random.IntN(600)) * time.Millisecond)
				v.kill()
				cancel()
				<-done
				v.start()
				a.check(t, v.client)
			}
			restarted := 0
			for id, seed := range a.jobs {
				job := v.await(id)
				if !bytes.Equal(v.model(id), models[seed]) {
					t.Errorf("job %s has another model than without a kill", id)
				}
				if resultsOf(v, job) != results[seed] {
					t.Errorf("job %s has other results than without a kill", id)
				}
				events, err := v.client.ListFineTuningJobEvents(t.Context(), id, openai.ListFineTuningJobEventsWithLimit(100))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(fmt.Sprint(events.Data), "started again after a restart") {
					restarted++
				}
			}
			a.check(t, v.client)
			if len(a.files) == 0 || len(a.jobs) == 0 || restarted == 0 {
				t.Errorf("%d files, %d jobs of which %d were killed in training, %d questions: this run shows nothing", len(a.files), len(a.jobs), restarted, a.asked)
			}
			t.Logf("%d files and %d deletions, %d jobs of which %d were killed in training, %d questions", len(a.files), len(a.deleted), len(a.jobs), restarted, a.asked)
		})
	}
}
