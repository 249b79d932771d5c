package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchboard/internal/problem"
)

// This file decides what of a provider's words goes on: into errors, and with
// them into histories and logs, and into the records of a job. A provider may
// quote what it was sent, in whatever field, whole or in pieces, so that no word
// is shown because it looks harmless. What goes on is:
//
//   - numbers that the protocol has, such as the status and the step;
//   - codes, types, parameters and states that stand in a list here, in the
//     list's spelling; of any other it is told that there was one;
//   - sentences that stand in a list here, in the list's wording;
//   - ids and names of models, which cannot be done without, if they have the
//     form of one (see [isName]).

// maxName is more than the longest name of a model that any provider gives.
const maxName = 256

// isName reports whether s has the form of an id or of a model's name: letters
// and digits of ASCII and what stands between them, no blank, not too long. A
// sentence does not pass.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i, r := range []byte(s) {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune(":._/@-", rune(r))) {
			return false
		}
	}
	return true
}

// name returns s if it has the form of an id, and "" otherwise.
func name(s string) string {
	if !isName(s) {
		return ""
	}
	return s
}

// names returns those that have the form of an id.
func names(list []string) []string {
	var kept []string
	for _, s := range list {
		if isName(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// marks returns the pairs of metadata that have the form of what this program
// writes there.
func marks(metadata map[string]string) map[string]string {
	var kept map[string]string
	for key, value := range metadata {
		if !isName(key) || !isName(value) {
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[key] = value
	}
	return kept
}

// vocabulary finds words whatever their case, and gives them in its own.
type vocabulary map[string]string

func words(lists ...string) vocabulary {
	v := vocabulary{}
	for _, list := range lists {
		for _, word := range strings.Fields(list) {
			v[strings.ToLower(word)] = word
		}
	}
	return v
}

// find returns the word in the vocabulary's spelling, "" if it has none.
func (v vocabulary) find(word string) string {
	if len(word) > 64 {
		return ""
	}
	return v[strings.ToLower(word)]
}

// codes are the codes and types of errors, of the protocol's description, of
// the vendors in profile.go, of servers in wide use (vLLM, FastAPI with
// pydantic), and of the project's own model server.
var codes = words(
	// OpenAI, "Error codes" and the API reference.
	`invalid_request_error authentication_error permission_error not_found_error rate_limit_error server_error
	api_error requests tokens insufficient_quota billing_hard_limit_reached billing_not_active access_terminated
	invalid_api_key incorrect_api_key mismatched_organization invalid_organization ip_not_authorized
	rate_limit_exceeded tokens_per_min_limit_exceeded quota_exceeded engine_overloaded slow_down
	model_not_found model_not_available model_overloaded model_deprecated unsupported_model unsupported_country_region_territory
	context_length_exceeded string_above_max_length string_below_min_length array_above_max_length array_below_min_length
	integer_above_max_value integer_below_min_value decimal_above_max_value decimal_below_min_value
	unsupported_parameter unsupported_value unknown_parameter invalid_parameter missing_required_parameter missing_parameter
	invalid_value invalid_type invalid_json invalid_request bad_request unknown_url method_not_supported
	content_filter content_policy_violation invalid_prompt moderation_blocked
	permission_denied user_not_authorized unauthorized forbidden not_found resource_not_found internal_error internal_server_error
	service_unavailable overloaded overloaded_error timeout request_timeout conflict too_many_requests`,
	// OpenAI, files, fine-tuning and batches.
	`file_not_found invalid_file invalid_file_format invalid_training_file invalid_validation_file invalid_n_examples
	invalid_file_purpose file_too_large empty_file file_in_use invalid_hyperparameters invalid_base_model
	fine_tune_not_found fine_tuning_job_not_found job_not_found job_already_ended job_not_pausable job_expired
	exceeded_quota daily_rate_limit_exceeded active_job_limit_exceeded training_failed training_error
	usage_policy_violation unsafe_file failed_moderation
	batch_not_found batch_expired batch_cancelled batch_already_ended token_limit_exceeded request_limit_exceeded
	too_many_tasks invalid_json_line duplicate_custom_id invalid_custom_id missing_custom_id invalid_method invalid_url
	mismatched_model model_mismatch invalid_body invalid_endpoint too_many_requests`,
	// Azure OpenAI.
	`DeploymentNotFound PermissionDenied invalidPayload ResourceNotFound ResponsibleAIPolicyViolation OperationNotSupported
	BadRequest Unauthorized Forbidden NotFound Conflict TooManyRequests InternalServerError InternalServerErrors ServiceUnavailable
	quotaExceeded InsufficientQuota jsonlValidationFailed fileImportFailed contentFilter contentLengthLimitExceeded
	unsupported_file model_error`,
	// Servers in Python: vLLM, FastAPI and pydantic.
	`BadRequestError NotFoundError AuthenticationError PermissionDeniedError RateLimitError InternalServerError
	APIError ValidationError ValueError RuntimeError NotImplementedError ServiceUnavailableError ConflictError
	UnprocessableEntityError OutOfMemoryError
	missing value_error type_error extra_forbidden json_invalid enum literal_error string_type string_too_long string_too_short
	string_pattern_mismatch int_type int_parsing int_from_float float_type float_parsing bool_type bool_parsing list_type dict_type
	less_than less_than_equal greater_than greater_than_equal finite_number too_long too_short model_type union_tag_invalid
	assertion_error url_parsing uuid_parsing`,
	// The project's own model server.
	`training_tokens_exceeded training_too_large insufficient_permissions disk_quota_exceeded internal_error encoder_missing incomplete_body injected_fault request_too_large model_not_deletable model_not_trained
	model_not_explainable base_model_missing language_model_unavailable bad_model out_of_memory bad_example no_label internal`,
)

// fields are the names in a request, which are this program's: the parts of the
// parameter that a provider blames.
var fields = words(`
	body query path header model messages message role content name text type prompt input temperature top_p
	max_tokens max_completion_tokens n seed stop stream logprobs top_logprobs response_format user metadata
	training_file validation_file suffix method supervised hyperparameters n_epochs batch_size learning_rate
	learning_rate_multiplier lora integrations file file_id purpose filename bytes limit after order id
	fine_tuning_job_id job_id batch_id input_file_id endpoint completion_window custom_id url base_model source
	presence_penalty frequency_penalty logit_bias tools tool_choice trainingType
	switchboard_submission switchboard_run`)

// states are the words that states of files, jobs, batches and models are made
// of, such as validating and files of validating_files.
var states = words(`
	uploaded processed processing error errors pending running deleted deleting validating validated validation valid
	file files queued paused succeeded success successful failed failure cancelled canceled cancelling canceling completed
	complete completing done finished finalizing finalized expired in progress created creating active inactive ready
	deploying deployed training trained train initializing initialized init starting started start stopping stopped
	terminated terminating aborted killed timeout timed out rejected refused errored partial partially unknown user job
	model tuning not waiting scheduled preparing prepared uploading exporting exported saving saved evaluating
	resuming pausing preempted evicted ended end with warnings and the yet ok state exceeded cancellation requested
	cancel compressing dataset early idle input loading queueing re results writing`)

// levels and kinds are those of a job's events.
var (
	levels = words("info warn warning error debug")
	kinds  = words("message metrics moderation_checks checkpoint usage")
)

// otherState stands for a state that is no word of [states].
const otherState = "status unknown"

// state returns a state in small letters, and [otherState] for one that is not
// made of known words.
func state(s string) string {
	if len(s) > 64 {
		return otherState
	}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("_- ", r) }) {
		if states.find(part) == "" {
			return otherState
		}
	}
	return strings.ToLower(s)
}

// codeOf returns a code that is known, or an HTTP status that is given as one; ok
// is false for another.
func codeOf(v any) (_ string, ok bool) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case float64:
		s = strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return "", true
	}
	if s == "" {
		return "", v == ""
	}
	if status, err := strconv.Atoi(s); err == nil && len(s) == 3 && http.StatusText(status) != "" {
		return s, true
	}
	known := codes.find(s)
	return known, known != ""
}

