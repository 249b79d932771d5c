package modelserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// Every refusal has OpenAI's shape and names what to change.
func TestRefusals(t *testing.T) {
	r, _ := start(t, Options{MaxFileBytes: 20_000})
	model := r.trained(t)
	training := r.upload(t, jsonl(1, 12))
	results := must[openai.FilesList](t)(r.client.ListFiles(t.Context())).Files[1].ID
	chat := func(fields string) string {
		return fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}],%s}`, model, fields)
	}
	job := func(fields string) string {
		return fmt.Sprintf(`{"model":%q,"training_file":%q,%s}`, BaseModel, training, fields)
	}
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		param, code              string
	}{
		{"unknown path", "GET", "/v1/nothing", "", 404, "", "unknown_url"},
		{"root", "GET", "/", "", 404, "", "unknown_url"},
		{"wrong method", "DELETE", "/v1/chat/completions", "", 405, "", "method_not_supported"},
		{"wrong method on a model", "POST", "/v1/models/x", "", 405, "", "method_not_supported"},

		{"unknown model", "GET", "/v1/models/ft:x", "", 404, "model", "model_not_found"},
		{"deleting an unknown model", "DELETE", "/v1/models/ft:x", "", 404, "model", "model_not_found"},
		{"deleting the base model", "DELETE", "/v1/models/" + BaseModel, "", 403, "model", "model_not_deletable"},

		{"unknown file", "GET", "/v1/files/file-x", "", 404, "id", ""},
		{"unknown file's content", "GET", "/v1/files/file-x/content", "", 404, "id", ""},
		{"path as a file", "GET", "/v1/files/..%2Fjobs%2Fx/content", "", 404, "id", ""},
		{"deleting an unknown file", "DELETE", "/v1/files/file-x", "", 404, "id", ""},
		{"files in no order", "GET", "/v1/files?order=up", "", 400, "order", "invalid_value"},
		{"files with no limit", "GET", "/v1/files?limit=0", "", 400, "limit", "invalid_value"},
		{"file that is no form", "POST", "/v1/files", `{"purpose":"fine-tune"}`, 400, "", ""},

		{"unknown job", "GET", "/v1/fine_tuning/jobs/ftjob-x", "", 404, "fine_tuning_job_id", "fine_tune_not_found"},
		{"unknown job's events", "GET", "/v1/fine_tuning/jobs/ftjob-x/events", "", 404, "fine_tuning_job_id", "fine_tune_not_found"},
		{"cancelling an unknown job", "POST", "/v1/fine_tuning/jobs/ftjob-x/cancel", "", 404, "fine_tuning_job_id", "fine_tune_not_found"},
		{"jobs after nothing", "GET", "/v1/fine_tuning/jobs?after=ftjob-x", "", 400, "after", "invalid_value"},
		{"too many jobs", "GET", "/v1/fine_tuning/jobs?limit=101", "", 400, "limit", "invalid_value"},

		{"job that is no JSON", "POST", "/v1/fine_tuning/jobs", `{"model":`, 400, "", ""},
		{"job that is a list", "POST", "/v1/fine_tuning/jobs", `[]`, 400, "", "invalid_type"},
		{"job without a model", "POST", "/v1/fine_tuning/jobs", `{"training_file":"x"}`, 400, "model", "missing_required_parameter"},
		{"job with another model", "POST", "/v1/fine_tuning/jobs", `{"model":"gpt-4o-mini","training_file":"x"}`, 400, "model", "model_not_available"},
		{"job on a fine-tuned model", "POST", "/v1/fine_tuning/jobs", fmt.Sprintf(`{"model":%q,"training_file":%q}`, model, training), 400, "model", "model_not_available"},
		{"job without a file", "POST", "/v1/fine_tuning/jobs", fmt.Sprintf(`{"model":%q}`, BaseModel), 400, "training_file", "missing_required_parameter"},
		{"job with an unknown file", "POST", "/v1/fine_tuning/jobs", fmt.Sprintf(`{"model":%q,"training_file":"file-x"}`, BaseModel), 400, "training_file", "file_not_found"},
		{"job on a result file", "POST", "/v1/fine_tuning/jobs", fmt.Sprintf(`{"model":%q,"training_file":%q}`, BaseModel, results), 400, "training_file", "invalid_file_purpose"},
		{"unknown validation file", "POST", "/v1/fine_tuning/jobs", job(`"validation_file":"file-x"`), 400, "validation_file", "file_not_found"},
		{"validation on the training file", "POST", "/v1/fine_tuning/jobs", job(fmt.Sprintf(`"validation_file":%q`, training)), 400, "validation_file", "invalid_value"},
		{"model of a wrong type", "POST", "/v1/fine_tuning/jobs", `{"model":7}`, 400, "model", "invalid_type"},
		{"no epochs", "POST", "/v1/fine_tuning/jobs", job(`"hyperparameters":{"n_epochs":0}`), 400, "hyperparameters.n_epochs", "invalid_value"},
		{"half an epoch", "POST", "/v1/fine_tuning/jobs", job(`"hyperparameters":{"n_epochs":1.5}`), 400, "hyperparameters.n_epochs", "invalid_value"},
		{"too large batches", "POST", "/v1/fine_tuning/jobs", job(`"hyperparameters":{"batch_size":257}`), 400, "hyperparameters.batch_size", "invalid_value"},
		{"a word for a rate", "POST", "/v1/fine_tuning/jobs", job(`"method":{"type":"supervised","supervised":{"hyperparameters":{"learning_rate_multiplier":"fast"}}}`), 400, "method.supervised.hyperparameters.learning_rate_multiplier", "invalid_value"},
		{"a rate of zero", "POST", "/v1/fine_tuning/jobs", job(`"hyperparameters":{"learning_rate_multiplier":0}`), 400, "hyperparameters.learning_rate_multiplier", "invalid_value"},
		{"another method", "POST", "/v1/fine_tuning/jobs", job(`"method":{"type":"dpo"}`), 400, "method.type", "unsupported_value"},
		{"an integration", "POST", "/v1/fine_tuning/jobs", job(`"integrations":[{"type":"wandb"}]`), 400, "integrations", "unsupported_parameter"},
		{"a negative seed", "POST", "/v1/fine_tuning/jobs", job(`"seed":-1`), 400, "seed", "invalid_value"},
		{"a long suffix", "POST", "/v1/fine_tuning/jobs", job(`"suffix":"` + strings.Repeat("x", 65) + `"`), 400, "suffix", "invalid_value"},
		{"a long metadata value", "POST", "/v1/fine_tuning/jobs", job(`"metadata":{"k":"` + strings.Repeat("x", 513) + `"}`), 400, "metadata", "invalid_value"},
		{"metadata without a key", "POST", "/v1/fine_tuning/jobs", job(`"metadata":{"":"v"}`), 400, "metadata", "invalid_value"},

		{"chat that is no JSON", "POST", "/v1/chat/completions", `hello`, 400, "", ""},
		{"chat larger than allowed", "POST", "/v1/chat/completions", `{"model":"` + strings.Repeat("x", maxJSONBytes) + `"}`, 413, "", "request_too_large"},
		{"chat without a model", "POST", "/v1/chat/completions", `{"messages":[]}`, 400, "model", "missing_required_parameter"},
		{"chat without messages", "POST", "/v1/chat/completions", `{"model":"x"}`, 400, "messages", "missing_required_parameter"},
		{"chat with an unknown model", "POST", "/v1/chat/completions", `{"model":"x","messages":[{"role":"user","content":"hi"}]}`, 404, "model", "model_not_found"},
		{"chat with the untrained model", "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, BaseModel), 400, "model", "model_not_trained"},
		{"chat without a user", "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"system","content":"hi"}]}`, model), 400, "messages", "invalid_value"},
		{"chat with an unknown role", "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"robot","content":"hi"}]}`, model), 400, "messages[0].role", "invalid_value"},
		{"chat with a picture", "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, model), 400, "messages", "invalid_value"},
		{"chat with a long text", "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":%q}]}`, model, strings.Repeat("a ", maxTextBytes)), 400, "messages", "context_length_exceeded"},
		{"chat with 21 logprobs", "POST", "/v1/chat/completions", chat(`"logprobs":true,"top_logprobs":21`), 400, "top_logprobs", "invalid_value"},
		{"chat with top logprobs alone", "POST", "/v1/chat/completions", chat(`"top_logprobs":2`), 400, "top_logprobs", "invalid_value"},
		{"chat too hot", "POST", "/v1/chat/completions", chat(`"temperature":3`), 400, "temperature", "invalid_value"},
		{"chat without an answer's length", "POST", "/v1/chat/completions", chat(`"max_tokens":0`), 400, "max_tokens", "invalid_value"},
		{"chat without a completion's length", "POST", "/v1/chat/completions", chat(`"max_completion_tokens":-1`), 400, "max_completion_tokens", "invalid_value"},
		{"chat with two answers", "POST", "/v1/chat/completions", chat(`"n":2`), 400, "n", "invalid_value"},
		{"chat with tools", "POST", "/v1/chat/completions", chat(`"tools":[{}]`), 400, "tools", "unsupported_parameter"},
		{"chat with functions", "POST", "/v1/chat/completions", chat(`"functions":[{}]`), 400, "functions", "unsupported_parameter"},
		{"chat for any JSON", "POST", "/v1/chat/completions", chat(`"response_format":{"type":"json_object"}`), 400, "response_format", "unsupported_parameter"},
		{"chat without its schema", "POST", "/v1/chat/completions", chat(`"response_format":{"type":"json_schema"}`), 400, schemaParam, "unsupported_value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := r.raw(t, test.method, test.path, testKey, "application/json", strings.NewReader(test.body))
			checkRefusal(t, body, status, test.status, test.param, test.code)
		})
	}
	if log := r.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("bad requests are logged as errors of the server:\n%s", log)
	}
}

func checkRefusal(t *testing.T, body []byte, status, wantStatus int, param, code string) {
	t.Helper()
	var answer struct {
		Error map[string]any `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%d with a body that is no JSON: %s", status, body)
	}
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	e := answer.Error
	if status != wantStatus || e["param"] != null(param) || e["code"] != null(code) || e["type"] != typeInvalidRequest || e["message"] == "" || len(e) != 4 {
		t.Errorf("%d %s\nwant %d, param %q, code %q", status, body, wantStatus, param, code)
	}
}

