package privacy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/config"
	"switchboard/internal/pipeline"
)

func anonymizer(t testing.TB, o anonymize.Options) *anonymize.Anonymizer {
	t.Helper()
	a, err := anonymize.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func judge(t *testing.T, a *anonymize.Anonymizer) Evaluation {
	t.Helper()
	e, err := Judge(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What runs by default has to pass.
func TestDefaultPasses(t *testing.T) {
	a, err := Open(t.Context(), config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := judge(t, a)
	if !e.Passed || e.Failed != nil {
		t.Errorf("the default fails: %q", e.Failed)
	}
	if err := (pipeline.Clearance{Anonymizer: a.Version(), Evaluation: e}).Check(); err != nil {
		t.Errorf("texts of the judged anonymizer may not leave: %v", err)
	}
	if e.Anonymizer != a.Version() || len(e.Models) != 1 || e.Texts < builtInRows || len(e.SetSHA256) != 64 {
		t.Errorf("the evaluation is %+v", e)
	}
	for _, kind := range kinds {
		p := e.Recall[kind]
		t.Logf("%-9s %4d of %4d, %.3f (%.3f to %.3f)", kind, p.Count, p.Of, p.Share, p.Low, p.High)
		if p.Of == 0 {
			t.Errorf("the built-in set has no detail of kind %s", kind)
		}
	}
	if again := judge(t, a); !reflect.DeepEqual(again, e) {
		t.Errorf("judged twice: %+v, then %+v", e, again)
	}
}

// echo is a model that finds what it was told.
type echo struct {
	find func(text string) []anonymize.Span
	err  error
}

func (echo) Name() string    { return "echo" }
func (echo) Version() string { return "e1 threshold 0.5" }
func (m echo) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	found := make([][]anonymize.Span, len(texts))
	for i, s := range texts {
		found[i] = m.find(s)
	}
	return found, m.err
}

func nothing(string) []anonymize.Span { return nil }

func TestModelsAreNamed(t *testing.T) {
	e := judge(t, anonymizer(t, anonymize.Options{Models: []anonymize.Recognizer{echo{find: nothing}}}))
	if want := map[string]string{"echo": "e1 threshold 0.5"}; !reflect.DeepEqual(e.Models, want) {
		t.Errorf("the models are %v, want %v", e.Models, want)
	}
}

// Every word of the built-in list of names, allowed, is a mistake that an
// operator can make: the rules do not see names any more.
func TestNamesOnTheAllowListFail(t *testing.T) {
	names, err := os.ReadFile(filepath.Join("..", "anonymize", "words", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	a := anonymizer(t, anonymize.Options{Allow: strings.Fields(string(names))})
	e := judge(t, a)
	if e.Passed || len(e.Failed) == 0 || !strings.Contains(e.Failed[0], "kind Person") {
		t.Fatalf("it passes: %+v", e)
	}
	if err := (pipeline.Clearance{Anonymizer: a.Version(), Evaluation: e}).Check(); err == nil {
		t.Error("texts of an anonymizer that failed may leave")
	}
}

func TestRecognizerThatFails(t *testing.T) {
	broken := errors.New("out of order")
	_, err := Judge(t.Context(), anonymizer(t, anonymize.Options{Models: []anonymize.Recognizer{echo{find: nothing, err: broken}}}))
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v, want the recognizer's", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Judge(ctx, anonymizer(t, anonymize.Options{})); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
}

func TestDemands(t *testing.T) {
	for _, c := range []struct {
		demand
		p    Proportion
		want string
	}{
		{demand{0.95, 0.90}, proportion(95, 100), "as few as 88.8% of all there are, and 90% is asked"},
		{demand{0.95, 0.88}, proportion(95, 100), ""},
		{demand{0.95, 0.88}, proportion(94, 100), "94 of 100 details of kind Person were found, 94.0%, and 95% is asked"},
		{demand{0.98, 0}, proportion(4, 4), ""},
		{demand{0.98, 0}, proportion(0, 0), "0 of 0"},
		{demand{}, proportion(0, 9), ""},
	} {
		if got := c.failed(anonymize.Person, c.p); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%v of %v: %q, want %q", c.demand, c.p, got, c.want)
		}
	}
}

// The generator's own file has to be the one that the labels are of.
func TestBuiltInLabels(t *testing.T) {
	texts, err := builtIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	threads := map[string]int{}
	for _, x := range texts {
		threads[x.Thread]++
		cleaned, moved := clean(x.Text, x.Labels)
		for i, l := range moved {
			if l.Start == l.End {
				t.Errorf("row %d: nothing is left of %+v", x.Line-1, x.Labels[i])
			}
			if got := cleaned[l.Start:l.End]; strings.HasPrefix(got, " ") || strings.HasSuffix(got, " ") {
				t.Errorf("row %d: %+v moved to %+v", x.Line-1, x.Labels[i], l)
			}
		}
	}
	if len(threads) > len(texts)/2 {
		t.Errorf("%d threads of %d texts", len(threads), len(texts))
	}
}
