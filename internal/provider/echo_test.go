package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
)

// What is planted: a name, a place, a handle, a number, in a sentence of a
// customer, an answer, and a line of a training file.
var planted = []string{
	"Marigold Quetzal lost her parcel 471193 at Zwickau, says @jane_doe",
	`{"role":"user","content":"My name is Marigold Quetzal, @jane_doe, order 471193, Zwickau"}`,
	"Step 471193/2: Marigold Quetzal, training loss=Zwickau @jane_doe",
	"Hi Marigold\nQuetzal\tfrom Zwickau 471193 ~jane_doe",
}

// pieces of it are searched for, whatever their case: what was cut in the middle
// of a word is found too.
var pieces = []string{"marig", "gold", "quetz", "tzal", "zwick", "ckau", "jane", "471193", "parcel", "order"}

// echoes are the forms in which a server may repeat what it was sent.
func echoes() []string {
	var all []string
	for _, text := range planted {
		runes := []rune(text)
		all = append(all, text, `"`+text+`"`, "'"+text, "“"+text+"”", string(runes[:len(runes)/2]), string(runes[len(runes)/2:]),
			strings.ToUpper(text), "invalid value: "+text, strings.Repeat(text+" ", 50))
	}
	return all
}

// leaked returns the first piece of what was planted that is in s.
func leaked(s string) string {
	s = strings.ToLower(s)
	for _, piece := range pieces {
		if strings.Contains(s, piece) {
			return piece
		}
	}
	return ""
}

// chain is all that an error says, and what it wraps: Temporal stores both.
func chain(err error) string {
	var all []string
	for ; err != nil; err = errors.Unwrap(err) {
		all = append(all, fmt.Sprintf("%v %+v", err, err))
	}
	return strings.Join(all, "\n")
}

// drive calls every method that asks the provider, with what was planted in what
// it is given to send, and returns what comes out, by method. What a model
// answers and what a file holds is not said of them, and is left out.
func drive(ctx context.Context, c *Client) map[string]string {
	out := map[string]string{}
	note := func(method string, value any, err error) {
		encoded, _ := json.Marshal(value)
		out[method] += fmt.Sprintf("%+v %s\n%s\n", value, encoded, chain(err))
	}
	text := planted[0]
	seed := int64(1)
	request := JobRequest{BaseModel: "base-1", TrainingFile: "file-1", ValidationFile: "file-2", Suffix: "sb-1", Metadata: map[string]string{"mark": "1"}, Seed: &seed, Epochs: 2}

	answer, err := c.Classify(ctx, "model-1", "system", text)
	answer.Text = ""
	note("Classify", answer, err)
	// What a model says, and by which words, is for a person who reads the texts
	// too: only the errors must be silent.
	_, _, err = c.TopAnswers(ctx, "model-1", "system", text)
	note("TopAnswers", nil, err)
	_, err = c.Explain(ctx, "model-1", "system", text)
	note("Explain", nil, err)
	models, err := c.Models(ctx)
	note("Models", models, err)
	for _, id := range []string{"model-1", "maker/model-1"} {
		model, err := c.Model(ctx, id)
		note("Model", model, err)
	}
	files, err := c.Files(ctx, PurposeFineTune)
	note("Files", files, err)
	file, _, err := c.FindFile(ctx, "train.jsonl", int64(len(text)), "00", PurposeFineTune)
	note("FindFile", file, err)
	file, err = c.UploadFile(ctx, "train.jsonl", strings.NewReader(text), int64(len(text)), PurposeFineTune)
	note("UploadFile", file, err)
	content, err := c.FileContent(ctx, "file-1")
	note("FileContent", nil, err)
	if err == nil {
		_, err = io.Copy(io.Discard, content)
		note("FileContent", nil, err)
		_ = content.Close()
	}
	job, err := c.CreateJob(ctx, request)
	note("CreateJob", job, err)
	note("CreateJob", nil, job.Failure())
	job, err = c.Job(ctx, "ftjob-1")
	note("Job", job, err)
	note("Job", nil, job.Failure())
	job, err = c.CancelJob(ctx, "ftjob-1")
	note("CancelJob", job, err)
	note("CancelJob", nil, job.Failure())
	jobs, err := c.Jobs(ctx, request.Metadata)
	note("Jobs", jobs, err)
	note("CanListJobs", nil, c.CanListJobs(ctx))
	job, _, err = c.FindJob(ctx, request, "mark")
	note("FindJob", job, err)
	events, err := c.Events(ctx, "ftjob-1", "")
	note("Events", events, err)
	served, err := c.Serve(ctx, Job{ID: "ftjob-1", BaseModel: "base-1"})
	note("Serve", served, err)
	for _, capability := range Capabilities {
		found, err := c.Ask(ctx, capability, "base-1")
		note("Ask", found, err)
	}
	note("CanBatch", nil, c.CanBatch(ctx))
	batch, err := c.CreateBatch(ctx, "file-1", map[string]string{"mark": "1"})
	note("CreateBatch", batch, err)
	note("CreateBatch", nil, batch.Failure())
	batch, err = c.Batch(ctx, "batch_1")
	note("Batch", batch, err)
	note("Batch", nil, batch.Failure())
	batch, err = c.CancelBatch(ctx, "batch_1")
	note("CancelBatch", batch, err)
	note("CancelBatch", nil, batch.Failure())
	batch, _, err = c.FindBatch(ctx, "file-1", nil)
	note("FindBatch", batch, err)
	return out
}