func TestKeys(t *testing.T) {
	r, _ := start(t, Options{Keys: []string{"other-key"}})
	for name, test := range map[string]struct {
		key    string
		status int
		code   string
	}{
		"one key":      {testKey, 200, ""},
		"another key":  {"other-key", 200, ""},
		"no key":       {"", 401, ""},
		"wrong key":    {"sk-wrong", 401, "invalid_api_key"},
		"key's start":  {testKey[:4], 401, "invalid_api_key"},
		"key and more": {testKey + "x", 401, "invalid_api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/v1/models", "/v1/files", "/v1/fine_tuning/jobs"} {
				status, body := r.raw(t, "GET", path, test.key, "", nil)
				if test.status == http.StatusOK {
					if status != test.status {
						t.Errorf("%s: %d %s", path, status, body)
					}
					continue
				}
				checkRefusal(t, body, status, test.status, "", test.code)
				if bytes.Contains(body, []byte("sk-wrong")) {
					t.Error("the answer repeats the key")
				}
			}
		})
	}
	if status, _ := r.raw(t, "GET", "/healthz", "", "", nil); status != http.StatusOK {
		t.Errorf("health needs a key: %d", status)
	}
}

func TestUploadRefusals(t *testing.T) {
	const limit = 2000
	r, _ := start(t, Options{MaxFileBytes: limit})
	type field struct{ name, file, value string }
	purpose := field{"purpose", "", "fine-tune"}
	for name, test := range map[string]struct {
		fields      []field
		cut         int // bytes taken off the end
		status      int
		param, code string
	}{
		"purpose last":  {[]field{{"file", "a.jsonl", "x"}, purpose}, 0, 200, "", ""},
		"at the limit":  {[]field{purpose, {"file", "a.jsonl", strings.Repeat("x", limit)}}, 0, 200, "", ""},
		"over it":       {[]field{purpose, {"file", "a.jsonl", strings.Repeat("x", limit+1)}}, 0, 413, "", "request_too_large"},
		"far over it":   {[]field{purpose, {"file", "a.jsonl", strings.Repeat("x", limit+3<<20)}}, 0, 413, "", "request_too_large"},
		"empty":         {[]field{purpose, {"file", "a.jsonl", ""}}, 0, 400, "file", "invalid_value"},
		"no file":       {[]field{purpose}, 0, 400, "file", "missing_required_parameter"},
		"no purpose":    {[]field{{"file", "a.jsonl", "x"}}, 0, 400, "purpose", "missing_required_parameter"},
		"wrong purpose": {[]field{{"purpose", "", "assistants"}, {"file", "a.jsonl", "x"}}, 0, 400, "purpose", "invalid_value"},
		"two files":     {[]field{purpose, {"file", "a.jsonl", "x"}, {"file", "b.jsonl", "y"}}, 0, 400, "file", "invalid_value"},
		"cut short":     {[]field{purpose, {"file", "a.jsonl", strings.Repeat("x", 500)}}, 400, 400, "", "incomplete_body"},
		"a path's name": {[]field{purpose, {"file", `..\..\etc/passwd`, "x"}}, 0, 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			for _, f := range test.fields {
				if f.file == "" {
					_ = form.WriteField(f.name, f.value)
					continue
				}
				part := must[io.Writer](t)(form.CreateFormFile(f.name, f.file))
				_, _ = part.Write([]byte(f.value))
			}
			_ = form.Close()
			body.Truncate(body.Len() - test.cut)
			status, answer := r.raw(t, "POST", "/v1/files", testKey, form.FormDataContentType(), &body)
			if test.status != http.StatusOK {
				checkRefusal(t, answer, status, test.status, test.param, test.code)
				return
			}
			var f fileObject
			if err := json.Unmarshal(answer, &f); err != nil || status != http.StatusOK || strings.ContainsAny(f.Filename, `/\`) {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	// What was refused has left nothing.
	if names := must[[]string](t)(r.disk.names(tempDir, "")); len(names) != 0 {
		t.Errorf("temporary files are left: %v", names)
	}
	if names := must[[]string](t)(r.disk.names(filesDir, ".data")); len(names) != 3 {
		t.Errorf("%d files are stored, want the 3 that were accepted", len(names))
	}
}

// A job with a bad file fails with the line and the reason, and the server
// goes on.
func TestBadFilesFailTheirJob(t *testing.T) {
	r, _ := start(t, Options{})
	good := r.upload(t, jsonl(1, 30))
	broken := r.upload(t, append(jsonl(1, 14), "{\"messages\": [\n"...))
	for name, test := range map[string]struct {
		training, validation string
		param, want          string
	}{
		"malformed line":   {broken, "", "training_file", "line 15: not valid JSON"},
		"nine examples":    {r.upload(t, jsonl(1, 9)), "", "training_file", "it has 9 examples: at least 10 are needed"},
		"one class":        {r.upload(t, bytes.Repeat(jsonl(1, 1), 12)), "", "training_file", "all examples have the same label"},
		"bad validation":   {good, broken, "validation_file", "line 15: not valid JSON"},
		"empty validation": {good, r.upload(t, []byte("\n\n")), "validation_file", "it has no examples"},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"training_file": test.training}
			if test.validation != "" {
				body["validation_file"] = test.validation
			}
			id := r.create(t, body).ID
			await(t, r.client, id, statusFailed)
			var j jobObject
			r.call(t, "GET", "/v1/fine_tuning/jobs/"+id, nil, &j)
			if j.Error == nil || j.Error.Code != "invalid_"+test.param || *j.Error.Param != test.param || !strings.Contains(j.Error.Message, test.want) ||
				j.FineTunedModel != nil || j.FinishedAt == nil || len(j.ResultFiles) != 0 {
				t.Errorf("job is %+v with error %+v, want %q", j, j.Error, test.want)
			}
			events := must[openai.FineTuningJobEventList](t)(r.client.ListFineTuningJobEvents(t.Context(), id))
			if e := events.Data[0]; e.Level != "error" || e.Message != j.Error.Message {
				t.Errorf("the last event is %+v", e)
			}
		})
	}
	await(t, r.client, r.create(t, map[string]any{"training_file": good}).ID, statusSucceeded)
}
