package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// nobody is an address that nothing listens on: port 1 is reserved.
const nobody = "127.0.0.1:1"

// result is what a user sees of one command.
type result struct {
	code           int
	stdout, stderr string
}

// harness runs commands in process.
type harness struct {
	t *testing.T
	// ctx ends a command that waits, as an interrupt does.
	ctx     context.Context
	environ []string
	// acceptWait and watchEvery stand in for waits that a user would notice.
	acceptWait, watchEvery time.Duration
}

// newHarness runs commands in an empty environment, against no server.
func newHarness(t *testing.T) *harness {
	return &harness{
		t:   t,
		ctx: t.Context(),
		environ: []string{
			"TEMPORAL_ADDRESS=" + nobody,
			"TEMPORAL_CONFIG_FILE=" + filepath.Join(t.TempDir(), "none.toml"),
		},
	}
}

func (h *harness) set(name, value string) { h.environ = append(h.environ, name+"="+value) }

func (h *harness) run(args ...string) result {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	var code int
	if h.acceptWait == 0 {
		code = Run(h.ctx, args, h.environ, &stdout, &stderr)
	} else {
		a := &app{environ: h.environ, stdout: &stdout, stderr: &stderr, now: time.Now, acceptWait: h.acceptWait, watchEvery: h.watchEvery}
		code = a.run(h.ctx, args)
	}
	return result{code, stdout.String(), stderr.String()}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run the test with -update if that is meant)\n--- got\n%s\n--- want\n%s", name, got, want)
	}
}

// oneSentence fails unless standard error is a single line.
func (r result) oneSentence(t *testing.T) {
	t.Helper()
	if strings.Count(r.stderr, "\n") != 1 || !strings.HasSuffix(r.stderr, "\n") {
		t.Errorf("standard error is not one line: %q", r.stderr)
	}
}
