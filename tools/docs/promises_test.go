package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// held is a test as docs/promises.md names it: its folder, and its function.
	held = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	// tested is a test that is named without its folder.
	tested   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9_]+)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
)

// testsOf returns the tests of a folder, or of all folders below it.
func testsOf(t *testing.T, folder string, below bool) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != folder && (!below || strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Each promise names a test, and each test that is named is there.
func TestPromisesAreHeld(t *testing.T) {
	folders := map[string]map[string]bool{}
	promises := 0
	for row := range strings.SplitSeq(read(t, "docs/promises.md"), "\n") {
		if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| promise |") || strings.HasPrefix(row, "| --- |") {
			continue
		}
		promises++
		tests := held.FindAllStringSubmatch(row, -1)
		if len(tests) == 0 {
			t.Errorf("no test holds: %s", row)
		}
		for _, m := range tests {
			if folders[m[1]] == nil {
				folders[m[1]] = testsOf(t, filepath.Join(root, m[1]), false)
			}
			if !folders[m[1]][m[2]] {
				t.Errorf("there is no test %s in %s: %s", m[2], m[1], row)
			}
		}
	}
	if promises < 40 {
		t.Errorf("there are only %d promises", promises)
	}
}

// A test that a page names is there, in whatever folder.
func TestNamedTestsAreThere(t *testing.T) {
	all := testsOf(t, root, true)
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "bench/*.md", "deploy/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no documents %s: %v", pattern, err)
		}
		for _, file := range files {
			if filepath.Base(file) == "CHANGELOG.md" { // which tells of what was
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range tested.FindAllStringSubmatch(string(text), -1) {
				if !all[m[1]] {
					t.Errorf("%s names %s, and there is no such test", file, m[1])
				}
			}
		}
	}
}

// The words that all pages use are explained in one place.
func TestWordsAreExplained(t *testing.T) {
	_, words, found := strings.Cut(read(t, "docs/README.md"), "## Words")
	if !found {
		t.Fatal("docs/README.md has no words")
	}
	for _, word := range []string{
		"conversation", "thread", "call", "turn", "company", "label", "example", "split", "task", "base model", "checkpoint", "champion",
		"challenger", "threshold", "run", "part", "artifact", "span", "judgement", "correction", "reviewer", "sample", "held-out", "dead letter",
	} {
		if !regexp.MustCompile(`(?m)^\| ([^|]*, )?` + word + `(,[^|]*)? \|`).MatchString(words) {
			t.Errorf("docs/README.md does not explain %q", word)
		}
	}
}
