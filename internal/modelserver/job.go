package modelserver

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
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

func (j job) key() string { return j.ID }

func (j job) born() int64 { return j.Created }

func (j job) owner() string { return j.Owner }

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
