package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// This file has what servers of the protocol say in other words than its
// description. What a whole vendor does differently is in profile.go.

// finalWords are the words that makers have for the end of a job besides the
// protocol's own, and what they mean. Read on 2026-11-28:
//
//   - "completed", "error", "user_error": Together, in FinetuneJobStatus of its Python
//     client (together-python, types/finetune.py);
//   - "success", "failed_validation": Mistral, in Status of its TypeScript client
//     (client-ts, models/components/status.md), before it deprecated fine-tuning.
//     "timeout_exceeded" is one of its batches (batchjobstatus.md);
//   - "completed", "expired", "early_stopped", after "JOB_STATE_": Fireworks, in
//     SupervisedFineTuningJob of its Python client (python-sdk);
//   - "completed", "stopped": LocalAI (core/services/finetune/service.go), which also
//     calls a job stopped that a restart of the server ended;
//   - "completed": NeMo Customizer (JobStatus of NVIDIA's Python client).
//
// The other words are of no maker that could be looked up: they are what one would
// say, and mean the same everywhere. That an early stop is a success is read from its
// setting, which ends a training that does not improve any more.
var finalWords = map[JobStatus]JobStatus{
	"success": Succeeded, "successful": Succeeded, "completed": Succeeded, "complete": Succeeded, "done": Succeeded, "finished": Succeeded, "early_stopped": Succeeded,
	"error": JobFailed, "errored": JobFailed, "failure": JobFailed, "user_error": JobFailed, "failed_validation": JobFailed,
	"timeout": JobFailed, "timed_out": JobFailed, "timeout_exceeded": JobFailed,
	"expired": JobFailed, "aborted": JobFailed, "terminated": JobFailed, "killed": JobFailed, "rejected": JobFailed,
	"canceled": Cancelled, "stopped": Cancelled, "user_cancelled": Cancelled, "user_canceled": Cancelled,
}

// otherWords are those of a job that goes on, of the same makers: a name that the model
// will have may stand beside them from the beginning.
var otherWords = map[JobStatus]JobStatus{
	"pending": Queued, "created": Queued, "creating": Queued, "scheduled": Queued, "waiting": Queued, "initializing": Queued, "re_queueing": Queued, "idle": Queued,
	"validating": ValidatingFiles, "validated": ValidatingFiles, "creating_input_dataset": ValidatingFiles, "loading_dataset": ValidatingFiles,
	"started": Running, "training": Running, "in_progress": Running, "loading_model": Running,
	"compressing": Running, "uploading": Running, "saving": Running, "writing_results": Running,
	"cancelling": Running, "canceling": Running, "cancel_requested": Running, "cancellation_requested": Running,
}

// underWay are the words after which a job is to be asked about again.
var underWay = []JobStatus{ValidatingFiles, Queued, Running, Paused}

// statusOf reads a job's status. A word that is not known ends the wait where
// there is a model or an error beside it: a job that has either goes nowhere.
func statusOf(word, model string, failed bool) JobStatus {
	status := JobStatus(strings.TrimPrefix(strings.ReplaceAll(state(word), "-", "_"), "job_state_"))
	status = JobStatus(strings.ReplaceAll(string(status), " ", "_"))
	if meant, known := finalWords[status]; known {
		return meant
	}
	if meant, known := otherWords[status]; known {
		return meant
	}
	switch {
	case status.Finished() || slices.Contains(underWay, status):
		return status
	case failed:
		return JobFailed
	case model != "":
		return Succeeded
	}
	return status
}

// causes are what jobs fail of, found by words of the provider's and told in this
// program's.
var causes = []struct{ words, cause string }{
	{"out of memory|outofmemory| oom |(oom)|cuda oom|oom-kill|oomkill", "out of memory"},
	{"no space left|disk full|disk quota", "no space left on a disk"},
	{"timed out|timeout|time limit|maximum runtime|deadline exceeded", "out of time"},
	{"insufficient_quota|insufficient quota|quota exceeded|insufficient credit|insufficient balance|credit balance|account balance|insufficient funds|no credit|out of credit|billing", "no quota or credit left"},
	{"content policy|usage polic|moderation|unsafe", "the examples were refused by the provider's content policy"},
	{"too few examples|at least 10 examples|not enough examples|minimum number of examples", "too few examples"},
	{"nan loss|loss is nan|loss became nan|diverged", "the training did not converge"},
	{"invalid file|invalid training file|malformed|not valid json|invalid jsonl|invalid format|failed validation", "the file does not have the form that the provider expects"},
	{"internal error|internal server error|server error", "an error inside the provider"},
}

// causeOf returns what a job failed of, "" if it is not known. It is one of this
// program's own phrases, whatever the message quotes.
func causeOf(message string) string {
	message = " " + strings.ToLower(message) + " "
	for _, c := range causes {
		for word := range strings.SplitSeq(c.words, "|") {
			if strings.Contains(message, word) {
				return c.cause
			}
		}
	}
	return ""
}

// The types below read what a run can do without: whatever is of another form
// counts as not said, instead of making the whole answer unreadable.

// word is a string, or an object with an id or a name.
type word string

