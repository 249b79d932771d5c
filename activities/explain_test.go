package activities

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/seal"
)

// explaining is a market with a run of which the test set was asked, and what it
// takes to ask why.
type explaining struct {
	*market
	control *Control
	in      pipeline.ExplainInput
	key     seal.Key
	first   dataset.Example
}

func newExplaining(t *testing.T, baseModel string) *explaining {
	t.Helper()
	m := newMarket(t)
	model, splits, _ := m.train()
	var asked ClassifyPartResult
	m.must(m.provider.ClassifyPart, asking(model, splits.Labels, splits.Test), &asked)
	entry := registry.Model{ID: model, BaseModel: baseModel, Labels: splits.Labels, Threshold: 0.4, TestCoverage: 1, RunID: "r"}
	if _, err := m.data.Models.Task("").Register(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	x := &explaining{market: m, control: &Control{Store: m.store, Models: m.data.Models, Client: m.provider.Client}}
	examples, err := rows[dataset.Example](t.Context(), m.store, splits.Test)
	if err != nil {
		t.Fatal(err)
	}
	if x.key, err = seal.NewKey(); err != nil {
		t.Fatal(err)
	}
	x.first = examples[0]
	x.in = pipeline.ExplainInput{Model: model, ConversationID: examples[0].ID, Key: x.key.Public(), Manifest: x.manifest(passed, splits.Test, asked.Predictions)}
	return x
}

func (x *explaining) manifest(judged privacy.Evaluation, texts, answers artifact.Ref) artifact.Ref {
	x.t.Helper()
	ref, err := x.store.WriteJSON(x.t.Context(), "applied/manifest.json", Manifest{
		Facts: map[string]string{"anonymizer": anonymizerVersion}, Privacy: judged,
		Stages: []ManifestStage{{Name: "anonymized", Files: []artifact.Ref{texts}}, {Name: "predictions", Files: []artifact.Ref{answers}}},
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return ref
}

func (x *explaining) explain() (told pipeline.Explanation) {
	x.t.Helper()
	result, err := x.control.Explain(x.t.Context(), x.in)
	if err != nil {
		x.t.Fatal(err)
	}
	if err := x.key.Open(result.Sealed, pipeline.ExplainPurpose, &told); err != nil {
		x.t.Fatal(err)
	}
	for _, word := range append(told.For, told.Against...) {
		if len(word.Word) > 3 && strings.Contains(string(result.Sealed), word.Word) {
			x.t.Errorf("%q travels in the clear", word.Word)
		}
	}
	return told
}

func TestExplainTellsTheAnswerAndItsWords(t *testing.T) {
	x := newExplaining(t, "switchboard-softmax-1")
	told := x.explain()
	if told.Threshold != 0.4 || told.Confidence == 0 || told.Label != told.Answers[0].Label || told.Rival == "" || len(told.For) == 0 {
		t.Fatalf("told %+v", told)
	}
	if told.Status == pipeline.AnswerClassified && told.Company != told.Label {
		t.Errorf("%s was answered, and %s is explained", told.Company, told.Label)
	}
	for _, word := range append(told.For, told.Against...) {
		if digits := strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '0'
			}
			return r
		}, x.first.Text); !strings.Contains(digits, word.Word) {
			t.Errorf("%q is not in the text", word.Word)
		}
	}
}

// What another provider tells is the labels that its likeliest tokens can only
// mean, and nothing that it says beside them.
func TestExplainWithAnotherProvider(t *testing.T) {
	x := newExplaining(t, "gpt-4.1-nano")
	x.breakPath("/chat/completions", func(w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, `{"choices":[{"message":{"content":"AcmeHelp"},"logprobs":{"content":[{"token":"Acme","logprob":-0.1,"top_logprobs":[
			{"token":"Acme","logprob":-0.1},{"token":" Bolt","logprob":-2.5},{"token":"Naomi","logprob":-3}]},{"token":"Help","logprob":0}]}}]}`)
		return true
	})
	told := x.explain()
	if len(told.Answers) != 2 || told.Answers[0].Label != "AcmeHelp" || told.Answers[1].Label != "BoltRail" || told.Label != "" {
		t.Errorf("told %+v", told)
	}
}

func TestExplainRefuses(t *testing.T) {
	x := newExplaining(t, "switchboard-softmax-1")
	good := x.in
	for _, c := range []struct {
		name   string
		change func(in *pipeline.ExplainInput)
		kind   problem.Kind
		says   string
	}{
		{"a conversation of another run", func(in *pipeline.ExplainInput) { in.ConversationID = 7_000_000 }, problem.BadInput, "the run has no conversation 7000000"},
		{"none of several", func(in *pipeline.ExplainInput) { in.ConversationID = 0 }, problem.BadInput, "the run has no conversation 0"},
		{"a model of another task", func(in *pipeline.ExplainInput) { in.Task = "other" }, problem.BadInput, "belongs to the task default"},
		// It writes the manifest anew, so it comes last.
		{"texts that may not leave", func(in *pipeline.ExplainInput) {
			in.Manifest = x.manifest(privacy.Evaluation{Anonymizer: anonymizerVersion}, artifact.Ref{}, artifact.Ref{})
		}, problem.Refused, "leaves too much behind"},
	} {
		in := good
		c.change(&in)
		_, err := x.control.Explain(t.Context(), in)
		if kind, _ := problem.KindOf(err); kind != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %s with %q", c.name, err, c.kind, c.says)
		}
	}
}
