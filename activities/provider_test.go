package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/dataset"
	"switchboard/internal/modelserver"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
	"switchboard/internal/provider"
	"switchboard/internal/registry"
	"switchboard/internal/split"
)

const key = "sk-test"

// market is a lab with a real model server, and a front before it that can be
// told to fail.
type market struct {
	*lab
	provider *Provider
	url      string
	mu       sync.Mutex
	fault    func(w http.ResponseWriter, r *http.Request) bool
	requests map[string]int
}

func newMarket(t *testing.T) *market {
	t.Helper()
	server, err := modelserver.New(modelserver.Options{Dir: t.TempDir(), Keys: []string{key}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	m := &market{lab: newLab(t), requests: make(map[string]int)}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !m.fails(w, r) {
			server.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	m.url = front.URL + "/v1"
	m.provider = m.as(key)
	m.RegisterActivity(m.provider)
	return m
}

func (m *market) as(key string) *Provider {
	m.t.Helper()
	client, err := provider.New(provider.Options{BaseURL: m.url, APIKey: key, RequestTimeout: 5 * time.Second})
	if err != nil {
		m.t.Fatal(err)
	}
	return &Provider{Store: m.store, Models: m.data.Models, Client: client, Concurrent: 16, URL: m.url, BaseModel: "switchboard-softmax-1"}
}

func (m *market) fails(w http.ResponseWriter, r *http.Request) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v1")]++
	return m.fault != nil && m.fault(w, r)
}

// breakPath lets requests to a path fail from now on.
func (m *market) breakPath(path string, fail func(w http.ResponseWriter, r *http.Request) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, path) && fail(w, r)
	}
}

func (m *market) mend() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = nil
}

func (m *market) count(request string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests[request]
}

// all counts the requests of whatever kind.
func (m *market) all() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, times := range m.requests {
		n += times
	}
	return n
}

// answer is a fault that answers with a status and an error code.
func answer(status int, code string, headers ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": "it quotes parcel number 7", "code": code, "type": code}})
		return true
	}
}

// first lets a fault strike the first n requests only.
func first(n int, fail func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		n--
		return n >= 0 && fail(w, r)
	}
}

// The texts of these tests were made by an anonymizer that passed.
const anonymizerVersion = "0f1e2d3c"

var passed = privacy.Evaluation{Anonymizer: anonymizerVersion, Passed: true}

func uploading(file artifact.Ref) UploadFileInput {
	return UploadFileInput{File: file, Clearance: pipeline.ClearanceBy(passed)}
}

func asking(model string, labels, examples artifact.Ref) ClassifyPartInput {
	return ClassifyPartInput{
		Model: model, Labels: labels, Examples: examples, Path: "run/p.parquet",
		Clearance: pipeline.ClearanceBy(passed),
	}
}

// train brings a model about, and returns its name with the splits.
func (m *market) train() (string, SplitExamplesResult, SubmitJobInput) {
	m.t.Helper()
	_, refs := m.prepare(m.file("tweets.csv", tweets(300)), pipeline.Training, "run")
	var splits SplitExamplesResult
	m.must(m.data.SplitExamples, SplitExamplesInput{Examples: refs, Options: split.Options{MinClassSize: 30, TestShare: 0.2, Seed: 1}, Dir: "run"}, &splits)
	var training, validation UploadFileResult
	m.must(m.provider.UploadFile, uploading(splits.TrainFile), &training)
	m.must(m.provider.UploadFile, uploading(splits.ValidationFile), &validation)
	in := SubmitJobInput{
		BaseModel: "switchboard-softmax-1", TrainingFile: training.FileID, ValidationFile: validation.FileID,
		TrainingSHA256: splits.TrainFile.SHA256, ValidationSHA256: splits.ValidationFile.SHA256, Epochs: 2, Seed: 1,
	}
	var job SubmitJobResult
	m.must(m.provider.SubmitJob, in, &job)
	var state pipeline.JobState
	m.must(m.provider.AwaitJob, AwaitJobInput{JobID: job.JobID}, &state)
	return state.Model, splits, in
}

