package provider

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/problem"
)

// exchange is one line of a recording; testdata/README.md says what it means.
type exchange struct {
	Name    string `json:"name"`
	Request struct {
		Method  string             `json:"method"`
		URL     string             `json:"url"`
		Headers map[string]*string `json:"headers"`
		Body    any                `json:"body"`
		Form    *form              `json:"form"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
		Text    *string           `json:"text"`
	} `json:"response"`
}

type form struct {
	Purpose string `json:"purpose"`
	File    struct {
		Name    string `json:"name"`
		Content string `json:"content"`
	} `json:"file"`
}

func readRecording(t *testing.T, name string) []exchange {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []exchange
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var x exchange
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&x); err != nil {
			t.Fatalf("%s, line %d: %v", name, len(all)+1, err)
		}
		all = append(all, x)
	}
	return all
}

// player replays exchanges in order and complains of every other request.
type player struct {
	t    *testing.T
	mu   sync.Mutex
	left []exchange
}

// asked carries the URL that the client asked, which the player's own replaces.
const asked = "Test-Asked"

// redirect sends every request to the player on host instead of the vendor.
type redirect struct{ host string }

func (d redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(asked, r.URL.String())
	r.URL.Scheme, r.URL.Host, r.Host = "http", d.host, d.host
	return http.DefaultTransport.RoundTrip(r)
}

// replay returns a client of the recorded provider, whose base URL is its own.
func replay(t *testing.T, base string, recording []exchange) *Client {
	t.Helper()
	p := &player{t: t, left: recording}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.Close()
		if len(p.left) > 0 && !t.Failed() {
			t.Errorf("%d exchanges were not asked for, the first of which is %q", len(p.left), p.left[0].Name)
		}
	})
	c, err := New(Options{BaseURL: base, APIKey: "recorded-key", RequestTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport = redirect{strings.TrimPrefix(server.URL, "http://")}
	return c
}

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.left) == 0 {
		p.t.Errorf("the recording is over, and the client asks %s %s", r.Method, r.Header.Get(asked))
		http.Error(w, "the recording is over", http.StatusTeapot)
		return
	}
	x := p.left[0]
	p.left = p.left[1:]
	p.compare(x, r)
	for name, value := range x.Response.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(x.Response.Status)
	if x.Response.Text != nil {
		_, _ = io.WriteString(w, *x.Response.Text)
		return
	}
	_, _ = w.Write(x.Response.Body)
}

func (p *player) compare(x exchange, r *http.Request) {
	p.t.Helper()
	if r.Method != x.Request.Method || !sameURL(r.Header.Get(asked), x.Request.URL) {
		p.t.Errorf("%s: got %s %s, want %s %s", x.Name, r.Method, r.Header.Get(asked), x.Request.Method, x.Request.URL)
	}
	for name, want := range x.Request.Headers {
		got, sent := r.Header[http.CanonicalHeaderKey(name)]
		switch {
		case want == nil && sent:
			p.t.Errorf("%s: the header %s must not be sent", x.Name, name)
		case want != nil && (len(got) != 1 || got[0] != *want):
			p.t.Errorf("%s: the header %s is %q, want %q", x.Name, name, got, *want)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Errorf("%s: %v", x.Name, err)
	}
	if x.Request.Form != nil {
		p.compareForm(x, r, body)
		return
	}
	var got any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &got); err != nil {
			p.t.Errorf("%s: the body is no JSON: %v", x.Name, err)
		}
	}
	if !reflect.DeepEqual(got, x.Request.Body) {
		want, _ := json.Marshal(x.Request.Body)
		p.t.Errorf("%s: sent %s\nwant %s", x.Name, body, want)
	}
}

func (p *player) compareForm(x exchange, r *http.Request, body []byte) {
	p.t.Helper()
	_, boundary, _ := strings.Cut(r.Header.Get("Content-Type"), "boundary=")
	read, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(1 << 20)
	if err != nil {
		p.t.Errorf("%s: the form cannot be read: %v", x.Name, err)
		return
	}
	want := map[string][]string{"purpose": {x.Request.Form.Purpose}}
	if !reflect.DeepEqual(read.Value, want) || len(read.File) != 1 || len(read.File["file"]) != 1 {
		p.t.Errorf("%s: sent the fields %v and %d files, want %v and one", x.Name, read.Value, len(read.File), want)
		return
	}
	part := read.File["file"][0]
	f, err := part.Open()
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		p.t.Fatal(err)
	}
	if part.Filename != x.Request.Form.File.Name || string(content) != x.Request.Form.File.Content {
		p.t.Errorf("%s: sent %s with %q, want %s with %q", x.Name, part.Filename, content, x.Request.Form.File.Name, x.Request.Form.File.Content)
	}
	if part.Header.Get("Content-Type") == "" {
		p.t.Errorf("%s: the file has no content type, which Azure refuses", x.Name)
	}
}

func sameURL(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host && x.EscapedPath() == y.EscapedPath() &&
		reflect.DeepEqual(x.Query(), y.Query())
}

const (
	recordedName    = "switchboard-train-00112233445566aa.jsonl"
	recordedContent = `{"messages":[{"role":"system","content":"Name the company."},{"role":"user","content":"My parcel is late."},{"role":"assistant","content":"AcmeHelp"}]}` + "\n"
	recordedKey     = "switchboard_submission"
	recordedValue   = "0123456789abcdef"
	recordedSuffix  = "sb-0123456789ab"
)

// vendor is what is expected of one provider's recording.
type vendor struct {
	name, base, baseModel string
	trainingFile, job     string
	// model is the fine-tuned one; asked is what answers.
	model string
	// metrics: the job has a result file.
	metrics bool
}

var vendors = map[string]vendor{
	"openai": {
		name: "OpenAI", base: "https://api.openai.com/v1", baseModel: "gpt-4.1-mini-2025-04-14",
		trainingFile: "file-abc123", job: "ftjob-abc123", metrics: true,
		model: "ft:gpt-4.1-mini-2025-04-14:acme:sb-0123456789ab:BTz2REMH",
	},
	"azure": {
		name: "Azure OpenAI", base: "https://acme-ai.openai.azure.com/openai/v1/", baseModel: "gpt-4.1-mini-2025-04-14",
		trainingFile: "file-0a1b2c3d4e5f40718293a4b5c6d7e8f9", job: "ftjob-372c72db22c34e6f9ccb62c26ee0fbd9", metrics: true,
		model: "gpt-4.1-mini-2025-04-14.ft-372c72db22c34e6f9ccb62c26ee0fbd9-sb-0123456789ab",
	},
	"nebius": {
		name: "Nebius Token Factory", base: "https://api.tokenfactory.nebius.com/v1", baseModel: "meta-llama/Llama-3.1-8B-Instruct",
		trainingFile: "file-019b0be3-0000-7000-8000-000000000001", job: "ftjob-49b4625687fe42d1a981c9f9bbdfd569",
		model: "meta-llama/Meta-Llama-3.1-8B-Instruct-LoRa:sb-0123456789ab-JuNN",
	},
}

func (v vendor) jobRequest() JobRequest {
	seed := int64(1)
	return JobRequest{
		BaseModel: v.baseModel, TrainingFile: v.trainingFile, Suffix: recordedSuffix, Seed: &seed, Epochs: 3,
		Metadata: map[string]string{recordedKey: recordedValue, "switchboard_run": "finetune-tweets-1/run-1"},
	}
}

// A whole fine-tuning, in the steps of the pipeline's activities.
func TestRecordedFineTuning(t *testing.T) {
	for file, v := range vendors {
		t.Run(file, func(t *testing.T) {
			c := replay(t, v.base, readRecording(t, file+".jsonl"))
			if c.Provider() != v.name {
				t.Errorf("%s is taken for %s", v.base, c.Provider())
			}
			ctx := t.Context()
			prepareRecorded(ctx, t, c, v)
			trainRecorded(ctx, t, c, v)
			answer, err := c.Classify(ctx, v.model, "Name the company.", "Where is my parcel?")
			if err != nil || answer.Text != "AcmeHelp" || !answer.HasConfidence || math.Abs(answer.Confidence-0.9) > 1e-9 || answer.PromptTokens != 21 {
				t.Fatalf("got %+v, %v", answer, err)
			}
			if file == "nebius" {
				if m, err := c.Model(ctx, v.model); err != nil || m.ID != v.model {
					t.Errorf("got %+v, %v", m, err)
				}
			}
		})
	}
}

func prepareRecorded(ctx context.Context, t *testing.T, c *Client, v vendor) {
	t.Helper()
	if models, err := c.Models(ctx); err != nil || len(models) == 0 {
		t.Fatalf("got %v, %v", models, err)
	}
	if _, err := c.Model(ctx, v.baseModel); err != nil {
		t.Fatal(err)
	}
	size := int64(len(recordedContent))
	sum := sha256.Sum256([]byte(recordedContent))
	hash := hex.EncodeToString(sum[:])
	if _, found, err := c.FindFile(ctx, recordedName, size, hash, PurposeFineTune); err != nil || found {
		t.Fatalf("found a file: %t, %v", found, err)
	}
	uploaded, err := c.UploadFile(ctx, recordedName, strings.NewReader(recordedContent), size, PurposeFineTune)
	if err != nil || uploaded.ID != v.trainingFile {
		t.Fatalf("got %+v, %v", uploaded, err)
	}
	again, found, err := c.FindFile(ctx, recordedName, size, hash, PurposeFineTune)
	if err != nil || !found || again.ID != uploaded.ID {
		t.Fatalf("the upload is not found again: %+v, %t, %v", again, found, err)
	}
}

func trainRecorded(ctx context.Context, t *testing.T, c *Client, v vendor) {
	t.Helper()
	if _, found, err := c.FindJob(ctx, v.jobRequest(), recordedKey); err != nil || found {
		t.Fatalf("found a job: %t, %v", found, err)
	}
	job, err := c.CreateJob(ctx, v.jobRequest())
	if err != nil || job.ID != v.job || job.Status.Finished() {
		t.Fatalf("got %+v, %v", job, err)
	}
	if again, found, err := c.FindJob(ctx, v.jobRequest(), recordedKey); err != nil || !found || again.ID != job.ID {
		t.Fatalf("the job is not found again: %+v, %t, %v", again, found, err)
	}
	if job, err = c.Job(ctx, job.ID); err != nil || job.Status != Running {
		t.Fatalf("got %+v, %v", job, err)
	}
	events, err := c.Events(ctx, job.ID, "")
	if err != nil || len(events) != 3 || !events[0].Created.Before(events[2].Created) {
		t.Fatalf("got %+v, %v, want three from the oldest to the newest", events, err)
	}
	if job, err = c.Job(ctx, job.ID); err != nil || job.Status != Succeeded || job.TrainedTokens != 1700 || job.Failure() != nil {
		t.Fatalf("got %+v, %v", job, err)
	}
	for range 2 { // the second time, what the first one made is found
		if model, err := c.Serve(ctx, job); err != nil || model != v.model {
			t.Fatalf("the model is %q, %v; want %q", model, err, v.model)
		}
	}
	if v.metrics {
		r, err := c.FileContent(ctx, job.ResultFiles[0])
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if csv, err := io.ReadAll(r); err != nil || !strings.HasPrefix(string(csv), "step,train_loss,") {
			t.Errorf("got %q, %v", csv, err)
		}
	}
}

// The vendors' characteristic refusals, and what an operator reads.
func TestRecordedRefusals(t *testing.T) {
	ask := func(ctx context.Context, c *Client, v vendor) error {
		_, err := c.Classify(ctx, v.model, "Name the company.", "Where is my parcel?")
		return err
	}
	create := func(ctx context.Context, c *Client, v vendor) error {
		_, err := c.CreateJob(ctx, v.jobRequest())
		return err
	}
	models := func(ctx context.Context, c *Client, _ vendor) error { _, err := c.Models(ctx); return err }
	batches := func(ctx context.Context, c *Client, _ vendor) error { _, err := askBatches(ctx, c, ""); return err }
	serve := func(ctx context.Context, c *Client, v vendor) error {
		_, err := c.Serve(ctx, Job{ID: v.job})
		return err
	}
	type refusal struct {
		name      string
		exchanges int
		call      func(ctx context.Context, c *Client, v vendor) error
		reason    Reason // "" for a problem that is no *Error
		permanent bool
		after     time.Duration
		kind      problem.Kind
		says      string
	}
	for file, refusals := range map[string][]refusal{
		"openai": {
			{"wrong key", 1, models, Unauthorized, true, 0, problem.BadInput, "set OPENAI_API_KEY"},
			{"no fine-tuning", 1, create, Forbidden, true, 0, problem.Refused, "stops it for all on 2027-01-06"},
			{"untrainable", 1, create, InvalidRequest, true, 0, problem.BadInput, "choose a base model that OpenAI's page on fine-tuning lists"},
			{"too many requests", 1, ask, RateLimited, false, 120 * time.Millisecond, "", "asks to wait for 120ms"},
			{"no credit", 1, ask, QuotaExhausted, true, 0, problem.Refused, "add credit"},
			{"no model", 1, ask, NotFound, true, 0, problem.BadInput, "check the name"},
			{"too long", 1, ask, TextTooLong, true, 0, problem.Refused, "too long"},
			{"overloaded", 1, ask, ServerError, false, 0, "", "the provider failed (503 server_error)"},
		},
		"azure": {
			{"wrong key", 1, models, Unauthorized, true, 0, problem.BadInput, "set OPENAI_API_KEY"},
			{"file pending", 1, create, ServerError, false, filePause, "", "still reading the file"},
			{"file broken", 1, create, InvalidRequest, true, 0, problem.Refused, "could not read the file"},
			{"no role", 2, create, Forbidden, true, 0, problem.Refused, "Cognitive Services OpenAI Contributor"},
			{"untrainable", 2, create, InvalidRequest, true, 0, problem.BadInput, "in the region of the resource"},
			{"not deployed", 1, ask, NotFound, true, 0, problem.Environment,
				"az cognitiveservices account deployment create --resource-group GROUP --name acme-ai --deployment-name ft-372c72db22c34e6f9ccb62c26ee0fbd9-sb-0123456789ab " +
					"--model-name gpt-4.1-mini-2025-04-14.ft-372c72db22c34e6f9ccb62c26ee0fbd9-sb-0123456789ab --model-version 1"},
			{"too many requests", 1, ask, RateLimited, false, 45 * time.Second, "", "asks to wait for 45s"},
			{"too many requests, in milliseconds", 1, ask, RateLimited, false, 640 * time.Millisecond, "", "asks to wait for 640ms"},
			{"question filtered", 1, ask, TextFiltered, true, 0, problem.Refused, "content filter refused the text"},
			{"answer filtered", 1, ask, TextFiltered, true, 0, problem.Refused, "content filter withheld the answer"},
			{"no path", 1, batches, NotFound, true, 0, problem.BadInput, "knows no such request"},
		},
		"nebius": {
			{"wrong key", 1, models, Unauthorized, true, 0, problem.BadInput, "set OPENAI_API_KEY"},
			{"wrong field", 1, create, InvalidRequest, true, 0, problem.Refused, "(422 less_than_equal, body.hyperparameters.n_epochs)"},
			{"no fine-tuning", 1, create, Forbidden, true, 0, problem.Refused, "Nebius grants it per project"},
			{"too many requests", 1, ask, RateLimited, false, 2 * time.Second, "", "asks to wait for 2s"},
			{"no model yet", 1, ask, NotFound, true, 0, problem.BadInput, "has no model"},
			{"adapter in error", 1, serve, "", true, 0, problem.Refused, "Rank is not supported"},
			{"no path", 1, batches, NotFound, true, 0, problem.BadInput, "knows no such request"},
		},
	} {
		recording := readRecording(t, file+"-refusals.jsonl")
		for _, r := range refusals {
			if r.exchanges > len(recording) {
				t.Fatalf("%s: the recording is too short for %q", file, r.name)
			}
			part := recording[:r.exchanges]
			recording = recording[r.exchanges:]
			t.Run(file+"/"+r.name, func(t *testing.T) {
				v := vendors[file]
				err := r.call(t.Context(), replay(t, v.base, part), v)
				var e *Error
				if errors.As(err, &e) != (r.reason != "") {
					t.Fatalf("got %v", err)
				}
				if e != nil && (e.Reason != r.reason || e.Permanent != r.permanent || e.RetryAfter != r.after) {
					t.Errorf("got %s, permanent %t, after %s: %v", e.Reason, e.Permanent, e.RetryAfter, err)
				}
				if kind, _ := problem.KindOf(err); kind != r.kind || !strings.Contains(err.Error(), r.says) {
					t.Errorf("got %v of kind %q, want %q that says %q", err, kind, r.kind, r.says)
				}
				if strings.Contains(err.Error(), "recorded-key") || strings.Contains(err.Error(), "parcel") {
					t.Errorf("the error holds the key or the text: %v", err)
				}
			})
		}
		if len(recording) > 0 {
			t.Errorf("%s: %q is not replayed", file, recording[0].Name)
		}
	}
}

func TestProfiles(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.openai.com/v1":                                      "OpenAI",
		"https://EU.api.openai.com/v1/":                                  "OpenAI",
		"https://api.openai.com.example.org/v1":                          "OpenAI-compatible",
		"https://acme-ai.openai.azure.com/openai/v1":                     "Azure OpenAI",
		"https://acme.services.ai.azure.com/api/projects/acme/openai/v1": "Azure OpenAI",
		"https://api.tokenfactory.nebius.com/v1":                         "Nebius Token Factory",
		"https://api.tokenfactory.us-central1.nebius.com/v1":             "Nebius Token Factory",
		"http://127.0.0.1:8090/v1":                                       "OpenAI-compatible",
		"https://notapi.openai.com/v1":                                   "OpenAI-compatible",
	} {
		c, err := New(Options{BaseURL: base})
		if err != nil || c.Provider() != want {
			t.Errorf("%s: got %v, %v; want %s", base, c, err, want)
		}
	}
	for base, says := range map[string]string{
		"https://acme-ai.openai.azure.com":                               "expected https://acme-ai.openai.azure.com/openai/v1",
		"https://acme-ai.openai.azure.com/openai/deployments/gpt-4":      "without a version in the query",
		"https://acme-ai.openai.azure.com/openai?api-version=2024-10-21": "no query",
		"https://api.tokenfactory.nebius.com":                            "expected https://api.tokenfactory.nebius.com/v1",
	} {
		_, err := New(Options{BaseURL: base})
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want bad input that says %q", base, err, says)
		}
	}
}

// What a provider cannot take is refused before anything is sent.
func TestWhatAProviderDoesNotTake(t *testing.T) {
	large := int64(maxInt32) + 1
	for name, tc := range map[string]struct {
		vendor string
		call   func(ctx context.Context, c *Client) error
		says   string
	}{
		"seed": {"openai", func(ctx context.Context, c *Client) error {
			_, err := c.CreateJob(ctx, JobRequest{BaseModel: "m", TrainingFile: "f", Seed: &large})
			return err
		}, "the seed 2147483648 is not one that OpenAI takes"},
		"suffix": {"azure", func(ctx context.Context, c *Client) error {
			_, err := c.CreateJob(ctx, JobRequest{BaseModel: "m", TrainingFile: "f", Suffix: "sb-0123456789abcdef"})
			return err
		}, "expected at most 18 characters"},
		"file": {"azure", func(ctx context.Context, c *Client) error {
			_, err := c.UploadFile(ctx, "train.jsonl", &zeros{512 << 20}, 512<<20, PurposeFineTune)
			return err
		}, "Azure OpenAI takes files of at most 536870911"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.call(t.Context(), replay(t, vendors[tc.vendor].base, nil))
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want bad input that says %q", err, tc.says)
			}
		})
	}
}

// A deployment's name is at most 64 characters long at Azure, and has neither a
// colon nor anything of another model's.
func TestDeploymentNames(t *testing.T) {
	azure := profiles[1]
	for model, want := range map[string]string{
		"gpt-4.1-mini-2025-04-14.ft-372c72db22c34e6f9ccb62c26ee0fbd9":              "ft-372c72db22c34e6f9ccb62c26ee0fbd9",
		"gpt-4.1-mini-2025-04-14.ft-372c72db22c34e6f9ccb62c26ee0fbd9:ckpt-step-90": "ft-372c72db22c34e6f9ccb62c26ee0fbd9-ckpt-step-90",
		"my-deployment":                   "my-deployment",
		"m.ft-" + strings.Repeat("a", 80): "ft-" + strings.Repeat("a", 61),
	} {
		if got := azure.asked(model); got != want {
			t.Errorf("%s is asked as %s, want %s", model, got, want)
		}
	}
}