// identifier returns a code if it is known, and "" otherwise.
func identifier(v any) string {
	known, _ := codeOf(v)
	return known
}

// parameter returns the parameter that is blamed, such as
// messages[0].content, if every part of it is a field of a request or a
// number; "" otherwise.
func parameter(v any) string {
	var parts []string
	switch v := v.(type) {
	case string:
		parts = strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(".[]/", r) })
	case []any:
		for _, part := range v {
			parts = append(parts, fmt.Sprint(part))
		}
	}
	if len(parts) == 0 || len(parts) > 8 {
		return ""
	}
	for i, part := range parts {
		if n, err := strconv.Atoi(part); err == nil && len(part) <= 5 && n >= 0 {
			continue
		}
		if parts[i] = fields.find(part); parts[i] == "" {
			return ""
		}
	}
	return strings.Join(parts, ".")
}

// errorBody is what a provider says about a failure. Message is its free text:
// it is looked into for words that tell one failure from another, and goes
// nowhere.
type errorBody struct {
	Code, Type, Param string
	Message           string
	// other: there was a code or a type, and it is no known one.
	other bool
}

// parseErrorBody reads the protocol's error object, be it wrapped in "error"
// (OpenAI) or bare (some compatible servers). Anything else yields no more
// than a message that says nothing.
func parseErrorBody(body []byte) errorBody {
	var outer struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return errorBody{}
	}
	object := []byte(outer.Error)
	if len(object) == 0 {
		if said := detail(body); said != (errorBody{}) {
			return said
		}
	}
	if len(object) == 0 || object[0] != '{' {
		var message string
		if json.Unmarshal(object, &message) == nil && message != "" {
			return errorBody{Message: message}
		}
		object = body
	}
	var raw struct {
		Code    any `json:"code"` // a string, a number or null
		Type    any `json:"type"`
		Param   any `json:"param"`
		Message any `json:"message"`
	}
	if json.Unmarshal(object, &raw) != nil {
		return errorBody{}
	}
	said := errorBody{Param: parameter(raw.Param)}
	said.Message, _ = raw.Message.(string)
	var codeKnown, typeKnown bool
	said.Code, codeKnown = codeOf(raw.Code)
	said.Type, typeKnown = codeOf(raw.Type)
	said.other = !codeKnown || !typeKnown
	return said
}

