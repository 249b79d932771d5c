package prompt

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestExampleIsOneLineOfTheChatFormat(t *testing.T) {
	var b bytes.Buffer
	text := "first <url> & more\nsecond \"quoted\" 🤥"
	if err := WriteExample(&b, text, "AcmeHelp"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 1 || !strings.HasSuffix(b.String(), "\n") {
		t.Errorf("the example takes %d lines", n)
	}
	if !strings.Contains(b.String(), "<url> & more") {
		t.Errorf("characters were escaped for HTML: %s", b.String())
	}
	var line struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	want := []struct{ Role, Content string }{{"system", System}, {"user", text}, {"assistant", "AcmeHelp"}}
	for i, m := range line.Messages {
		if m != want[i] {
			t.Errorf("message %d is %+v, want %+v", i, m, want[i])
		}
	}
}

// Models depend on the wording to the letter. Whoever changes it on purpose
// changes this line too, and says so in the changelog.
func TestWordingIsStable(t *testing.T) {
	if got := Version(); got != "cd16db193ff5" {
		t.Errorf("the prompt's version is %s", got)
	}
}
