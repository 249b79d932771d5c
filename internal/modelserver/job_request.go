package modelserver

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/internal/config"
)

// DefaultSeed is the seed of jobs that name none.
const DefaultSeed = config.BaseModelSeed

// What jobs may ask for, as at OpenAI.
const (
	maxEpochs        = 50
	maxBatchSize     = 256
	maxRate          = 100
	maxSeed          = math.MaxInt32
	maxSuffixRunes   = 64
	maxMetadata      = 16
	maxMetadataKey   = 64
	maxMetadataValue = 512
)

// jobRequest is the body of a request to create a job.
type jobRequest struct {
	Model           string             `json:"model"`
	TrainingFile    string             `json:"training_file"`
	ValidationFile  string             `json:"validation_file"`
	Suffix          string             `json:"suffix"`
	Seed            *int64             `json:"seed"`
	Metadata        map[string]string  `json:"metadata"`
	Hyperparameters *requestParameters `json:"hyperparameters"`
	Method          *struct {
		Type       string `json:"type"`
		Supervised *struct {
			Hyperparameters *requestParameters `json:"hyperparameters"`
		} `json:"supervised"`
	} `json:"method"`
	Integrations []json.RawMessage `json:"integrations"`
}

// requestParameters hold numbers or "auto".
type requestParameters struct {
	Epochs         json.RawMessage `json:"n_epochs"`
	BatchSize      json.RawMessage `json:"batch_size"`
	RateMultiplier json.RawMessage `json:"learning_rate_multiplier"`
}

// job checks the request and returns the job it asks for, without looking at
// files. Bases are the models that can be fine-tuned, and auto what it asks for where
// it leaves the choice.
func (r jobRequest) job(bases []string, auto hyperparameters) (job, error) {
	j := job{
		Model: r.Model, TrainingFile: r.TrainingFile, ValidationFile: r.ValidationFile,
		Suffix: slug(r.Suffix), Seed: DefaultSeed, Metadata: r.Metadata,
	}
	if err := r.check(bases); err != nil {
		return j, err
	}
	if r.Seed != nil {
		j.Seed = *r.Seed
	}
	err := r.readParameters(&j, auto)
	return j, err
}

// check refuses what cannot be had of a job, but for the hyperparameters.
func (r jobRequest) check(bases []string) error {
	switch {
	case r.Model == "":
		return invalid(http.StatusBadRequest, "model", "missing_required_parameter", "Missing required parameter: 'model'.")
	case !slices.Contains(bases, r.Model):
		return invalid(http.StatusBadRequest, "model", "model_not_available",
			"This model is not available for fine-tuning or does not exist: use %s.", strings.Join(bases, " or "))
	case r.TrainingFile == "":
		return invalid(http.StatusBadRequest, "training_file", "missing_required_parameter", "Missing required parameter: 'training_file'.")
	case r.TrainingFile == r.ValidationFile:
		return badParam("validation_file", "The validation file is the training file: what was learnt by heart validates nothing. Use another, or none.")
	case utf8.RuneCountInString(r.Suffix) > maxSuffixRunes:
		return badParam("suffix", "Invalid 'suffix': expected at most %d characters.", maxSuffixRunes)
	case len(r.Integrations) > 0:
		return invalid(http.StatusBadRequest, "integrations", "unsupported_parameter", "Integrations are not supported: read the job's events.")
	case r.Method != nil && r.Method.Type != "supervised":
		return invalid(http.StatusBadRequest, "method.type", "unsupported_value", "Invalid 'method.type': only 'supervised' is supported.")
	}
	if r.Seed != nil && (*r.Seed < 0 || *r.Seed > maxSeed) {
		return badParam("seed", "Invalid 'seed': expected an integer from 0 to %d.", maxSeed)
	}
	return checkMetadata(r.Metadata)
}

// readParameters reads the hyperparameters from either of the places that they may be in.
func (r jobRequest) readParameters(j *job, auto hyperparameters) error {
	parameters, prefix := r.Hyperparameters, "hyperparameters."
	if r.Method != nil && r.Method.Supervised != nil && r.Method.Supervised.Hyperparameters != nil {
		parameters, prefix = r.Method.Supervised.Hyperparameters, "method.supervised.hyperparameters."
	}
	if parameters == nil {
		parameters = &requestParameters{}
	}
	epochs, err := number(prefix+"n_epochs", parameters.Epochs, float64(auto.Epochs), 1, maxEpochs, true)
	if err != nil {
		return err
	}
	batch, err := number(prefix+"batch_size", parameters.BatchSize, float64(auto.BatchSize), 1, maxBatchSize, true)
	if err != nil {
		return err
	}
	if j.RateMultiplier, err = number(prefix+"learning_rate_multiplier", parameters.RateMultiplier, auto.RateMultiplier, 0, maxRate, false); err != nil {
		return err
	}
	j.Epochs, j.BatchSize = int(epochs), int(batch)
	return nil
}

// number reads a hyperparameter: a number up to high, or "auto". It must be
// at least low if whole, and more than low if not.
func number(param string, raw json.RawMessage, auto, low, high float64, whole bool) (float64, error) {
	if text := string(raw); text == "" || text == "null" || text == `"auto"` {
		return auto, nil
	}
	var n float64
	err := json.Unmarshal(raw, &n)
	switch {
	case whole && (err != nil || n != math.Trunc(n) || n < low || n > high):
		return 0, badParam(param, "Invalid '%s': expected an integer from %v to %v, or 'auto'.", param, low, high)
	case err != nil || n <= low && !whole || n > high:
		return 0, badParam(param, "Invalid '%s': expected a number above %v and up to %v, or 'auto'.", param, low, high)
	}
	return n, nil
}

func checkMetadata(metadata map[string]string) error {
	if len(metadata) > maxMetadata {
		return badParam("metadata", "Invalid 'metadata': expected at most %d pairs.", maxMetadata)
	}
	for key, value := range metadata {
		if key == "" || utf8.RuneCountInString(key) > maxMetadataKey || utf8.RuneCountInString(value) > maxMetadataValue {
			return badParam("metadata", "Invalid 'metadata': expected keys of 1 to %d characters and values of at most %d.", maxMetadataKey, maxMetadataValue)
		}
	}
	return nil
}

// slug is a suffix as it appears in a model's name: lower-case letters,
// digits, dots and dashes.
func slug(suffix string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-', r == '.':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, suffix)
}
