package main

import (
	"bytes"
	"strings"
	"testing"

	"switchboard/internal/problem"
)

// Help and a wrong command line are answered at once: no server is asked, and
// nothing is made.
func TestHelpNeedsNoServer(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1") // reserved: nothing listens
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		cmd := command()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetArgs(args)
		err := cmd.ExecuteContext(t.Context())
		if err != nil || !strings.Contains(out.String(), "TEMPORAL_ADDRESS") {
			t.Errorf("worker %s: %v\n%s", args[0], err, out.String())
		}
	}
	for word, says := range map[string]string{
		"--queue=x": "unknown flag: --queue; see `worker --help`", "start": "worker has no command \"start\"; see `worker --help`",
		"scn": "worker has no command \"scn\"; did you mean scan? See `worker --help`", "--versoin": "did you mean --version?", //nolint:misspell // on purpose
	} {
		cmd := command()
		cmd.SetArgs([]string{word})
		if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != 2 || !strings.Contains(err.Error(), says) {
			t.Errorf("worker %s: %v, want %q", word, err, says)
		}
	}
	cmd := command()
	cmd.SetArgs([]string{})
	if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != 3 {
		t.Errorf("worker without a server: %v", err)
	}
}