// UnmarshalJSON never fails.
func (w *word) UnmarshalJSON(b []byte) error {
	var text string
	var object struct {
		ID   any `json:"id"`
		Name any `json:"name"`
	}
	*w = ""
	switch {
	case json.Unmarshal(b, &text) == nil:
		*w = word(text)
	case json.Unmarshal(b, &object) == nil:
		id, _ := object.ID.(string)
		name, _ := object.Name.(string)
		if id == "" {
			id = name
		}
		*w = word(id)
	}
	return nil
}

// wordList is a list of words, or one alone.
type wordList []string

// UnmarshalJSON never fails.
func (l *wordList) UnmarshalJSON(b []byte) error {
	*l = nil
	var list []word
	if json.Unmarshal(b, &list) != nil {
		list = make([]word, 1)
		_ = list[0].UnmarshalJSON(b)
	}
	for _, w := range list {
		if w != "" {
			*l = append(*l, string(w))
		}
	}
	return nil
}

// pairs are strings by name; others are left out.
type pairs map[string]string

// UnmarshalJSON never fails.
func (p *pairs) UnmarshalJSON(b []byte) error {
	*p = nil
	var all map[string]any
	if json.Unmarshal(b, &all) != nil {
		return nil
	}
	for key, value := range all {
		if text, ok := value.(string); ok {
			if *p == nil {
				*p = pairs{}
			}
			(*p)[key] = text
		}
	}
	return nil
}

// amount is a whole number, also as 12345.0 or "12345"; 0 for anything else.
type amount int64

// UnmarshalJSON never fails.
func (a *amount) UnmarshalJSON(b []byte) error {
	var v any
	_ = json.Unmarshal(b, &v)
	*a = amount(wholeNumber(v))
	return nil
}

// unixTime is a time on the wire: seconds since 1970, possibly with a fraction or
// in a string, or a date in the form of RFC 3339. Anything else is the zero time.
type unixTime struct{ time.Time }

// UnmarshalJSON never fails.
func (t *unixTime) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	var v any
	_ = json.Unmarshal(b, &v)
	seconds, _ := v.(float64)
	if text, ok := v.(string); ok {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999", time.DateTime} {
			if at, err := time.Parse(layout, text); err == nil {
				t.Time = at.UTC()
				return nil
			}
		}
		seconds, _ = strconv.ParseFloat(text, 64)
	}
	if seconds > 0 && seconds < 1<<40 {
		t.Time = time.UnixMilli(int64(seconds * 1000)).UTC()
	}
	return nil
}

// errorIn finds an error inside an answer with status 200, and the status that it
// names: 400 if it names none, for what fails without saying how is not to be asked
// again. OpenRouter answers so once a model has begun ("Errors" in its documentation,
// read on 2026-11-28), with the status as the error's code. It may also stand in the
// first choice, or be the whole answer, as with vLLM and FastAPI. Objects that have an
// error of their own, such as a job that failed, have a status, and are no such answer.
func errorIn(body []byte) (status int, found bool) {
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil {
		return 0, false
	}
	var choices []map[string]json.RawMessage
	_ = json.Unmarshal(answer["choices"], &choices)
	switch {
	case len(choices) > 0 && holds(choices[0]["error"]):
		body, _ = json.Marshal(choices[0])
	case len(choices) > 0:
		return 0, false
	case string(answer["object"]) == `"error"`, len(answer) == 1 && holds(answer["detail"]):
	case !holds(answer["error"]):
		return 0, false
	}
	if answer["status"] != nil || holds(answer["data"]) {
		return 0, false
	}
	b := parseErrorBody(body)
	for _, code := range []string{b.Code, b.Type} {
		if n, err := strconv.Atoi(code); err == nil && n >= 400 {
			return n, true
		}
		if n, known := statuses[code]; known {
			return n, true
		}
	}
	return http.StatusBadRequest, true
}

// holds reports whether a field says anything.
func holds(field json.RawMessage) bool {
	return !slices.Contains([]string{"", "null", `""`, "{}", "[]", "false"}, string(field))
}

// statuses are those that codes go with.
var statuses = map[string]int{
	"invalid_api_key": 401, "authentication_error": 401, "unauthorized": 401, "permission_denied": 403, "permission_error": 403, "forbidden": 403,
	"model_not_found": 404, "not_found": 404, "not_found_error": 404, "rate_limit_exceeded": 429, "rate_limit_error": 429, "too_many_requests": 429, "insufficient_quota": 429,
	"server_error": 500, "internal_error": 500, "internal_server_error": 500, "api_error": 500, "overloaded": 503, "overloaded_error": 503, "engine_overloaded": 503,
	"service_unavailable": 503, "timeout": 504, "request_timeout": 504,
}

