package modelserver

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/config"
)

// Statuses of a job, in the order of its life. The first four are active.
const (
	statusValidating = "validating_files"
	statusQueued     = "queued"
	statusRunning    = "running"
	statusPaused     = "paused"
	statusSucceeded  = "succeeded"
	statusFailed     = "failed"
	statusCancelled  = "cancelled"
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

const (
	organization   = "switchboard"
	organizationID = "org-switchboard"
)

// job is the record of a fine-tuning job.
type job struct {
	ID             string            `json:"id"`
	Owner          string            `json:"owner,omitempty"`
	Status         string            `json:"status"`
	Model          string            `json:"model"`
	Suffix         string            `json:"suffix,omitempty"`
	Seed           int64             `json:"seed"`
	TrainingFile   string            `json:"training_file"`
	ValidationFile string            `json:"validation_file,omitempty"`
	Epochs         int               `json:"n_epochs"`
	BatchSize      int               `json:"batch_size"`
	RateMultiplier float64           `json:"learning_rate_multiplier"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	TrainedTokens  int               `json:"trained_tokens,omitempty"`
	// PlannedTokens are those of the training file times the epochs, known
	// once the files were checked.
	PlannedTokens int64     `json:"planned_tokens,omitempty"`
	Error         *jobError `json:"error,omitempty"`
	// Events are in the order they happened, at most maxEvents.
	Events []event `json:"events"`
	// Checkpoints are those of a job that succeeded, in the order of their
	// epochs.
	Checkpoints []checkpoint `json:"checkpoints,omitempty"`
	// Card is that of the language model that the job starts from, nil if it is none;
	// Adapter is the SHA-256 of what it made.
	Card    *card  `json:"card,omitempty"`
	Adapter string `json:"adapter_sha256,omitempty"`
	// Best is the step after which a language model stood as it is kept; 0 for other
	// jobs, whose figures tell it.
	Best int `json:"best_step,omitempty"`
	// ModelBytes is how much of the disk the model took, 0 if that is not known.
	ModelBytes int64 `json:"model_bytes,omitempty"`
	// Attempts counts the starts of training that no orderly end followed.
	Attempts int `json:"attempts,omitempty"`
	// The times are in nanoseconds since 1970, 0 if not known.
	Created         int64 `json:"created_ns"`
	Finished        int64 `json:"finished_ns,omitempty"`
	EstimatedFinish int64 `json:"estimated_finish_ns,omitempty"`
}

func (j job) key() string    { return j.ID }
func (j job) born() int64    { return j.Created }
func (j job) owner() string  { return j.Owner }
func (j job) status() string { return j.Status }

// active tells whether the job may still end in a model: its files are needed.
func (j job) active() bool { return j.moving() || j.Status == statusPaused }

// moving tells whether a worker takes the job along, now or in its turn.
func (j job) moving() bool {
	return j.Status == statusValidating || j.Status == statusQueued || j.Status == statusRunning
}

// modelID is the name of the model that the job makes.
func (j job) modelID() string {
	return fmt.Sprintf("ft:%s:%s:%s:%s", j.Model, organization, j.Suffix, strings.TrimPrefix(j.ID, "ftjob-")[:10])
}

// maxEvents bounds the events of a job: the first firstEvents, which tell how it
// began, and the latest. A client can make as many as it likes, by pausing and
// resuming.
const (
	maxEvents   = 500
	firstEvents = 100
)

// note adds an event.
func (j *job) note(e event) {
	e.ID = "ftevent-" + rand.Text()
	e.Created = time.Now().UnixNano()
	j.Events = append(slices.Clip(j.Events), e)
	if over := len(j.Events) - maxEvents; over > 0 {
		j.Events = slices.Concat(j.Events[:firstEvents], j.Events[firstEvents+over:])
	}
}

func (j *job) inform(format string, args ...any) {
	j.note(event{Level: "info", Type: "message", Message: fmt.Sprintf(format, args...)})
}

// end puts the job into a status that is final.
func (j *job) end(status string) {
	j.Status = status
	j.Finished = time.Now().UnixNano()
	j.EstimatedFinish = 0
}

// ended says in a sentence how a job that is over came to its end.
func (j job) ended() string {
	if j.Status == statusCancelled {
		return "been cancelled"
	}
	return j.Status
}

// jobError says why a job failed.
type jobError struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
}

// event is something that happened to a job.
type event struct {
	ID      string   `json:"id"`
	Created int64    `json:"created_ns"`
	Level   string   `json:"level"`
	Message string   `json:"message"`
	Type    string   `json:"type"`
	Data    *metrics `json:"data,omitempty"`
}

func (e event) key() string { return e.ID }
func (e event) born() int64 { return e.Created }

// metrics are the figures of an epoch, under the names that OpenAI gives to
// those of a step. The last two are nil without a validation file.
type metrics struct {
	Step          int      `json:"step"`
	TotalSteps    int      `json:"total_steps"`
	TrainLoss     float64  `json:"train_loss"`
	TrainAccuracy float64  `json:"train_accuracy"`
	ValidLoss     *float64 `json:"valid_loss,omitempty"`
	ValidAccuracy *float64 `json:"valid_mean_token_accuracy,omitempty"`
}

type eventObject struct {
	Object    string   `json:"object"`
	ID        string   `json:"id"`
	CreatedAt int64    `json:"created_at"`
	Level     string   `json:"level"`
	Message   string   `json:"message"`
	Type      string   `json:"type"`
	Data      *metrics `json:"data"`
}

func (e event) object() eventObject {
	return eventObject{
		Object: "fine_tuning.job.event", ID: e.ID, CreatedAt: seconds(e.Created),
		Level: e.Level, Message: e.Message, Type: e.Type, Data: e.Data,
	}
}

// jobObject is a job as OpenAI shows it.
type jobObject struct {
	ID              string            `json:"id"`
	Object          string            `json:"object"`
	CreatedAt       int64             `json:"created_at"`
	FinishedAt      *int64            `json:"finished_at"`
	EstimatedFinish *int64            `json:"estimated_finish"`
	Status          string            `json:"status"`
	Model           string            `json:"model"`
	FineTunedModel  *string           `json:"fine_tuned_model"`
	OrganizationID  string            `json:"organization_id"`
	TrainingFile    string            `json:"training_file"`
	ValidationFile  *string           `json:"validation_file"`
	ResultFiles     []string          `json:"result_files"`
	TrainedTokens   *int              `json:"trained_tokens"`
	Seed            int64             `json:"seed"`
	Suffix          *string           `json:"user_provided_suffix"`
	Hyperparameters hyperparameters   `json:"hyperparameters"`
	Method          method            `json:"method"`
	Metadata        map[string]string `json:"metadata"`
	Integrations    []struct{}        `json:"integrations"`
	Error           *jobError         `json:"error"`
	Owner           string            `json:"owner,omitempty"`
	// BestStep and ModelBytes are told by this server alone, of a job that succeeded,
	// the first if it is a language model's.
	BestStep   int   `json:"best_step,omitempty"`
	ModelBytes int64 `json:"model_bytes,omitempty"`
}

type hyperparameters struct {
	Epochs         int     `json:"n_epochs"`
	BatchSize      int     `json:"batch_size"`
	RateMultiplier float64 `json:"learning_rate_multiplier"`
}

type method struct {
	Type       string     `json:"type"`
	Supervised supervised `json:"supervised"`
}

type supervised struct {
	Hyperparameters hyperparameters `json:"hyperparameters"`
}

func (j job) object(h *holder) jobObject {
	parameters := hyperparameters{Epochs: j.Epochs, BatchSize: j.BatchSize, RateMultiplier: j.RateMultiplier}
	object := jobObject{
		ID: j.ID, Object: "fine_tuning.job", Owner: h.shown(j.Owner), CreatedAt: seconds(j.Created), Status: j.Status,
		FinishedAt: optionalTime(j.Finished), EstimatedFinish: optionalTime(j.EstimatedFinish),
		Model: j.Model, OrganizationID: organizationID,
		TrainingFile: j.TrainingFile, ValidationFile: optional(j.ValidationFile), ResultFiles: []string{},
		Seed: j.Seed, Suffix: optional(j.Suffix), Metadata: j.Metadata, Integrations: []struct{}{}, Error: j.Error,
		Hyperparameters: parameters,
		Method:          method{Type: "supervised", Supervised: supervised{parameters}},
	}
	if j.Status == statusSucceeded {
		object.FineTunedModel = optional(j.modelID())
		object.ResultFiles = append(object.ResultFiles, resultsID(j.ID))
		object.TrainedTokens = &j.TrainedTokens
		object.BestStep, object.ModelBytes = j.Best, j.ModelBytes
	}
	return object
}

func optionalTime(nanoseconds int64) *int64 {
	if nanoseconds == 0 {
		return nil
	}
	at := seconds(nanoseconds)
	return &at
}

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

func (s *Server) createJob(w http.ResponseWriter, r *http.Request) error {
	var request jobRequest
	if err := readJSON(w, r, &request); err != nil {
		return err
	}
	if err := s.absent(request.Model); err != nil {
		return err
	}
	j, err := request.job(s.baseModels(), s.auto(request.Model))
	if err != nil {
		return err
	}
	if base, ok := s.options.LanguageModels.Base(j.Model); ok {
		j.Card = cardOf(base)
	}
	h := holderOf(r)
	s.creating.Lock()
	defer s.creating.Unlock()
	if err := s.checkFile(r, "training_file", j.TrainingFile, purposeFineTune); err != nil {
		return err
	}
	if j.ValidationFile != "" {
		if err := s.checkFile(r, "validation_file", j.ValidationFile, purposeFineTune); err != nil {
			return err
		}
	}
	if active := countActive(s.jobs, h.owner); active >= h.limits.ActiveJobs {
		return s.tooMany(w, h, "jobs", "%d fine-tuning jobs are waiting, running or paused, which is the limit: try again when one has ended.", active)
	}
	if limit := h.limits.TrainingTokens; limit > 0 {
		if tokens := s.tokensInTraining(h.owner); tokens >= limit {
			return s.tooMany(w, h, "training_tokens", "Jobs with %d tokens are waiting, running or paused, and %d is the limit: try again when one has ended.", tokens, limit)
		}
	}
	if err := s.quota.job(h, j.room()); err != nil {
		return err
	}
	j.ID, j.Owner = "ftjob-"+rand.Text(), h.owner
	j.Status = statusValidating
	j.Created = time.Now().UnixNano()
	j.inform("Created fine-tuning job: %s", j.ID)
	j.inform("Validating training file: %s", j.TrainingFile)
	if err := s.jobs.put(j); err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "fine-tuning job created", "job", j.ID)
	s.wakeWorkers()
	writeJSON(w, http.StatusOK, j.object(h))
	return nil
}

// checkFile reports whether there is such a file for the maker of a request,
// uploaded for such a purpose.
func (s *Server) checkFile(r *http.Request, param, id, purpose string) error {
	f, ok := find(s.files, r, id)
	if !ok {
		return invalid(http.StatusBadRequest, param, "file_not_found", "Invalid '%s': there is no such file. Upload it first.", param)
	}
	if f.Purpose != purpose {
		return invalid(http.StatusBadRequest, param, "invalid_file_purpose", "Invalid '%s': the file's purpose is not '%s'.", param, purpose)
	}
	return nil
}

func (s *Server) listJobs(w http.ResponseWriter, r *http.Request) error {
	wanted := metadataFilter(r.URL.Query())
	matching := slices.DeleteFunc(listed(r, s.jobs.newest()), func(j job) bool { return !wanted(j.Metadata) })
	data, more, err := page(r, matching, 20, 100)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, as(holderOf(r), job.object)))
	return nil
}

// metadataFilter reads metadata[key]=value, all of which must hold, and
// metadata=null, which asks for jobs without metadata.
func metadataFilter(query url.Values) func(map[string]string) bool {
	wanted := map[string]string{}
	for name, values := range query {
		if key, ok := strings.CutPrefix(name, "metadata["); ok && strings.HasSuffix(key, "]") {
			wanted[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	none := query.Get("metadata") == "null"
	return func(metadata map[string]string) bool {
		if none && len(metadata) > 0 {
			return false
		}
		for key, value := range wanted {
			if has, ok := metadata[key]; !ok || has != value {
				return false
			}
		}
		return true
	}
}

func noSuchJob(id string) *apiError {
	return invalid(http.StatusNotFound, "fine_tuning_job_id", "fine_tune_not_found", "Could not find fine tune: %.64s", id)
}

func (s *Server) getJob(w http.ResponseWriter, r *http.Request) error {
	j, ok := find(s.jobs, r, r.PathValue("id"))
	if !ok {
		return noSuchJob(r.PathValue("id"))
	}
	writeJSON(w, http.StatusOK, j.object(holderOf(r)))
	return nil
}

func (s *Server) listEvents(w http.ResponseWriter, r *http.Request) error {
	j, ok := find(s.jobs, r, r.PathValue("id"))
	if !ok {
		return noSuchJob(r.PathValue("id"))
	}
	latest := slices.Clone(j.Events)
	slices.Reverse(latest)
	data, more, err := page(r, latest, 20, 1000)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, event.object))
	return nil
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job cancelled", func(j *job) error {
		if j.Status == statusCancelled {
			return errUnchanged
		}
		if !j.active() {
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be cancelled: it has already %s.", j.ended())
		}
		if !s.stopTraining(j.ID) {
			s.dropState(j.ID) // which nobody works on
		}
		j.end(statusCancelled)
		j.inform("The job was cancelled.")
		return nil
	})
}

// pauseJob takes a job out of the hands of the trainer. What a classifier has learnt
// is dropped: training is short, and starting over gives the same model. A language
// model's is saved.
func (s *Server) pauseJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job paused", func(j *job) error {
		switch j.Status {
		case statusPaused:
			return errUnchanged
		case statusQueued:
		case statusRunning:
			j.Attempts-- // it ends in order
		case statusValidating:
			return invalid(http.StatusBadRequest, "", "job_not_pausable", "The job cannot be paused while its files are checked: try again when it is queued.")
		default:
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be paused: it has already %s.", j.ended())
		}
		s.stopTraining(j.ID)
		j.Status = statusPaused
		j.EstimatedFinish = 0
		j.inform("The job was paused.")
		return nil
	})
}

// resumeJob puts a paused job back into the queue, at the place of its age.
func (s *Server) resumeJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job resumed", func(j *job) error {
		switch {
		case j.moving():
			return errUnchanged
		case j.Status != statusPaused:
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be resumed: it has already %s.", j.ended())
		}
		j.Status = statusQueued
		j.inform("The job was resumed.")
		return nil
	})
}

// changeJob changes a job as somebody asks. A change that is already so
// (errUnchanged) is answered with the job as it is.
func (s *Server) changeJob(w http.ResponseWriter, r *http.Request, done string, change func(*job) error) error {
	id := r.PathValue("id")
	j, err := changeOwn(s.jobs, r, id, change)
	switch {
	case err == nil:
		s.log.InfoContext(r.Context(), done, "job", id) //nolint:sloglint // the callers' messages are constants
		s.wakeWorkers()
	case errors.Is(err, errUnchanged):
	case errors.Is(err, errNoRecord):
		return noSuchJob(id)
	default:
		return err
	}
	writeJSON(w, http.StatusOK, j.object(holderOf(r)))
	return nil
}