// detail reads the errors of servers that are built with FastAPI: a sentence,
// or a list of what is wrong with which field. "Not Found" is its answer to
// paths that it does not know, and says nothing.
func detail(body []byte) errorBody {
	var text struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &text) == nil {
		if text.Detail == http.StatusText(http.StatusNotFound) {
			return errorBody{}
		}
		return errorBody{Message: text.Detail}
	}
	var list struct {
		Detail []struct {
			Where   []any  `json:"loc"` // names and indexes
			Type    string `json:"type"`
			Message string `json:"msg"`
		} `json:"detail"`
	}
	if json.Unmarshal(body, &list) != nil || len(list.Detail) == 0 {
		return errorBody{}
	}
	first := list.Detail[0]
	known, ok := codeOf(first.Type)
	return errorBody{Type: known, Param: parameter(first.Where), Message: first.Message, other: !ok}
}

// describe is "429 rate_limit_exceeded" or "400 invalid_value, messages": the
// status, the most telling word and the parameter.
func (b errorBody) describe(status int) string {
	word := b.Code
	if word == "" || word == strconv.Itoa(status) {
		word = b.Type
	}
	if word == "" && b.other {
		word = "another code"
	}
	if word == "" {
		word = http.StatusText(status)
	}
	answer := strings.TrimSpace(strconv.Itoa(status) + " " + word)
	if b.Param != "" {
		answer += ", " + b.Param
	}
	return answer
}

// figure is a number in a sentence: no more digits than a step or a loss has.
const figure = `[0-9]{1,9}(?:\.[0-9]{1,12})?(?:e[+-]?[0-9]{1,3})?`