// optional are the parameters of a question that it can do without, and how it is
// asked then. Servers that refuse one, read on 2026-11-28: Groq (logprobs and
// top_logprobs, with 400; "OpenAI Compatibility" in its documentation), Azure (logprobs
// for models that reason, with 422; spring-projects/spring-ai #5016), models that reason
// (temperature, and max_tokens in place of max_completion_tokens; OpenAI's API
// reference), and Azure's endpoints for models of other makers (seed, as "extra_forbidden";
// langchain-ai/langchain-azure #82). Cohere does not list logprobs among what its
// Compatibility API takes, and does not say whether it refuses or ignores them.
//
// Questions have neither top_logprobs nor a seed: these are here because a sentence that
// names one of them beside another parameter blames the one or the other.
var optional = map[string]func(*openai.ChatCompletionRequest){
	"logprobs":     func(r *openai.ChatCompletionRequest) { r.LogProbs, r.TopLogProbs = false, 0 },
	"top_logprobs": func(r *openai.ChatCompletionRequest) { r.TopLogProbs = 0 },
	"temperature":  func(r *openai.ChatCompletionRequest) { r.Temperature = 0 },
	"seed":         func(r *openai.ChatCompletionRequest) { r.Seed = nil },
	"max_tokens": func(r *openai.ChatCompletionRequest) {
		r.MaxTokens, r.MaxCompletionTokens = 0, maxAnswerTokens
	},
}

// guesses are the parameters that servers refuse most, in the order in which they
// are left out where a server does not say which it is.
var guesses = []string{"logprobs", "temperature", "max_tokens"}

// plain reports a refusal of the request as it stands, of which nothing tells the
// reason.
func (e *Error) plain() bool {
	return e.refuses == "" && e.Param == "" && (e.Reason == InvalidRequest && e.Status != http.StatusForbidden || e.Status == http.StatusNotImplemented)
}

// refusalWords are words with one of which a server refuses a parameter that it only
// names in its sentence.
var refusalWords = []string{"support", "unknown", "unrecognized", "unrecognised", "unexpected", "not allowed", "not permitted", "extra", "invalid param", "not accept",
	"not available", "not enabled", "not implemented", "disabled", "must be", "can't be requested", "cannot be requested"}

// refused returns the optional parameter that an answer refuses, "" if it refuses
// none. It is told by the parameter that is blamed, or by the sentence if that names
// exactly one, or a list of them.
func (b errorBody) refused(status int) string {
	// OpenAI refuses logprobs of models that reason with 403, and names the
	// parameter.
	if status != http.StatusBadRequest && status != http.StatusUnprocessableEntity && status != http.StatusForbidden {
		return ""
	}
	last := b.Param[strings.LastIndexByte(b.Param, '.')+1:]
	if _, known := optional[last]; known {
		return last
	}
	if status == http.StatusForbidden {
		return ""
	}
	message := strings.ToLower(b.Message)
	if b.Param != "" || !slices.ContainsFunc(refusalWords, func(word string) bool { return strings.Contains(message, word) }) {
		return ""
	}
	var named []string
	for _, part := range strings.FieldsFunc(message, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		if _, known := optional[part]; known && !slices.Contains(named, part) {
			named = append(named, part)
		}
	}
	// Several are left out one after the other where they stand in a list of
	// parameters.
	if len(named) == 1 || len(named) > 1 && slices.ContainsFunc(listWords, func(word string) bool { return strings.Contains(message, word) }) {
		return named[0]
	}
	return ""
}

// listWords tell a list of parameters from a sentence that says how two go together.
var listWords = []string{"parameters:", "arguments:", "argument supplied:", "arguments supplied:", "fields:", "inputs:", "not permitted"}

// leftOut remembers what models refused, so that only the first question is asked
// twice.
type leftOut struct {
	mu      sync.Mutex
	byModel map[string][]string
	// answered are the models of which it is known how they can be asked.
	answered map[string]bool
}

// settle notes that it is known how a model can be asked, or that it cannot be found
// out.
func (l *leftOut) settle(model string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answered == nil {
		l.answered = map[string]bool{}
	}
	l.answered[model] = true
}

func (l *leftOut) settled(model string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered[model]
}

func (l *leftOut) forget(model string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byModel, model)
	delete(l.answered, model)
}

func (l *leftOut) of(model string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.byModel[model])
}

func (l *leftOut) add(model, parameter string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.byModel[model], parameter) {
		return
	}
	if l.byModel == nil {
		l.byModel = map[string][]string{}
	}
	l.byModel[model] = append(l.byModel[model], parameter)
}

// Lack is something that a provider does not do, and that a run does without.
type Lack string

// Sentence says what it means for a run.
func (l Lack) Sentence() string {
	if parameter, ok := strings.CutPrefix(string(l), "refuses "); ok {
		if parameter == "logprobs" {
			return "the provider refuses logprobs for the base model: if it does so for the fine-tuned one, answers have no confidence, count as certain, and no threshold can be calibrated"
		}
		return fmt.Sprintf("the provider refuses %s for the base model; what it refuses is left out", parameter)
	}
	return lacks[l]
}

// Lacks that are no parameters.
const (
	NoConfidence Lack = "no log-probabilities"
	NotAsked     Lack = "cannot be asked untrained"
)

var lacks = map[Lack]string{
	NoConfidence: "the base model answers without log-probabilities: if the fine-tuned one does so, too, answers have no confidence, count as certain, and no threshold can be calibrated",
	NotAsked:     "the base model cannot be asked before it is trained, so that what its answers lack shows with the first one that is",
}
