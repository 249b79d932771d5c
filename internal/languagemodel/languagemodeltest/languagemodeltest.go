// Package languagemodeltest finds, for tests, the trainer of language models and
// models for it.
//
// TRAINER_PYTHON is a Python with the packages of trainer/requirements.txt; where it is
// not set, that of trainer/.venv is taken. TRAINER_MODEL is the path of a small causal
// model. A test that needs what is not there is skipped, or fails where
// REQUIRE_TRAINER is 1.
package languagemodeltest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"switchboard/internal/languagemodel"
)

//go:embed tiny.py
var script []byte

func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_TRAINER") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Python returns the Python that runs the trainer, and lets what the test starts find
// the trainer's package.
func Python(t testing.TB) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	trainer := filepath.Join(filepath.Dir(file), "..", "..", "..", "trainer")
	python := os.Getenv("TRAINER_PYTHON")
	if python == "" {
		python = filepath.Join(trainer, ".venv", "bin", "python")
	}
	if _, err := os.Stat(python); err != nil { //nolint:gosec // where whoever runs the test says
		missing(t, "the trainer is not installed: trainer/README.md tells how, or set TRAINER_PYTHON")
	}
	if setter, ok := t.(interface{ Setenv(key, value string) }); ok {
		setter.Setenv("PYTHONPATH", trainer)
	}
	return python
}

// Model returns the base of TRAINER_MODEL, under a name that says what it is.
func Model(t testing.TB) languagemodel.Base {
	t.Helper()
	path := os.Getenv("TRAINER_MODEL")
	if path == "" {
		missing(t, "no language model is at hand: set TRAINER_MODEL to the path of a small causal one")
	}
	return base(t, "small", path, languagemodel.Causal)
}

// Tiny returns two bases with random weights, causal and encoder, which train in
// seconds and know nothing. They are made once and kept in the user's cache.
func Tiny(t testing.TB) []languagemodel.Base {
	t.Helper()
	python := Python(t)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(script)
	dir := filepath.Join(cache, "switchboard", "tiny-language-models-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err != nil {
		made, err := os.MkdirTemp("", "tiny")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), python, "-c", string(script), made).CombinedOutput(); err != nil { //nolint:gosec // the Python of the trainer
			t.Fatalf("making tiny models: %v\n%s", err, out)
		}
		_ = os.MkdirAll(filepath.Dir(dir), 0o700)
		if err := os.CopyFS(dir, os.DirFS(made)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		_ = os.RemoveAll(made)
	}
	return []languagemodel.Base{
		base(t, "tiny-causal", filepath.Join(dir, "causal"), languagemodel.Causal),
		base(t, "tiny-encoder", filepath.Join(dir, "encoder"), languagemodel.Encoder),
	}
}

func base(t testing.TB, name, path string, kind languagemodel.Kind) languagemodel.Base {
	t.Helper()
	sum, err := languagemodel.Sum(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return languagemodel.Base{Name: name, Path: path, Kind: kind, Licence: "Apache-2.0", SHA256: sum}
}

// File writes a file of base models and returns its path.
func File(t testing.TB, bases ...languagemodel.Base) string {
	t.Helper()
	content, err := json.Marshal(bases)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "language-models.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
