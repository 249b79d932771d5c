package pipeline

import "cmp"

// ApplyMode says how a model is asked.
type ApplyMode string

const (
	// Online asks call by call, and has the answers at once.
	Online ApplyMode = "online"
	// InBatches asks with the provider's Batch API: the answers take up to a
	// day, and cost less.
	InBatches ApplyMode = "batch"
)

// ApplyInput starts an Apply. Dataset is required.
type ApplyInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Dataset is the production file, as in [FineTuneInput].
	Dataset string `json:"dataset"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model     string `json:"model,omitempty"`
	MaxTweets int    `json:"max_tweets,omitempty"`
	// Turns is how much of a conversation the model is given: [AllTurns] or
	// [FirstTurn]; empty is what it was trained on, see [Turns.Asked].
	Turns Turns `json:"turns,omitempty"`
	// MaxUnusable is as in [FineTuneInput].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// Force prepares the dataset again, even if an earlier run has. Answers
	// are never paid twice.
	Force bool `json:"force,omitempty"`
	// Mode is how the model is asked.
	Mode ApplyMode `json:"mode,omitempty"`
	// BatchTokens bounds the tokens that wait in batches at a time; providers
	// refuse a batch above their account's limit.
	BatchTokens int64 `json:"batch_tokens,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
	// Review keeps the redacted conversations, with their answers, in the database
	// of results: people look at them and correct them as they do calls.
	Review bool `json:"review,omitempty"`
	// Resume is set by the workflow alone, when it continues as new.
	Resume *ApplyProgress `json:"resume,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in ApplyInput) WithDefaults() ApplyInput {
	in.Task = orDefault(in.Task, DefaultTask)
	in.MaxTweets = orDefault(in.MaxTweets, DefaultMaxTweets)
	in.MaxUnusable = unlessDefault(in.MaxUnusable)
	in.Mode = orDefault(in.Mode, Online)
	if in.Mode == InBatches {
		in.BatchTokens = orDefault(in.BatchTokens, DefaultBatchTokens)
	}
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in ApplyInput) Validate() error {
	switch {
	case in.Dataset == "":
		return badInput("no dataset is given; name a CSV file with --dataset")
	case in.MaxTweets < 2:
		return badInput("the longest conversation is set to %d tweets; it must be 2 or more", in.MaxTweets)
	case !validMaxUnusable(in.MaxUnusable):
		return badInput(maxUnusableText, in.MaxUnusable)
	case in.Mode != Online && in.Mode != InBatches:
		return badInput("a model can be applied in mode %q or %q, not %q", Online, InBatches, in.Mode)
	case in.BatchTokens < 0:
		return badInput("the tokens that may wait in batches are %d; they must be 1 or more", in.BatchTokens)
	case in.BatchTokens > 0 && in.Mode != InBatches:
		return badInput("--batch-tokens is for --mode %s; leave it out", InBatches)
	}
	return cmp.Or(checkTurns(in.Turns, AllTurns, FirstTurn), checkNotify(in.Notify), CheckTask(in.Task))
}

// DatasetChannel is the channel of conversations of a dataset that people look at and
// correct as calls are.
const DatasetChannel = "dataset"

// ApplyCounts tells what became of the rows and conversations.
type ApplyCounts struct {
	Rows          int64 `json:"rows"`
	Conversations int64 `json:"conversations"`
	// RowStatuses and ConversationStatuses count by status: classified,
	// unsure, invalid, empty, failed.
	RowStatuses          map[string]int64 `json:"row_statuses,omitempty"`
	ConversationStatuses map[string]int64 `json:"conversation_statuses,omitempty"`
	// Companies counts the distinct companies that were named.
	Companies int `json:"companies"`
	// UnknownShare is the share of conversations that ended as Unknown, of those
	// that did not fail.
	UnknownShare Share `json:"unknown_share"`
	Tokens       int64 `json:"tokens"`
	// Cost is what the answers cost in US dollars, at the prices known for
	// the model's provider: those of earlier runs that were taken over are
	// among them. Priced is false where no price is known.
	Cost   float64 `json:"cost_usd,omitempty"`
	Priced bool    `json:"priced,omitempty"`
}

// Answers counts the conversations that the model answered: those with a text,
// less those that got no answer in all attempts.
func (c ApplyCounts) Answers() int64 {
	n := int64(0)
	for _, status := range []AnswerStatus{AnswerClassified, AnswerUnsure, AnswerInvalid} {
		n += c.ConversationStatuses[string(status)]
	}
	return n
}

// ApplyResult is what Apply leaves.
type ApplyResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Origin is what the model was trained on; nil in runs that did not say.
	Origin *Origin `json:"origin,omitempty"`
	// Warnings are sentences on what to know before the output is used: that
	// conversations got no answer, or that the model may be the wrong one for them.
	Warnings []string `json:"warnings,omitempty"`
	// Mode is how the model was asked.
	Mode ApplyMode `json:"mode,omitempty"`
	// Turns is how much of a conversation it was given; empty is [AllTurns].
	Turns    Turns         `json:"turns,omitempty"`
	Prepared PrepareCounts `json:"prepared"`
	Counts   ApplyCounts   `json:"counts"`
	// Reviewable counts the conversations that people can look at and correct as
	// calls, each as the workflow id, a slash and the conversation's id.
	Reviewable int64 `json:"reviewable,omitempty"`
	Output     Ref   `json:"output"`
	Chart      Ref   `json:"chart"`
	// Report is report.html, the result for people. Runs from before there was one
	// have none.
	Report   Ref         `json:"report,omitzero"`
	Dir      string      `json:"dir"`
	Manifest Ref         `json:"manifest"`
	Stages   []StageTime `json:"stages"`
	// Privacy is as in [FineTuneResult].
	Privacy Evaluation `json:"privacy,omitzero"`
}

// ApplyProgress is what an Apply carries over when it continues as new.
type ApplyProgress struct {
	Accepted  Accepted `json:"accepted"`
	Threshold float64  `json:"threshold"`
	Labels    Ref      `json:"labels"`
	// Provider and BaseModel are what prices are found by.
	Provider  string  `json:"provider,omitempty"`
	BaseModel string  `json:"base_model,omitempty"`
	Origin    *Origin `json:"origin,omitempty"`
	// Turns is how much of a conversation the model is given; empty is
	// [AllTurns].
	Turns       Turns         `json:"turns,omitempty"`
	Prepared    PrepareResult `json:"prepared"`
	Predictions []Ref         `json:"predictions"`
	Stages      []StageTime   `json:"stages"`
	Paused      bool          `json:"paused,omitempty"`
}
