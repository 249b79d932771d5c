package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// What is printed to be typed works when it is pasted, from wherever.
func TestPrintedCommandsNameWhatIsNotUsual(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	usual := options{dir: config.StateDir, temporalPort: 7233, uiPort: 8233, modelPort: config.ModelServerPort, kafkaPort: 9092, intakePort: config.IntakePort, dashboardPort: config.DashboardPort}
	if got := usual.again(); got != "go run ./standalone" {
		t.Errorf("as usual it is %q", got)
	}
	other := options{dir: "state", temporalPort: 17233, uiPort: 0, modelPort: 18090, kafkaPort: 19092, intakePort: 18091, dashboardPort: 18092, encoder: "model"}
	want := "go run ./standalone --data " + filepath.Join(dir, "state") + " --temporal-port 17233 --ui-port 0 --model-port 18090 --kafka-port 19092 --intake-port 18091 --dashboard-port 18092 --encoder " + filepath.Join(dir, "model")
	if got := other.again(); got != want {
		t.Errorf("with options it is\n%s, want\n%s", got, want)
	}
	for address, want := range map[string][]string{"127.0.0.1:7233": nil, "127.0.0.1:17233": {"--address", "127.0.0.1:17233"}} {
		if got := addressFlag(address); !slices.Equal(got, want) {
			t.Errorf("the flags for %s are %q, want %q", address, got, want)
		}
	}
	if got := trial(); !slices.Contains(got, "FILE") {
		t.Errorf("where there is no sample, %q is proposed", got)
	}
	for path, want := range map[string]string{"artifacts": filepath.Join(dir, "artifacts"), "/a": "/a", "s3://bucket/a": "s3://bucket/a"} {
		if got := absolute(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// Standalone answers mistakes as all programs do, and starts nothing.
func TestMistakesAtTheCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, says := range map[string]string{
		"dmo":            "standalone has no command \"dmo\"; did you mean demo? See `standalone --help`",
		"bogus":          "standalone has no command \"bogus\"; see `standalone --help`",
		"demo now":       "standalone demo takes flags only, not \"now\"",
		"--modl-port 1":  "did you mean --model-port?",
		"--ui-port many": "--ui-port is \"many\"; give a whole number",
	} {
		cmd := command()
		cmd.SetArgs(strings.Fields(line))
		if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("standalone %s: %v, want %q", line, err, says)
		}
	}
	cmd := command()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--version"})
	if err := cmd.ExecuteContext(t.Context()); err != nil || !strings.HasPrefix(out.String(), "standalone ") {
		t.Errorf("--version: %v, %q", err, out.String())
	}
}