// No text leaves that was made by an anonymizer without a passed evaluation:
// no request is sent at all, not even to look whether the file is there.
func TestTextWithoutAPassedEvaluationDoesNotLeave(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	ref, err := m.store.Write(t.Context(), "run/more.jsonl", []byte("{}\n"))
	if err != nil {
		t.Fatal(err)
	}
	failed := privacy.Evaluation{Anonymizer: anonymizerVersion, Failed: []string{"too few names were found"}}
	for _, c := range []struct {
		name    string
		version string
		privacy.Evaluation
		says string
	}{
		// The input of a run that began before there was an evaluation
		// has neither field.
		{"neither version nor evaluation", "", privacy.Evaluation{}, "nothing tells which anonymizer"},
		{"no evaluation", anonymizerVersion, privacy.Evaluation{}, "was not evaluated"},
		{"no version", "", passed, "nothing tells which anonymizer"},
		{"failed", anonymizerVersion, failed, "too few names were found"},
		{"another version", "3c2d1e0f", passed, "made by version 3c2d1e0f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := m.all()
			file := uploading(ref)
			file.Anonymizer, file.Evaluation = c.version, c.Evaluation
			m.wantKind(m.do(m.provider.UploadFile, file, nil), problem.Refused, c.says)
			questions := asking(model, splits.Labels, splits.Test)
			questions.Anonymizer, questions.Evaluation = c.version, c.Evaluation
			m.wantKind(m.do(m.provider.ClassifyPart, questions, nil), problem.Refused, c.says)
			m.wantKind(m.do(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: questions, MaxTokens: 1e9}, nil), problem.Refused, c.says)
			if sent := m.all() - before; sent > 0 {
				t.Errorf("%d requests were sent", sent)
			}
		})
	}
	// The same texts leave once the anonymizer has passed.
	files, questions := m.count("POST /files"), m.count("POST /chat/completions")
	m.must(m.provider.UploadFile, uploading(ref), nil)
	m.must(m.provider.ClassifyPart, asking(model, splits.Labels, splits.Test), nil)
	if m.count("POST /files") == files || m.count("POST /chat/completions") == questions {
		t.Error("texts that may leave were not sent")
	}
}

func TestTrainingIsSubmittedOnce(t *testing.T) {
	m := newMarket(t)
	model, splits, in := m.train()
	var upload UploadFileResult
	m.must(m.provider.UploadFile, uploading(splits.TrainFile), &upload)
	if !upload.Adopted || m.count("POST /files") != 2 {
		t.Errorf("the file was uploaded %d times", m.count("POST /files"))
	}
	var again SubmitJobResult
	m.must(m.provider.SubmitJob, in, &again)
	if !again.Adopted || m.count("POST /fine_tuning/jobs") != 1 {
		t.Errorf("the job was created %d times", m.count("POST /fine_tuning/jobs"))
	}
	other := in
	other.Seed = 2
	var second SubmitJobResult
	m.must(m.provider.SubmitJob, other, &second)
	if second.Adopted || second.JobID == again.JobID {
		t.Error("another seed found the first job")
	}
	m.must(m.provider.CancelJob, CancelJobInput{JobID: second.JobID}, nil)

	// The model is gone: the job that made it is worth nothing.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, m.url+"/models/"+model, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("deleting the model: %v, %v", response, err)
	}
	_ = response.Body.Close()
	var anew SubmitJobResult
	m.must(m.provider.SubmitJob, in, &anew)
	if anew.Adopted {
		t.Error("a job whose model was deleted was adopted")
	}
}

// A create that was carried out although its answer was lost must be found.
func TestLostAnswerDoesNotMakeASecondJob(t *testing.T) {
	m := newMarket(t)
	_, _, in := m.train()
	in.Seed = 7
	server := http.DefaultTransport
	m.breakPath("/fine_tuning/jobs", func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.Header.Get("X-Inner") != "" {
			return false
		}
		inner := r.Clone(context.Background())
		inner.RequestURI, inner.URL.Scheme, inner.URL.Host = "", "http", r.Host
		inner.Header.Set("X-Inner", "1")
		m.mu.Unlock() // the request comes back through this front
		response, err := server.RoundTrip(inner)
		m.mu.Lock()
		if err == nil {
			_ = response.Body.Close()
		}
		panic(http.ErrAbortHandler) // carried out, and the connection cut
	})
	if err := m.do(m.provider.SubmitJob, in, nil); err == nil {
		t.Fatal("the cut connection went unnoticed")
	}
	m.mend()
	var job SubmitJobResult
	m.must(m.provider.SubmitJob, in, &job)
	jobs, err := m.provider.Client.Jobs(t.Context(), nil)
	if err != nil || len(jobs) != 2 || !job.Adopted {
		t.Errorf("%d jobs, %v, adopted %v; want the first one and this one", len(jobs), err, job.Adopted)
	}
}

