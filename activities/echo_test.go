package activities

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/provider"
)

// What is planted in the texts that are sent: a name, a place, a handle, a number.
var planted = []string{
	"Marigold Quetzal lost her parcel 471193 at Zwickau, says @jane_doe",
	`"My name is Marigold Quetzal", wrote @jane_doe from Zwickau, order 471193`,
	"Hi Marigold\nQuetzal\tfrom Zwickau 471193 ~jane_doe",
}

var pieces = []string{"marig", "gold", "quetz", "tzal", "zwick", "ckau", "jane", "471193"}

// echo is a provider that repeats what it was sent in every field that a run does
// not go by, and refuses with it, too.
type echo struct {
	text   string
	status int // of a refusal; 200 for none
	state  string
	// metrics is what the result file of a job is.
	metrics string
	// badIDs repeats it in ids and names too.
	badIDs bool
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/v1")
	for _, name := range []string{"Retry-After", "X-Request-Id", "Content-Type"} {
		w.Header().Set(name, strings.NewReplacer("\n", " ", "\t", " ").Replace(e.text))
	}
	if e.status != http.StatusOK {
		w.WriteHeader(e.status)
		_, _ = w.Write(encoded(map[string]any{"error": e.failure(), "detail": e.text}))
		return
	}
	object := e.object()
	if object["status"] == "succeeded" && strings.HasPrefix(path, "/batches") {
		object["status"] = "completed"
	}
	switch {
	case strings.HasSuffix(path, "/file-metrics/content"):
		_, _ = io.WriteString(w, e.metrics)
	case strings.HasSuffix(path, "/content"):
		_, _ = w.Write(e.answers())
	case r.Method == http.MethodGet && (path == "/models" || path == "/files" || path == "/fine_tuning/jobs" || path == "/batches" || strings.HasSuffix(path, "/events")):
		_, _ = w.Write(encoded(map[string]any{"object": e.text, "data": []any{object, object}, "first_id": e.text}))
	default:
		_, _ = w.Write(encoded(object))
	}
}

func (e *echo) failure() map[string]any {
	return map[string]any{"message": e.text, "type": e.text, "code": e.text, "param": e.text}
}

func (e *echo) object() map[string]any {
	id := "id-1"
	if e.badIDs {
		id = e.text
	}
	message := map[string]any{"role": "assistant", "content": e.text, "refusal": e.text}
	return map[string]any{
		"id": id, "object": e.text, "status": e.state, "status_details": e.text, "created": 1, "created_at": 1,
		"filename": e.text, "purpose": e.text, "model": e.text, "owned_by": e.text, "fine_tuned_model": id,
		"training_file": e.text, "validation_file": e.text, "result_files": []string{"file-metrics", e.text},
		"suffix": e.text, "user_provided_suffix": "jane_doe", "metadata": map[string]string{submissionKey: "jane_doe", ownerKey: "jane_doe", e.text: e.text},
		"error": e.failure(),
		"level": e.text, "message": e.text, "type": e.text, "data": map[string]any{"step": 1, e.text: e.text},
		"input_file_id": id, "output_file_id": id, "error_file_id": id, "errors": map[string]any{"data": []any{e.failure()}},
		"choices": []any{map[string]any{"message": message, "finish_reason": "stop"}},
	}
}

// answers is a batch's output: the text as an answer, as an error, as an id.
func (e *echo) answers() []byte {
	var file bytes.Buffer
	for i, body := range []any{e.object(), map[string]any{"error": e.failure()}, e.text} {
		for _, status := range []int{200, 400, 500} {
			file.Write(encoded(map[string]any{"id": e.text, "custom_id": fmt.Sprint(i), "response": map[string]any{"status_code": status, "body": body}}))
			file.WriteByte('\n')
		}
	}
	file.Write(encoded(map[string]any{"custom_id": e.text, "error": e.failure()}))
	return file.Bytes()
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// echoed runs every activity of the provider against the echoing server.
type echoed struct {
	*lab
	echo     *echo
	provider *Provider
	said     bytes.Buffer // results, heartbeats, failures as they are stored, and the log
	ran      map[string]bool
	// heartbeats: some were seen.
	heartbeats bool
	labels     artifact.Ref
	examples   artifact.Ref
	file       artifact.Ref
}

func newEchoed(t *testing.T, e *echo) *echoed {
	t.Helper()
	l := &echoed{lab: newLab(t), echo: e, ran: map[string]bool{}}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(&l.said, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	l.TestActivityEnvironment = suite.NewTestActivityEnvironment()
	l.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&Failures{}}})
	l.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var raw json.RawMessage
		if details.Get(&raw) == nil {
			l.said.Write(raw)
		}
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	client, err := provider.New(provider.Options{BaseURL: server.URL + "/v1", APIKey: key, RequestTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	l.provider = &Provider{Store: l.store, Models: l.data.Models, Client: client, Concurrent: 4, URL: server.URL + "/v1", BaseModel: "base-1"}
	l.RegisterActivity(l.provider)
	l.RegisterActivity(l.data)

	var examples []dataset.Example
	for i, text := range planted {
		examples = append(examples, dataset.Example{ID: int64(i + 1), ThreadID: int64(i + 1), Text: text, Label: "AcmeHelp"})
	}
	if l.examples, err = writeRows(t.Context(), l.store, "in/examples.parquet", examples); err == nil {
		l.labels, err = l.store.WriteJSON(t.Context(), "in/labels.json", []string{"AcmeHelp", "BoltRail"})
	}
	if err == nil {
		l.file, err = l.store.Write(t.Context(), "in/train.jsonl", encoded(planted))
	}
	if err != nil {
		t.Fatal(err)
	}
	l.must(l.data.RegisterModel, registered("ft:known", SplitExamplesResult{Labels: l.labels}), nil)
	return l
}

// all runs every activity, and keeps what Temporal would.
func (l *echoed) all(dir string) {
	ask := asking("ft:known", l.labels, l.examples)
	ask.Path = dir + "/predictions.parquet"
	l.run("UploadFile", l.provider.UploadFile, uploading(l.file))
	l.run("SubmitJob", l.provider.SubmitJob, SubmitJobInput{BaseModel: "base-1", TrainingFile: "id-1", ValidationFile: "id-2", Owner: dir, Seed: 1})
	l.run("AwaitJob", l.provider.AwaitJob, AwaitJobInput{JobID: "id-1"})
	l.run("FetchMetrics", l.provider.FetchMetrics, FetchMetricsInput{JobID: "id-1", Dir: dir})
	l.run("ProbeModel", l.provider.ProbeModel, ProbeModelInput{Model: "ft:known"})
	l.run("ClassifyPart", l.provider.ClassifyPart, ask)
	l.run("SubmitBatch", l.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: ask, MaxTokens: 1e9, Owner: dir})
	l.run("AwaitBatch", l.provider.AwaitBatch, AwaitBatchInput{BatchID: "id-1"})
	l.run("CollectBatch", l.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: ask, BatchID: "id-1"})
	ask.Path = dir + "/given-up.parquet"
	l.run("CollectBatch", l.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: ask, BatchID: "id-1", LastChance: true})
	l.run("CancelJob", l.provider.CancelJob, CancelJobInput{JobID: "id-1", Owner: dir})
	l.run("CancelBatch", l.provider.CancelBatch, CancelBatchInput{BatchID: "id-1", Owner: dir})
	l.run("CheckProvider", l.provider.CheckProvider, CheckProviderInput{})
	l.run("ResolveModel", l.provider.ResolveModel, ResolveModelInput{Batches: true, Base: true})
}

