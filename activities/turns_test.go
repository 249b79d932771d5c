package activities

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/reports"
	"switchboard/internal/results"
	"switchboard/internal/split"
)

func TestTheTrainerIsShownItsTurns(t *testing.T) {
	l := newLab(t)
	_, refs := l.prepare(l.file("tweets.csv", tweets(400)), pipeline.Training, "run")
	for turns, perExample := range map[pipeline.Turns]int64{"": 1, pipeline.FirstTurn: 1, pipeline.BothTurns: 2} {
		var splits SplitExamplesResult
		l.must(l.data.SplitExamples, SplitExamplesInput{
			Examples: refs, Options: split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1, Turns: turns}, Dir: "run-" + string(turns),
		}, &splits)
		content, err := l.store.Read(t.Context(), splits.TrainFile)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		cut := 0
		for _, line := range lines {
			if !strings.Contains(line, `we look into`) {
				cut++
			}
		}
		if int64(len(lines)) != perExample*splits.Counts.Train || splits.TrainFile.Rows != int64(len(lines)) {
			t.Errorf("%q: %d lines for %d examples", turns, len(lines), splits.Counts.Train)
		}
		if want := map[pipeline.Turns]int{"": 0, pipeline.FirstTurn: len(lines), pipeline.BothTurns: len(lines) / 2}[turns]; cut != want {
			t.Errorf("%q: %d lines are first words, want %d", turns, cut, want)
		}
		for _, e := range l.examples([]artifact.Ref{splits.Test}) {
			if !strings.Contains(e.Text, "\n") {
				t.Fatalf("%q: the split holds %q", turns, e.Text)
			}
		}
	}
}

// asks remembers the questions.
func (m *market) asks() func() []string {
	var mu sync.Mutex
	var bodies []string
	m.breakPath("/chat/completions", func(_ http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
		return false
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(bodies)
	}
}

// What a model said of whole conversations is not taken for what it says of first words.
func TestFirstWordsAreAskedAboutAnew(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	if _, err := m.classify(in); err != nil {
		t.Fatal(err)
	}
	asked := m.asks()
	in.Turns = pipeline.FirstTurn
	for range 2 { // the second time all answers are there
		if _, err := m.classify(in); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(asked()); int64(n) != splits.Test.Rows {
		t.Errorf("%d questions about %d conversations", n, splits.Test.Rows)
	}
	for _, body := range asked() {
		if strings.Contains(body, "we look into") || !strings.Contains(body, "Where is my") {
			t.Fatalf("asked %s", body)
		}
	}
}

func TestContenders(t *testing.T) {
	m := newMarket(t)
	model, splits, job := m.train()
	entry := registered(model, splits)
	entry.Turns, entry.FirstThreshold = pipeline.BothTurns, 0.9
	m.must(m.data.RegisterModel, entry, nil)
	find := func(in ResolveModelInput) (found ResolveModelResult) {
		in.Contender = true
		m.must(m.provider.ResolveModel, in, &found)
		return found
	}
	// The base model's name is a part of the fine-tuned one's.
	if base := find(ResolveModelInput{Model: job.BaseModel}); !base.Train || base.BaseModel != job.BaseModel || base.Model != "" {
		t.Errorf("the base model is %+v", base)
	}
	for _, name := range []string{pipeline.Champion, model} {
		if found := find(ResolveModelInput{Model: name}); found.Train || found.Model != model || found.Threshold != 0.25 {
			t.Errorf("%s is %+v", name, found)
		}
	}
	if first := find(ResolveModelInput{Model: model, Turns: pipeline.FirstTurn}); first.Threshold != 0.9 {
		t.Errorf("the threshold for first words is %v", first.Threshold)
	}
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Model: "nobodys", Contender: true}, nil), problem.BadInput, "nor has the provider a base model of that name")
}

func TestTakeFirstWords(t *testing.T) {
	l := newLab(t)
	p := l.run(l.file("tweets.csv", tweets(300)), "run", 0, false)
	var taken TakeFirstWordsResult
	l.must(l.data.TakeFirstWords, TakeFirstWordsInput{Validation: p.splits.Validation, Test: p.splits.Test, Dir: "other"}, &taken)
	if taken.Test.Rows != p.splits.Test.Rows || taken.Test.Path != "other/evaluation/first-words-test.parquet" {
		t.Errorf("took %+v of %+v", taken.Test, p.splits.Test)
	}
	// Nobody knows who wrote first.
	examples := l.examples([]artifact.Ref{p.splits.Test})
	for i := range examples {
		examples[i].Opening = 0
	}
	before, err := writeRows(t.Context(), l.store, "old/test.parquet", examples)
	if err != nil {
		t.Fatal(err)
	}
	l.wantKind(l.do(l.data.TakeFirstWords, TakeFirstWordsInput{Validation: p.splits.Validation, Test: before, Dir: "old"}, nil), problem.BadInput, "--force")
}

