package program

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// upgrade makes the test binary, started as a child, replace its own file before
// it looks which program it is.
const upgrade = "SWITCHBOARD_TEST_UPGRADE"

func TestMain(m *testing.M) {
	if newer := os.Getenv(upgrade); newer != "" {
		self, err := os.Executable()
		if err == nil {
			err = os.Rename(newer, self)
		}
		sum, known := SHA256()
		fmt.Print(sum, known, err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A program that was replaced while it runs is still the program that was started.
func TestReplacedProgramIsWhatItWas(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux gives a process its file after that was replaced")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program, newer := filepath.Join(dir, "program"), filepath.Join(dir, "newer")
	for path, content := range map[string][]byte{program: content, newer: append(content, "newer"...)} {
		if err := os.WriteFile(path, content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), upgrade+"="+newer)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sum := sha256.Sum256(content)
	if want := hex.EncodeToString(sum[:]) + "true <nil>"; string(out) != want {
		t.Errorf("the child says %s, want %s", out, want)
	}
}

// Where no link leads to it, a file counts only as long as it is the same.
func TestUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	write := func(content string, at time.Time) os.FileInfo {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	then := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	before := write("one", then)
	if !unchanged(before, write("one", then)) {
		t.Error("a file that nobody touched has changed")
	}
	if unchanged(before, write("two", then.Add(time.Second))) {
		t.Error("a file that was written later is the same")
	}
	if unchanged(before, write("three", then)) {
		t.Error("a file of another size is the same")
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if unchanged(before, write("one", then)) {
		t.Error("another file in its place is the same")
	}
}

func TestReadBuild(t *testing.T) {
	if b := ReadBuild(); b.Go != runtime.Version() || b.Version == "" {
		t.Errorf("got %+v", b)
	}
}

func TestNameOfABuild(t *testing.T) {
	for want, b := range map[string]Build{
		"v1.2.3":                      {Version: "v1.2.3", Revision: "1a2b3c"},
		"revision 1a2b3c":             {Version: "(devel)", Revision: "1a2b3c"},
		"revision 1a2b3c, modified":   {Version: "(devel)", Revision: "1a2b3c", Modified: true},
		"(devel)":                     {Version: "(devel)"},
		"(unknown)":                   {},
		"v0.0.0-20260302120000-1a2b3": {Version: "v0.0.0-20260302120000-1a2b3"},
	} {
		if got := b.Name(); got != want {
			t.Errorf("%+v is named %q, want %q", b, got, want)
		}
	}
}