func TestProviderIsCheckedBeforeAnythingIsSpent(t *testing.T) {
	m := newMarket(t)
	var checked CheckProviderResult
	m.must(m.provider.CheckProvider, CheckProviderInput{}, &checked)
	if checked.BaseModel != "switchboard-softmax-1" {
		t.Errorf("the base model is %q", checked.BaseModel)
	}
	m.wantKind(m.do(m.provider.CheckProvider, CheckProviderInput{BaseModel: "gpt-none"}, nil), problem.BadInput, "gpt-none")
	retiring := Provider{
		Store: m.provider.Store, Client: m.provider.Client, Concurrent: m.provider.Concurrent, BaseModel: m.provider.BaseModel,
		Models: m.provider.Models, Prices: m.provider.Prices, URL: "https://api.openai.com/v1",
	}
	_, err := retiring.CheckProvider(t.Context(), CheckProviderInput{BaseModel: "gpt-3.5-turbo"})
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "2026-10-23") {
		t.Errorf("a model that is about to stop gave %v", err)
	}
	_, err = m.as("sk-wrong").CheckProvider(t.Context(), CheckProviderInput{})
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || strings.Contains(err.Error(), "sk-wrong") {
		t.Errorf("a wrong key gave %v", err)
	}
}

func TestProviderThatLetsNobodyTrain(t *testing.T) {
	m := newMarket(t)
	_, _, in := m.train()
	in.Seed = 9
	m.breakPath("/fine_tuning/jobs", func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPost && answer(http.StatusForbidden, "forbidden")(w, r)
	})
	m.wantKind(m.do(m.provider.SubmitJob, in, nil), problem.Refused, "OPENAI_BASE_URL")
}

func TestJobThatFails(t *testing.T) {
	m := newMarket(t)
	_, _, in := m.train()
	ref, err := m.store.Write(t.Context(), "run/bad.jsonl", []byte("{}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var upload UploadFileResult
	m.must(m.provider.UploadFile, uploading(ref), &upload)
	in.TrainingFile, in.TrainingSHA256 = upload.FileID, ref.SHA256
	var job SubmitJobResult
	m.must(m.provider.SubmitJob, in, &job)
	m.wantKind(m.do(m.provider.AwaitJob, AwaitJobInput{JobID: job.JobID}, nil), problem.Refused, "failed at the provider")
}

func TestAwaitGoesOnAfterTheLastEventSeen(t *testing.T) {
	job := provider.Job{Status: provider.Running}
	events := func(from, to int) (list []provider.Event) {
		for i := from; i <= to; i++ {
			list = append(list, provider.Event{ID: fmt.Sprint("e", i), Message: fmt.Sprint("step ", i)})
		}
		return list
	}
	p := advance(pipeline.JobProgress{}, job, events(1, 4))
	p = advance(p, job, nil)
	p = advance(p, job, events(5, 9))
	if p.LastEvent != "e9" || p.Events != 9 || len(p.Recent) != recentEvents || p.Recent[0].ID != "e5" || p.State.Status != "running" {
		t.Errorf("got %+v", p)
	}
}

func TestFailuresThatPassAreRepeated(t *testing.T) {
	m := newMarket(t)
	model, _, _ := m.train()
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"500":            answer(500, "server_error"),
		"429":            answer(429, "rate_limit_exceeded"),
		"connection cut": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"malformed JSON": func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `{"choices": [`)
			return true
		},
		"not there yet":     answer(404, "model_not_found"),
		"cut in mid-answer": cutMidBody,
	} {
		m.breakPath("/chat/completions", fault)
		err := m.do(m.provider.ProbeModel, ProbeModelInput{Model: model}, nil)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || app.NonRetryable() {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "parcel") {
			t.Errorf("%s: the error quotes the provider: %v", name, err)
		}
	}
	m.mend()
	m.must(m.provider.ProbeModel, ProbeModelInput{Model: model}, nil)
	m.breakPath("/chat/completions", answer(429, "insufficient_quota"))
	m.wantKind(m.do(m.provider.ProbeModel, ProbeModelInput{Model: model}, nil), problem.Refused, "quota")
}

func cutMidBody(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"id": "half`)
	panic(http.ErrAbortHandler)
}