func TestCallsAreGivenAsTheModelKnowsThem(t *testing.T) {
	turns := []results.Turn{{Side: "agent", Text: "Hello, how can I help?"}, {Side: "customer"}, {Side: "customer", Text: "my train is late"}, {Side: "agent", Text: "I see"}}
	for trained, want := range map[pipeline.Turns]string{
		"":                 "Hello, how can I help?\nmy train is late\nI see",
		pipeline.BothTurns: "Hello, how can I help?\nmy train is late\nI see",
		pipeline.FirstTurn: "my train is late",
	} {
		if got := givenOf(turns, trained); len(got) != 1 || got[0] != want {
			t.Errorf("a model trained on %q is given %q", trained, got)
		}
	}
	if got := givenOf(turns[:1], pipeline.FirstTurn); len(got) != 1 || got[0] != "" {
		t.Errorf("of a call in which no customer speaks: %q", got)
	}
	if got := givenOf(nil, pipeline.FirstTurn); len(got) != 0 {
		t.Errorf("of an empty call: %q", got)
	}
	if got := givenOf([]results.Turn{{Text: "nobody knows who says this"}}, pipeline.FirstTurn); got[0] != "nobody knows who says this" {
		t.Errorf("where nobody is known: %q", got)
	}
}

// A comparison holds what each model's own report says, keeps a failure as a row, and
// computes what the first and each other would come to.
func TestReportComparison(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	var report ReportEvaluationResult
	l.must(l.data.ReportEvaluation, in, &report)
	result := pipeline.EvaluateResult{Report: report.HTML, JSON: report.JSON, Contender: &pipeline.Contender{
		BaseModel: "m", Validation: in.Validation, ValidationPredictions: in.ValidationPredictions, Test: in.Test, TestPredictions: in.TestPredictions,
		Job: pipeline.JobState{Seconds: 90, TrainedTokens: 1000, ModelBytes: 17_000_000}, AnswersPerSecond: 12,
	}}
	var compared ReportComparisonResult
	l.must(l.data.ReportComparison, ReportComparisonInput{
		Contenders: []Contender{{Name: "gone", Failure: "it is <gone>"}, {Name: "one", Result: result}, {Name: "other", Result: result}},
		Train:      in.Train, Precision: 0.85, Seed: 1, Run: "run", Dir: "comparison",
	}, &compared)
	if len(compared.Models) != 4 {
		t.Fatalf("the rows are %+v", compared.Models)
	}
	gone, one, cascade := compared.Models[0], compared.Models[1], compared.Models[3]
	if gone.Failure == "" || gone.Accuracy.Known() {
		t.Errorf("the failed one is %+v", gone)
	}
	var e reports.Evaluation
	if err := l.store.ReadJSON(t.Context(), report.JSON, &e); err != nil {
		t.Fatal(err)
	}
	model := e.Columns[len(e.Columns)-1].Natural
	if one.Accuracy != model.Accuracy.Value || one.MacroF1 != model.MacroF1.Value || one.TrainingSeconds != 90 || one.AnswersPerSecond != 12 || one.Size() != "17.0 MB" || one.Priced || one.Asked != evaluate.None {
		t.Errorf("the row is %+v", one)
	}
	if cascade.Name != "one, then other" || !cascade.Asked.Known() || cascade.Accuracy != one.Accuracy {
		t.Errorf("a model and itself come to %+v", cascade)
	}
	page, err := l.store.Read(t.Context(), compared.HTML)
	if err != nil || !strings.Contains(string(page), "it is &lt;gone&gt;") || !strings.Contains(string(page), "one, then other") {
		t.Errorf("the page is %s, %v", page, err)
	}
}

func TestKnownIsMeasuredByLength(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	p := l.run(l.file("tweets.csv", tweets(600)), "run", 0, false)
	var said []dataset.Prediction
	for i, e := range l.examples([]artifact.Ref{p.splits.Known}) {
		a := dataset.Prediction{ConversationID: e.ID, Company: e.Label, Confidence: 0.9, Status: dataset.Classified}
		if i%len(split.Known) == 0 {
			a.Company = "Neither" // whoever knows one tweet is wrong
		}
		said = append(said, a)
	}
	known, err := writeRows(t.Context(), l.store, "run/known.parquet", said)
	if err != nil {
		t.Fatal(err)
	}
	var judged EvaluateModelResult
	l.must(l.data.EvaluateModel, EvaluateModelInput{
		Validation: in.Validation, ValidationPredictions: in.ValidationPredictions, Test: in.Test, TestPredictions: in.TestPredictions,
		Known: p.splits.Known, KnownPredictions: known, Precision: 0.5, Dir: "run",
	}, &judged)
	k := judged.Metrics.Known
	if len(k) != 4 || k[0].Tweets != 1 || k[0].Accuracy != 0 || k[1].Accuracy != 1 || k[3].Tweets != 0 || k[3].Accuracy != 1 || k[0].Conversations != p.splits.Test.Rows {
		t.Errorf("by what is known: %+v", k)
	}
	in.Known = k
	var report ReportEvaluationResult
	l.must(l.data.ReportEvaluation, in, &report)
	page, err := l.store.Read(t.Context(), report.HTML)
	if err != nil || !strings.Contains(string(page), "Results by how much is known") || !strings.Contains(string(page), "the customer&#39;s first tweet") {
		t.Errorf("the page does not say how much is known: %v", err)
	}
}
