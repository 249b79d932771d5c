package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// step is one command of a session, and the name by which blocks of output
// refer to it. RUN in a command is the latest run that an output named.
type step struct {
	name, command string
	// prompted has the output begin with the command.
	prompted bool
	// until repeats the command until its output matches.
	until string
	// head takes the first lines of this file of the run instead, such as
	// "output.csv".
	head string
}

// tutorial is what the tutorial has its reader type after the demo, on the same
// state.
var tutorial = []step{
	{name: "doctor", command: "starter doctor"},
	{name: "finetune-started", command: "starter finetune --dataset datasets/sample/tweets.csv --target-size 150 --epochs 4"},
	{command: "starter status --watch"},
	{name: "finetune-balanced", command: "starter status"},
	{name: "apply", command: "starter apply --dataset datasets/sample/production.csv --watch"},
	{name: "output-csv", command: "starter status RUN", head: "output.csv"},
	{command: `starter schedule create --dataset datasets/sample/tweets.csv --cron "0 3 * * MON" --time-zone Europe/Berlin`},
	{command: "starter schedule trigger"},
	{name: "schedule", command: "starter schedule describe", until: `(?m)^recent .* completed `},
	{command: "starter schedule delete retrain"},
	{command: "starter calls send datasets/sample/calls"},
	{command: "starter calls list --task demo", until: `2\d\d calls answered, 0 waiting`},
	{name: "calls-show", command: "starter calls show 2026-11-16.0006", prompted: true},
	{name: "call", command: "starter call 0042.json --watch", prompted: true},
	{command: "starter finetune --dataset datasets/sample/tweets.csv --epochs 50 --seed 2"},
	{command: "starter status", until: `(?m)^stage +training`},
	{command: "starter cancel"},
	{name: "cancelled", command: "starter status", until: `cancelled after`},
	{command: "starter apply --dataset datasets/sample/tweets.csv --max-tweets 2"}, // anonymizes long enough to be paused
	{command: "starter apply pause RUN"},
	{name: "paused", command: "starter status RUN", until: `(?m)^stage +classifying, paused`},
}

// realData is what the README shows of data that is not part of the project.
var realData = []step{
	{name: "real-finetune", command: "starter finetune --dataset ../shared/data/tweets.csv --target-size 1000 --min-class-size 150 --watch", prompted: true},
	{name: "real-apply", command: "starter apply --dataset ../shared/data/production.csv --watch", prompted: true},
	{command: "starter finetune --dataset ../shared/data/tweets.csv --target-size 1000 --min-class-size 150 --seed 2"},
	{name: "real-status", command: "starter status", prompted: true, until: `(?m)^stage +training(.*\n)*job +\S+ running`},
}

// ended matches the summary of a run that has ended.
var ended = regexp.MustCompile(`^[A-Za-z]+ \S+: [a-z]+ after `)

// patience is how long a step is repeated.
const patience = 5 * time.Minute

// run runs the steps, those on real data if data is set, with the programs as
// they are below root. It returns what they print, by the names of the steps, also
// beside an error.
func run(ctx context.Context, root string, data bool) (map[string]string, error) {
	dir, err := os.MkdirTemp("", "switchboard-docs")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "bin")+"/", "./standalone", "./starter")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the programs: %w", err)
	}
	outputs := map[string]string{}
	s, err := newSession(dir, root, "sample", outputs)
	if err != nil {
		return nil, err
	}
	if err := s.demo(ctx); err != nil {
		return nil, err
	}
	if err := s.stay(ctx, tutorial); err != nil || !data {
		return outputs, err
	}
	if s, err = newSession(dir, root, "real", outputs); err != nil {
		return nil, err
	}
	return outputs, s.stay(ctx, realData)
}

// session is a folder that looks like the project's to those who work in it,
// with state and ports of its own.
type session struct {
	bin, dir string
	ports    []string // as usual
	latest   string   // run
	outputs  map[string]string
}

// usual are the ports that Temporal, the Web UI, the model server, Kafka, the intake
// and the dashboard have where nothing else is said.
var usual = []string{"7233", "8233", "8090", "9092", "8091", "8092"}

func newSession(dir, root, name string, outputs map[string]string) (*session, error) {
	s := &session{bin: filepath.Join(dir, "bin"), dir: filepath.Join(dir, name, "switchboard"), outputs: outputs}
	call, err := exampleCall(root)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(
		os.MkdirAll(filepath.Join(s.dir, "artifacts"), 0o700),
		os.Symlink(filepath.Join(root, "datasets"), filepath.Join(s.dir, "datasets")),
		os.Symlink(filepath.Join(root, "..", "shared"), filepath.Join(dir, name, "shared")),
		os.WriteFile(filepath.Join(s.dir, "0042.json"), call, 0o600),
	); err != nil {
		return nil, err
	}
	// Not of those that the kernel hands out, which a program that starts meanwhile
	// may be given.
	for port := 20000 + rand.IntN(10000); len(s.ports) < len(usual); port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			continue
		case err != nil:
			return nil, err
		}
		defer l.Close()
		s.ports = append(s.ports, strconv.Itoa(port))
	}
	return s, nil
}

// exampleCall is the transcript that the how-to shows.
func exampleCall(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "how-to.md"))
	if err != nil {
		return nil, err
	}
	m := regexp.MustCompile("(?s)\n```json\n(\\{\n  \"call_id\".*?)```").FindSubmatch(text)
	if m == nil {
		return nil, errors.New("docs/how-to.md has no transcript of a call any more")
	}
	return m[1], nil
}

