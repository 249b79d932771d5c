// Command calls measures the live path on this machine: calls with given turns are
// written to Kafka at a steady rate, and the time until each is stored with its
// answer is taken from the database.
//
//	go run ./bench/calls -rate 30 -for 10m -kill 30s
//
// It builds and starts standalone on ports of its own with a state of its own, and
// trains the sample's model. With -kill there are an intake and a worker beside it: the
// intake takes in its share of the calls, and what it starts goes to any worker; the
// worker is killed and started again that often. At the end nothing may be lost and nothing doubled:
// each call is stored once, counted once, and published with one content.
//
// With -running it measures what runs already, such as the compose file's services,
// instead of starting anything: the environment tells where, as it tells the programs
// (TEMPORAL_ADDRESS, DATABASE_URL, SWITCHBOARD_KAFKA_BROKERS).
package main

import (
	"bytes"
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/call"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
)

type options struct {
	rate     int
	duration time.Duration
	kill     time.Duration
	turns    int
	dir      string
	bin      string
	running  bool
}

func main() {
	var o options
	flag.IntVar(&o.rate, "rate", 30, "calls a second")
	flag.DurationVar(&o.duration, "for", time.Minute, "how long calls are sent")
	flag.DurationVar(&o.kill, "kill", 0, "how often a worker beside standalone is killed; 0 starts none")
	flag.IntVar(&o.turns, "turns", 10, "turns of a call")
	flag.StringVar(&o.dir, "dir", "", "folder for the state; empty makes one and removes it")
	flag.StringVar(&o.bin, "bin", "", "folder with standalone, starter, worker and intake; empty builds them")
	flag.BoolVar(&o.running, "running", false, "measure what runs already, where the environment says")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "calls")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.starter(ctx, "finetune", "--task", task, "--dataset", "datasets/sample/tweets.csv", "--watch"); err != nil {
		return fmt.Errorf("training the model: %w", err)
	}
	store, err := database.Open(ctx, s.database)
	if err != nil {
		return err
	}
	defer store.Close()
	if o.kill == 0 {
		return load(ctx, s, results.New(store), o)
	}
	beside, err := s.besides(ctx)
	if err != nil {
		return err
	}
	defer beside()
	ended := s.killWorkers(ctx, o.kill)
	err = load(ctx, s, results.New(store), o)
	fmt.Printf("\n%d workers were killed.\n", ended())
	return err
}

// load sends one call, so that the worker has judged its anonymizer, and then those
// that are measured.
func load(ctx context.Context, s *stack, store *results.Store, o options) error {
	source, err := newSource(s.broker, o)
	if err != nil {
		return err
	}
	defer source.client.Close()
	if err := source.send(ctx, 1); err != nil {
		return err
	}
	if _, err := await(ctx, store, source); err != nil {
		return err
	}
	measure := s.measure(ctx)
	if err := source.send(ctx, int(o.duration.Seconds()*float64(o.rate))); err != nil {
		return err
	}
	answered, err := await(ctx, store, source)
	if err != nil {
		return err
	}
	used := measure()
	published, err := s.published(ctx, source)
	if err != nil {
		return err
	}
	if err := s.describe(ctx, source.sent[len(source.sent)-1]); err != nil {
		return err
	}
	return report(o, source.sent, answered, published, used)
}

const task = "load"

// source writes calls to Kafka.
type source struct {
	options
	client *kgo.Client
	texts  []string
	random *rand.Rand
	run    string   // begins the ids of the calls, which other runs have stored as well
	sent   []string // their ids
}

func newSource(broker string, o options) (*source, error) {
	texts, err := sentences()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker))
	run := "load-" + strings.ToLower(cryptorand.Text()[:8])
	return &source{options: o, client: client, texts: texts, random: rand.New(rand.NewPCG(1, 1)), run: run}, err
}

