package deploy_test

import (
	"regexp"
	"strings"
	"testing"
)

// block returns what a page has in its only code block of a language.
func block(t *testing.T, page, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(found) != 1 {
		t.Fatalf("the page has %d code blocks of %s, want one", len(found), language)
	}
	return found[0][1]
}

// The program in docs/capacity.md says what the page says that it does, and what is
// written in the page's text is what it says.
func TestCapacity(t *testing.T) {
	page := read(t, "docs/capacity.md")
	out, err := run(t, nil, "sh", "-c", block(t, page, "sh"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := block(t, page, "text"); out != want {
		t.Errorf("the program says\n%s\nthe page\n%s", out, want)
	}
	// Twice the calls need twice of everything that is not rounded up.
	one, err := run(t, nil, "sh", "-c", strings.Replace(block(t, page, "sh"), `calls="500000 5000000"`, `calls="1000000"`, 1))
	if err != nil || !regexp.MustCompile(`(?m)^provider: million tokens a day, in +1030$`).MatchString(one) {
		t.Errorf("for a million calls it says %v\n%s", err, one)
	}
}