func TestMetricsAreStoredAndDrawn(t *testing.T) {
	m := newMarket(t)
	m.train()
	jobs, err := m.provider.Client.Jobs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var metrics FetchMetricsResult
	m.must(m.provider.FetchMetrics, FetchMetricsInput{JobID: jobs[0].ID, Dir: "run"}, &metrics)
	for _, ref := range []artifact.Ref{metrics.Job, metrics.Events, metrics.Steps, metrics.Curves} {
		if content, err := m.store.Read(t.Context(), ref); err != nil || len(content) == 0 {
			t.Errorf("%s: %d bytes, %v", ref.Path, len(content), err)
		}
	}
	steps, err := m.store.Read(t.Context(), metrics.Steps)
	if err != nil || !strings.HasPrefix(string(steps), "step,train_loss,") {
		t.Errorf("the metrics begin %.40q, %v", steps, err)
	}
}

// classify classifies the test split, and reads what came out.
func (m *market) classify(in ClassifyPartInput) ([]dataset.Prediction, error) {
	m.t.Helper()
	var result ClassifyPartResult
	if err := m.do(m.provider.ClassifyPart, in, &result); err != nil {
		return nil, err
	}
	return m.predictions(result), nil
}

func (m *market) predictions(result ClassifyPartResult) []dataset.Prediction {
	m.t.Helper()
	list, err := rows[dataset.Prediction](m.t.Context(), m.store, result.Predictions)
	if err != nil {
		m.t.Fatal(err)
	}
	return list
}

func (m *market) leftovers() []string {
	m.t.Helper()
	paths, err := m.store.List(m.t.Context(), "answers")
	if err != nil {
		m.t.Fatal(err)
	}
	return paths
}

func TestClassifyGoesOnWhereItStopped(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	const path, request = "/chat/completions", "POST /chat/completions"

	// Some questions fail; the others are answered and saved.
	before := m.count(request)
	m.breakPath(path, first(5, answer(500, "server_error")))
	_, err := m.classify(in)
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.NonRetryable() {
		t.Fatalf("got %v", err)
	}
	asked := m.count(request) - before
	if len(m.leftovers()) == 0 {
		t.Fatal("nothing was saved")
	}

	// Told to wait for long, the attempt ends and says for how long.
	m.breakPath(path, answer(429, "rate_limit_exceeded", "Retry-After", "170"))
	if _, err = m.classify(in); !errors.As(err, &app) || app.NextRetryDelay() != 170*time.Second {
		t.Errorf("got %v with a delay of %s", err, app.NextRetryDelay())
	}

	// The next attempt asks only what is left.
	m.mend()
	m.provider.Client = m.as(key).Client // a client that is not told to wait
	before = m.count(request)
	predictions, err := m.classify(in)
	if err != nil {
		t.Fatal(err)
	}
	if rest := m.count(request) - before; rest > 5 || rest == 0 || asked < len(predictions)-5 {
		t.Errorf("%d conversations: %d questions at first, %d in the end", len(predictions), asked, rest)
	}
	right := 0
	for i, e := range m.examples([]artifact.Ref{splits.Test}) {
		if predictions[i].ConversationID != e.ID {
			t.Fatalf("prediction %d is of another conversation", i)
		}
		if predictions[i].Company == e.Label {
			right++
		}
	}
	if right < len(predictions)*9/10 {
		t.Errorf("%d of %d are right", right, len(predictions))
	}
	if left := m.leftovers(); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}

	// Another attempt, and another run on the same data, ask nothing.
	before = m.count(request)
	for _, path := range []string{in.Path, "another/run.parquet"} {
		in.Path = path
		if again, err := m.classify(in); err != nil || m.count(request) != before || len(again) != len(predictions) {
			t.Errorf("%d further questions, %v", m.count(request)-before, err)
		}
	}
}

func TestAnswerThatIsNoLabel(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	labels, err := m.store.WriteJSON(t.Context(), "run/other.json", []string{"SomebodyElse"})
	if err != nil {
		t.Fatal(err)
	}
	predictions, err := m.classify(asking(model, labels, splits.Test))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range predictions {
		if p.Status != dataset.Invalid || p.Company != dataset.Unknown {
			t.Fatalf("got %+v", p)
		}
	}
}

