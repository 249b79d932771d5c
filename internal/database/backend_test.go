package database

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/database/databasetest"
)

func TestMain(m *testing.M) {
	if location := os.Getenv(promoteForEver); location != "" {
		promote(location) // in a process of its own, until it is killed
	}
	os.Exit(databasetest.Main(m))
}

// eachBackend runs a test on an empty database of either kind.
func eachBackend(t *testing.T, test func(t *testing.T, location string)) {
	databasetest.Each(t, test)
}

// open opens a database until the test ends, for the task of whoever names none.
func open(t *testing.T, location string) *Task {
	t.Helper()
	s, err := Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Task("")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{file, filepath.Join(file, "below.db"), "postgres://user:hunter2@127.0.0.1:1/db", "postgres://user:hunter2@127.0.0.1:notaport/db"} {
		s, err := Open(t.Context(), location)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", location)
			continue
		}
		if !strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("opening %s gave %q", location, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, "postgres://127.0.0.1:1/db"); err != context.Canceled { //nolint:errorlint // it is returned as it is
		t.Errorf("a cancelled start gave %v", err)
	}
}
