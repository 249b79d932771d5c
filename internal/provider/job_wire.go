package provider

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"strconv"
)

// wireJob is Job as it is sent.
type wireJob struct {
	ID             string `json:"id"`
	Status         word   `json:"status"`
	Model          word   `json:"model"`
	FineTunedModel word   `json:"fine_tuned_model"`
	TrainingFile   word   `json:"training_file"`
	ValidationFile word   `json:"validation_file"`
	// OpenAI repeats the suffix under the first name, others under the
	// second.
	UserSuffix    word         `json:"user_provided_suffix"`
	Suffix        word         `json:"suffix"`
	Metadata      pairs        `json:"metadata"`
	TrainedTokens amount       `json:"trained_tokens"`
	BestStep      any          `json:"best_step"`
	ModelBytes    amount       `json:"model_bytes"`
	ResultFiles   wordList     `json:"result_files"`
	Error         wireJobError `json:"error"`
	// A seed and hyperparameters that are no numbers, such as "auto", count
	// as not repeated.
	Seed            any             `json:"seed"`
	Hyperparameters json.RawMessage `json:"hyperparameters"`
	Method          json.RawMessage `json:"method"`
	CreatedAt       unixTime        `json:"created_at"`
	FinishedAt      unixTime        `json:"finished_at"`
	EstimatedFinish unixTime        `json:"estimated_finish"`
}

// wireJobError is what a provider says of a failure: anything.
type wireJobError struct {
	Code    any `json:"code"`
	Message any `json:"message"`
	Param   any `json:"param"`
}

// UnmarshalJSON takes a sentence alone, too, and never fails.
func (w *wireJobError) UnmarshalJSON(b []byte) error {
	type object wireJobError
	*w = wireJobError{}
	var text string
	if json.Unmarshal(b, &text) == nil {
		if text != "" {
			w.Message = text
		}
		return nil
	}
	_ = json.Unmarshal(b, (*object)(w))
	return nil
}

// said reports whether there is an error at all. Jobs that are well have an empty
// one.
func (w wireJobError) said() bool {
	empty := func(v any) bool { return v == nil || v == "" }
	return !empty(w.Code) || !empty(w.Message)
}

func (w wireJobError) jobError() JobError {
	message, _ := w.Message.(string)
	code, _ := w.Code.(string)
	return JobError{Code: identifier(w.Code), Message: cmp.Or(tell(message), causeOf(message), causeOf(code)), Param: parameter(w.Param)}
}

func (w wireJob) job() Job {
	return Job{
		ID: w.ID, Status: statusOf(string(w.Status), string(w.FineTunedModel), w.Error.said()), Word: state(string(w.Status)),
		BaseModel: name(string(w.Model)), FineTunedModel: string(w.FineTunedModel),
		TrainingFile: name(string(w.TrainingFile)), ValidationFile: name(string(w.ValidationFile)),
		Suffix: name(string(cmp.Or(w.UserSuffix, w.Suffix))), Metadata: marks(w.Metadata),
		TrainedTokens: int64(w.TrainedTokens), ResultFiles: names(w.ResultFiles), Error: w.Error.jobError(),
		Seed: wholeNumber(w.Seed), Epochs: w.epochs(), BestStep: int(wholeNumber(w.BestStep)), ModelBytes: int64(w.ModelBytes),
		Created: w.CreatedAt.Time, Finished: w.FinishedAt.Time, EstimatedFinish: w.EstimatedFinish.Time,
	}
}

// epochs is the number of them that the job has, 0 if it is not said.
func (w wireJob) epochs() int {
	type chosen struct {
		Epochs any `json:"n_epochs"`
	}
	var older chosen
	var newer struct {
		Supervised struct {
			Hyperparameters chosen `json:"hyperparameters"`
		} `json:"supervised"`
	}
	// What is of another form says nothing.
	_ = json.Unmarshal(w.Hyperparameters, &older)
	_ = json.Unmarshal(w.Method, &newer)
	return int(cmp.Or(wholeNumber(newer.Supervised.Hyperparameters.Epochs), wholeNumber(older.Epochs)))
}

// wholeNumber returns v if it is one, and 0 otherwise.
func wholeNumber(v any) int64 {
	n, ok := v.(float64)
	if text, isText := v.(string); isText {
		parsed, err := strconv.ParseFloat(text, 64)
		n, ok = parsed, err == nil
	}
	if ok && n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return int64(n)
	}
	return 0
}

// misnamed tells which of the names that a run cannot do without has not the
// form of one; "" if none.
func (w wireJob) misnamed() string {
	switch {
	case !isName(w.ID):
		return "the fine-tuning job an id"
	case w.FineTunedModel != "" && !isName(string(w.FineTunedModel)):
		return "the fine-tuned model a name"
	}
	return ""
}

type wireSupervised struct {
	Hyperparameters map[string]any `json:"hyperparameters"`
}

type wireMethod struct {
	Type       string         `json:"type"`
	Supervised wireSupervised `json:"supervised"`
}

type wireJobRequest struct {
	Model           string            `json:"model"`
	TrainingFile    string            `json:"training_file"`
	ValidationFile  string            `json:"validation_file,omitempty"`
	Suffix          string            `json:"suffix,omitempty"`
	Metadata        map[string]string `json:"metadata,omitempty"`
	Seed            *int64            `json:"seed,omitempty"`
	Hyperparameters map[string]any    `json:"hyperparameters,omitempty"`
	Method          *wireMethod       `json:"method,omitempty"`
}

// wire is the request as this provider takes it.
func (r JobRequest) wire(p profile) wireJobRequest {
	w := wireJobRequest{
		Model: r.BaseModel, TrainingFile: r.TrainingFile, ValidationFile: r.ValidationFile,
		Suffix: r.Suffix, Seed: r.Seed,
	}
	if p.metadata {
		w.Metadata = r.Metadata
	}
	chosen := map[string]any{}
	maps.Copy(chosen, p.hyperparameters)
	if r.Epochs > 0 {
		chosen["n_epochs"] = r.Epochs
	}
	switch {
	case len(chosen) == 0:
	case p.method:
		w.Method = &wireMethod{Type: "supervised", Supervised: wireSupervised{chosen}}
	default:
		w.Hyperparameters = chosen
	}
	return w
}
