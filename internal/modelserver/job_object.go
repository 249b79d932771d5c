package modelserver

const (
	organization   = "switchboard"
	organizationID = "org-switchboard"
)

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
