package dashboard

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Texts as templates and code have them.
var (
	inTemplates = regexp.MustCompile(`\bt "((?:[^"\\]|\\.)*)"`)
	countedThen = regexp.MustCompile(`\btn (?:[^"]*?) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"`)
	inCode      = regexp.MustCompile(`\.T\("((?:[^"\\]|\\.)*)"`)
	countedCode = regexp.MustCompile(`\.count\([^"]*"((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"`)
	markedTexts = regexp.MustCompile(`\btext\("((?:[^"\\]|\\.)*)"\)`)
)

func TestEveryTextHasItsGerman(t *testing.T) {
	used := map[string]string{}
	collect := func(file string, patterns ...*regexp.Regexp) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range patterns {
			for _, m := range p.FindAllStringSubmatch(string(content), -1) {
				for _, quoted := range m[1:] {
					text, err := strconv.Unquote(`"` + quoted + `"`)
					if err != nil {
						t.Fatalf("%s: %v", file, err)
					}
					used[text] = file
				}
			}
		}
	}
	templates, err := fs.Glob(os.DirFS("."), "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range templates {
		collect(f, inTemplates, countedThen)
	}
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range code {
		if !strings.HasSuffix(f, "_test.go") {
			collect(f, inCode, countedCode, markedTexts)
		}
	}
	for _, v := range views {
		used[v.name] = "page.go"
	}
	verbs := regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)
	for text, file := range used {
		translated, ok := german.texts[text]
		switch {
		case !ok:
			t.Errorf("%s: %q has no German text", file, text)
		case len(verbs.FindAllString(text, -1)) != len(verbs.FindAllString(translated, -1)):
			t.Errorf("%q and its German %q put in different values", text, translated)
		}
	}
	for text := range german.texts {
		if used[text] == "" {
			t.Errorf("%q has a German text, and no page says it", text)
		}
	}
}

func TestLocale(t *testing.T) {
	for _, test := range []struct{ own, accepted, want string }{
		{"", "", "en"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "fr,en;q=0.5", "en"},
		{"", "fr", "en"},
		{"", "de;q=0.2, en;q=0.9", "en"},
		{"de", "en", "de"},
		{"xx", "de", "de"},
		{"", ";;;", "en"},
	} {
		if got := localeOf(test.own, test.accepted).Code; got != test.want {
			t.Errorf("own %q, accepted %q: %s, want %s", test.own, test.accepted, got, test.want)
		}
	}
}