// told is what a job's events and errors are known to say. What a pattern
// matches is the whole of the sentence. A sentence without words of its own is
// shown as it is: there is nothing in it but the pattern's own words and
// figures.
var told = []struct {
	pattern  *regexp.Regexp
	sentence string
}{
	// OpenAI and the project's own model server.
	{whole(`Step [0-9]{1,9}(?:/[0-9]{1,9})?: training loss=` + figure + `(?:, (?:full )?validation loss=` + figure + `)*`), ""},
	{whole(`Created fine-tuning job: \S+`), "Created fine-tuning job"},
	{whole(`Validating training file: \S+(?: and validation file: \S+)?`), "Validating training file"},
	{whole(`Files validated, moving job to queued state`), ""},
	{whole(`Fine-tuning job started(?: again after a restart of the server)?`), ""},
	{whole(`Training stopped after epoch [0-9]{1,9} of [0-9]{1,9}: the model got no better on the validation file`), ""},
	{whole(`Encoded [0-9]{1,9} of [0-9]{1,9} texts`), ""},
	{whole(`Loaded the base model on (?:cpu|cuda|mps): [0-9]{1,15} parameters, of which [0-9]{1,15} are trained`), ""},
	{whole(`Loaded the base model on .*`), "Loaded the base model"},
	{whole(`Trained [0-9]{1,9} of [0-9]{1,9} steps`), ""},
	{whole(`Training goes on after step [0-9]{1,9}`), ""},
	{whole(`The trainer ended early and is started again`), ""},
	{whole(`Training failed: the memory did not suffice: take a smaller model or a smaller batch, or a machine or a GPU with more\.`), ""},
	{whole(`Training \S+ in batches of [0-9]{1,9} would take about [0-9.]{1,9} [KMGT]iB of memory, and the server gives a training at most [0-9.]{1,9} [KMGT]iB.*`),
		"Training the base model would take more memory than the server gives a training: take a smaller model, or raise -max-training."},
	{whole(`(?:Training failed|The job cannot be trained): the base model cannot be read.*`), "The base model cannot be read: see what is registered under its name with -language-models."},
	{whole(`The job starts from the language model \S+ \(SHA-256 [0-9a-f]{12}\), and the server was started again without it.*`),
		"The server was started again without the language model that the job starts from: start it with -language-models and that one, and create the job again."},
	{whole(`Checkpoint created at step [0-9]{1,9}.*`), "Checkpoint created"},
	{whole(`New fine-tuned model created(?:: \S+)?`), "New fine-tuned model created"},
	{whole(`(?:The|Fine-tuning) job (?:has )?successfully completed\.?`), "The job has successfully completed"},
	{whole(`Evaluating model against our usage policies(?: before enabling)?\.?`), "Evaluating model against usage policies"},
	{whole(`Usage policy evaluations completed.*`), "Usage policy evaluations completed"},
	{whole(`Moderation checks for snapshot \S+ passed\.?`), "Moderation checks passed"},
	{whole(`The job was (?:cancelled|paused|resumed)\.`), ""},
	{whole(`Training was started [0-9]{1,9} times and ended each time with the server: it is given up\.`), ""},
	{whole(`The job failed because of an error in the server\. Its log has the details under the job's id\.`), ""},
	{whole(`The job failed because the server's plan of faults asked for it\.`), ""},
	{whole(`The job starts from [a-z0-9-]{1,64}, which needs a sentence encoder, and the server was started again without one.*`),
		"The job's base model needs a sentence encoder, and the server was started again without one: start it with -encoder and create the job again."},
	{whole(`The job failed due to an invalid (?:training|validation) file: it has (?:no examples|[0-9]{1,9} (?:examples|different labels): at (?:least|most) [0-9]{1,9} are (?:needed|possible))(?:, and an answer must be one of them, not free text)?\.`), ""},
	{whole(`The job failed due to an invalid (?:training|validation) file: it was deleted\.`), ""},
	{whole(`The job failed due to an invalid training file: all examples have the same label: at least 2 different ones are needed to tell apart\.`), ""},
	{whole(`The job failed due to an invalid training file.*`), "The job failed due to an invalid training file"},
	{whole(`The job failed due to an invalid validation file.*`), "The job failed due to an invalid validation file"},
	// Azure OpenAI.
	{whole(`Job enqueued\. Waiting for jobs ahead to complete\.`), ""},
	{whole(`Job (?:started|succeeded|canceled|failed)\.`), ""},
	{whole(`(?:Preprocessing|Training|Postprocessing) (?:started|completed)(?: for file (?:training|validation) file)?\.`), ""},
	{whole(`Step [0-9]{1,9}: training loss=` + figure), ""},
	{whole(`Completed results file: \S+`), "Completed results file"},
	// Nebius Token Factory.
	{whole(`Job is submitted`), ""},
	{whole(`Dataset '(?:training|validation)' processed successfully`), ""},
	{whole(`Rank is not supported`), ""},
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }

// tell returns what a provider says of a job in words that are this program's;
// "" if it says nothing that is known.
func tell(message string) string {
	if len(message) > 2000 || !utf8.ValidString(message) {
		return ""
	}
	message = strings.TrimSpace(message)
	for _, t := range told {
		if !t.pattern.MatchString(message) {
			continue
		}
		if t.sentence == "" {
			return message
		}
		return t.sentence
	}
	return ""
}

// untold stands in place of an event's words.
func untold(e Event) string {
	if step, ok := e.Data["step"].(float64); ok {
		return fmt.Sprintf("Figures of step %.0f", step)
	}
	return "(message not shown: it may quote customers)"
}

// measured are the figures of an event about metrics.
var measured = words(`step total_steps train_loss train_accuracy train_mean_token_accuracy valid_loss valid_accuracy
	valid_mean_token_accuracy full_valid_loss full_valid_mean_token_accuracy learning_rate epoch`)

// figures returns the numbers under known names; nil if there are none.
func figures(data map[string]any) map[string]any {
	var kept map[string]any
	for key, value := range data {
		n, isNumber := value.(float64)
		known := measured.find(key)
		if !isNumber || known == "" {
			continue
		}
		if kept == nil {
			kept = map[string]any{}
		}
		kept[known] = n
	}
	return kept
}

// flaw is what this program finds wrong with an answer, in its own words.
type flaw string

func (f flaw) Error() string { return string(f) }

// unreadable says why an answer cannot be read, and quotes nothing of it: JSON
// errors hold a character, a number or a key.
func unreadable(err error) string {
	var own flaw
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &own):
		return string(own)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends early"
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	case errors.As(err, &wrong):
		return fmt.Sprintf("the value at byte %d is of another type than expected", wrong.Offset)
	}
	return "it cannot be read"
}

// download is a failure while content is read. Its cause can be asked for, and
// is not handed on: what is wrapped ends in a history too.
type download struct{ cause error }

func (d *download) Error() string {
	return "the connection to the provider failed (" + problem.Broken(d.cause) + ")"
}

// Is reports whether the cause is target.
func (d *download) Is(target error) bool { return errors.Is(d.cause, target) }