// quiet are the methods that ask nobody, or that TestEchoInABatch drives.
var quiet = []string{"Provider", "Deployment", "Lacks", "Forget", "BatchLine", "ReadBatch"}

func search(t *testing.T, what string, out map[string]string) {
	t.Helper()
	for method, said := range out {
		if piece := leaked(said); piece != "" {
			t.Errorf("%s: %s lets %q through: %.600s", what, method, piece, said)
		}
	}
}

func TestEveryCallIsDriven(t *testing.T) {
	c := client(t, serve(t, http.NotFound), Options{})
	driven := slices.Collect(maps.Keys(drive(t.Context(), c)))
	for i := range reflect.TypeFor[*Client]().NumMethod() {
		method := reflect.TypeFor[*Client]().Method(i).Name
		if !slices.Contains(driven, method) && !slices.Contains(quiet, method) {
			t.Errorf("%s is not driven against the echoing server", method)
		}
	}
}

// quote is a text as a JSON string, and half of them with escapes for all that is
// no letter.
func quote(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

// refusing are the bodies that a server may refuse a request with.
func refusing(e string) []string {
	q := quote(e)
	return []string{
		e, q, "<html><body>" + e + "</body></html>",
		`{"error":` + q + `}`, `{"detail":` + q + `}`, `{"message":` + q + `}`,
		fmt.Sprintf(`{"error":{"message":%s,"type":%s,"param":%s,"code":%s}}`, q, q, q, q),
		fmt.Sprintf(`{"error":{"message":%s,"type":"invalid_request_error","param":"messages.%s","code":"model_not_found"}}`, q, strings.Trim(q, `"`)),
		fmt.Sprintf(`{"error":{"message":%s,"code":471193,"type":[%s],"param":{"a":%s}}}`, q, q, q),
		fmt.Sprintf(`{"message":%s,"type":%s,"param":%s,"code":%s}`, q, q, q, q),
		fmt.Sprintf(`{"detail":[{"loc":["body",%s,471193],"msg":%s,"type":%s,"input":%s}]}`, q, q, q, q),
	}
}

// A server that refuses everything, and repeats what it was sent wherever it
// can, has none of it in any error.
func TestEchoInARefusal(t *testing.T) {
	var status int
	var body, header string
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Retry-After", "Retry-After-Ms", "X-Request-Id", "Content-Type", "Www-Authenticate", "X-Ratelimit-Reset"} {
			w.Header().Set(name, header)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), Options{})
	statuses := []int{400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 429, 500, 503}
	for i, e := range echoes() {
		header = strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, e)
		for j, b := range refusing(e) {
			body = b
			tried := statuses
			if i > 0 { // all of them with the first, and then in turn
				tried = statuses[(i+j)%len(statuses):][:1]
			}
			for _, status = range tried {
				search(t, fmt.Sprintf("%d with %.80s", status, body), drive(t.Context(), c))
			}
			if t.Failed() {
				return
			}
		}
	}
}

