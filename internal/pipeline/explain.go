package pipeline

// ExplainActivity is one of [ControlTaskQueue].
const ExplainActivity = "Explain"

// ExplainPurpose is what an explanation is sealed for.
const ExplainPurpose = "switchboard explanation 1"

// ExplainInput asks why a conversation or call of a run got its answer.
type ExplainInput struct {
	// Task and Model are those of the run, Manifest is its manifest.
	Task     string `json:"task,omitempty"`
	Model    string `json:"model"`
	Manifest Ref    `json:"manifest,omitzero"`
	// CallID names a call whose run left no files.
	CallID string `json:"call_id,omitempty"`
	// ConversationID is as in output.csv; 0 is the only one of a call.
	ConversationID int64 `json:"conversation_id,omitempty"`
	// Key is what the answer is sealed with: it holds words of the text.
	Key []byte `json:"key"`
}

// ExplainResult is an [Explanation], sealed.
type ExplainResult struct {
	Sealed []byte `json:"sealed"`
}

// Explanation says why a conversation got its answer. Words are those of the
// redacted text.
type Explanation struct {
	Model string `json:"model"`
	// Company, Status and Confidence are what the run answered, Threshold is
	// the confidence below which the answer is Unknown.
	Company    string       `json:"company"`
	Status     AnswerStatus `json:"status"`
	Confidence float64      `json:"confidence"`
	Threshold  float64      `json:"threshold"`
	// Answers are the likeliest ones now.
	Answers []LikelyAnswer `json:"answers"`
	// Label is compared with Rival, the answer after it; both are empty where
	// the provider cannot tell.
	Label string `json:"label,omitempty"`
	Rival string `json:"rival,omitempty"`
	// For are the words that speak for Label, Against those that speak for
	// Rival, each with how much it adds to the logarithm of the odds.
	For     []WordWeight `json:"for,omitempty"`
	Against []WordWeight `json:"against,omitempty"`
	// Embedding is what the sentence encoder adds to it.
	Embedding float64 `json:"embedding,omitempty"`
}

// LikelyAnswer is an answer and how likely it is.
type LikelyAnswer struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// WordWeight is a word and what it says.
type WordWeight struct {
	Word   string  `json:"word"`
	Weight float64 `json:"weight"`
}
