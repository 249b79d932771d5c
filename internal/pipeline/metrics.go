package pipeline

// Metrics judges a model.
type Metrics struct {
	// Threshold is the confidence below which an answer becomes Unknown,
	// calibrated on validation to the asked precision.
	Threshold  float64 `json:"threshold"`
	Precision  float64 `json:"asked_precision"`
	Validation Score   `json:"validation"`
	Test       Score   `json:"test"`
	// WithoutConfidence counts answers for which the provider gave no
	// probability. They count as certain, so no threshold helps.
	WithoutConfidence int `json:"without_confidence,omitempty"`
	// InvalidAnswers counts answers that were no label, of those to both
	// splits.
	InvalidAnswers int `json:"invalid_answers"`
	// MajorityAccuracy is that of always naming the commonest company of the
	// test set, see package evaluate's Majority; 0 in runs from before it was measured.
	MajorityAccuracy Share `json:"majority_accuracy,omitempty"`
	// Known is how the model does on a sample of the test set, by how much of a
	// conversation it knows; empty where that was not measured.
	Known []KnownScore `json:"known,omitempty"`
	// FirstWords judges a model that was trained on [BothTurns] on first words alone,
	// the rest of the metrics on whole conversations; nil of other models.
	FirstWords *FirstWordsMetrics `json:"first_words,omitempty"`
}

// NoMetrics are those of a run that judges no model itself.
func NoMetrics(precision float64) Metrics {
	nothing := Score{Accuracy: None, Precision: None, Coverage: None}
	return Metrics{Precision: precision, Validation: nothing, Test: nothing, MajorityAccuracy: None}
}

// KnownScore is a model's performance on conversations as they were when the customer
// had begun and so many tweets were there, the threshold left as it is.
type KnownScore struct {
	// Tweets is 0 for whole conversations.
	Tweets        int   `json:"tweets"`
	Conversations int64 `json:"conversations"`
	// Accuracy counts every answer, Low and High bound it with 95% confidence.
	Accuracy Share `json:"accuracy"`
	Low      Share `json:"low"`
	High     Share `json:"high"`
	// Coverage is as in [Score].
	Coverage Share `json:"coverage"`
}

// FirstWordsMetrics is as [Metrics], with a threshold of its own.
type FirstWordsMetrics struct {
	Threshold  float64 `json:"threshold"`
	Validation Score   `json:"validation"`
	Test       Score   `json:"test"`
}

// Answers counts the answers that the model was judged by.
func (m Metrics) Answers() int64 { return m.Validation.Examples + m.Test.Examples }

// Score is a model's performance on one split.
type Score struct {
	Examples int64 `json:"examples"`
	// Accuracy counts every answer, whatever its confidence. Examples of
	// classes that the model was not trained on count as wrong.
	Accuracy Share `json:"accuracy"`
	// Precision is the share of right answers among those given at the
	// threshold, [None] if none is given. Coverage is the share of examples
	// for which one is given.
	Precision Share `json:"precision"`
	Coverage  Share `json:"coverage"`
}