// A provider that never answers ends in rows that say so, not in a run that
// fails or never ends.
func TestRowsWithoutAnAnswerAreMarkedAfterTheLastAttempt(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	m.breakPath("/chat/completions", answer(500, "server_error"))
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Hour)
	env.SetWorkerOptions(worker.Options{
		Interceptors:             []interceptor.WorkerInterceptor{&Failures{}},
		DeadlockDetectionTimeout: time.Hour, // a machine that is busy elsewhere does not make one
	})
	env.RegisterActivity(m.provider)
	one := func(ctx workflow.Context) (result ClassifyPartResult, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Hour, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: pipeline.ClassifyAttempts},
		})
		err = workflow.ExecuteActivity(ctx, m.provider.ClassifyPart, asking(model, splits.Labels, splits.Test)).Get(ctx, &result)
		return result, err
	}
	env.ExecuteWorkflow(one)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var result ClassifyPartResult
	if err := env.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	m.mend()
	for _, p := range m.predictions(result) {
		if p.Status != dataset.Failed || p.ErrorCode != string(provider.ServerError) {
			t.Fatalf("got %+v", p)
		}
	}
}

// What a killed process was writing is neither an answer nor in the way.
func TestHalfWrittenAnswersAreIgnored(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	for _, folder := range []string{"answers/" + in.key(), "models"} {
		w, err := m.store.Create(t.Context(), folder+"/000001-000000.parquet")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("PAR1 half of it")); err != nil {
			t.Fatal(err)
		}
		// never closed
	}
	if _, err := m.classify(in); err != nil {
		t.Error(err)
	}
	m.must(m.data.RegisterModel, registered(model, splits), nil)
	m.must(m.provider.ResolveModel, ResolveModelInput{}, nil)
}

func TestModelThatWasNotAnsweringIsNotJudged(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	predictions, err := m.classify(asking(model, splits.Labels, splits.Test))
	if err != nil {
		t.Fatal(err)
	}
	predictions[0] = dataset.Prediction{ConversationID: predictions[0].ConversationID, Company: dataset.Unknown, Status: dataset.Failed}
	ref, err := writeRows(t.Context(), m.store, "run/failed.parquet", predictions)
	if err != nil {
		t.Fatal(err)
	}
	m.wantKind(m.do(m.data.EvaluateModel, EvaluateModelInput{
		Validation: splits.Test, ValidationPredictions: ref, Test: splits.Test, TestPredictions: ref, Precision: 0.95, Dir: "run",
	}, nil), problem.Refused, "no answer to 1 of")
}

// A model is judged as long as four of five answers are labels; of one that
// answers with something else more often, nothing is kept.
func TestModelWhoseAnswersAreNoLabelsIsNotJudged(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	right, err := m.classify(asking(model, splits.Labels, splits.Test))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		invalid int
		limit   float64
		refused bool
	}{
		{"all", len(right), 0, true},
		{"a fifth", len(right) / 5, 0, false},
		{"more than a fifth", len(right)/5 + 1, 0, true},
		{"more than a fifth, for who knows better", len(right)/5 + 1, 0.5, false},
		{"all, whatever the limit", len(right), 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			predictions := slices.Clone(right)
			for i := range c.invalid {
				predictions[i] = dataset.Prediction{ConversationID: right[i].ConversationID, Company: dataset.Unknown, Status: dataset.Invalid}
			}
			ref, err := writeRows(t.Context(), m.store, "run/"+strings.ReplaceAll(c.name, " ", "-")+".parquet", predictions)
			if err != nil {
				t.Fatal(err)
			}
			var result EvaluateModelResult
			err = m.do(m.data.EvaluateModel, EvaluateModelInput{
				Validation: splits.Test, ValidationPredictions: ref, Test: splits.Test, TestPredictions: ref,
				Precision: 0.95, MaxUnusable: c.limit, Dir: "run",
			}, &result)
			if c.refused {
				m.wantKind(err, problem.Refused, fmt.Sprintf("%d of %d answers of the model were no label", 2*c.invalid, 2*len(right)))
				return
			}
			if err != nil || result.Metrics.InvalidAnswers != 2*c.invalid {
				t.Errorf("%v, metrics %+v", err, result.Metrics)
			}
			if m := result.Metrics.MajorityAccuracy; m < 0.3 || m > 0.7 {
				t.Errorf("of two companies the commoner has %s", m)
			}
		})
	}
}

func TestModelIsNotJudgedByNothing(t *testing.T) {
	m := newMarket(t)
	examples, err := writeRows[dataset.Example](t.Context(), m.store, "run/examples.parquet", nil)
	if err != nil {
		t.Fatal(err)
	}
	predictions, err := writeRows[dataset.Prediction](t.Context(), m.store, "run/predictions.parquet", nil)
	if err != nil {
		t.Fatal(err)
	}
	m.wantKind(m.do(m.data.EvaluateModel, EvaluateModelInput{
		Validation: examples, ValidationPredictions: predictions, Test: examples, TestPredictions: predictions, Precision: 0.95, Dir: "run",
	}, nil), problem.Refused, "0 conversations to calibrate")
}

