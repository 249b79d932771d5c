package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// pages are the documents for readers, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "*/*.md", "docs/adr/*.md", "tools/*/*.md", "internal/*/*/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found[file] = string(text)
		}
	}
	if len(found) < 30 {
		t.Fatalf("there are only %d pages", len(found))
	}
	return found
}

var (
	code    = regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^()\s]+(?:\([^()\s]*\))?)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```")
)

// anchors are what a page's headings are reached by.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all[anchor(m[1])] = true
	}
	return all
}

func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r) || unicode.IsNumber(r) || r == '-' || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// A link leads to a file that is there, and to a heading of it.
func TestLinksLead(t *testing.T) {
	all := pages(t)
	for file, text := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			path, to, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, ":") { // elsewhere
				continue
			}
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s, which is not there", file, m[1])
				continue
			}
			if page, known := all[target]; known && to != "" && !anchors(page)[to] {
				t.Errorf("%s leads to %s, and there is no such heading", file, m[1])
			}
		}
	}
}

// contents is a page's list of its sections, as it begins with one.
var contents = regexp.MustCompile(`(?m)^- \[[^\]]+\]\(#([^)]+)\)`)

// A page that begins with a list of its sections lists each.
func TestContentsAreWhole(t *testing.T) {
	section := regexp.MustCompile(`(?m)^## (.+)$`)
	for file, text := range pages(t) {
		head, _, _ := strings.Cut(text, "\n## ")
		var listed []string
		for _, m := range contents.FindAllStringSubmatch(head, -1) {
			listed = append(listed, m[1])
		}
		if len(listed) == 0 {
			continue
		}
		var sections []string
		for _, m := range section.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			sections = append(sections, anchor(m[1]))
		}
		if !slices.Equal(listed, sections) {
			t.Errorf("%s lists %q, and has %q", file, listed, sections)
		}
	}
}

// The reference has each activity beside the preset that the workflows start it with.
func TestActivitiesAreDocumented(t *testing.T) {
	started := regexp.MustCompile(`Execute(?:Local)?Activity\((\w+)\((?:[^"()]|"[^"]*"|\((?:[^()]|\([^()]*\))*\))*\), \w+\.(\w+)`)
	preset := map[string][]string{}
	sources, err := filepath.Glob(filepath.Join(root, "workflows/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		calls := started.FindAllStringSubmatch(string(text), -1)
		if n := len(regexp.MustCompile(`Execute(?:Local)?Activity\(`).FindAllString(string(text), -1)); n != len(calls) {
			t.Errorf("%s starts %d activities, and %d were understood", source, n, len(calls))
		}
		for _, m := range calls {
			if !slices.Contains(preset[m[1]], m[2]) {
				preset[m[1]] = append(preset[m[1]], m[2])
			}
		}
	}
	_, table, _ := strings.Cut(read(t, "docs/reference.md"), "\n## Activities\n")
	table, _, _ = strings.Cut(table, "\n## ")
	row, name := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|]*) \\|"), regexp.MustCompile("`([A-Z]\\w+)`")
	for _, m := range row.FindAllStringSubmatch(table, -1) {
		var told []string
		for _, n := range name.FindAllStringSubmatch(m[2], -1) {
			told = append(told, n[1])
		}
		does := preset[m[1]]
		for _, activity := range does {
			if !slices.Contains(told, activity) {
				t.Errorf("docs/reference.md does not say of %s that it is started as %s", activity, m[1])
			}
		}
		for _, activity := range told {
			if !slices.Contains(does, activity) && !strings.Contains(m[2], "gives way to `"+activity+"`") {
				t.Errorf("docs/reference.md says that %s is started as %s, which no workflow does", activity, m[1])
			}
		}
		delete(preset, m[1])
	}
	for name, activities := range preset {
		t.Errorf("docs/reference.md has no preset %s, as which %q are started", name, activities)
	}
}
