// Command load measures how many chat completions a second the model server
// answers over HTTP on this machine, and how long they take, at 1, 16 and 128
// connections.
//
//	go run ./bench/load
//
// It builds and starts a model server of its own on the loopback interface,
// trains a model of 50 classes on generated text through the API, asks a bounded
// number of questions, and prints a table in Markdown. Client and server share
// the processors: a server with a machine to itself does better.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	key     = "sk-load"
	classes = 50
)

func main() {
	requests := flag.Int("requests", 20_000, "questions at each number of connections")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *requests); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, requests int) error {
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	url, stop, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	c := client{url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}, Timeout: time.Minute}}
	model, err := c.train(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d processors, %s\n\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version())
	fmt.Println("| connections | questions | failed | answers/s | p50, ms | p99, ms |")
	fmt.Println("| --: | --: | --: | --: | --: | --: |")
	for _, connections := range []int{1, 16, 128} {
		if err := c.load(ctx, model, connections, requests); err != nil {
			return err
		}
	}
	return nil
}

// serve starts the model server and waits until it serves.
func serve(ctx context.Context, dir string) (url string, stop func(), err error) {
	program := filepath.Join(dir, "modelserver")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./modelserver")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", nil, fmt.Errorf("building the model server: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := l.Addr().String()
	_ = l.Close()
	server := exec.CommandContext(ctx, program, "-address", address, "-data", filepath.Join(dir, "data"))
	server.Env = append(os.Environ(), "SWITCHBOARD_MODELSERVER_KEYS="+key)
	log, err := server.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "serving") {
			go func() { _, _ = io.Copy(io.Discard, log) }() // a full pipe would stop it
			return "http://" + address + "/v1", stop, nil
		}
	}
	stop()
	return "", nil, errors.New("the model server did not start")
}

type client struct {
	url  string
	http *http.Client
}

// call sends a request and decodes its answer.
func (c client) call(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", contentType)
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	return json.Unmarshal(content, into)
}

// train makes a model of generated text.
func (c client) train(ctx context.Context) (string, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("purpose", "fine-tune"); err != nil {
		return "", err
	}
	file, err := w.CreateFormFile("file", "train.jsonl")
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 100 * classes {
		line := map[string]any{"messages": []map[string]string{
			{"role": "user", "content": text(random, i%classes)}, {"role": "assistant", "content": fmt.Sprintf("Company%02d", i%classes)},
		}}
		if err := json.NewEncoder(file).Encode(line); err != nil {
			return "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	var uploaded, job struct {
		ID, Status string
		Model      string `json:"fine_tuned_model"`
	}
	if err := c.call(ctx, http.MethodPost, "/files", w.FormDataContentType(), form.Bytes(), &uploaded); err != nil {
		return "", err
	}
	request := fmt.Appendf(nil, `{"model": "switchboard-softmax-1", "training_file": %q}`, uploaded.ID)
	if err := c.call(ctx, http.MethodPost, "/fine_tuning/jobs", "application/json", request, &job); err != nil {
		return "", err
	}
	for job.Status != "succeeded" {
		if job.Status == "failed" {
			return "", errors.New("the model's job failed")
		}
		time.Sleep(100 * time.Millisecond)
		if err := c.call(ctx, http.MethodGet, "/fine_tuning/jobs/"+job.ID, "", nil, &job); err != nil {
			return "", err
		}
	}
	return job.Model, nil
}

// text is as long as a conversation of two tweets.
func text(random *rand.Rand, class int) string {
	var b strings.Builder
	for i := range 40 {
		word := random.IntN(3000)
		if i%8 == 0 {
			word = 10_000 + class*20 + random.IntN(20)
		}
		// Letters, since all digits are the same to the classifier.
		for ; word > 0; word /= 26 {
			b.WriteByte(byte('a' + word%26))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// load asks from a number of connections at once, each the next question as soon
// as it has its answer.
func (c client) load(ctx context.Context, model string, connections, requests int) error {
	random := rand.New(rand.NewPCG(2, 2))
	bodies := make([][]byte, 500)
	for i := range bodies {
		body, err := json.Marshal(map[string]any{
			"model": model, "logprobs": true, "top_logprobs": 5, "messages": []map[string]string{{"role": "user", "content": text(random, i%classes)}},
		})
		if err != nil {
			return err
		}
		bodies[i] = body
	}
	took := make([]time.Duration, requests)
	var next, failed atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range connections {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= requests {
					return
				}
				start := time.Now()
				var answer struct{ Choices []any }
				if err := c.call(ctx, http.MethodPost, "/chat/completions", "application/json", bodies[i%len(bodies)], &answer); err != nil || len(answer.Choices) != 1 {
					failed.Add(1)
				}
				took[i] = time.Since(start)
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	seconds := time.Since(begin).Seconds()
	slices.Sort(took)
	ms := func(share float64) float64 { return took[int(share*float64(requests-1))].Seconds() * 1000 }
	fmt.Printf("| %d | %d | %d | %.0f | %.2f | %.2f |\n", connections, requests, failed.Load(), float64(requests)/seconds, ms(0.5), ms(0.99))
	return nil
}
