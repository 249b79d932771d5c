package pipeline

import "time"

// Activities of [ControlTaskQueue] about calls.
const (
	ListCallsActivity          = "ListCalls"
	ShowCallActivity           = "ShowCall"
	DescribeIntakeActivity     = "DescribeIntake"
	PauseIntakeActivity        = "PauseIntake"
	ListDeadLettersActivity    = "ListDeadLetters"
	ReplayDeadLettersActivity  = "ReplayDeadLetters"
	DiscardDeadLettersActivity = "DiscardDeadLetters"
	RetryCallsActivity         = "RetryCalls"
	EraseCallsActivity         = "EraseCalls"
	ExpireCallsActivity        = "ExpireCalls"
)

// CallsPurpose is what calls are sealed for: whom a call is for, and what was said,
// is in the database alone.
const CallsPurpose = "switchboard calls 1"

// ListCallsInput asks for the calls of a task, newest first.
type ListCallsInput struct {
	Task string `json:"task"`
	// Statuses are those to list; none lists all.
	Statuses []AnswerStatus `json:"statuses,omitempty"`
	// Companies and Channels are those to list; none lists all.
	Companies []string `json:"companies,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	// From and Until are when the calls were stored, Until not included; zero is
	// open.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Limit is how many at most.
	Limit int `json:"limit"`
	// Cursor is the Next of the list before; empty begins with the newest.
	Cursor string `json:"cursor,omitempty"`
	// Key is what the answer is sealed with.
	Key []byte `json:"key"`
}

// SealedCalls holds a sealed [CallList] or [CallDetails].
type SealedCalls struct {
	Sealed []byte `json:"sealed"`
}

// CallList is a page of calls.
type CallList struct {
	Calls []StoredCall `json:"calls"`
	// Answered counts the task's answered calls by status, Waiting those that are
	// not answered, and Rejected those that were given up, whatever was asked for.
	Answered map[AnswerStatus]int64 `json:"answered"`
	Waiting  int64                  `json:"waiting"`
	Rejected int64                  `json:"rejected"`
	// Next is the cursor of the calls after these; empty if there are none.
	Next string `json:"next_page,omitempty"`
}

// StoredCall is a call as lists show it.
type StoredCall struct {
	CallID     string    `json:"call_id"`
	Channel    string    `json:"channel,omitempty"`
	Language   string    `json:"language,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	StoredAt   time.Time `json:"stored_at"`
	// AnsweredAt is zero while the call is not answered. AnswerSeconds is how long
	// that took from the call's event on; nil where it is not known.
	AnsweredAt    time.Time `json:"answered_at,omitzero"`
	AnswerSeconds *float64  `json:"answer_seconds,omitempty"`
	Audio         bool      `json:"audio,omitempty"`
	// Company is a handle or [Unknown]; empty while the call is not answered.
	Company    string  `json:"company,omitempty"`
	Confidence float64 `json:"confidence"`
	// Status is empty while the call is not answered. ErrorCode is set when it is
	// [AnswerFailed] or [AnswerRejected].
	Status    AnswerStatus `json:"status,omitempty"`
	ErrorCode string       `json:"error_code,omitempty"`
	Model     string       `json:"model,omitempty"`
}

// ShowCallInput asks for one call.
type ShowCallInput struct {
	CallID string `json:"call_id"`
	Key    []byte `json:"key"`
}

// CallDetails is all that is known of a call.
type CallDetails struct {
	StoredCall
	Task      string  `json:"task"`
	Threshold float64 `json:"threshold,omitempty"`
	// Named is what the model named, whatever the threshold makes of it, RunnerUp
	// the likeliest other company.
	Named    string       `json:"named,omitempty"`
	RunnerUp LikelyAnswer `json:"runner_up,omitzero"`
	// Spans counts what was replaced, by kind.
	Spans map[string]int64 `json:"spans,omitempty"`
	// Turns are redacted.
	Turns []StoredTurn `json:"turns"`
}

// StoredTurn is a redacted turn.
type StoredTurn struct {
	Side  string  `json:"side,omitempty"`
	Text  string  `json:"text"`
	Start float64 `json:"start,omitempty"`
	End   float64 `json:"end,omitempty"`
}

