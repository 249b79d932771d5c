package activities

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/database"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
	"switchboard/internal/split"
)

// lab runs activities as a worker would, over a store in a temporary folder.
type lab struct {
	*testsuite.TestActivityEnvironment
	t     *testing.T
	store *artifact.Store
	data  *Data
}

func newLab(t *testing.T) *lab {
	t.Helper()
	store, err := artifact.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	anonymizer, err := anonymize.New(anonymize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	models, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "switchboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = models.Close() })
	var suite testsuite.WorkflowTestSuite
	l := &lab{TestActivityEnvironment: suite.NewTestActivityEnvironment(), t: t, store: store, data: &Data{Store: store, Anonymizer: anonymizer, Models: models, Results: results.New(models)}}
	l.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&Failures{}}})
	l.RegisterActivity(l.data)
	return l
}

// do runs an activity and decodes its result, which must stay small.
func (l *lab) do(activity, in, result any) error {
	l.t.Helper()
	value, err := l.ExecuteActivity(activity, in)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := value.Get(&raw); err == nil && len(raw) > 32<<10 {
		l.t.Errorf("the result of %T has %d bytes, more than 32 KB", activity, len(raw))
	}
	if result == nil {
		return nil
	}
	return value.Get(result)
}

func (l *lab) must(activity, in, result any) {
	l.t.Helper()
	if err := l.do(activity, in, result); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) file(name, content string) string {
	l.t.Helper()
	path := filepath.Join(l.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

func (l *lab) wantKind(err error, kind problem.Kind, says string) {
	l.t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != string(kind) || !app.NonRetryable() || !strings.Contains(err.Error(), says) {
		l.t.Errorf("got %v, want a failure of kind %s that is not repeated and says %q", err, kind, says)
	}
}

// tweets is a training file of n threads, alternately with two companies: a
// question of a customer, and an answer that is signed.
func tweets(n int) string {
	var b strings.Builder
	b.WriteString("tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n")
	for i := range n {
		company, about := "AcmeHelp", "parcel"
		if i%2 == 1 {
			company, about = "BoltRail", "train"
		}
		fmt.Fprintf(&b, "%d,%d,True,,@%s Where is my %s number %d &amp; why?,%d,\n", 2*i+1, 1000+i, company, about, i, 2*i+2)
		fmt.Fprintf(&b, "%d,%s,False,,\"@%d Hi Naomi, we look into %s %d. -JB\",,%d\n", 2*i+2, company, 1000+i, about, i, 2*i+1)
	}
	return b.String()
}

func TestDatasetThatCannotBeRead(t *testing.T) {
	l := newLab(t)
	folder := t.TempDir()
	for _, c := range []struct{ dataset, says string }{
		{filepath.Join(folder, "missing.csv"), "there is no file"},
		{folder, "is a folder"},
		{"ftp://example.com/tweets.csv", "s3://"},
		{"file://" + filepath.Join(folder, "missing.csv"), "there is no file"},
		{l.file("empty.csv", ""), "empty"},
		{l.file("columns.csv", "id,body\n1,hello\n"), "tweet_id"},
	} {
		for _, run := range []func() error{
			func() error {
				return l.do(l.data.CheckDataset, CheckDatasetInput{Dataset: c.dataset, Kind: pipeline.Training}, nil)
			},
			func() error {
				return l.do(l.data.StageConversations, StageConversationsInput{Dataset: c.dataset, Kind: pipeline.Training, Dir: "run"}, nil)
			},
		} {
			l.wantKind(run(), problem.BadInput, c.says)
		}
	}
	if left, err := l.store.List(t.Context(), "run"); err != nil || len(left) > 0 {
		t.Errorf("bad input left %v, %v", left, err)
	}
}

// prepare stages and anonymizes a file.
func (l *lab) prepare(path string, kind pipeline.Kind, dir string) (StageConversationsResult, []artifact.Ref) {
	l.t.Helper()
	var staged StageConversationsResult
	l.must(l.data.StageConversations, StageConversationsInput{Dataset: path, Kind: kind, MaxTweets: 64, Dir: dir}, &staged)
	var examples []artifact.Ref
	for i, ref := range staged.Conversations {
		var done AnonymizePartResult
		l.must(l.data.AnonymizePart, AnonymizePartInput{Conversations: ref, Dir: dir, Part: i}, &done)
		examples = append(examples, done.Examples)
	}
	return staged, examples
}

func (l *lab) examples(refs []artifact.Ref) []dataset.Example {
	l.t.Helper()
	var all []dataset.Example
	for _, ref := range refs {
		list, err := rows[dataset.Example](l.t.Context(), l.store, ref)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

func TestStageAndAnonymize(t *testing.T) {
	l := newLab(t)
	staged, refs := l.prepare(l.file("tweets.csv", tweets(40)), pipeline.Training, "run")
	if staged.Counts.Tweets != 80 || staged.Counts.Conversations != 40 || staged.Counts.Companies != 2 || staged.Dataset.Rows != 80 {
		t.Errorf("counts %+v, dataset %+v", staged.Counts, staged.Dataset)
	}
	e := l.examples(refs)[0]
	want := "Where is my parcel number 0 & why?\nHi Person, we look into parcel 0. -Person"
	if e.Text != want || e.Label != "AcmeHelp" || !slices.Equal(e.Rows, []int32{0, 1}) {
		t.Errorf("got %+v, want text %q", e, want)
	}
}

// A model meets in production the very text that it was trained on, although
// production data has neither authors nor mentions.
func TestTrainingAndProductionTextAreTheSame(t *testing.T) {
	l := newLab(t)
	training := tweets(30)
	records, err := csv.NewReader(strings.NewReader(training)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var production bytes.Buffer
	w := csv.NewWriter(&production)
	for _, r := range records {
		text := r[4]
		if strings.HasPrefix(text, "@") {
			_, text, _ = strings.Cut(text, " ")
		}
		_ = w.Write([]string{r[0], text, r[5], r[6]})
	}
	w.Flush()
	_, trained := l.prepare(l.file("tweets.csv", training), pipeline.Training, "training")
	_, applied := l.prepare(l.file("production.csv", production.String()), pipeline.Production, "production")
	a, b := l.examples(trained), l.examples(applied)
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d conversations in training, %d in production", len(a), len(b))
	}
	for i := range a {
		if a[i].Text != b[i].Text || a[i].ID != b[i].ID {
			t.Errorf("training %q, production %q", a[i].Text, b[i].Text)
		}
		for _, handle := range []string{"AcmeHelp", "BoltRail", "@"} {
			if strings.Contains(a[i].Text, handle) {
				t.Errorf("the text still holds %q: %q", handle, a[i].Text)
			}
		}
	}
}

func TestSplitExamplesWritesTheTrainersFiles(t *testing.T) {
	l := newLab(t)
	_, refs := l.prepare(l.file("tweets.csv", tweets(400)), pipeline.Training, "run")
	var splits SplitExamplesResult
	l.must(l.data.SplitExamples, SplitExamplesInput{
		Examples: refs, Options: split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1}, Dir: "run",
	}, &splits)
	content, err := l.store.Read(t.Context(), splits.TrainFile)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(content, []byte("\n")); int64(lines) != splits.Counts.Train || splits.TrainFile.Rows != splits.Counts.Train {
		t.Errorf("%d lines, %d rows in train", lines, splits.Counts.Train)
	}
	var answers []string
	if err := l.store.ReadJSON(t.Context(), splits.Labels, &answers); err != nil || !slices.Equal(answers, []string{"AcmeHelp", "BoltRail"}) {
		t.Errorf("labels %v, %v", answers, err)
	}
	for _, c := range []struct {
		change func(*split.Options)
		says   string
	}{
		{func(o *split.Options) { o.TargetSize = 100000 }, "target size"},
		{func(o *split.Options) { o.MinClassSize = 1000 }, "--min-class-size"},
	} {
		o := split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1}
		c.change(&o)
		l.wantKind(l.do(l.data.SplitExamples, SplitExamplesInput{Examples: refs, Options: o, Dir: "bad"}, nil), problem.BadInput, c.says)
	}
}

// production has a fork (3 and 4 answer 2), a tweet twice, an orphan, a text
// over two lines and a column of its own.
const production = `note,tweet_id,text,in_response_to_tweet_id
a,1,first,
b,2,second,1
c,3,"third, ""quoted""
on two lines",2
d,4,fourth,2
e,3,"third, ""quoted"" on two lines",2
f,9,orphan,77
g,10,@only_a_mention,
`

func (l *lab) merge(predictions []dataset.Prediction, staged StageConversationsResult, examples []artifact.Ref, threshold float64) (MergeOutputResult, error) {
	l.t.Helper()
	ref, err := writeRows(l.t.Context(), l.store, "run/predictions.parquet", predictions)
	if err != nil {
		l.t.Fatal(err)
	}
	var merged MergeOutputResult
	err = l.do(l.data.MergeOutput, MergeOutputInput{
		Dataset: staged.Dataset, Examples: examples, Predictions: []artifact.Ref{ref},
		Duplicates: staged.Duplicates, Threshold: threshold, Dir: "run",
	}, &merged)
	return merged, err
}

// Answers that are no label are rows like others, until they are too many; and where
// nothing was answered there is nothing to write.
func TestMergeRefusesAnswersThatAreNone(t *testing.T) {
	l := newLab(t)
	staged, refs := l.prepare(l.file("production.csv", production), pipeline.Production, "run")
	right := dataset.Prediction{Company: "Acme", Confidence: 0.9, Status: dataset.Classified}
	invalid := dataset.Prediction{Company: dataset.Unknown, Status: dataset.Invalid}
	failed := dataset.Prediction{Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "timeout"}
	for _, c := range []struct {
		name  string
		said  dataset.Prediction // of all conversations but the first
		first dataset.Prediction
		says  string
	}{
		{"all no label", invalid, invalid, "3 of 3 answers of the model were no label"},
		{"most no label", invalid, right, "2 of 3 answers of the model were no label"},
		{"all failed", failed, failed, "answered none of 3 conversations"},
		{"most failed", failed, right, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var predictions []dataset.Prediction
			for i, e := range l.examples(refs) {
				p := c.said
				if i == 0 {
					p = c.first
				}
				if e.Text == "" {
					p = dataset.Prediction{Company: dataset.Unknown, Status: dataset.Empty}
				}
				p.ConversationID = e.ID
				predictions = append(predictions, p)
			}
			_, err := l.merge(predictions, staged, refs, 0.5)
			if c.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			l.wantKind(err, problem.Refused, c.says)
		})
	}
}

func TestMergeKeepsEveryRowInItsOrder(t *testing.T) {
	l := newLab(t)
	path := l.file("production.csv", production)
	staged, refs := l.prepare(path, pipeline.Production, "run")
	said := map[int64]dataset.Prediction{
		3:  {Company: "Acme", Confidence: 0.9, Status: dataset.Classified},
		4:  {Company: "Bolt", Confidence: 0.7, Status: dataset.Classified},
		9:  {Company: "Bolt", Confidence: 0.2, Status: dataset.Classified},
		10: {Company: dataset.Unknown, Status: dataset.Empty},
	}
	var predictions []dataset.Prediction
	for _, e := range l.examples(refs) {
		p := said[e.ID]
		p.ConversationID = e.ID
		predictions = append(predictions, p)
	}
	merged, err := l.merge(predictions, staged, refs, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	content, err := l.store.Read(t.Context(), merged.Output)
	if err != nil {
		t.Fatal(err)
	}
	const want = `note,tweet_id,text,in_response_to_tweet_id,conversation_id,company,confidence,status,error_code
a,1,first,,3,Acme,0.9000,classified,
b,2,second,1,3,Acme,0.9000,classified,
c,3,"third, ""quoted""
on two lines",2,3,Acme,0.9000,classified,
d,4,fourth,2,4,Bolt,0.7000,classified,
e,3,"third, ""quoted"" on two lines",2,3,Acme,0.9000,classified,
f,9,orphan,77,9,Unknown,0.2000,unsure,
g,10,@only_a_mention,,10,Unknown,0.0000,empty,
`
	if string(content) != want {
		t.Errorf("got\n%s\nwant\n%s", content, want)
	}
	c := merged.Counts
	if c.Rows != 7 || c.Conversations != 4 || c.Companies != 2 || c.UnknownShare != 0.5 || c.RowStatuses["classified"] != 5 {
		t.Errorf("counts %+v", c)
	}
	var chart artifact.Ref
	l.must(l.data.ChartOutput, ChartOutputInput{Companies: merged.Companies, Dir: "run"}, &chart)
	if png, err := l.store.Read(t.Context(), chart); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("the chart is no PNG: %v", err)
	}

	if err := os.WriteFile(path, []byte(strings.Replace(production, "first", "First", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = l.merge(predictions, staged, refs, 0.5)
	l.wantKind(err, problem.BadInput, "changed while the run was under way")
}

// acme makes an answer to every conversation, the same to all.
func acme(examples []dataset.Example) []dataset.Prediction {
	var predictions []dataset.Prediction
	for _, e := range examples {
		predictions = append(predictions, dataset.Prediction{ConversationID: e.ID, Company: "Acme", Confidence: 0.9, Status: dataset.Classified})
	}
	return predictions
}

// Rows of one id with different texts are different tweets, each with an answer of
// its own; a row that repeats the header has none.
func TestMergeAnswersEveryTweet(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"rounded ids": {
			"tweet_id,text,in_response_to_tweet_id\n1294030472427835000,my flight,\n1294030472427835000,my router,\n",
			"1294030472427835000,my flight,,1294030472427835000,Acme,0.9000,classified,\n1294030472427835000,my router,,-2,Acme,0.9000,classified,\n",
		},
		"one of them twice": {
			"tweet_id,text,in_response_to_tweet_id\n7,my flight,\n7,my router,\n7,my router,\n8,yes,7\n",
			"7,my flight,,7,Acme,0.9000,classified,\n7,my router,,-2,Acme,0.9000,classified,\n7,my router,,-2,Acme,0.9000,classified,\n8,yes,7,8,Acme,0.9000,classified,\n",
		},
		"different authors": {
			"tweet_id,author_id,text,response_tweet_id\n7,1,thanks,\n7,2,thanks,\n7,1.0,thanks,\n",
			"7,1,thanks,,7,Acme,0.9000,classified,\n7,2,thanks,,-2,Acme,0.9000,classified,\n7,1.0,thanks,,7,Acme,0.9000,classified,\n",
		},
		"repeated header": {
			"tweet_id,text,in_response_to_tweet_id\n7,my flight,\ntweet_id,text,in_response_to_tweet_id\n8,yes,7\n",
			"7,my flight,,8,Acme,0.9000,classified,\ntweet_id,text,in_response_to_tweet_id,-2,Unknown,0.0000,skipped,\n8,yes,7,8,Acme,0.9000,classified,\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			staged, refs := l.prepare(l.file("production.csv", c.in), pipeline.Production, "run")
			merged, err := l.merge(acme(l.examples(refs)), staged, refs, 0.5)
			if err != nil {
				t.Fatal(err)
			}
			content, err := l.store.Read(t.Context(), merged.Output)
			if err != nil {
				t.Fatal(err)
			}
			if _, rows, _ := strings.Cut(string(content), "\n"); rows != c.want {
				t.Errorf("got\n%s\nwant\n%s", rows, c.want)
			}
		})
	}
}

// An output is an input again, as often as one likes, and no column of it has a
// name twice.
func TestOutputOfAnOutput(t *testing.T) {
	in := "tweet_id,text,in_response_to_tweet_id,Company\n7,my flight,,mine\n8,yes,7,mine\n"
	for range 3 {
		l := newLab(t)
		staged, refs := l.prepare(l.file("production.csv", in), pipeline.Production, "run")
		merged, err := l.merge(acme(l.examples(refs)), staged, refs, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		content, err := l.store.Read(t.Context(), merged.Output)
		if err != nil {
			t.Fatal(err)
		}
		in = string(content)
	}
	const want = "tweet_id,text,in_response_to_tweet_id,Company," +
		"conversation_id,company_2,confidence,status,error_code," +
		"conversation_id_2,company_3,confidence_2,status_2,error_code_2," +
		"conversation_id_3,company_4,confidence_3,status_3,error_code_3\n" +
		"7,my flight,,mine,8,Acme,0.9000,classified,,8,Acme,0.9000,classified,,8,Acme,0.9000,classified,\n" +
		"8,yes,7,mine,8,Acme,0.9000,classified,,8,Acme,0.9000,classified,,8,Acme,0.9000,classified,\n"
	if in != want {
		t.Errorf("got\n%s\nwant\n%s", in, want)
	}
}

// What the answers cost is in the result, and how sure the model was is kept.
func TestMergeTellsCostAndConfidence(t *testing.T) {
	for name, test := range map[string]struct {
		baseModel string
		batches   bool
		cost      float64
		priced    bool
	}{
		"call by call": {"small", false, 4*2 + 1*8, true},
		"in batches":   {"small", true, (4*2 + 1*8) * 0.5, true},
		"no price":     {"unheard of", false, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.data.Prices = cost.Table{{Provider: "P", BaseModel: "small", Vocabulary: cost.Words, Input: 2, Output: 8, BatchShare: 0.5}}
			staged, refs := l.prepare(l.file("production.csv", production), pipeline.Production, "run")
			var predictions []dataset.Prediction
			for i, e := range l.examples(refs) {
				p := dataset.Prediction{ConversationID: e.ID, Company: "Acme", Confidence: 0.25 * float64(i), Status: dataset.Classified, PromptTokens: 1e6, AnswerTokens: 250_000}
				predictions = append(predictions, p)
			}
			predictions[0].Status = dataset.Failed
			ref, err := writeRows(t.Context(), l.store, "run/predictions.parquet", predictions)
			if err != nil {
				t.Fatal(err)
			}
			var merged MergeOutputResult
			in := MergeOutputInput{
				Dataset: staged.Dataset, Examples: refs, Predictions: []artifact.Ref{ref}, Duplicates: staged.Duplicates, Threshold: 0.5,
				Model: "ft:m", Provider: "http://p/v1", BaseModel: test.baseModel, Batches: test.batches, Dir: "run",
			}
			l.must(l.data.MergeOutput, in, &merged)
			l.must(l.data.MergeOutput, in, &merged) // a second attempt counts once
			if c := merged.Counts; c.Cost != test.cost || c.Priced != test.priced || c.Tokens != 5e6 {
				t.Errorf("the counts are %+v, want a cost of %g", c, test.cost)
			}
			recorded, err := l.data.Models.Task("").Applications(t.Context(), "ft:m", 9)
			want := map[int]int64{2: 1, 5: 1, 7: 1}
			if err != nil || len(recorded) != 1 || recorded[0].Run != "run" || !maps.Equal(recorded[0].Confidences, want) {
				t.Errorf("recorded %+v, %v, want %v", recorded, err, want)
			}
		})
	}
}

// A model that was sure of its own test, and is not of this file.
func TestMergeWarnsOfAnotherKindOfConversations(t *testing.T) {
	for name, test := range map[string]struct {
		origin *pipeline.Origin
		status dataset.Status
		sure   float64
		want   int
		turns  pipeline.Turns
	}{
		"as in its test":    {&pipeline.Origin{TestCoverage: 0.9, Confidences: map[int]int64{9: 500}}, dataset.Classified, 0.95, 0, ""},
		"far less sure":     {&pipeline.Origin{TestCoverage: 0.9, Confidences: map[int]int64{9: 500}}, dataset.Classified, 0.35, 3, ""},
		"nothing is known":  {nil, dataset.Classified, 0.35, 0, ""},
		"the others failed": {&pipeline.Origin{TestCoverage: 0.9, Confidences: map[int]int64{9: 500}}, dataset.Failed, 0, 1, ""},
		// One loud word, and not that it differs, which is to be expected.
		"given what it does not know": {&pipeline.Origin{TestCoverage: 0.9, Confidences: map[int]int64{9: 500}}, dataset.Classified, 0.35, 1, pipeline.FirstTurn},
		"given either":                {&pipeline.Origin{TestCoverage: 0.9, Confidences: map[int]int64{9: 500}, Turns: pipeline.BothTurns}, dataset.Classified, 0.35, 0, pipeline.FirstTurn},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			var file strings.Builder
			file.WriteString("tweet_id,text,in_response_to_tweet_id\n")
			for i := range 80 {
				fmt.Fprintf(&file, "%d,where is my parcel number %d,\n", i+1, i)
			}
			staged, refs := l.prepare(l.file("production.csv", file.String()), pipeline.Production, "run")
			var predictions []dataset.Prediction
			for _, e := range l.examples(refs) {
				predictions = append(predictions, dataset.Prediction{ConversationID: e.ID, Company: "Acme", Confidence: test.sure, Status: test.status})
			}
			// Without a single answer there is nothing to merge.
			predictions[0].Status, predictions[0].Confidence = dataset.Classified, max(test.sure, 0.9)
			ref, err := writeRows(t.Context(), l.store, "run/predictions.parquet", predictions)
			if err != nil {
				t.Fatal(err)
			}
			var merged MergeOutputResult
			l.must(l.data.MergeOutput, MergeOutputInput{
				Dataset: staged.Dataset, Examples: refs, Predictions: []artifact.Ref{ref}, Duplicates: staged.Duplicates, Threshold: 0.5,
				Task: "demo", Model: "ft:m", Origin: test.origin, Turns: test.turns, Dir: "run",
			}, &merged)
			if len(merged.Warnings) != test.want {
				t.Errorf("the warnings are %q, want %d", merged.Warnings, test.want)
			}
			if recorded, err := l.data.Models.Task("demo").Applications(t.Context(), "ft:m", 9); err != nil || (len(recorded) == 1) != (test.turns == "") {
				t.Errorf("recorded %+v, %v", recorded, err)
			}
		})
	}
}

