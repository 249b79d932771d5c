package pipeline

// Unknown is the label of a conversation whose company is not known.
const Unknown = "Unknown"

// AnswerStatus tells how a prediction came about.
type AnswerStatus string

const (
	// AnswerClassified: the model named a company.
	AnswerClassified AnswerStatus = "classified"
	// AnswerUnsure: the model's confidence was below the threshold; the company
	// is [Unknown].
	AnswerUnsure AnswerStatus = "unsure"
	// AnswerInvalid: the model's answer was no label, twice.
	AnswerInvalid AnswerStatus = "invalid"
	// AnswerEmpty: there was no text to ask about.
	AnswerEmpty AnswerStatus = "empty"
	// AnswerFailed: the provider gave no answer in all attempts; the error code
	// says why.
	AnswerFailed AnswerStatus = "failed"
	// AnswerNoSpeech: nobody says anything in the recording of the call.
	AnswerNoSpeech AnswerStatus = "no_speech"
	// AnswerRejected: the call was given up before it had an answer, and the error
	// code says why. It can be answered still, once it comes again.
	AnswerRejected AnswerStatus = "rejected"
	// AnswerSkipped: the row is no tweet, because it repeats the header. It is in
	// no conversation, so no prediction has this status.
	AnswerSkipped AnswerStatus = "skipped"
)
