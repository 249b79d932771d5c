package pipeline

import (
	"fmt"
	"regexp"
	"time"
)

// DefaultTask is the task of whatever names none.
const DefaultTask = "default"

// Names that stand for a model wherever one is named: what it is in its task.
const (
	// Champion answers where nobody names a model; Previous was it before.
	Champion = "champion"
	Previous = "previous"
	// Challenger is up against the champion.
	Challenger = "challenger"
)

var taskName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckTask reports a name that no task can have, as a problem of kind BadInput. An
// empty name is that of [DefaultTask].
func CheckTask(name string) error {
	if name != "" && !taskName.MatchString(name) {
		return badInput("the task is %q; its name has 1 to 63 characters, lower-case letters, digits and dashes, and begins with no dash", name)
	}
	return nil
}

// Model is what the registry keeps of a fine-tuned model.
type Model struct {
	// ID is the model's name at the provider. A model that the provider gave to
	// two tasks, for the same data, is one entry in each.
	ID string `json:"id"`
	// Task is what the model belongs to; empty is [DefaultTask].
	Task      string `json:"task,omitempty"`
	BaseModel string `json:"base_model"`
	// ProviderURL tells which provider has it.
	ProviderURL string    `json:"provider_url"`
	JobID       string    `json:"job_id"`
	Created     time.Time `json:"created"`
	// Judged is when the model was judged again, by a run that found the
	// provider's finished job; zero if it never was.
	Judged time.Time `json:"judged,omitzero"`
	// Threshold is the confidence below which an answer becomes Unknown;
	// AskedPrecision is what it was calibrated to.
	Threshold      float64 `json:"threshold"`
	AskedPrecision float64 `json:"asked_precision"`
	// Turns is how much of a conversation it was trained on; empty is [AllTurns].
	// FirstThreshold is the threshold for first words of a model that was trained
	// on [BothTurns], whose Threshold is that for whole conversations.
	Turns          Turns   `json:"turns,omitempty"`
	FirstThreshold float64 `json:"first_threshold,omitempty"`
	// Labels is the artifact with the answers that the model may give.
	Labels Ref `json:"labels"`
	// Dataset is the name of the training file, without its folder.
	Dataset string `json:"dataset,omitempty"`
	// PromptVersion, DatasetSHA256 and Anonymizer tell what it was trained
	// with.
	PromptVersion      string  `json:"prompt_version"`
	DatasetSHA256      string  `json:"dataset_sha256"`
	DatasetRows        int64   `json:"dataset_rows,omitempty"`
	Anonymizer         string  `json:"anonymizer,omitempty"`
	ValidationAccuracy float64 `json:"validation_accuracy"`
	TestAccuracy       float64 `json:"test_accuracy"`
	TestCoverage       float64 `json:"test_coverage"`
	// MajorityAccuracy is the accuracy of always naming the commonest company of
	// the test set; 0 where the run that judged the model did not say.
	MajorityAccuracy float64 `json:"majority_accuracy,omitempty"`
	// Confidences counts its answers to the test set by confidence, as
	// package evaluate's ConfidenceBins does: what production is compared with.
	Confidences map[int]int64 `json:"confidences,omitempty"`
	// Parameters is the input of the run that made it, defaults filled in.
	Parameters any `json:"parameters,omitempty"`
	// Code is the version of the program that registered it.
	Code string `json:"code,omitempty"`
	// WorkflowID and RunID name the run that made it.
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// RetiresOn is the day on which the provider has announced to stop the
	// model, as 2006-01-02; empty if none is known.
	RetiresOn string `json:"retires_on,omitempty"`
	// Retired is when somebody took it out of use; zero if nobody did.
	Retired time.Time `json:"retired,omitzero"`
}

// ThresholdFor is the threshold for answers about so much of a conversation.
func (m Model) ThresholdFor(t Turns) float64 {
	if m.Turns == BothTurns && t == FirstTurn {
		return m.FirstThreshold
	}
	return m.Threshold
}

// LastJudged is when a run last judged the model, which is when it was trained
// unless a later one found the same job.
func (m Model) LastJudged() time.Time {
	if m.Judged.IsZero() {
		return m.Created
	}
	return m.Judged
}

// Unfit says why the model does not become the champion unless a person promotes
// it: it answers nothing of its test set, or it is right no more often than who
// always names the commonest company. It is empty where neither is so.
func (m Model) Unfit() string {
	switch {
	case m.TestCoverage == 0:
		return "it answers nothing of its test set"
	case m.MajorityAccuracy > 0 && m.TestAccuracy <= m.MajorityAccuracy:
		return fmt.Sprintf("it is no better than always naming the commonest company of the test set: %.1f%% right against %.1f%%",
			100*m.TestAccuracy, 100*m.MajorityAccuracy)
	}
	return ""
}

// Action is what was done with a model.
type Action string

// The actions.
const (
	Registered Action = "registered"
	Challenged Action = "challenged"
	Promoted   Action = "promoted"
	RolledBack Action = "rolled back"
	Retired    Action = "retired"
)

// Change is one line of the audit trail.
type Change struct {
	At     time.Time `json:"at"`
	Action Action    `json:"action"`
	Model  string    `json:"model"`
	// Previous is the champion that had to go, if any.
	Previous string `json:"previous,omitempty"`
	// Who did it: a person's login, or the name of a workflow.
	Who string `json:"who"`
	Why string `json:"why"`
	// Run names the run that did it, or a person's request.
	Run string `json:"run,omitempty"`
}

// Correction is what a person says a conversation is about.
type Correction struct {
	ConversationID int64  `json:"conversation_id"`
	Label          string `json:"label"`
	// Author is a pseudonym.
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	// Imported is when it came into the database, which sets it.
	Imported time.Time `json:"imported,omitzero"`
}

// Decision is how a retraining ended.
type Decision string

// The decisions.
const (
	// Promote: the challenger took the champion's place.
	Promote Decision = "promoted"
	// Keep: the champion stayed.
	Keep Decision = "kept"
	// Skip: there was too little to learn from.
	Skip Decision = "skipped"
)

// Origin tells what a model was trained on and when, and how it did in its own
// test.
type Origin struct {
	// Dataset is the file's name without its folder, empty if it is not known.
	Dataset       string    `json:"dataset,omitempty"`
	DatasetSHA256 string    `json:"dataset_sha256"`
	DatasetRows   int64     `json:"dataset_rows,omitempty"`
	Created       time.Time `json:"created"`
	TestCoverage  float64   `json:"test_coverage"`
	// AskedPrecision is what its threshold was calibrated to; 0 where it is not
	// known.
	AskedPrecision float64 `json:"asked_precision,omitempty"`
	// Confidences counts the answers to the test set by confidence, all of them.
	Confidences map[int]int64 `json:"confidences,omitempty"`
	// Turns is how much of a conversation it was trained on; empty is [AllTurns].
	Turns Turns `json:"turns,omitempty"`
}

// OriginOf returns what is known of a model's training.
func OriginOf(m Model) *Origin {
	o := &Origin{
		Dataset: m.Dataset, DatasetSHA256: m.DatasetSHA256, DatasetRows: m.DatasetRows, Created: m.Created,
		TestCoverage: m.TestCoverage, AskedPrecision: m.AskedPrecision, Confidences: m.Confidences,
		Turns: m.Turns,
	}
	// Models from before the name was kept have it among their parameters.
	if in, ok := m.Parameters.(map[string]any); ok && o.Dataset == "" {
		dataset, _ := in["dataset"].(string)
		o.Dataset = DatasetName(dataset)
	}
	return o
}