func TestMergeRefusesPredictionsOfOtherConversations(t *testing.T) {
	l := newLab(t)
	staged, refs := l.prepare(l.file("production.csv", production), pipeline.Production, "run")
	for name, predictions := range map[string][]dataset.Prediction{
		"too few": {{ConversationID: 3}},
		"others":  {{ConversationID: 30}, {ConversationID: 31}, {ConversationID: 32}, {ConversationID: 33}},
	} {
		if _, err := l.merge(predictions, staged, refs, 0.5); err == nil {
			t.Errorf("%s: merged all the same", name)
		}
	}
}

func TestManifestRefusesWhatDoesNotAddUp(t *testing.T) {
	l := newLab(t)
	m := Manifest{Workflow: "Apply", Checks: []Check{{Name: "rows", In: 2, Out: 2}}}
	var ref artifact.Ref
	l.must(l.data.WriteManifest, WriteManifestInput{Dir: "run", Manifest: m}, &ref)
	m.Checks[0].Out = 1
	if err := l.do(l.data.WriteManifest, WriteManifestInput{Dir: "run", Manifest: m}, nil); err == nil || !strings.Contains(err.Error(), "2 went in, 1 came out") {
		t.Errorf("got %v", err)
	}
}

func TestWorkerThatStopsEndsTheWork(t *testing.T) {
	l := newLab(t)
	stop := make(chan struct{})
	l.SetWorkerStopChannel(stop)
	close(stop)
	wait := func(ctx context.Context) error {
		ctx, done := untilWorkerStops(ctx)
		defer done()
		<-ctx.Done()
		return context.Cause(ctx)
	}
	l.RegisterActivity(wait)
	if _, err := l.ExecuteActivity(wait); err == nil || !strings.Contains(err.Error(), "the worker is stopping") {
		t.Errorf("got %v", err)
	}
}