func (l *echoed) run(name string, activity, in any) {
	l.ran[name] = true
	value, err := l.ExecuteActivity(activity, in)
	if err == nil {
		var raw json.RawMessage
		if value.HasValue() {
			err = value.Get(&raw)
		}
		fmt.Fprintf(&l.said, "%s gave %s\n", name, raw)
	}
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&l.said, "%s failed: %v %+v %s\n", name, err, err, temporal.GetDefaultFailureConverter().ErrorToFailure(err))
	}
}

// search looks through what was said, and through what was stored.
func (l *echoed) search(what string) {
	l.t.Helper()
	found := map[string]string{"the results, heartbeats, failures or log": l.said.String()}
	l.heartbeats = l.heartbeats || strings.Contains(l.said.String(), `"last_event":"id-1"`)
	l.said.Reset()
	for _, dir := range []string{"run", "answers"} {
		paths, err := l.store.List(l.t.Context(), dir)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, path := range paths {
			content, err := l.store.ReadPath(l.t.Context(), path)
			if err != nil {
				l.t.Fatal(err)
			}
			found[path] = string(content)
			if strings.HasSuffix(path, ".parquet") {
				rows, err := rowsAt[dataset.Prediction](l.t.Context(), l.store, path)
				found[path] = fmt.Sprintf("%+v %v", rows, err)
			}
			if err := l.store.Delete(l.t.Context(), path); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	for where, text := range found {
		for _, piece := range pieces {
			if i := strings.Index(strings.ToLower(text), piece); i >= 0 {
				l.t.Errorf("%s: %q is in %s: %.300s", what, piece, where, text[max(0, i-200):])
				break
			}
		}
	}
}

// A provider that repeats the texts it was sent, wherever it can, gets none of
// them into results, heartbeats, failures, the log or an artifact.
func TestEchoGoesNowhere(t *testing.T) {
	e := &echo{}
	l := newEchoed(t, e)
	round := 0
	try := func(what string) {
		round++
		l.all(fmt.Sprint("run/", round))
		l.search(what)
	}
	for i, text := range planted {
		half := []rune(text)
		for j, form := range []string{text, `"` + text + `"`, strings.ToUpper(text), string(half[:len(half)/2]), string(half[len(half)/2:])} {
			*e = echo{text: form, status: []int{400, 401, 403, 404, 409, 413, 422, 429, 500, 503}[(i*5+j)%10]}
			try(fmt.Sprintf("refused with %d and %q", e.status, form))
			*e = echo{text: form, status: http.StatusOK, state: []string{"failed", "succeeded"}[(i+j)%2], badIDs: j == 4}
			e.metrics = []string{
				"step,train_loss,note," + strings.ReplaceAll(form, "\n", " ") + "\n1,0.5,\"" + strings.ReplaceAll(form, `"`, `""`) + "\",2\n",
				form,
				"step,train_loss\n1,\"" + strings.ReplaceAll(form, `"`, `""`) + "\"\n",
			}[(i+j)%3]
			try(fmt.Sprintf("taken with the state %s and %q", e.state, form))
			if t.Failed() {
				return
			}
		}
	}
	if !l.heartbeats {
		t.Error("no heartbeat was searched")
	}
	for i := range reflect.TypeFor[*Provider]().NumMethod() {
		if name := reflect.TypeFor[*Provider]().Method(i).Name; !l.ran[name] {
			t.Errorf("%s is not run against the echoing server", name)
		}
	}
}
