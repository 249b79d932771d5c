package activities

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// says is an answer with status 200.
func says(body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
		return true
	}
}

const labelAlone = `{"choices":[{"message":{"content":"AcmeHelp"}}]}`

// unless lets a question through that does not have the parameter.
func unless(parameter string, refuse, otherwise func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		var sent map[string]any
		_ = json.Unmarshal(body, &sent)
		if _, there := sent[parameter]; there {
			return refuse(w, r)
		}
		return otherwise(w, r)
	}
}

func refusing(parameter string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":"it quotes parcel number 7","param":%q,"code":"unsupported_parameter"}}`, parameter)
		return true
	}
}

// What a provider does not do is told before anything is paid, and never stands in the
// way of a run.
func TestCheckedProviderTellsWhatItLacks(t *testing.T) {
	for name, c := range map[string]struct {
		answers func(http.ResponseWriter, *http.Request) bool // to a question; nil for the model server's own
		notes   []provider.Lack
	}{
		"the model server":         {nil, nil},
		"log-probabilities":        {says(`{"choices":[{"message":{"content":"AcmeHelp"},"logprobs":{"content":[{"token":"AcmeHelp","logprob":-0.1}]}}]}`), nil},
		"no log-probabilities":     {says(labelAlone), []provider.Lack{provider.NoConfidence}},
		"refuses logprobs":         {unless("logprobs", refusing("logprobs"), says(labelAlone)), []provider.Lack{"refuses logprobs"}},
		"refuses temperature":      {unless("temperature", refusing("temperature"), says(labelAlone)), []provider.Lack{"refuses temperature"}},
		"refuses it and is gone":   {unless("logprobs", refusing("logprobs"), answer(404, "model_not_found")), []provider.Lack{"refuses logprobs", provider.NotAsked}},
		"cannot be asked":          {answer(404, "DeploymentNotFound"), []provider.Lack{provider.NotAsked}},
		"may not be asked":         {answer(403, "forbidden"), []provider.Lack{provider.NotAsked}},
		"is down for the moment":   {answer(503, "overloaded"), nil},
		"answers another question": {says(`["a","list"]`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t)
			if c.answers != nil {
				m.breakPath("/chat/completions", c.answers)
			}
			var checked CheckProviderResult
			m.must(m.provider.CheckProvider, CheckProviderInput{}, &checked)
			var want []string
			for _, lack := range c.notes {
				want = append(want, lack.Sentence())
			}
			if checked.BaseModel != "switchboard-softmax-1" || !slices.Equal(checked.Notes, want) {
				t.Errorf("the notes on %s are %q, want %q", checked.BaseModel, checked.Notes, want)
			}
			if slices.Contains(checked.Notes, "") || strings.Contains(strings.Join(checked.Notes, ""), "parcel") {
				t.Errorf("the notes are %q: none may be empty or quote the provider", checked.Notes)
			}
		})
	}
}

// repeated runs an activity as a workflow does, with so many attempts at most. It
// returns the error that is left.
func (m *market) repeated(attempts int32, activity, in, result any) error {
	m.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&Failures{}}})
	env.RegisterActivity(m.provider)
	env.ExecuteWorkflow(func(ctx workflow.Context) (raw json.RawMessage, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Hour, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: attempts},
		})
		err = workflow.ExecuteActivity(ctx, activity, in).Get(ctx, &raw)
		return raw, err
	})
	if err := env.GetWorkflowError(); err != nil || result == nil {
		return err
	}
	return env.GetWorkflowResult(result)
}

// An answer of a strange shape is asked for again, for it may have been an accident;
// the third one is the provider's way. One that was cut short, or that a proxy wrote,
// may come whole any time.
func TestMisshapenAnswerIsNotAskedForAgain(t *testing.T) {
	const attempts = 5
	m := newMarket(t)
	_, _, in := m.train()
	in.Seed = 3
	m.must(m.provider.SubmitJob, in, &SubmitJobResult{})
	other := in
	other.Seed = 4
	for name, c := range map[string]struct {
		path     string
		activity any
		in       any
		request  string
		says     string
		want     int
	}{
		"AwaitJob":            {"/fine_tuning/jobs/j1", m.provider.AwaitJob, AwaitJobInput{JobID: "j1"}, "GET /fine_tuning/jobs/j1", `["a","list"]`, enough},
		"AwaitJob, cut short": {"/fine_tuning/jobs/j2", m.provider.AwaitJob, AwaitJobInput{JobID: "j2"}, "GET /fine_tuning/jobs/j2", `{"id":"j2","sta`, attempts},
		"AwaitJob, a proxy":   {"/fine_tuning/jobs/j3", m.provider.AwaitJob, AwaitJobInput{JobID: "j3"}, "GET /fine_tuning/jobs/j3", `<html>502 Bad Gateway</html>`, attempts},
		"SubmitJob":           {"/fine_tuning/jobs", m.provider.SubmitJob, other, "GET /fine_tuning/jobs", `{"data":"none"}`, enough},
	} {
		t.Run(name, func(t *testing.T) {
			m.breakPath(c.path, says(c.says))
			defer m.mend()
			before := m.count(c.request)
			if err := m.repeated(attempts, c.activity, c.in, nil); err == nil || !strings.Contains(err.Error(), "malformed answer") {
				t.Fatalf("got %v", err)
			}
			if n := m.count(c.request) - before; n != c.want {
				t.Errorf("it was asked for %d times, want %d", n, c.want)
			}
		})
	}
	if n := m.count("POST /fine_tuning/jobs"); n != 2 {
		t.Errorf("%d jobs were created, want 2", n)
	}
}

// Who asks many questions goes on to the last attempt: the one strange answer may pass
// as well, and the others are worth something without it.
func TestMisshapenAnswerDoesNotLoseTheOthers(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	var strange []byte // the question that is never answered as the protocol says
	times := 0
	m.breakPath("/chat/completions", func(w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strange == nil {
			strange = body
		}
		if !bytes.Equal(body, strange) {
			return false
		}
		times++
		return says(`["a","list"]`)(w, r)
	})
	var result ClassifyPartResult
	if err := m.repeated(pipeline.ClassifyAttempts, m.provider.ClassifyPart, asking(model, splits.Labels, splits.Test), &result); err != nil {
		t.Fatal(err)
	}
	m.mend()
	failed := 0
	for _, p := range m.predictions(result) {
		switch {
		case p.Status != dataset.Failed:
		case p.ErrorCode == string(provider.MalformedResponse):
			failed++
		default:
			t.Errorf("got %+v", p)
		}
	}
	if failed != 1 || times <= enough {
		t.Errorf("%d rows failed, and the question was asked %d times; want one row, and more than %d times", failed, times, enough)
	}
}

func TestStatusInTheProvidersWord(t *testing.T) {
	m := newMarket(t)
	for said, want := range map[string]string{
		"running":             "running",
		"validating_files":    "validating_files",
		"JOB_STATE_COMPLETED": "succeeded (job_state_completed)",
		"uploading":           "running (uploading)",
		"Naomi Okafor":        "status unknown",
	} {
		m.breakPath("/fine_tuning/jobs/j1", says(fmt.Sprintf(`{"id":"j1","status":%q}`, said)))
		job, err := m.provider.Client.Job(t.Context(), "j1")
		if got := statusOf(job); err != nil || got != want {
			t.Errorf("%q is told as %q, %v; want %q", said, got, err, want)
		}
	}
}
