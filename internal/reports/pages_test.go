package reports

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
)

var (
	november = time.Date(2026, 11, 28, 9, 55, 0, 0, time.UTC)
	august   = time.Date(2026, 8, 30, 7, 12, 0, 0, time.UTC)
)

// hostile is what nobody should be called, or say.
const hostile = `<script>alert("1")</script> "quoted" & 'so'`

// applied is an application to n threads. Companies are rarer the higher their
// number; one of shift's conversations more goes to the second.
func applied(n int, at time.Time, shift float64) merge.Summary {
	random := rand.New(rand.NewPCG(uint64(n), 9))
	m := merge.New(0, 0.5)
	for thread := range n {
		company := fmt.Sprintf("Company%02dHelp", int(64*random.Float64()*random.Float64()*random.Float64()))
		if random.Float64() < shift {
			company = "Company01Help"
		}
		for i := range 1 + thread%3 {
			id := int64(thread*10 + i + 1)
			e := dataset.Example{ID: id, ThreadID: int64(thread), Text: fmt.Sprintf("my parcel %d from yesterday is still not here, Person\nwhere can I see where it is? <url>", id)}
			p := dataset.Prediction{ConversationID: id, Company: company, Confidence: 1 - random.Float64()*random.Float64(), Status: dataset.Classified}
			switch {
			case thread%37 == 0:
				p = dataset.Prediction{ConversationID: id, Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "rate_limited"}
			case thread%41 == 0:
				p = dataset.Prediction{ConversationID: id, Company: dataset.Unknown, Status: dataset.Empty}
			case thread == 1:
				e.Text, p.Company, p.Confidence = hostile+"\n"+strings.Repeat("looooong", 40), "Żółw_Pomoc_With_A_Long_Name_And_No_Blank_In_It", 0.01
			}
			if err := m.Add([]dataset.Example{e}, []dataset.Prediction{p}); err != nil {
				panic(err)
			}
		}
	}
	s := m.Summary()
	s.At, s.Task, s.Model, s.Dataset = at, "support", "ft:switchboard-softmax-1:switchboard:sb-edd691dde1a7:WA7J7LU5DB", "production.csv"
	s.DatasetSHA256 = at.String()
	s.Warnings = m.Warnings(evaluate.Practice{Given: 30, Unknown: 5, Confidences: map[int]int64{9: 35}})
	return s
}

func exampleApplication() Application {
	before := applied(400, august, 0)
	before.Dataset = "production-2026-08.csv"
	return Application{
		Summary: applied(1500, november, 0.08), Before: &before, Run: "apply-production-6305ccd7/01a2219b-3cd9-7907-bd74-daf6cc50cad0",
		Origin: &pipeline.Origin{Dataset: "tweets.csv", Created: august, AskedPrecision: 0.95, TestCoverage: 0.9, Confidences: map[int]int64{9: 400, 8: 60, 5: 30, 3: 10}},
	}
}

func exampleSubject() (Subject, []dataset.Example) {
	random := rand.New(rand.NewPCG(3, 4))
	s := Subject{
		Model: "ft:switchboard-hybrid-1:switchboard:sb-edd691dde1a7:WA7J7LU5DB", BaseModel: "switchboard-hybrid-1",
		Dataset: "tweets.csv", Run: "finetune-tweets-1bcd2936/01a22142-3cd9-7907-bd74-daf6cc50cad0", At: november, Precision: 0.95, Seed: 1,
	}
	for i := range 40 {
		s.Trained = append(s.Trained, fmt.Sprintf("Company%02dHelp", i))
	}
	name := func() string { return fmt.Sprintf("Company%02dHelp", int(48*random.Float64()*random.Float64())) }
	for i := range 900 {
		truth := name()
		e := dataset.Example{ID: int64(i + 1), ThreadID: int64(i / 2), Label: truth, Answered: i%3 > 0, Text: strings.Repeat("my parcel is still not here\n", i%4) + "where can I see where it is, Person?"}
		a := evaluate.Answer{Thread: e.ThreadID, Truth: truth, Company: truth, Confidence: 1 - 0.3*random.Float64()}
		if random.Float64() < 0.08 || truth > "Company39Help" {
			a.Company, a.Confidence = name(), 1-0.9*random.Float64()
		}
		if i == 0 {
			e.Text, a.Company, a.Confidence = hostile+strings.Repeat("looooong", 40), hostile, 1
		}
		s.Test, s.Answers.Test = append(s.Test, e), append(s.Answers.Test, a)
		s.Predictions = append(s.Predictions, dataset.Prediction{ConversationID: e.ID, LatencyMS: int32(i%9 + 1), PromptTokens: 60, AnswerTokens: 2})
	}
	s.Answers.Validation = s.Answers.Test[:400]
	return s, s.Test[:400]
}

