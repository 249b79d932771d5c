package pipeline

import "time"

// EraseCallsInput asks to erase calls by their ids, with all that was found out about
// them. A dry run tells what would be done.
type EraseCallsInput struct {
	CallIDs []string `json:"call_ids"`
	DryRun  bool     `json:"dry_run,omitempty"`
	// Who is for the audit: a name on the machine, or an account's id if Account says
	// so.
	Who     string `json:"who"`
	Account bool   `json:"account,omitempty"`
}

// MostErased is how many calls can be named at once.
const MostErased = 500

// Validate reports the first field that is missing or makes no sense, as a problem of
// kind BadInput.
func (in EraseCallsInput) Validate() error {
	switch {
	case len(in.CallIDs) == 0:
		return badInput("no call is named; give the ids of those to erase")
	case len(in.CallIDs) > MostErased:
		return badInput("%d calls are named; give at most %d at a time", len(in.CallIDs), MostErased)
	}
	for _, id := range in.CallIDs {
		if id == "" {
			return badInput("one of the ids is empty; give those that `starter calls list` shows")
		}
	}
	return nil
}

// ExpireCallsInput asks to erase the calls that were stored before a moment.
type ExpireCallsInput struct {
	Before time.Time `json:"before"`
	DryRun bool      `json:"dry_run,omitempty"`
	// Who and Account are as in [EraseCallsInput].
	Who     string `json:"who"`
	Account bool   `json:"account,omitempty"`
}

// ErasedCalls counts what was erased, or would be in a dry run.
type ErasedCalls struct {
	DryRun bool `json:"dry_run,omitempty"`
	// Calls counts those that there were, Missing the ids of which nothing is known.
	Calls   int64 `json:"calls"`
	Missing int64 `json:"missing"`
	// Judgements are what people said of them, Unpublished answers that had not been
	// sent, Published those that readers of the topic are told to forget.
	Judgements  int64 `json:"judgements"`
	Unpublished int64 `json:"unpublished"`
	Published   int64 `json:"published"`
	// Files are those of runs that kept what they found in files.
	Files int64 `json:"files"`
	// Left is what could not be reached, empty if nothing is known to be left.
	Left []NotErased `json:"left"`
	// More is true where more is to be done than one request does: ask again.
	More bool `json:"more,omitempty"`
}

// NotErased is a place that may still hold something of erased calls.
type NotErased struct {
	Place Place `json:"place"`
	// Name is a topic, a model or a folder of the artifacts.
	Name string `json:"name"`
	// Calls counts the erased calls that it may hold something of; 0 if that is not
	// known.
	Calls int64 `json:"calls,omitempty"`
	// Until is when it is gone by itself, zero where it is not, or nobody can tell.
	Until time.Time `json:"until,omitzero"`
}

// Place is where something of a call may be left.
type Place string

const (
	// InputTopic is the topic that calls come from: a record of it cannot be removed
	// by itself.
	InputTopic Place = "input_topic"
	// DeadLetters is the topic of events that could not be used.
	DeadLetters Place = "dead_letters"
	// TrainedModel is a model that was trained on the call, with the files of its
	// training.
	TrainedModel Place = "model"
	// RunFiles are the files of a run over a dataset that the call is a
	// conversation of.
	RunFiles Place = "run_files"
	// JudgedFiles are the files of a retraining whose models were asked about the call.
	JudgedFiles Place = "judged_files"
	// Histories are those of Temporal, which hold the id and no word of the call.
	Histories Place = "histories"
)
