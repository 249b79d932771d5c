package activities

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
	"switchboard/internal/reports"
)

func (l *lab) prompts(in WritePromptsInput) []string {
	l.t.Helper()
	var written WritePromptsResult
	l.must(l.data.WritePrompts, in, &written)
	var texts []string
	for _, ref := range written.Prompts {
		text, err := l.store.Read(l.t.Context(), ref)
		if err != nil {
			l.t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func TestPromptsShowTrainingConversationsOnly(t *testing.T) {
	l := newLab(t)
	p := l.run(l.file("tweets.csv", tweets(600)), "run", 0, false)
	in := WritePromptsInput{Train: p.splits.Train, With: []pipeline.Untuned{pipeline.Base, pipeline.FewShot}, Seed: 1, Dir: "run"}
	texts := l.prompts(in)
	if len(texts) != 2 || texts[0] != prompt.Untrained([]string{"AcmeHelp", "BoltRail"}, nil) {
		t.Fatalf("the prompts are %q", texts)
	}
	if n := strings.Count(texts[1], "Conversation:"); n != 2 {
		t.Errorf("%d conversations are shown of two companies", n)
	}
	for name, split := range map[string]artifact.Ref{"validation": p.splits.Validation, "test": p.splits.Test} {
		examples, err := rows[dataset.Example](t.Context(), l.store, split)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples {
			if strings.Contains(texts[1], e.Text) {
				t.Errorf("a %s conversation is shown", name)
			}
		}
	}
	if again := l.prompts(in); again[1] != texts[1] {
		t.Error("the same seed shows other conversations")
	}
	in.Seed = 2
	if other := l.prompts(in); other[1] == texts[1] {
		t.Error("another seed shows the same conversations")
	}
}

// The base model is played: no model server answers untrained. What it is told
// is seen, and its answers become a column.
func TestBaseModelBecomesAColumn(t *testing.T) {
	m := newMarket(t)
	p := m.run(m.file("tweets.csv", tweets(600)), "run", 0, false)
	var mu sync.Mutex
	told := map[string]int{}
	m.breakPath("/chat/completions", func(w http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var request struct{ Messages []struct{ Content string } }
		if json.Unmarshal(body, &request) != nil || len(request.Messages) != 2 {
			return false
		}
		mu.Lock()
		told[request.Messages[0].Content]++
		mu.Unlock()
		fmt.Fprint(w, `{"choices":[{"message":{"content":"AcmeHelp"},"logprobs":{"content":[{"token":"AcmeHelp","logprob":-0.1}]}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`)
		return true
	})
	var written WritePromptsResult
	m.must(m.data.WritePrompts, WritePromptsInput{Train: p.splits.Train, With: []pipeline.Untuned{pipeline.FewShot}, Seed: 1, Dir: "run"}, &written)
	ask := func(examples artifact.Ref, name string, prompt artifact.Ref) artifact.Ref {
		in := asking("big-model", p.splits.Labels, examples)
		in.Path, in.Prompt = "run/"+name+".parquet", prompt
		var result ClassifyPartResult
		m.must(m.provider.ClassifyPart, in, &result)
		return result.Predictions
	}
	validation, test := ask(p.splits.Validation, "v", written.Prompts[0]), ask(p.splits.Test, "t", written.Prompts[0])
	shown, err := m.store.Read(t.Context(), written.Prompts[0])
	if err != nil || told[string(shown)] == 0 || len(told) != 1 {
		t.Fatalf("it was told %d different things, %v", len(told), err)
	}
	// Other words are another question.
	before := told[string(shown)]
	ask(p.splits.Test, "plain", artifact.Ref{})
	if told[prompt.System] == 0 || told[string(shown)] != before {
		t.Errorf("the answers to one prompt were taken for those to another: %d, %d", told[prompt.System], told[string(shown)])
	}

	in := ReportEvaluationInput{
		Train: p.splits.Train, Validation: p.splits.Validation, ValidationPredictions: validation, Test: p.splits.Test, TestPredictions: test,
		Untuned: []UntunedAnswers{{Way: pipeline.FewShot, Validation: validation, Test: test}},
		Model:   "ft:x", BaseModel: "big-model", Precision: 0.95, Seed: 3, Dir: "run",
	}
	var result ReportEvaluationResult
	m.must(m.data.ReportEvaluation, in, &result)
	var e reports.Evaluation
	if err := m.store.ReadJSON(t.Context(), result.JSON, &e); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range e.Columns {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, ", "); got != "majority, baseline, few-shot, this model" {
		t.Fatalf("the columns are %s", got)
	}
	if a := e.Columns[2].Natural.Accuracy.Value; a < 0.3 || a > 0.7 || !strings.Contains(e.Columns[2].Note, "big-model without training") {
		t.Errorf("a model that always says AcmeHelp is right in %.2f: %s", a, e.Columns[2].Note)
	}
}

func TestBaseModelThatCannotAnswerIsRefused(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	entry := registered(model, splits)
	entry.BaseModel = config.SoftmaxBaseModel
	m.must(m.data.RegisterModel, entry, nil)
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Base: true}, nil), problem.BadInput, "leave --with out")
}
