// Package dataset defines the rows that stages hand to each other as Parquet
// files, and reads and writes those files.
//
// Every stage writes typed rows, compressed with zstd, in parts that hold
// whole threads (a thread larger than a part is the one exception). A part is
// immutable once written.
package dataset

import (
	"slices"
	"strings"

	"switchboard/internal/pipeline"
)

// Unknown is the label of a conversation whose company is not known.
const Unknown = pipeline.Unknown

// Conversation is one root-to-leaf path of replies, or one piece of a path
// that was longer than the limit. Texts are as they stand in the input.
type Conversation struct {
	// ID is the tweet id of the conversation's last tweet; no two
	// conversations share it. A tweet whose own id is unreadable, or is that
	// of another tweet, has the id -(row+1).
	ID int64 `parquet:"conversation_id"`
	// ThreadID is the tweet id of the root of the whole thread.
	ThreadID int64 `parquet:"thread_id"`
	// Rows are the tweets' row numbers in the input, counted from 0 below
	// the header, root first.
	Rows []int32 `parquet:"rows"`
	// Texts are the tweets' texts, in the order of Rows.
	Texts []string `parquet:"texts"`
	// Label is a company's handle, or [Unknown].
	Label string `parquet:"label,dict"`
	// Answered is true if a company wrote one of the tweets; production
	// data does not tell. A model never sees it: it is for evaluations.
	Answered bool `parquet:"answered"`
	// Opening is the place, from 1, of the first tweet that no company wrote and
	// that has words; production data does not tell who writes, so that it is the
	// first tweet with words there. 0 is none, or a file from before it was kept.
	Opening int32 `parquet:"opening,optional"`
}

// Duplicate is a row of the input that repeats an earlier tweet: its id, its text
// and its author. It is in no conversation; whatever is found out about row First holds for it too.
type Duplicate struct {
	Row   int32 `parquet:"row"`
	First int32 `parquet:"first"`
}

// Example is a conversation ready for a model: cleaned, without personal
// names, one tweet a line.
type Example struct {
	ID       int64   `parquet:"conversation_id"`
	ThreadID int64   `parquet:"thread_id"`
	Rows     []int32 `parquet:"rows"`
	// Text may be empty: nothing was left once mentions were removed.
	Text  string `parquet:"text"`
	Label string `parquet:"label,dict"`
	// Answered is as in [Conversation].
	Answered bool `parquet:"answered"`
	// Opening is the line, from 1, that is the tweet of [Conversation.Opening].
	Opening int32 `parquet:"opening,optional"`
}

// Truth is what answers are judged by: a part of an [Example], read from a file of
// examples without their texts.
type Truth struct {
	ID       int64  `parquet:"conversation_id"`
	ThreadID int64  `parquet:"thread_id"`
	Label    string `parquet:"label,dict"`
}

// Since returns so many tweets of the conversation as it was from the customer's
// first one on, all of them for 0; "" where no customer wrote.
func (e Example) Since(tweets int) string {
	lines := strings.Split(e.Text, "\n")
	from := int(e.Opening) - 1
	if from < 0 || from >= len(lines) {
		return ""
	}
	if tweets == 0 {
		tweets = len(lines)
	}
	return strings.Join(lines[from:min(from+tweets, len(lines))], "\n")
}

// Given returns the examples with the text that a model is given: that of
// [pipeline.FirstTurn] may be empty. Whatever else is asked for is the whole, and the
// same slice.
func Given(examples []Example, turns pipeline.Turns) []Example {
	if turns != pipeline.FirstTurn {
		return examples
	}
	given := slices.Clone(examples)
	for i, e := range given {
		given[i].Text = e.Since(1)
	}
	return given
}

// Labels are those of examples, in order and each once.
func Labels(examples []Example) []string {
	list := make([]string, len(examples))
	for i, e := range examples {
		list[i] = e.Label
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Span is what the anonymizer replaced: where and why, never the text.
type Span struct {
	ConversationID int64 `parquet:"conversation_id"`
	// Tweet is the index of the tweet within its conversation, from 0.
	Tweet int32 `parquet:"tweet"`
	// Kind is what took the text's place, such as "Person" or "Email".
	Kind string `parquet:"kind,dict"`
	// Start and End are byte offsets into the cleaned tweet, End exclusive.
	Start int32 `parquet:"start"`
	End   int32 `parquet:"end"`
	// Score is between 0 and 1; rules score 1.
	Score      float32 `parquet:"score"`
	Recognizer string  `parquet:"recognizer,dict"`
}

// Status tells how a prediction came about.
type Status = pipeline.AnswerStatus

// The statuses.
const (
	Classified = pipeline.AnswerClassified
	Unsure     = pipeline.AnswerUnsure
	Invalid    = pipeline.AnswerInvalid
	Empty      = pipeline.AnswerEmpty
	Failed     = pipeline.AnswerFailed
	Skipped    = pipeline.AnswerSkipped
)

// Prediction is a model's answer for one conversation, before any threshold.
type Prediction struct {
	ConversationID int64 `parquet:"conversation_id"`
	// Company is the model's answer if it is a label, otherwise [Unknown].
	Company string `parquet:"company,dict"`
	// Confidence is the probability of the answer, between 0 and 1.
	Confidence float64 `parquet:"confidence"`
	// Status is never [Unsure] here: thresholds are applied later.
	Status Status `parquet:"status,dict"`
	// ErrorCode is set when Status is [Failed], such as "rate_limited".
	ErrorCode string `parquet:"error_code,dict"`
	// PromptTokens and AnswerTokens are as the provider counted them.
	PromptTokens int32 `parquet:"prompt_tokens"`
	AnswerTokens int32 `parquet:"answer_tokens"`
	// LatencyMS is how long the answer took, rounded up, the waiting for a
	// turn included; 0 for one that was taken from another conversation, or came
	// in a batch.
	LatencyMS int32 `parquet:"latency_ms"`
}