// everything is an object with all the fields that the protocol has, and more.
// Ids are as id says.
func everything(e, id, status string) map[string]any {
	failure := map[string]any{"message": e, "code": e, "type": e, "param": e, "line": 471193}
	return map[string]any{
		"id": id, "object": e, "status": status, "status_details": e, "created": 1, "created_at": 1, "finished_at": 1,
		"filename": e, "purpose": e, "bytes": 3, "model": e, "owned_by": e, "fine_tuned_model": id, "organization_id": e,
		"training_file": e, "validation_file": e, "result_files": []string{e, "file-9"}, "user_provided_suffix": e, "suffix": e,
		"metadata": map[string]string{e: e, "switchboard_run": e}, "trained_tokens": 7, "error": failure, "seed": 1,
		"hyperparameters": map[string]any{"n_epochs": e}, "method": map[string]any{"type": e}, "level": e, "message": e, "type": e,
		"data":          map[string]any{"step": 2, "train_loss": e, e: 471193, "note": e},
		"input_file_id": id, "output_file_id": id, "error_file_id": id, "request_counts": map[string]int{"total": 1},
		"errors": map[string]any{"data": []any{failure}}, "name": id, "job_id": "ftjob-1", "status_reason": e, "base_model": e, "source": e,
		"step_number": 1, "fine_tuned_model_checkpoint": e, "system_fingerprint": e, "usage": map[string]any{"prompt_tokens": 1},
		"choices": []any{map[string]any{"message": map[string]any{"role": e, "content": e, "refusal": e}, "finish_reason": e}},
	}
}

// A server that takes everything, and repeats what it was sent in every field, has
// none of it in any value: with ids that can be used, and with ids that repeat it
// too.
func TestEchoInAnAnswer(t *testing.T) {
	var object map[string]any
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var answer any = object
		path := strings.TrimPrefix(r.URL.Path, "/v1")
		isList := r.Method == http.MethodGet && (path == "/models" || path == "/files" || path == "/fine_tuning/jobs" || path == "/batches" ||
			strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "/checkpoints"))
		switch {
		case path == "/v0/models":
			answer = []any{object}
		case isList:
			answer = map[string]any{"object": object["object"], "data": []any{object}, "has_more": false, "last_id": object["object"]}
		}
		encoded, err := json.Marshal(answer)
		if err != nil {
			t.Error(err)
		}
		w.Write(encoded)
	})
	clients := []*Client{client(t, f, Options{}), client(t, f, Options{}), client(t, f, Options{})}
	clients[1].profile = profiles[1] // Azure: files take time
	clients[2].profile = profiles[2] // Nebius: adapters
	for i, e := range echoes() {
		for _, id := range []string{"an-id:1", e} {
			status := []string{"failed", e, "succeeded", "error"}[i%4]
			object = everything(e, id, status)
			search(t, fmt.Sprintf("profile %d, id %.30q, status %.30q", i%3, id, status), drive(t.Context(), clients[i%3]))
		}
		if t.Failed() {
			return
		}
	}
}

