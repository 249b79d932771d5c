// Command inference measures how well the classification of a dataset uses a
// provider: its concurrency, and its rate limit.
//
// It runs the real client (internal/provider) and the real part runner
// (internal/inference), which saves chunks to disk, against an HTTP server that
// takes a fixed time for an answer, refuses requests beyond its concurrency with
// 429, and notes the arrival of every request. What is reported is what the
// server saw.
//
//	go run ./bench/inference -rows 12800 -parts 4
//	go run ./bench/inference -requests-per-minute 600 -duration 130s
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/inference"
	"switchboard/internal/prompt"
	"switchboard/internal/provider"
)

func main() {
	var b bench
	flag.IntVar(&b.rows, "rows", 12800, "examples in all")
	flag.IntVar(&b.parts, "parts", 1, "parts that the examples are cut into")
	flag.IntVar(&b.window, "window", 2, "parts classified at a time")
	flag.DurationVar(&b.answer, "answer", 300*time.Millisecond, "time the provider takes for an answer")
	flag.IntVar(&b.concurrent, "concurrent", 64, "requests the provider takes at a time")
	flag.IntVar(&b.perMinute, "requests-per-minute", 0, "rate limit given to the client, 0 for none")
	flag.DurationVar(&b.duration, "duration", 0, "stop after this time, 0 when all is classified")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type bench struct {
	rows, parts, window   int
	answer, duration      time.Duration
	concurrent, perMinute int
}

// server is the provider.
type server struct {
	bench
	mu          sync.Mutex
	arrivals    []time.Time
	now, most   int
	tooMany     int
	connections atomic.Int64
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.arrivals = append(s.arrivals, arrived)
	s.now++
	s.most = max(s.most, s.now)
	over := s.now > s.concurrent
	if over {
		s.tooMany++
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	if over {
		http.Error(w, `{"error":{"code":"rate_limit_exceeded"}}`, http.StatusTooManyRequests)
		return
	}
	time.Sleep(time.Until(arrived.Add(s.answer)))
	fmt.Fprint(w, `{"choices":[{"message":{"content":"Acme"},"logprobs":{"content":[{"token":"Acme","logprob":-0.1,"top_logprobs":[]}]}}],"usage":{"prompt_tokens":60,"completion_tokens":2}}`)
}

func (b bench) run() error {
	s := &server{bench: b}
	listener := httptest.NewUnstartedServer(s)
	listener.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	listener.Start()
	defer listener.Close()
	dir, err := os.MkdirTemp("", "bench-inference")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	client, err := provider.New(provider.Options{BaseURL: listener.URL, MaxConcurrent: b.concurrent, RequestsPerMinute: b.perMinute})
	if err != nil {
		return err
	}

	ctx := context.Background()
	if b.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, b.duration)
		defer cancel()
	}
	start := time.Now()
	chunks, err := b.classify(ctx, client, dir)
	elapsed := time.Since(start)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.report(elapsed, chunks)
	return nil
}

// classify runs the parts, a window of them at a time as a worker does.
func (b bench) classify(ctx context.Context, client *provider.Client, dir string) (chunks int, err error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	window := make(chan struct{}, b.window)
	for n := range b.parts {
		examples := b.part(n)
		window <- struct{}{}
		group.Go(func() {
			defer func() { <-window }()
			o, e := inference.Run(ctx, client, inference.Options{Model: "m", Prompt: prompt.System, Labels: []string{"Acme"}, Concurrency: b.concurrent},
				examples, inference.Resume{}, func(chunk int, p []dataset.Prediction) error {
					body, err := json.Marshal(p)
					if err != nil {
						return err
					}
					return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%d.json", n, chunk)), body, 0o600)
				}, nil)
			mu.Lock()
			defer mu.Unlock()
			chunks += o.NextChunk
			err = errors.Join(err, e)
		})
	}
	group.Wait()
	return chunks, err
}

func (b bench) part(n int) []dataset.Example {
	from, to := b.rows*n/b.parts, b.rows*(n+1)/b.parts
	examples := make([]dataset.Example, 0, to-from)
	for i := from; i < to; i++ {
		examples = append(examples, dataset.Example{
			ID:   int64(i),
			Text: fmt.Sprintf("my parcel number %d has not arrived and nobody answers the phone\nwe are sorry to hear that, please send us a message", i),
		})
	}
	return examples
}

func (s *server) report(elapsed time.Duration, chunks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.arrivals)
	if n == 0 {
		fmt.Println("no request arrived")
		return
	}
	fmt.Printf("requests           %d in %.2f s, %.1f/s\n", n, elapsed.Seconds(), float64(n)/elapsed.Seconds())
	fmt.Printf("at a time          at most %d; refused as too many: %d\n", s.most, s.tooMany)
	fmt.Printf("connections        %d\n", s.connections.Load())
	fmt.Printf("chunks saved       %d\n", chunks)
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
		fmt.Printf("CPU                %.2f s, server and client together (%.0f us a request)\n", cpu.Seconds(), float64(cpu.Microseconds())/float64(n))
	}
	if s.perMinute == 0 {
		possible := float64(s.concurrent) / s.answer.Seconds()
		fmt.Printf("possible           %.1f/s\n", possible)
		fmt.Printf("used               %.1f%%\n", 100*float64(n)/elapsed.Seconds()/possible)
		return
	}
	slices.SortFunc(s.arrivals, time.Time.Compare)
	// The span between the first and the last arrival: what follows the end
	// of the run is not the limiter's.
	span := s.arrivals[n-1].Sub(s.arrivals[0])
	fmt.Printf("limit              %d a minute\n", s.perMinute)
	fmt.Printf("used               %.1f%%\n", 100*float64(n-1)/span.Minutes()/float64(s.perMinute))
	fmt.Printf("busiest 60 s       %d requests\n", busiest(s.arrivals, time.Minute))
	fmt.Printf("busiest 1 s        %d requests (%.1f would be even)\n", busiest(s.arrivals, time.Second), float64(s.perMinute)/60)
}

// busiest returns the largest number of arrivals in any span of d, both ends
// included.
func busiest(sorted []time.Time, d time.Duration) int {
	most, first := 0, 0
	for i, at := range sorted {
		for at.Sub(sorted[first]) > d {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