func exampleEvaluation() Evaluation {
	s, validation := exampleSubject()
	weaker := s.Answers
	weaker.Test = append([]evaluate.Answer(nil), weaker.Test...)
	for i := range weaker.Test {
		if i%9 == 0 {
			weaker.Test[i].Company = "Company00Help"
		}
	}
	s.Turns = pipeline.BothTurns
	s.Known = []pipeline.KnownScore{
		{Tweets: 1, Conversations: 500, Accuracy: 0.6, Low: 0.556, High: 0.642, Coverage: 0.27}, {Tweets: 2, Conversations: 500, Accuracy: 0.9, Low: 0.871, High: 0.923, Coverage: 0.95},
		{Conversations: 500, Accuracy: 0.94, Low: 0.916, High: 0.958, Coverage: 0.99},
	}
	first := OnFirstWords(&pipeline.FirstWordsMetrics{Threshold: 0.8, Test: pipeline.Score{Examples: 4339, Accuracy: 0.601, Precision: 0.95, Coverage: 0.272}}, 0.95)
	return s.Judge([]Column{s.Majority(validation), s.Baseline(weaker)}, first)
}

// exampleComparison is of the example's model, one of a hostile name that could not be
// judged, and the first and another in turn.
func exampleComparison() Comparison {
	e := exampleEvaluation()
	one, other := RowOf("champion", e), RowOf("gpt-4o-mini-2024-07-18", e)
	one.TrainingSeconds, one.AnswersPerSecond, one.ModelBytes = 5407, 2345.6, 17_012_345
	other.Cost, other.Priced, other.AnswersPerSecond = 12.34, true, 3.2
	return Comparison{
		Version: ComparisonVersion, At: november, Dataset: "tweets.csv", Run: e.Run, Turns: pipeline.FirstTurn, Precision: 0.95,
		Models: []pipeline.ComparedModel{one, pipeline.FailedModel(hostile, "the provider has no model of the name "+hostile), other,
			CascadeRow("champion", "gpt-4o-mini-2024-07-18", e.Columns[len(e.Columns)-1].Natural, 0.71)},
	}
}

// examplePages are the pages that tests and people look at, by name.
func examplePages(t testing.TB) map[string][]byte {
	t.Helper()
	var application, plain, evaluation, comparison bytes.Buffer
	if err := WriteApplication(&application, exampleApplication()); err != nil {
		t.Fatal(err)
	}
	if err := WriteApplication(&plain, Application{Summary: merge.New(0, 0.5).Summary(), Run: "apply-empty/1"}); err != nil {
		t.Fatal(err)
	}
	if err := WriteEvaluation(&evaluation, exampleEvaluation()); err != nil {
		t.Fatal(err)
	}
	if err := WriteComparison(&comparison, exampleComparison()); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"comparison": comparison.Bytes(), "application": application.Bytes(), "application-of-nothing": plain.Bytes(), "evaluation": evaluation.Bytes()}
}