// stubborn recognizes nothing and fails from a certain call on.
type stubborn struct{ calls, until, texts int }

func (*stubborn) Name() string    { return "stubborn" }
func (*stubborn) Version() string { return "1" }
func (s *stubborn) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	if s.calls++; s.calls > s.until {
		return nil, errors.New("the machine is tired")
	}
	s.texts += len(texts)
	return make([][]anonymize.Span, len(texts)), nil
}

func TestAnonymizingGoesOnWhereItStopped(t *testing.T) {
	l := newLab(t)
	// A model sees only what has a word that may be a name.
	texts := strings.ReplaceAll(tweets(2500), "look into", "look into Quorn's")
	staged, whole := l.prepare(l.file("tweets.csv", texts), pipeline.Training, "whole")
	model := &stubborn{until: 2}
	var err error
	if l.data.Anonymizer, err = anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{model}}); err != nil {
		t.Fatal(err)
	}
	l.data.saveEvery = time.Nanosecond
	var cursor pipeline.Progress
	l.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		_ = details.Get(&cursor) // heartbeats without a value leave it
	})
	in := AnonymizePartInput{Conversations: staged.Conversations[0], Dir: "run"}
	if err := l.do(l.data.AnonymizePart, in, nil); err == nil {
		t.Fatal("the first attempt did not fail")
	}
	if cursor.Saved != 2 || cursor.Done != firstSlice+firstSlice/2 { // each took longer than it may
		t.Fatalf("the first attempt left the cursor %+v", cursor)
	}
	saved := int(cursor.Done)
	before := model.texts
	model.until = 10000
	l.SetHeartbeatDetails(cursor)
	var done AnonymizePartResult
	l.must(l.data.AnonymizePart, in, &done)
	if asked := model.texts - before; asked == 0 || asked > 2500-saved {
		t.Errorf("the second attempt looked at %d texts, and %d of 2500 were saved", asked, saved)
	}
	want, got := l.examples(whole), l.examples([]artifact.Ref{done.Examples})
	if !sameExamples(want, got) || done.Spans["Person"] != 5000 {
		t.Errorf("%d conversations and %v spans, which is not what an undisturbed attempt gives", len(got), done.Spans)
	}
	if left, err := l.store.List(t.Context(), layout.Run(in.Dir).Saved(in.Part, l.data.Anonymizer.Version())); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func sameExamples(a, b []dataset.Example) bool {
	return slices.EqualFunc(a, b, func(x, y dataset.Example) bool { return x.ID == y.ID && x.Text == y.Text })
}
