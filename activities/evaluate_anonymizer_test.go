package activities

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/privacy"
	"switchboard/internal/program"
)

// counting is a model that finds nothing, and counts how often it is asked.
type counting struct {
	version string
	calls   int
	err     error
}

func (*counting) Name() string      { return "counting" }
func (c *counting) Version() string { return c.version }
func (c *counting) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	c.calls++
	return make([][]anonymize.Span, len(texts)), c.err
}

// watched is a lab whose anonymizer tells whether it was judged.
func watched(t *testing.T) (*lab, *counting) {
	t.Helper()
	l := newLab(t)
	model := &counting{version: "1"}
	l.use(anonymize.Options{Models: []anonymize.Recognizer{model}})
	return l, model
}

func (l *lab) use(o anonymize.Options) {
	l.t.Helper()
	a, err := anonymize.New(o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.data.Anonymizer = a
}

func (l *lab) evaluate(dir string) EvaluateAnonymizerResult {
	l.t.Helper()
	var judged EvaluateAnonymizerResult
	l.must(l.data.EvaluateAnonymizer, EvaluateAnonymizerInput{Dir: dir}, &judged)
	return judged
}

func TestEvaluationIsOfTheAnonymizerThatRuns(t *testing.T) {
	l, model := watched(t)
	judged := l.evaluate("run")
	want, err := privacy.Judge(t.Context(), l.data.Anonymizer)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(judged.Evaluation, want) {
		t.Errorf("got %+v, want %+v", judged.Evaluation, want)
	}
	// The rules do not make up for a model that finds nothing.
	if judged.Evaluation.Passed || judged.Evaluation.Anonymizer != l.data.Anonymizer.Version() || judged.Evaluation.Models["counting"] != model.version {
		t.Errorf("got %+v", judged.Evaluation)
	}
	var filed privacy.Evaluation
	if err := l.store.ReadJSON(t.Context(), judged.File, &filed); err != nil || !reflect.DeepEqual(filed, want) || judged.File.Path != "run/privacy.json" {
		t.Errorf("%s holds %+v, %v", judged.File.Path, filed, err)
	}
}

// Names that the operator allows are not found any more. That is for the
// workflow to refuse, and for the artifacts to show.
func TestAnonymizerThatFailsIsReported(t *testing.T) {
	l := newLab(t)
	names, err := os.ReadFile(filepath.Join("..", "internal", "anonymize", "words", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	l.use(anonymize.Options{Allow: strings.Fields(string(names))})
	for range 2 { // judged, then found
		judged := l.evaluate("run")
		if judged.Evaluation.Passed || len(judged.Evaluation.Failed) == 0 || judged.File.Bytes == 0 {
			t.Errorf("got %+v", judged)
		}
	}
}

func TestAnonymizerIsJudgedOncePerVersionAndProgram(t *testing.T) {
	sum, known := program.SHA256()
	if !known {
		t.Skip("this system does not tell which program runs, so every run judges anew")
	}
	l, model := watched(t)
	first := l.evaluate("first")
	asked := model.calls
	again := l.evaluate("second")
	if model.calls != asked || !reflect.DeepEqual(first.Evaluation, again.Evaluation) {
		t.Errorf("judged again: %d calls after %d", model.calls, asked)
	}
	if again.File.Path != "second/privacy.json" || again.File.SHA256 != first.File.SHA256 {
		t.Errorf("the second run's file is %+v, the first one's %+v", again.File, first.File)
	}
	path := "privacy/" + l.data.Anonymizer.Version()[:16] + ".json"
	kept, err := l.store.ReadPath(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"cut off":                        string(kept[:len(kept)/2]),
		"empty":                          "",
		"no evaluation":                  "{}",
		"of another program":             strings.Replace(string(kept), sum, strings.Repeat("0", 64), 1),
		"of no program":                  strings.Replace(string(kept), sum, "", 1),
		"of another anonymizer":          strings.Replace(string(kept), first.Evaluation.Anonymizer, strings.Repeat("0", 64), 1),
		"an evaluation without program":  `{"anonymizer": "` + first.Evaluation.Anonymizer + `", "passed": true}`,
		"of the first digits, no others": strings.Replace(string(kept), first.Evaluation.Anonymizer, first.Evaluation.Anonymizer[:16], 1),
	} {
		if content == string(kept) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := l.store.Write(t.Context(), path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		asked = model.calls
		if anew := l.evaluate("run"); model.calls == asked || !reflect.DeepEqual(anew.Evaluation, first.Evaluation) {
			t.Errorf("%s: taken for the evaluation: %+v", name, anew.Evaluation)
		}
		if mended, err := l.store.ReadPath(t.Context(), path); err != nil || string(mended) != string(kept) {
			t.Errorf("%s: it was left: %s, %v", name, mended, err)
		}
	}
	// Other files of a model are another version.
	asked = model.calls
	model.version = "2"
	l.use(anonymize.Options{Models: []anonymize.Recognizer{model}})
	if other := l.evaluate("run"); model.calls == asked || other.Evaluation.Anonymizer == first.Evaluation.Anonymizer {
		t.Error("another version took over the evaluation")
	}
}

// A model that fails gives no evaluation, and leaves none behind.
func TestAnonymizerThatCannotBeJudged(t *testing.T) {
	l, model := watched(t)
	model.err = errors.New("the machine is tired")
	if err := l.do(l.data.EvaluateAnonymizer, EvaluateAnonymizerInput{Dir: "run"}, nil); err == nil || !strings.Contains(err.Error(), "tired") {
		t.Errorf("got %v", err)
	}
	for _, dir := range []string{"privacy", "run"} {
		if left, err := l.store.List(t.Context(), dir); err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
}