// Answers that are no JSON, of another type in every field, or no HTTP at all.
func TestEchoInWhatCannotBeRead(t *testing.T) {
	for i, e := range echoes() {
		if i%7 > 0 { // each takes servers and connections of its own
			continue
		}
		line := strings.NewReplacer("\n", " ", "\t", " ").Replace(e)
		q := quote(e)
		for name, raw := range map[string]string{
			"words":                 ok(e),
			"a string":              ok(q),
			"half of an object":     ok(`{"id":` + q + `,"data":[{"id":` + q),
			"a key without a value": ok(`{` + q + `}`),
			"strings for all":       ok(fmt.Sprintf(`{"data":%s,"choices":%s,"created_at":%s,"bytes":%s,"id":"a-1"}`, q, q, q, q)),
			"numbers for strings":   ok(`{"id":471193,"status":471193,"choices":[{"message":{"content":471193}}],"data":[{"id":471193}]}`),
			"a number too large":    ok(`{"id":"a-1","status":"running","trained_tokens":471193471193471193471193,"bytes":471193471193471193471193,"data":[{"created_at":"471193"}]}`),
			"a status line":         "HTTP/1.1 " + line + "\r\n\r\n",
			"a status text":         "HTTP/1.1 418 " + line + "\r\nContent-Length: 0\r\n\r\n",
			"no HTTP":               line + "\r\n\r\n",
			"a header":              "HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n",
			"a length":              "HTTP/1.1 200 OK\r\nContent-Length: " + line + "\r\n\r\n",
			"an encoding":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + line + "\r\n\r\n",
			"a chunk":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + line + "\r\n",
			"a trailer":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n0\r\n" + line + "\r\n\r\n",
			"a redirection":         "HTTP/1.1 302 Found\r\nLocation: http://" + strings.ReplaceAll(strings.Trim(line, `"'“”{}: `), " ", "-") + ".invalid/\r\nContent-Length: 0\r\n\r\n",
			"a strange redirection": "HTTP/1.1 307 x\r\nLocation: " + line + "\x7f%zz\r\nContent-Length: 0\r\n\r\n",
		} {
			c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(conn, raw)
				conn.Close()
			}), Options{RequestTimeout: 2 * time.Second})
			search(t, name, drive(t.Context(), c))
			if t.Failed() {
				return
			}
		}
	}
}

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// The files of a batch say no more than answers to single questions.
func TestEchoInABatch(t *testing.T) {
	c := client(t, serve(t, http.NotFound), Options{})
	for _, e := range echoes() {
		q := quote(e)
		lines := []string{q, e, "{" + q + ":", `{"custom_id":471193}`, fmt.Sprintf(`{"custom_id":"1","error":{"code":%s,"message":%s}}`, q, q)}
		for _, body := range refusing(e) {
			if !json.Valid([]byte(body)) {
				body = quote(body)
			}
			for _, status := range []int{200, 400, 404, 429, 500} {
				lines = append(lines, fmt.Sprintf(`{"id":%s,"custom_id":"1","response":{"status_code":%d,"request_id":%s,"body":%s},"error":null}`, q, status, q, body))
			}
		}
		for _, line := range lines {
			err := c.ReadBatch(strings.NewReader(line+"\n"), "model-1", func(a BatchAnswer) {
				a.Answer.Text = ""
				search(t, line, map[string]string{"ReadBatch": fmt.Sprintf("%+v %s", a.Answer, chain(a.Err))})
			})
			search(t, line, map[string]string{"ReadBatch": chain(err)})
		}
		if t.Failed() {
			return
		}
	}
}

