package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// A first start makes the key, so that it must not miss the key.
func TestKeyThatStandaloneIsAboutToMakeIsNotMissed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "api-key")
	for name, env := range map[string]map[string]string{
		"its own file":  {config.ProviderKeyFile: file},
		"another file":  {config.ProviderKeyFile: file + "-elsewhere"},
		"a folder":      {config.ProviderKeyFile: t.TempDir()},
		"nothing named": {},
	} {
		if _, err := settings(func(variable string) string { return env[variable] }, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := func(variable string) string {
		return map[string]string{config.ProviderKeyFile: file, config.ProviderURL: "https://example.com/v1"}[variable]
	}
	if _, err := settings(other, false); problem.ExitCode(err) != 2 {
		t.Errorf("another provider's key that is not there: %v", err)
	}
}

// Help starts nothing and makes no folder.
func TestHelpOfStandaloneMakesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"--help"}, {"demo", "--help"}, {"help"}} {
		cmd := command()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetArgs(args)
		if err := cmd.ExecuteContext(t.Context()); err != nil || out.Len() == 0 {
			t.Errorf("standalone %v: %v, %q", args, err, out.String())
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("help left %v (%v)", left, err)
	}
}

// A codec's address that cannot work is refused before anything is made or started.
func TestWrongCodecStartsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TEMPORAL_CODEC_ENDPOINT", "codec.example:8081")
	cmd := command()
	cmd.SetArgs([]string{"--data", "state"})
	if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), "TEMPORAL_CODEC_ENDPOINT") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}