// command prepares a program of the session, without settings of whoever runs
// this.
func (s *session) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	for _, v := range os.Environ() {
		if !regexp.MustCompile(`^(SWITCHBOARD|OPENAI|TEMPORAL|DATABASE)_`).MatchString(v) {
			c.Env = append(c.Env, v)
		}
	}
	if name == "starter" {
		c.Env = append(c.Env, "TEMPORAL_ADDRESS=localhost:"+s.ports[0], "OPENAI_BASE_URL=http://127.0.0.1:"+s.ports[2]+"/v1", "SWITCHBOARD_INTAKE_URL=http://127.0.0.1:"+s.ports[4])
	}
	return c
}

func (s *session) standalone(ctx context.Context, args ...string) *exec.Cmd {
	c := s.command(ctx, "standalone", append(args, "--temporal-port", s.ports[0], "--ui-port", s.ports[1], "--model-port", s.ports[2], "--kafka-port", s.ports[3], "--intake-port", s.ports[4], "--dashboard-port", s.ports[5])...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	return c
}

// demo runs the demo, and keeps what it prints of each of its commands, too.
func (s *session) demo(ctx context.Context) error {
	say("standalone demo")
	c := s.standalone(ctx, "demo")
	out, err := output(c)
	if err != nil {
		return err
	}
	text := strings.TrimPrefix(s.readable(out), "\n")
	s.outputs["demo"] = text
	for part := range strings.SplitSeq(text, "\n\n") {
		if m := regexp.MustCompile(`^\$ starter ([a-z]+) `).FindStringSubmatch(part); m != nil {
			s.outputs["demo-"+m[1]] = part + "\n"
		}
	}
	return nil
}

// stay starts a standalone, takes steps, and stops it.
func (s *session) stay(ctx context.Context, steps []step) (err error) {
	say("standalone")
	ctx, stop := context.WithCancel(ctx)
	c := s.standalone(ctx)
	out, err := c.StdoutPipe()
	if err != nil {
		stop()
		return err
	}
	if err := c.Start(); err != nil {
		stop()
		return err
	}
	defer func() { stop(); _ = c.Wait() }()
	text, err := s.ready(out)
	if err != nil {
		return err
	}
	s.outputs["standalone"] = text
	for _, step := range steps {
		if err := s.take(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// ready reads what standalone prints until it is ready.
func (s *session) ready(out io.Reader) (string, error) {
	var text []byte
	for buffer := make([]byte, 4096); ; {
		n, err := out.Read(buffer)
		text = append(text, buffer[:n]...)
		if bytes.Contains(text, []byte("Ctrl-C stops.\n")) {
			return s.readable(text), nil
		}
		if err != nil {
			return "", fmt.Errorf("standalone ended before it was ready: %w\n%s", err, text)
		}
	}
}

// take takes a step and keeps its output.
func (s *session) take(ctx context.Context, step step) error {
	say(step.command)
	until := regexp.MustCompile(step.until)
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		args := words(strings.ReplaceAll(step.command, "RUN", s.latest))
		c := s.command(ctx, args[0], args[1:]...)
		out, err := output(c)
		if err != nil {
			return err
		}
		if id := workflowID.Find(out); id != nil {
			s.latest = string(id)
		}
		if !until.Match(out) {
			if time.Now().After(end) || ended.Match(out) {
				return fmt.Errorf("%s does not come to print %s:\n%s", step.command, step.until, out)
			}
			continue
		}
		if step.head != "" {
			if out, err = head(out, step.head); err != nil {
				return err
			}
		}
		if step.prompted {
			out = append([]byte("$ "+step.command+"\n"), out...)
		}
		if step.name != "" {
			s.outputs[step.name] = s.readable(out)
		}
		return nil
	}
}

// words splits a command as a shell does, as far as the steps need it.
func words(command string) []string {
	var list []string
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		list = append(list, strings.Fields(part)...)
	}
	return list
}

// output returns what a command prints, and an error with all it said if it
// fails.
func output(c *exec.Cmd) ([]byte, error) {
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", strings.Join(c.Args, " "), err, &out, &said)
	}
	return out.Bytes(), err
}

// head returns the first three lines of a file of a run, whose summary it is
// given.
func head(summary []byte, name string) ([]byte, error) {
	m := regexp.MustCompile(`(?m) (/.*/` + regexp.QuoteMeta(name) + `)$`).FindSubmatch(summary)
	if m == nil {
		return nil, fmt.Errorf("the summary names no file %s:\n%s", name, summary)
	}
	text, err := os.ReadFile(string(m[1]))
	if err != nil {
		return nil, err
	}
	lines := bytes.SplitAfterN(text, []byte("\n"), 4)
	return bytes.Join(lines[:min(3, len(lines))], nil), nil
}

var workflowID = regexp.MustCompile(`\b(finetune|apply)-[a-z]+-[0-9a-f]{8}\b`)

var longRunID = regexp.MustCompile(`/([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// invitation is the link for the first login, which differs from start to start.
var invitation = regexp.MustCompile(`/welcome\?token=\w+`)

// readable shortens paths, and gives the ports that a reader's own programs
// have.
func (s *session) readable(out []byte) string {
	text := strings.ReplaceAll(string(out), s.dir+"/", "…/")
	for i, port := range s.ports {
		text = strings.ReplaceAll(text, ":"+port, ":"+usual[i])
	}
	for _, port := range usual {
		text = strings.ReplaceAll(text, " --address 127.0.0.1:"+port, "")
	}
	text = strings.ReplaceAll(text, fmt.Sprintf(" --temporal-port %s --ui-port %s --model-port %s --kafka-port %s --intake-port %s --dashboard-port %s", s.ports[0], s.ports[1], s.ports[2], s.ports[3], s.ports[4], s.ports[5]), "")
	text = invitation.ReplaceAllString(text, "/welcome?token=…")
	return longRunID.ReplaceAllString(text, "/$1-…")
}

func say(command string) { fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), command) }
