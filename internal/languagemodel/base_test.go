package languagemodel

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/problem"
)

// aBase is one that the file can have, changed by a test.
func aBase(change func(b *Base)) Base {
	b := Base{Name: "small", Path: "small.gguf", Kind: Causal, Licence: "Apache-2.0", SHA256: strings.Repeat("a", 64)}
	change(&b)
	return b
}

func register(t *testing.T, dir string, bases ...Base) string {
	t.Helper()
	content, err := json.Marshal(bases)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "models.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A file that cannot be used stops the server, with the entry and what to do.
func TestReadBasesRefuses(t *testing.T) {
	for want, bases := range map[string][]Base{
		"language model 1 in":              {aBase(func(b *Base) { b.Name = "Small" })},
		"use up to 64 lower-case letters":  {aBase(func(b *Base) { b.Name = "ft:small" })},
		"with a letter or a digit at both": {aBase(func(b *Base) { b.Name = ".." })},
		"it has no path":                   {aBase(func(b *Base) { b.Path = "" })},
		`its kind is "decoder"`:            {aBase(func(b *Base) { b.Kind = "decoder" })},
		"it needs a licence":               {aBase(func(b *Base) { b.Licence = " " })},
		"its sha256 is not 64":             {aBase(func(b *Base) { b.SHA256 = "abc" })},
		"language model 2 in":              {aBase(func(*Base) {}), aBase(func(*Base) {})},
	} {
		_, err := ReadBases(register(t, t.TempDir(), bases...))
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gives %v, want %q", bases, err, want)
		}
	}
	for content, want := range map[string]string{
		`{"models":[]}`:        "is not a JSON list of language models",
		`[{"name":"a","x":1}]`: `unknown field "x"`,
	} {
		file := filepath.Join(t.TempDir(), "models.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBases(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", content, err, want)
		}
	}
}

// The SHA-256 of a folder is that which the commands in the documentation print.
func TestSumIsThatOfTheCommands(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a.b": "1", "a/b": "2", "Z": "3", "ä ö": "4", "a/c/d": ""} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("Z", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	commands := map[string]string{
		dir:                     `cd "$1" && find -L . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum`,
		filepath.Join(dir, "Z"): `sha256sum "$1"`,
	}
	for path, command := range commands {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", command, "sh", path).Output()
		if err != nil {
			t.Skipf("this machine does not have the commands: %v", err)
		}
		want, _, _ := strings.Cut(string(out), " ")
		if got, err := Sum(t.Context(), path); err != nil || got != want {
			t.Errorf("%s has %s, %v; the commands say %s", filepath.Base(path), got, err, want)
		}
	}
	if _, err := Sum(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder has a sum")
	}
}

// A model that is not there, or is another, is left out, and the others are there.
func TestLoadLeavesOutWhatIsNotAsRegistered(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"right.gguf", "changed.gguf"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := Sum(t.Context(), filepath.Join(dir, "right.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	named := func(name, path string) Base {
		return aBase(func(b *Base) { b.Name, b.Path, b.SHA256 = name, path, sum })
	}
	file := register(t, dir, named("changed", "changed.gguf"), named("right", "right.gguf"), named("gone", "gone.gguf"))
	log := &syncBuffer{}
	m, err := Load(t.Context(), Options{File: file, Python: os.Args[0], Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bases(); len(got) != 1 || got[0].Name != "right" || got[0].Path != filepath.Join(dir, "right.gguf") {
		t.Errorf("bases are %+v", got)
	}
	if _, there := m.Base("changed"); there || len(m.Names()) != 3 {
		t.Errorf("names are %v", m.Names())
	}
	for _, want := range []string{"name=changed", "was registered", "name=gone", "no such file"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	m, err = Load(t.Context(), Options{File: file, Python: filepath.Join(dir, "python"), Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil || len(m.Bases()) != 0 || !strings.Contains(log.String(), "the trainer's Python cannot be run") {
		t.Errorf("without the trainer there are %v, %v\n%s", m.Bases(), err, log)
	}
	var none *Models
	if len(none.Bases()) != 0 || len(none.Names()) != 0 {
		t.Error("no models have bases")
	}
}