// send writes n calls, each at its time, however long those before it take.
func (s *source) send(ctx context.Context, n int) error {
	var failed error
	begin := time.Now()
	for i := range n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(s.rate)))):
		}
		value, err := json.Marshal(s.next())
		if err != nil {
			return err
		}
		s.client.Produce(ctx, &kgo.Record{Topic: "calls", Key: []byte(s.sent[len(s.sent)-1]), Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	return errors.Join(s.client.Flush(ctx), failed)
}

func (s *source) next() call.Event {
	e := call.Event{ID: fmt.Sprintf("%s-%06d", s.run, len(s.sent)), Task: task, Channel: "phone", ReceivedAt: time.Now().UTC()}
	for i := range s.turns {
		e.Turns = append(e.Turns, call.Turn{Side: []string{"agent", "customer"}[i%2], Text: s.texts[s.random.IntN(len(s.texts))]})
	}
	s.sent = append(s.sent, e.ID)
	return e
}

// sentences are what customers write in the sample, with what people say besides.
func sentences() ([]string, error) {
	file, err := os.Open("datasets/sample/production.csv")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	at := slices.Index(rows[0], "text")
	texts := []string{"May I have your name please?", "Yes, it is Naomi Jones, N A O M I.", "My number is oh seven seven double zero nine hundred one two three."}
	for _, row := range rows[1:] {
		texts = append(texts, row[at])
	}
	return texts, nil
}

// await waits until every call that was sent has its answer, for as long as some come
// in.
func await(ctx context.Context, store *results.Store, source *source) (map[string]results.Result, error) {
	answered, sent := map[string]results.Result{}, source.sent
	for last := time.Now(); len(answered) < len(sent) && time.Since(last) < 2*time.Minute; {
		before := len(answered)
		for cursor, more := "", true; more; more = cursor != "" {
			page, err := store.List(ctx, results.Filter{Tasks: []string{task}}, cursor, results.MaxPage)
			if err != nil {
				return nil, err
			}
			for _, r := range page.Results {
				if r.Prediction != nil && strings.HasPrefix(r.ID, source.run) {
					answered[r.ID] = r
				}
			}
			cursor = page.Next
		}
		if len(answered) > before {
			last = time.Now()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return answered, nil
}

// stack is what is measured.
type stack struct {
	bin, database, address, broker string
	standalone                     *exec.Cmd // nil where something else runs
	environ                        []string
}

// start builds the programs and starts standalone on free ports.
func start(ctx context.Context, o options) (*stack, error) {
	artifacts := filepath.Join(o.dir, "artifacts")
	s := &stack{bin: cmp.Or(o.bin, filepath.Join(o.dir, "bin")), database: filepath.Join(artifacts, "switchboard.db"), environ: os.Environ()}
	if o.bin == "" {
		build := exec.CommandContext(ctx, "go", "build", "-o", s.bin+string(filepath.Separator), "./standalone", "./starter", "./worker", "./intake")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building: %w\n%s", err, out)
		}
	}
	if o.running {
		s.database, s.address, s.broker = os.Getenv("DATABASE_URL"), os.Getenv("TEMPORAL_ADDRESS"), os.Getenv("SWITCHBOARD_KAFKA_BROKERS")
		return s, nil
	}
	state := filepath.Join(o.dir, "state")
	s.environ = append(s.environ, "SWITCHBOARD_ARTIFACTS="+artifacts)
	s.standalone = exec.Command(filepath.Join(s.bin, "standalone"), "--data", state, "--temporal-port", "0", "--ui-port", "0", "--model-port", "0", "--kafka-port", "0", "--intake-port", "0")
	s.standalone.Env = s.environ
	var said lines
	s.standalone.Stdout, s.standalone.Stderr = &said, os.Stderr
	if err := s.standalone.Start(); err != nil {
		return nil, err
	}
	for !strings.Contains(said.String(), "Ready.") {
		select {
		case <-ctx.Done():
			s.stop()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.address, s.broker = said.value("Temporal"), said.value("Kafka")
	key, err := os.ReadFile(filepath.Join(state, "api-key"))
	if err != nil {
		s.stop()
		return nil, err
	}
	s.environ = append(s.environ, "TEMPORAL_ADDRESS="+s.address, "OPENAI_BASE_URL="+said.value("Provider"), "OPENAI_API_KEY="+strings.TrimSpace(string(key)), "SWITCHBOARD_KAFKA_BROKERS="+s.broker)
	return s, nil
}

func (s *stack) stop() {
	if s.standalone == nil {
		return
	}
	_ = s.standalone.Process.Signal(syscall.SIGTERM)
	_ = s.standalone.Wait()
}

func (s *stack) starter(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "starter"), args...)
	cmd.Env, cmd.Stderr = s.environ, os.Stderr
	return cmd.Run()
}

// besides starts an intake that shares no process with a worker, and returns what
// stops it.
func (s *stack) besides(ctx context.Context) (func(), error) {
	intake := exec.CommandContext(ctx, filepath.Join(s.bin, "intake"))
	intake.Env = append(slices.Clone(s.environ), "SWITCHBOARD_INTAKE_ADDRESS=127.0.0.1:0")
	return func() {
		_ = intake.Process.Signal(syscall.SIGTERM)
		_ = intake.Wait()
	}, intake.Start()
}

// killWorkers starts a worker again and again, and kills it each time, until the
// function that it returns is called. That one says how many were killed while they
// worked.
func (s *stack) killWorkers(ctx context.Context, every time.Duration) func() int {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	killed := 0
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			worker := exec.Command(filepath.Join(s.bin, "worker"))
			worker.Env = s.environ
			if worker.Start() != nil {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(every):
			}
			_ = worker.Process.Kill()
			_ = worker.Wait()
			if status, ok := worker.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				killed++
			}
		}
	}()
	return func() int { cancel(); <-done; return killed }
}

