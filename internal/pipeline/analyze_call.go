package pipeline

import "cmp"

// AnalyzeCallInput starts an AnalyzeCall. CallID is required, and either Event or
// Record.
type AnalyzeCallInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Event is the file that announces the call, see package call: an absolute
	// path or a URL, as in [FineTuneInput].
	Event string `json:"event,omitempty"`
	// Record is the event as it came in by Kafka.
	Record *RecordRef `json:"record,omitempty"`
	// CallID is the id in the event.
	CallID string `json:"call_id"`
	// Audio is set where the event has a recording and no turns.
	Audio bool `json:"audio,omitempty"`
	// Stored keeps what is found out in the database of results. Without it every
	// step leaves a file among the artifacts, for whoever wants to look into them;
	// runs from before there was such a database have it so.
	Stored bool `json:"stored,omitempty"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model string `json:"model,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in AnalyzeCallInput) WithDefaults() AnalyzeCallInput {
	in.Task = orDefault(in.Task, DefaultTask)
	return in
}

// Validate reports the first field that is missing or makes no sense, as a problem
// of kind BadInput.
func (in AnalyzeCallInput) Validate() error {
	switch {
	case in.Event == "" && in.Record == nil:
		return badInput("no call is given; name the file of its event")
	case in.CallID == "":
		return badInput("no call id is given; give that of the event %s", in.Event)
	case !in.Stored && (in.Record != nil || in.Audio):
		return badInput("a call that came in by Kafka, or as a recording, leaves no files; leave --keep-artifacts out")
	}
	return cmp.Or(checkNotify(in.Notify), CheckTask(in.Task))
}

// AnalyzeCallResult is what AnalyzeCall leaves. The company is in the database or
// in the answer's file alone.
type AnalyzeCallResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Status and Confidence are those of the answer. Both are empty where the
	// call was a duplicate.
	Status     AnswerStatus `json:"status"`
	Confidence float64      `json:"confidence"`
	// Duplicate says why there was nothing to do: see [CallOutcome].
	Duplicate CallOutcome `json:"duplicate,omitempty"`
	// Turns counts those that were stored.
	Turns int `json:"turns,omitempty"`
	// Spans counts what the anonymizer replaced, by kind.
	Spans map[string]int64 `json:"spans,omitempty"`
	// Answer is call.json, Dir the run's folder and Manifest its manifest, where
	// the run leaves files.
	Answer   Ref         `json:"answer,omitzero"`
	Dir      string      `json:"dir,omitempty"`
	Manifest Ref         `json:"manifest,omitzero"`
	Stages   []StageTime `json:"stages,omitempty"`
	// Privacy is how the anonymizer was judged, where the run leaves files.
	Privacy Evaluation `json:"privacy,omitzero"`
}

// CallOutcome is what became of a call that was to be stored.
type CallOutcome string

const (
	// CallStored: the call is new, or an attempt to store it was not finished.
	CallStored CallOutcome = "stored"
	// CallAnswered: this very event was analyzed before.
	CallAnswered CallOutcome = "answered"
	// CallTaken: another event has used the call's id before, for good.
	CallTaken CallOutcome = "taken"
)
