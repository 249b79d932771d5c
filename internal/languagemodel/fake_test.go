package languagemodel

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A trainer that goes wrong in ways that the real one cannot be made to. It is the
// test's own binary, behind a script that says how.

const (
	fakeFault = "FAKE_FAULT"
	fakeDir   = "FAKE_DIR"
)

func TestMain(m *testing.M) {
	if fault := os.Getenv(fakeFault); fault != "" {
		fakeTrainer(fault, os.Getenv(fakeDir))
		return
	}
	os.Exit(m.Run())
}

// fake returns models whose only base, "fake", has such a trainer. Dir is where it
// leaves notes.
func fake(t *testing.T, fault string) (m *Models, dir string, log *syncBuffer) {
	t.Helper()
	dir = t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(dir, "python")
	script := fmt.Sprintf("#!/bin/sh\nexport %s='%s' %s='%s'\nexec '%s' \"$@\"\n", fakeFault, fault, fakeDir, dir, self)
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	log = &syncBuffer{}
	m = &Models{
		bases:   []Base{{Name: "fake", Path: dir, Kind: Causal, Licence: "none", SHA256: strings.Repeat("0", 64)}},
		program: program{python: python}, log: slog.New(slog.NewTextHandler(log, nil)),
		idle: time.Hour, saving: time.Hour, asked: map[string]*respondent{}, facts: map[string]Facts{},
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, dir, log
}

type syncBuffer struct {
	mu      sync.Mutex
	written strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.written.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.written.String()
}

// note appends a line to a file of the fake's.
func note(dir, name, text string) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	fmt.Fprintln(file, text)
}

func notes(t *testing.T, dir, name string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Fields(string(content))
}

func say(message string) { fmt.Println(message) }

func fakeTrainer(fault, dir string) {
	work := os.Args[4] // -P -m switchboard_trainer WORK
	note(dir, "started", work)
	note(dir, "environment", strings.Join(os.Environ(), "\n"))
	switch fault {
	case "says too much":
		say(strings.Repeat("x", maxLine+1))
	case "speaks no JSON":
		say("Traceback (most recent call last): my parcel")
	case "ends at once":
		return
	case "floods standard error":
		for range 10_000 {
			fmt.Fprintln(os.Stderr, "my parcel never arrived")
		}
		say(`{"type":"error","code":"my parcel"}`)
	case "leaves a process behind":
		left := exec.Command("sleep", "100000")
		if err := left.Start(); err != nil {
			panic(err)
		}
		note(dir, "left", fmt.Sprint(left.Process.Pid))
		say(`{"type":"error","code":"out_of_memory"}`)
	case "hears no signal":
		signal.Ignore(syscall.SIGTERM)
		say(`{"type":"loaded","parameters":1,"device":"my parcel"}`)
		select {}
	default:
		fakeAnswers(fault, dir)
	}
}

func fakeAnswers(fault, dir string) {
	say(`{"type":"ready","device":"cpu"}`)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var asked struct {
			ID    int
			Texts []string
		}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		note(dir, "asked", fmt.Sprint(len(asked.Texts)))
		logs := make([][]float64, len(asked.Texts))
		for i := range logs {
			logs[i] = []float64{math.Log(0.25), math.Log(0.75)}
		}
		switch fault {
		case "dies when asked":
			return
		case "never answers":
			select {}
		case "forgets an answer":
			logs = logs[1:]
		case "forgets a label":
			logs[0] = logs[0][1:]
		case "is surer than certain":
			logs[0][1] = 0.5
		case "knows no adapter":
			say(fmt.Sprintf(`{"id":%d,"error":"bad_adapter"}`, asked.ID))
			continue
		case "answers another question":
			asked.ID++
		}
		line, err := json.Marshal(map[string]any{"id": asked.ID, "log_probabilities": logs})
		if err != nil {
			panic(err)
		}
		say(string(line))
	}
}

// alive tells whether a process is there.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
