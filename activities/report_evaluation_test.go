package activities

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/baseline"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/modelserver"
	"switchboard/internal/reports"
)

// judge prepares a run's splits, and answers of which every tenth is wrong.
func (l *lab) judge(dir string) ReportEvaluationInput {
	l.t.Helper()
	p := l.run(l.file("tweets.csv", tweets(600)), dir, 0, false)
	say := func(name string, ref artifact.Ref) artifact.Ref {
		examples, err := rows[dataset.Example](l.t.Context(), l.store, ref)
		if err != nil {
			l.t.Fatal(err)
		}
		var said []dataset.Prediction
		for i, e := range examples {
			a := dataset.Prediction{ConversationID: e.ID, Company: e.Label, Confidence: 0.9, Status: dataset.Classified, PromptTokens: 10, AnswerTokens: 1, LatencyMS: int32(i%5 + 1)}
			if i%10 == 0 {
				a.Company, a.Confidence = "<b>Neither</b>", 0.99
			}
			said = append(said, a)
		}
		written, err := writeRows(l.t.Context(), l.store, dir+"/"+name+".parquet", said)
		if err != nil {
			l.t.Fatal(err)
		}
		return written
	}
	return ReportEvaluationInput{
		Train: p.splits.Train, Validation: p.splits.Validation, ValidationPredictions: say("v", p.splits.Validation),
		Test: p.splits.Test, TestPredictions: say("t", p.splits.Test),
		Model: "ft:x", BaseModel: modelserver.BaseModel, Precision: 0.95, TrainedTokens: 1000, Seed: 3, Dir: dir,
	}
}

func TestReportEvaluation(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	var result ReportEvaluationResult
	l.must(l.data.ReportEvaluation, in, &result)
	var e reports.Evaluation
	if err := l.store.ReadJSON(t.Context(), result.JSON, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Columns) != 3 || e.Columns[0].Name != "majority" || e.Columns[1].Name != "baseline" {
		t.Fatalf("the columns are %+v", e.Columns)
	}
	majority, baseline, model := e.Columns[0].Natural, e.Columns[1].Natural, e.Columns[2].Natural
	if a := majority.Accuracy.Value; a < 0.3 || a > 0.7 {
		t.Errorf("of two companies of the same size the commoner one is right in %.2f", a)
	}
	if baseline.Accuracy.Value < 0.95 {
		t.Errorf("the baseline has learnt nothing: %.2f", baseline.Accuracy.Value)
	}
	if a := model.Accuracy.Value; a < 0.85 || a > 0.92 || model.Accuracy.Low >= a || model.Accuracy.High <= a {
		t.Errorf("the model's accuracy is %+v, of nine in ten", model.Accuracy)
	}
	if e.Cost.EvaluationTokens != 11*in.Test.Rows || e.Cost.Known || e.Timing.P50 != 3 || e.Timing.P95 != 5 {
		t.Errorf("cost %+v, timing %+v", e.Cost, e.Timing)
	}
	if len(e.Errors) == 0 || e.Errors[0].Text == "" || len(e.Confusion.Labels) != 3 || len(e.Slices) == 0 {
		t.Errorf("%d errors, confusion %v, slices %v", len(e.Errors), e.Confusion.Labels, e.Slices)
	}
	if e.NoLabel != (reports.Part{Of: in.Test.Rows}) {
		t.Errorf("of the answers to %d conversations, %+v are no label", in.Test.Rows, e.NoLabel)
	}
	if !strings.Contains(e.Columns[0].Note, "the commonest company of the test conversations") {
		t.Errorf("the majority's note is %q", e.Columns[0].Note)
	}
	if !strings.Contains(e.Columns[1].Note, "This model is of the same kind") {
		t.Errorf("the baseline's note is %q", e.Columns[1].Note)
	}

	html, err := l.store.Read(t.Context(), result.HTML)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<b>Neither", "<script", "http://", "https://", "src=\"/"} {
		if bytes.Contains(html, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"&lt;b&gt;Neither", "data:image/png;base64,", "How good is this model?", "Person"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if png, err := l.store.Read(t.Context(), result.Confusion); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("confusion.png is none: %v", err)
	}
}

