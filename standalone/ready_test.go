package main

import (
	"path/filepath"
	"slices"
	"testing"

	"switchboard/internal/config"
)

// What is printed to be typed works when it is pasted, from wherever.
func TestPrintedCommandsNameWhatIsNotUsual(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	usual := options{dir: config.StateDir, temporalPort: 7233, uiPort: 8233, modelPort: config.ModelServerPort}
	if got := usual.again(); got != "go run ./standalone" {
		t.Errorf("as usual it is %q", got)
	}
	other := options{dir: "state", temporalPort: 17233, uiPort: 0, modelPort: 18090, encoder: "model"}
	want := "go run ./standalone --data " + filepath.Join(dir, "state") + " --temporal-port 17233 --ui-port 0 --model-port 18090 --encoder " + filepath.Join(dir, "model")
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
