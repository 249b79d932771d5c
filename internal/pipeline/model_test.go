package pipeline

import (
	"strings"
	"testing"
)

func TestTaskNames(t *testing.T) {
	for name, good := range map[string]bool{
		"": true, "default": true, "airlines-2026": true, "7": true, strings.Repeat("a", 63): true,
		strings.Repeat("a", 64): false, "Airlines": false, "air lines": false, "a_b": false, "-a": false, "a/b": false, "ä": false, "a'b": false, "a\n": false,
	} {
		err := CheckTask(name)
		if (err == nil) != good || !good && !unusable(err) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestUnfitModels(t *testing.T) {
	for name, c := range map[string]struct {
		coverage, accuracy, majority float64
		says                         string
	}{
		"better than the commonest":     {0.8, 0.9, 0.3, ""},
		"as good as the commonest":      {0.8, 0.3, 0.3, "no better than always naming the commonest company of the test set: 30.0% right against 30.0%"},
		"worse than the commonest":      {0.8, 0.08, 0.3, "8.0% right against 30.0%"},
		"answers nothing":               {0, 0.9, 0.3, "answers nothing"},
		"a run from before it was said": {0.8, 0.1, 0, ""},
	} {
		m := Model{TestCoverage: c.coverage, TestAccuracy: c.accuracy, MajorityAccuracy: c.majority}
		if got := m.Unfit(); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: got %q, want %q", name, got, c.says)
		}
	}
}
