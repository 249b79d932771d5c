package pipeline

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestClearance(t *testing.T) {
	passed := Evaluation{Anonymizer: "aaa", Passed: true}
	for _, c := range []struct {
		name string
		Evaluation
		version string
		want    string
	}{
		{"passed", passed, "aaa", ""},
		{"no evaluation", Evaluation{}, "aaa", "was not evaluated"},
		{"no evaluation, no version", Evaluation{}, "", "nothing tells which anonymizer"},
		{"passed, of nothing", Evaluation{Passed: true}, "aaa", "was not evaluated"},
		{"no version", passed, "", "nothing tells which anonymizer"},
		{"failed", Evaluation{Anonymizer: "aaa", Failed: []string{"too few", "far too few"}}, "aaa", "leaves too much behind, so its texts may not leave the machine: too few; far too few; correct"},
		{"another version", passed, "bbb", "made by version bbb of the anonymizer, and version aaa was evaluated"},
		{"a beginning of the version", passed, "aa", "version aa of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Clearance{Anonymizer: c.version, Evaluation: c.Evaluation}.Check()
			if c.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var p *Problem
			if !errors.As(err, &p) || p.Kind != Refused {
				t.Fatalf("got %v, want a problem of kind %s", err, Refused)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
}

// What steps of earlier versions were given, and what they left, is read as it was
// written: the two are fields of their own, not an object.
func TestClearanceTravelsAsTwoFields(t *testing.T) {
	const before = `{"anonymizer":"aaa","evaluation":{"anonymizer":"aaa","passed":true},"evaluation_file":{"path":"run/privacy.json"}}`
	var p PrepareResult
	if err := json.Unmarshal([]byte(before), &p); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(); err != nil || p.EvaluationFile.Path != "run/privacy.json" {
		t.Errorf("read %+v, %v", p, err)
	}
	text, err := json.Marshal(p)
	if err != nil || !strings.Contains(string(text), `"anonymizer":"aaa","evaluation":{"anonymizer":"aaa"`) {
		t.Errorf("written as %s, %v", text, err)
	}
}