// A page can be sent to somebody as it is: it loads nothing, runs nothing, and
// holds no markup but its own.
func TestPagesStandAlone(t *testing.T) {
	again := examplePages(t)
	for name, page := range examplePages(t) {
		for _, bad := range []string{"<script", "http://", "https://", "src=\"/", "@import", "url(", "style=", "ZgotmplZ"} {
			if bytes.Contains(page, []byte(bad)) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
		if !bytes.Contains(page, []byte("default-src &#39;none&#39;;")) {
			t.Errorf("%s has no policy", name)
		}
		if !bytes.Equal(page, again[name]) {
			t.Errorf("%s is another page each time", name)
		}
	}
}

// What a manager has to know comes first, and what did not happen is not told.
func TestApplicationPage(t *testing.T) {
	pages := examplePages(t)
	page := string(pages["application"])
	for _, inOrder := range []string{
		"production.csv, 28 November 2026, 09:55 UTC",
		"Before you use these figures", "got no answer in all attempts (mostly rate_limited)", "The model&#39;s own test had 35 conversations",
		"Of 3,000 conversations, ", "30 August 2026, with tweets.csv",
		"How the conversations were assigned", "Sure", "Unsure", "No text", "No answer",
		"Largest companies", "Company00Help", "Other companies",
		"over 799 conversations of production-2026-08.csv", "<strong>Company01Help</strong>: &#43;7.4 points, from 6.9% to 14.4%",
		"at least 50.0%", "95.0% of the model&#39;s answers are correct", "90 to 100%",
		"Żółw_Pomoc", "counted as Unknown", "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;",
	} {
		_, rest, found := strings.Cut(page, inOrder)
		if !found {
			t.Errorf("the page lacks %q, or has it too early", inOrder)
			continue
		}
		page = rest
	}
	plain := string(pages["application-of-nothing"])
	for _, bad := range []string{"Before you use these figures", "Largest companies", "points, from", "In its test"} {
		if strings.Contains(plain, bad) {
			t.Errorf("the page of nothing holds %q", bad)
		}
	}
	for _, want := range []string{"The file has no conversations.", "The model named no company.", "There is no earlier run", "The model gave no answer."} {
		if !strings.Contains(plain, want) {
			t.Errorf("the page of nothing lacks %q", want)
		}
	}
}

// Companies that were not trained are told of once, and are no rows of 0.0%.
func TestEvaluationPage(t *testing.T) {
	page := string(examplePages(t)["evaluation"])
	byCompany, rest, _ := strings.Cut(page[strings.Index(page, `<h2 id="companies"`):], `<h2 id="not-trained"`)
	notTrained, _, _ := strings.Cut(rest, `<h2 id="cost"`)
	if strings.Contains(byCompany, "Company45Help") || !strings.Contains(notTrained, "Company45Help") || !strings.Contains(byCompany, "Company05Help") {
		t.Error("a company that was not trained is among the others, or told of nowhere")
	}
	for _, want := range []string{
		"28 November 2026, 09:55 UTC", "<dd>tweets.csv</dd>", "finetune-tweets-1bcd2936/01a22142", `<a href="#not-trained">`, `aria-labelledby="beside"`,
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The conversations of one thread share tweets: of their errors the surest is
// shown.
func TestErrorsAreOneOfAThread(t *testing.T) {
	s := Subject{Trained: []string{"a", "b"}, Precision: 0.9}
	for i, a := range []evaluate.Answer{
		{Thread: 1, Truth: "a", Company: "b", Confidence: 0.7}, {Thread: 1, Truth: "a", Company: "b", Confidence: 0.9},
		{Thread: 2, Truth: "a", Company: "b", Confidence: 0.8}, {Thread: 3, Truth: "a", Company: "a", Confidence: 1}, {Thread: 4, Truth: "a", Company: dataset.Unknown, Confidence: 1},
	} {
		s.Answers.Test = append(s.Answers.Test, a)
		s.Test = append(s.Test, dataset.Example{ID: int64(i), ThreadID: a.Thread, Label: a.Truth, Text: fmt.Sprint("text ", i)})
	}
	got := s.Judge(nil, nil).Errors
	if len(got) != 2 || got[0].Text != "text 1" || got[1].Text != "text 2" {
		t.Errorf("the errors are %+v", got)
	}
	s.WithoutTexts = true
	if got := s.Judge(nil, nil).Errors; got[0].Text != "" {
		t.Errorf("a report without texts holds %q", got[0].Text)
	}
}

// A model that could not be judged is a row that says so, and a dash is for what is not
// known.
func TestComparisonPage(t *testing.T) {
	page := string(examplePages(t)["comparison"])
	for _, want := range []string{
		"the customer&#39;s first words alone", "could not be judged: the provider has no model", "1h30m7s", "2,345", "$12.34", "3.2",
		"champion, then gpt-4o-mini-2024-07-18", "the second is asked about 71.0% of the conversations", ">-<",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