func TestReportOfAModelThatAnswersNothing(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	silent := func(name string, examples artifact.Ref) artifact.Ref {
		all, err := rows[dataset.Example](t.Context(), l.store, examples)
		if err != nil {
			t.Fatal(err)
		}
		var said []dataset.Prediction
		for _, e := range all {
			said = append(said, dataset.Prediction{ConversationID: e.ID, Company: dataset.Unknown, Status: dataset.Invalid})
		}
		ref, err := writeRows(t.Context(), l.store, "run/"+name+".parquet", said)
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	in.ValidationPredictions, in.TestPredictions = silent("silent-v", in.Validation), silent("silent-t", in.Test)
	var result ReportEvaluationResult
	l.must(l.data.ReportEvaluation, in, &result)
	var e reports.Evaluation
	if err := l.store.ReadJSON(t.Context(), result.JSON, &e); err != nil {
		t.Fatal(err)
	}
	if p := e.Columns[2].Natural.Precision.Value; p != evaluate.None || e.NoLabel.Count != in.Test.Rows {
		t.Errorf("the precision of no answers is %s, and %+v are no label", p, e.NoLabel)
	}
	html, err := l.store.Read(t.Context(), result.HTML)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(html, []byte("This model names no company")) || !bytes.Contains(html, []byte("(100.0%) were none of its labels")) {
		t.Error("the page does not say so")
	}
}

// The same input gives the same report; only how long answers took may differ.
func TestReportEvaluationIsDeterministic(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	read := func() map[string]any {
		var result ReportEvaluationResult
		l.must(l.data.ReportEvaluation, in, &result)
		content, err := l.store.Read(t.Context(), result.JSON)
		if err != nil {
			t.Fatal(err)
		}
		var e map[string]any
		if err := json.Unmarshal(content, &e); err != nil {
			t.Fatal(err)
		}
		delete(e, "timing")
		return e
	}
	if first, second := read(), read(); !reflect.DeepEqual(first, second) {
		t.Error("the second report is another")
	}
}

// A baseline that is the model is no column: it would say the same. That is known
// before it is trained, or, of a model of another run, from its answers.
func TestModelThatIsTheBaselineIsNotComparedWithItself(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	trained := func(name string, ref artifact.Ref) artifact.Ref {
		train, err := rows[dataset.Example](t.Context(), l.store, in.Train)
		if err != nil {
			t.Fatal(err)
		}
		validation, err := rows[dataset.Example](t.Context(), l.store, in.Validation)
		if err != nil {
			t.Fatal(err)
		}
		say, err := baseline.Train(t.Context(), train, validation, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		examples, err := rows[dataset.Example](t.Context(), l.store, ref)
		if err != nil {
			t.Fatal(err)
		}
		var said []dataset.Prediction
		for i, a := range say.Answers(examples) {
			said = append(said, dataset.Prediction{ConversationID: examples[i].ID, Company: a.Company, Confidence: a.Confidence, Status: dataset.Classified})
		}
		written, err := writeRows(t.Context(), l.store, "run/"+name+".parquet", said)
		if err != nil {
			t.Fatal(err)
		}
		return written
	}
	settings, another, answers := in, in, in
	settings.TrainedOnThese, settings.Seed = true, config.BaseModelSeed
	another.TrainedOnThese, another.Seed, another.Epochs = true, config.BaseModelSeed, 3
	answers.ValidationPredictions, answers.TestPredictions = trained("own-v", in.Validation), trained("own-t", in.Test)
	for name, c := range map[string]struct {
		in   ReportEvaluationInput
		want string
	}{
		"by its settings": {settings, "majority, this model"}, "by its answers": {answers, "majority, this model"},
		"another of its kind": {another, "majority, baseline, this model"},
	} {
		var result ReportEvaluationResult
		l.must(l.data.ReportEvaluation, c.in, &result)
		var e reports.Evaluation
		if err := l.store.ReadJSON(t.Context(), result.JSON, &e); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, column := range e.Columns {
			names = append(names, column.Name)
		}
		if got := strings.Join(names, ", "); got != c.want || (len(e.Notes) == 1) == (len(names) == 3) {
			t.Errorf("%s: the columns are %s, the notes %q", name, got, e.Notes)
		}
	}
}

func TestReportToBeSharedHasNoTexts(t *testing.T) {
	l := newLab(t)
	in := l.judge("run")
	in.WithoutTexts = true
	var result ReportEvaluationResult
	l.must(l.data.ReportEvaluation, in, &result)
	for _, ref := range []artifact.Ref{result.JSON, result.HTML} {
		content, err := l.store.Read(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("Where is my")) {
			t.Errorf("%s holds a conversation", ref.Path)
		}
	}
}