// A run that adopted a job does not take it away from the run that made it.
func TestOnlyTheOwnerCancelsAJob(t *testing.T) {
	m := newMarket(t)
	_, _, in := m.train()
	in.Seed, in.Epochs, in.Owner = 5, 50, "first/run"
	var job SubmitJobResult
	m.must(m.provider.SubmitJob, in, &job)
	m.must(m.provider.CancelJob, CancelJobInput{JobID: job.JobID, Owner: "second/run"}, nil)
	now, err := m.provider.Client.Job(t.Context(), job.JobID)
	if err != nil || now.Status.Finished() {
		t.Errorf("another run's cancellation left the job %s, %v", now.Status, err)
	}
	m.must(m.provider.CancelJob, CancelJobInput{JobID: job.JobID, Owner: "first/run"}, nil)
	now, err = m.provider.Client.Job(t.Context(), job.JobID)
	if err != nil || now.Status != provider.Cancelled {
		t.Errorf("the owner's cancellation left the job %s, %v", now.Status, err)
	}
}

func TestMetricsThatCannotBeReadDoNotLoseTheModel(t *testing.T) {
	m := newMarket(t)
	m.train()
	jobs, err := m.provider.Client.Jobs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"gone": answer(404, "file_not_found"),
		"another format": func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, "epoch;loss\n1;0.5\n")
			return true
		},
	} {
		m.breakPath("/content", fault)
		var metrics FetchMetricsResult
		if err := m.do(m.provider.FetchMetrics, FetchMetricsInput{JobID: jobs[0].ID, Dir: "run"}, &metrics); err != nil || metrics.Curves.Path != "" {
			t.Errorf("%s: %v, %+v", name, err, metrics)
		}
	}
}

func TestPanicDoesNotShowItsValue(t *testing.T) {
	m := newMarket(t)
	bug := func(context.Context) error { panic("it quotes parcel number 7") }
	m.RegisterActivity(bug)
	_, err := m.ExecuteActivity(bug)
	if err == nil || strings.Contains(err.Error(), "parcel") || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("got %v", err)
	}
}

func TestChampionIsResolved(t *testing.T) {
	m := newMarket(t)
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{}, nil), problem.BadInput, "finetune")
	model, splits, _ := m.train()
	m.must(m.data.RegisterModel, registered(model, splits), nil)
	var resolved ResolveModelResult
	m.must(m.provider.ResolveModel, ResolveModelInput{}, &resolved)
	if resolved.Model != model || resolved.Threshold != 0.25 || resolved.Labels != splits.Labels || resolved.Origin.TestCoverage != 0.8 {
		t.Errorf("got %+v", resolved)
	}
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Task: "demo"}, nil), problem.BadInput, "no fine-tuned model of the task demo yet")
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Task: "demo", Model: model}, nil), problem.BadInput, "belongs to the task default, not to demo")
	m.must(m.data.RegisterModel, registered("ft:gone", splits), nil)
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Model: "ft:gone"}, nil), problem.BadInput, "ft:gone")
	m.must(m.provider.ResolveModel, ResolveModelInput{}, &resolved)
	if resolved.Model != model {
		t.Errorf("a model that was registered later answers: %+v", resolved)
	}
	if err := m.data.Models.Task("").Retire(t.Context(), "ft:gone", database.Who{Name: "anna"}, "gone"); err != nil {
		t.Fatal(err)
	}
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Model: "ft:gone"}, nil), problem.BadInput, "was retired on")
}

func TestProbeAsksWithThePromptOfTraining(t *testing.T) {
	m := newMarket(t)
	model, _, _ := m.train()
	var said string
	m.breakPath("/chat/completions", func(_ http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		said = string(body)
		return false
	})
	m.must(m.provider.ProbeModel, ProbeModelInput{Model: model}, nil)
	if !strings.Contains(said, prompt.System) {
		t.Errorf("asked with %s", said)
	}
}

func registered(model string, splits SplitExamplesResult) registry.Model {
	return registry.Model{ID: model, RunID: model, Threshold: 0.25, TestCoverage: 0.8, Labels: splits.Labels, Created: time.Now()}
}
