package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchboard/internal/embedded"
	"switchboard/internal/pipeline"
)

// stack is what is measured.
type stack struct {
	bin       string
	address   string // of Temporal
	environ   []string
	processes []*exec.Cmd
	server    *embedded.Server // nil where standalone runs
}

// start starts standalone, or as many workers with what they need.
func start(ctx context.Context, o options, workers int) (_ *stack, err error) {
	dir := filepath.Join(o.dir, fmt.Sprintf("state-%d", workers))
	s := &stack{bin: o.bin, environ: append(os.Environ(), "SWITCHBOARD_ARTIFACTS="+filepath.Join(dir, "artifacts"))}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if workers == 0 {
		return s, s.startStandalone(ctx, filepath.Join(dir, "standalone"))
	}
	if err := s.startServers(ctx, dir); err != nil {
		return nil, err
	}
	for range workers {
		if _, err := s.run("worker", "", "GOMAXPROCS=1"); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *stack) startStandalone(ctx context.Context, dir string) error {
	said, err := s.run("standalone", "", "", "--data", dir, "--temporal-port", "0", "--ui-port", "0", "--model-port", "0", "--kafka-port", "0", "--intake-port", "0", "--dashboard-port", "0")
	if err != nil {
		return err
	}
	if err := said.await(ctx, "Ready."); err != nil {
		return err
	}
	s.address = said.value("Temporal")
	s.environ = append(s.environ, "TEMPORAL_ADDRESS="+s.address)
	return nil
}

// startServers starts Temporal in this process and a model server beside it.
func (s *stack) startServers(ctx context.Context, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s.server, err = embedded.Start(ctx, embedded.Options{DataFile: filepath.Join(dir, "temporal.db"), SearchAttributes: pipeline.SearchAttributes})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	models := l.Addr().String()
	_ = l.Close()
	key := "sk-" + rand.Text()
	said, err := s.run("modelserver", "serving", "SWITCHBOARD_MODELSERVER_KEYS="+key, "-address", models, "-data", filepath.Join(dir, "models"))
	if err != nil {
		return err
	}
	s.address = s.server.Address()
	s.environ = append(s.environ, "TEMPORAL_ADDRESS="+s.address, "OPENAI_BASE_URL=http://"+models+"/v1", "OPENAI_API_KEY="+key)
	return said.await(ctx, "serving")
}

// run starts a program, with a setting besides those of all. What it says on standard
// error is kept where something is awaited there, and shown otherwise.
func (s *stack) run(program, awaited, setting string, args ...string) (*lines, error) {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Env = slices.Clone(s.environ)
	if setting != "" {
		cmd.Env = append(cmd.Env, setting)
	}
	said := &lines{}
	cmd.Stdout, cmd.Stderr = said, os.Stderr
	if awaited != "" {
		cmd.Stderr = said
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said.ended = make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(said.ended)
	}()
	s.processes = append(s.processes, cmd)
	return said, nil
}

// pids are those of all that works: where the Temporal server is in this process, this
// one too.
func (s *stack) pids() []int {
	var pids []int
	for _, p := range s.processes {
		pids = append(pids, p.Process.Pid)
	}
	if s.server != nil {
		pids = append(pids, os.Getpid())
	}
	return pids
}

// stop ends everything, what was started last first.
func (s *stack) stop() {
	for _, p := range slices.Backward(s.processes) {
		_ = p.Process.Signal(syscall.SIGTERM)
		for deadline := time.Now().Add(time.Minute); p.Process.Signal(syscall.Signal(0)) == nil && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
		}
	}
	if s.server != nil {
		s.server.Stop()
	}
}

// starter runs a command of the starter, and returns what it prints.
func (s *stack) starter(ctx context.Context, progress bool, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "starter"), args...)
	cmd.Env = s.environ
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if progress {
		cmd.Stderr = os.Stderr
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("starter %s: %w\n%s", args[0], err, failed.String())
	}
	return out.Bytes(), nil
}

// lines is what a program has printed by now.
type lines struct {
	ended chan struct{}

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

// await waits until a word is there.
func (l *lines) await(ctx context.Context, word string) error {
	for !strings.Contains(l.String(), word) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.ended:
			return errors.New("a program ended before it was ready: " + l.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
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