// IntakeState says how far the intake of calls is.
type IntakeState struct {
	// Kafka is false where the worker has none: calls come from files then.
	Kafka bool `json:"kafka"`
	// Paused is since when nothing is taken in, zero if it is, PausedBy who said
	// so.
	Paused   time.Time `json:"paused,omitzero"`
	PausedBy string    `json:"paused_by,omitempty"`
	// Open counts calls that were taken in and are not answered.
	Open int64 `json:"open"`
	// Partitions say how many events wait in each partition of the topic.
	Partitions []PartitionLag `json:"partitions"`
	// DeadLetters counts events that could not be taken in or analyzed and were
	// neither sent again nor discarded.
	DeadLetters int64 `json:"dead_letters"`
}

// PartitionLag says how many events of a partition were not taken in.
type PartitionLag struct {
	Partition int32 `json:"partition"`
	Waiting   int64 `json:"waiting"`
	// Oldest is when the first of them came, zero if there is none.
	Oldest time.Time `json:"oldest,omitzero"`
}

// PauseIntakeInput holds the intake, or lets it go on.
type PauseIntakeInput struct {
	Pause bool   `json:"pause"`
	Who   string `json:"who"`
}

// DeadLetter is an event that could not be taken in or analyzed. Of what was said in it
// nothing is here.
type DeadLetter struct {
	// ID is the offset among the dead letters.
	ID string `json:"id"`
	// Reason is the kind of what went wrong.
	Reason string `json:"reason"`
	// CallID and Task are empty where the event does not tell them.
	CallID string `json:"call_id,omitempty"`
	Task   string `json:"task,omitempty"`
	// At is when the event came, DeadAt when it was given up.
	At     time.Time `json:"at"`
	DeadAt time.Time `json:"dead_at"`
	Bytes  int       `json:"bytes"`
	// Replayed is whether it was sent again, Discarded whether somebody has called
	// it dealt with.
	Replayed  bool `json:"replayed,omitempty"`
	Discarded bool `json:"discarded,omitempty"`
}

// ListDeadLettersInput asks for the latest dead letters, at most Limit.
type ListDeadLettersInput struct {
	Limit int `json:"limit"`
}

// DeadLetterList holds dead letters, the latest to be given up first.
type DeadLetterList struct {
	DeadLetters []DeadLetter `json:"dead_letters"`
	// More tells that there are more than the limit.
	More bool `json:"more,omitempty"`
}

// ReplayDeadLettersInput asks to send dead letters again: those that are named, or
// those of a reason, or with All each, that were neither sent again nor discarded
// before.
type ReplayDeadLettersInput struct {
	IDs    []string `json:"ids,omitempty"`
	Reason string   `json:"reason,omitempty"`
	All    bool     `json:"all,omitempty"`
}

// ReplayDeadLettersResult counts what was sent again.
type ReplayDeadLettersResult struct {
	Replayed int `json:"replayed"`
	// Before were sent again or discarded at an earlier time, and are left alone.
	// Gone are no longer in Kafka.
	Before int `json:"before"`
	Gone   int `json:"gone"`
}

// DiscardDeadLettersInput names dead letters that are dealt with.
type DiscardDeadLettersInput struct {
	IDs []string `json:"ids"`
}

// DiscardDeadLettersResult counts what was discarded.
type DiscardDeadLettersResult struct {
	Discarded int `json:"discarded"`
	// Before were sent again or discarded at an earlier time, and are left alone.
	// Gone are no longer in Kafka.
	Before int `json:"before"`
	Gone   int `json:"gone"`
}

// RetryCallsInput names calls that are to be analyzed once more.
type RetryCallsInput struct {
	CallIDs []string `json:"call_ids"`
}

// RetryCallsResult says which calls are, and which cannot be.
type RetryCallsResult struct {
	Retried []string      `json:"retried"`
	Refused []RefusedCall `json:"refused,omitempty"`
}

// RefusedCall is a call that cannot be analyzed once more, with the reason.
type RefusedCall struct {
	CallID string `json:"call_id"`
	Reason string `json:"reason"`
}