// What is known is still told.
func TestWhatIsToldOfAJob(t *testing.T) {
	for message, want := range map[string]string{
		"Step 755/1208: training loss=0.1064, validation loss=0.5457":                                "Step 755/1208: training loss=0.1064, validation loss=0.5457",
		"Step 100/300: training loss=0.25, full validation loss=0.5":                                 "Step 100/300: training loss=0.25, full validation loss=0.5",
		"Step 2: training loss=0.5":                                                                  "Step 2: training loss=0.5",
		"Created fine-tuning job: ftjob-abc":                                                         "Created fine-tuning job",
		"New fine-tuned model created: ft:m:acme::x":                                                 "New fine-tuned model created",
		"New fine-tuned model created":                                                               "New fine-tuned model created",
		"The job has successfully completed":                                                         "The job has successfully completed",
		"Training stopped after epoch 6 of 8: the model got no better on the validation file":        "Training stopped after epoch 6 of 8: the model got no better on the validation file",
		"Loaded the base model on cpu: 134515008 parameters, of which 4884480 are trained":           "Loaded the base model on cpu: 134515008 parameters, of which 4884480 are trained",
		"Loaded the base model on cuda:Marigold: 134515008 parameters, of which 4884480 are trained": "Loaded the base model",
		"Trained 3 of 12 steps":                                                                      "Trained 3 of 12 steps",
		"Training goes on after step 7":                                                              "Training goes on after step 7",
		"Trained 3 of 12 Marigold":                                                                   "",
		"The trainer ended early and is started again":                                               "The trainer ended early and is started again",
		"The job starts from the language model small (SHA-256 0123456789ab), and the server was started again without it: start it.":   "The server was started again without the language model that the job starts from: start it with -language-models and that one, and create the job again.",
		"Training small in batches of 8 would take about 4.5 GiB of memory, and the server gives a training at most 4.0 GiB: Marigold.": "Training the base model would take more memory than the server gives a training: take a smaller model, or raise -max-training.",
		"The job cannot be trained: the base model cannot be read: Marigold.":                                                           "The base model cannot be read: see what is registered under its name with -language-models.",
		"Dataset 'training' processed successfully":                                                                                     "Dataset 'training' processed successfully",
		"Dataset 'Marigold' processed successfully":                                                                                     "",
		"Step 755/1208: training loss=0.1064, said Marigold":                                                                            "",
		"The job has successfully completed for Marigold":                                                                               "",
		"Step 1: training loss=0.5\nMarigold":                                                                                           "",
		"The job failed due to an invalid training file: line 3: Marigold.":                                                             "The job failed due to an invalid training file",
		"The job failed due to an invalid training file: it has 3 examples: at least 10 are needed.":                                    "The job failed due to an invalid training file: it has 3 examples: at least 10 are needed.",
		"": "",
	} {
		if got := tell(message); got != want {
			t.Errorf("%q is told as %q, want %q", message, got, want)
		}
	}
	for raw, want := range map[string]string{
		`"messages"`: "messages", `"messages[0].content"`: "messages.0.content", `["body","hyperparameters","n_epochs"]`: "body.hyperparameters.n_epochs",
		`"logprobs"`: "logprobs", `"Marigold"`: "", `"messages.Marigold"`: "", `["body","Marigold"]`: "", `"messages[471193]"`: "", `7`: "", `null`: "", `{}`: "",
	} {
		var v any
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Fatal(err)
		}
		if got := parameter(v); got != want {
			t.Errorf("the parameter %s is %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"validating_files": "validating_files", "SUCCEEDED": "succeeded", "partially_succeeded": "partially_succeeded", "": "",
		"marigold": otherState, "failed marigold": otherState, strings.Repeat("failed_", 10): otherState,
	} {
		if got := state(raw); got != want {
			t.Errorf("the state %q is %q, want %q", raw, got, want)
		}
	}
	for _, id := range []string{"file-1", "ft:gpt-4o-mini:acme::BTz2", "meta-llama/Llama-3.1-8B-Instruct-LoRa:sb-0-JuNN", "accounts/a/models/b@1", "7"} {
		if !isName(id) {
			t.Errorf("%s is no name", id)
		}
	}
	for _, id := range []string{"", "a b", "@jane", "-x", "a\nb", `a"b`, "zoë", strings.Repeat("a", maxName+1), "a?b", "a{b"} {
		if isName(id) {
			t.Errorf("%q passes as a name", id)
		}
	}
}

// What a request carries, texts and key, goes to the host that was set. Downloads
// may lie elsewhere, and are fetched without the key.
func TestRequestsStayAtTheirHost(t *testing.T) {
	var got []string
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s key %q %q", r.Method, body, r.Header.Get("Authorization"), r.Header.Get("api-key")))
		io.WriteString(w, "step,train_loss\n")
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/x", status)
		})
		for _, p := range []profile{compatible, profiles[1]} {
			c := client(t, f, Options{})
			c.profile = p
			got = nil
			_, err := c.Classify(t.Context(), "m", "s", planted[0])
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || len(got) > 0 {
				t.Errorf("%d: a question gave %v and reached the other host with %q", status, err, got)
			}
			content, err := c.FileContent(t.Context(), "file-1")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, content)
			_ = content.Close()
			if len(got) != 1 || got[0] != `GET  key "" ""` {
				t.Errorf("%d: a download reached the other host as %q", status, got)
			}
		}
	}
}