// describe says what one call costs at Temporal.
func (s *stack) describe(ctx context.Context, id string) error {
	c, err := temporal.Dial(ctx, temporal.Options{Address: s.address})
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.DescribeWorkflowExecution(ctx, pipeline.CallWorkflowID(id), "")
	if err != nil {
		return err
	}
	info := d.GetWorkflowExecutionInfo()
	fmt.Printf("A call has %d events at Temporal, %d bytes of history, and %d state transitions.\n\n", info.GetHistoryLength(), info.GetHistorySizeBytes(), info.GetStateTransitionCount())
	return nil
}

// use is what a measurement took of the machine.
type use struct {
	memory []float64 // resident, in megabytes, every five seconds
	cpu    time.Duration
	// load is the machine's mean load, with all that ran beside: the higher above the
	// number of processors, the less the times say.
	load float64
}

// measure looks at standalone and at the machine until the function is called.
func (s *stack) measure(ctx context.Context) func() use {
	ctx, cancel := context.WithCancel(ctx)
	pid := 0 // of no process
	if s.standalone != nil {
		pid = s.standalone.Process.Pid
	}
	var u use
	var loads []float64
	done := make(chan struct{})
	before := processor(pid)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			u.memory, loads = append(u.memory, resident(pid)), append(loads, busy())
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
			}
		}
	}()
	return func() use {
		cancel()
		<-done
		u.cpu, u.load = processor(pid)-before, mean(loads)
		return u
	}
}

// processor is the processor time that a process has used.
func processor(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	var ticks int64
	for i, field := range strings.Fields(fields) {
		if i == 11 || i == 12 { // of the program, and of the kernel for it
			n, _ := strconv.ParseInt(field, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / 100
}

// busy is how many processes ran or waited for a processor in the last minute.
func busy() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	n, _ := strconv.ParseFloat(first, 64)
	return n
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / float64(max(len(all), 1))
}

func resident(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kB float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kB); err == nil {
			return kB / 1024
		}
	}
	return 0
}

// published reads the topic of answers: for each call, its different contents.
func (s *stack) published(ctx context.Context, source *source) (map[string]map[string]int, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker), kgo.ConsumeTopics("calls.classified"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	all := map[string]map[string]int{}
	for len(all) < len(source.sent) && ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			if !strings.HasPrefix(string(r.Key), source.run) {
				return
			}
			if all[string(r.Key)] == nil {
				all[string(r.Key)] = map[string]int{}
			}
			all[string(r.Key)][string(r.Value)]++
		})
	}
	return all, nil
}

func report(o options, sent []string, answered map[string]results.Result, published map[string]map[string]int, u use) error {
	var took []time.Duration
	for _, id := range sent[1:] {
		if r, ok := answered[id]; ok {
			took = append(took, r.Latency)
		}
	}
	slices.Sort(took)
	contents := 0
	for _, c := range published {
		contents = max(contents, len(c))
	}
	killed := "none"
	if o.kill > 0 {
		killed = fmt.Sprintf("every %.0f s", o.kill.Seconds())
	}
	fmt.Println("| calls/s | for | workers killed | sent | stored | published | contents each | p50 | p99 | longest | processor time for a call | memory at the start, middle, end | load |")
	fmt.Println("| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
	processor, memory := "-", "-"
	if !o.running {
		processor, memory = fmt.Sprintf("%.0f ms", u.cpu.Seconds()*1000/float64(max(len(sent), 1))), megabytes(u.memory)
	}
	fmt.Printf("| %d | %.0f s | %s | %d | %d | %d | %d | %s | %s | %s | %s | %s | %.1f |\n", o.rate, o.duration.Seconds(), killed, len(sent), len(answered), len(published), contents,
		at(took, 0.5), at(took, 0.99), at(took, 1), processor, memory, u.load)
	if missing := len(sent) - len(answered); missing != 0 || len(published) != len(sent) || contents != 1 {
		return fmt.Errorf("%d calls have no answer, %d are not published, one has %d contents", missing, len(sent)-len(published), contents)
	}
	return nil
}

func at(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)].Round(time.Millisecond)
}

// megabytes are the means of the first, the middle and the last fifth.
func megabytes(samples []float64) string {
	n := max(len(samples)/5, 1)
	part := func(s []float64) string { return fmt.Sprintf("%.0f MB", mean(s)) }
	return strings.Join([]string{part(samples[:n]), part(samples[2*n : min(3*n, len(samples))]), part(samples[len(samples)-n:])}, ", ")
}

// lines is what a program has printed by now.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// value is what stands behind a name.
func (l *lines) value(name string) string {
	for line := range strings.Lines(l.String()) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
