package pipeline

import "fmt"

// ProblemKind tells who has to act on a problem. It is also the type under which a
// problem travels as a Temporal application failure.
type ProblemKind string

const (
	// BadInput: the caller gave something unusable (a file, an option, a
	// model name, a key). Exit code 2.
	BadInput ProblemKind = "BadInput"
	// Environment: something around the program is missing or unreachable
	// (a server, a port, a directory). Exit code 3.
	Environment ProblemKind = "Environment"
	// Refused: the provider said no, and asking again will not help (no
	// permission, no quota, a failed job); or the anonymizer is not good
	// enough for texts to be sent. Exit code 1.
	Refused ProblemKind = "Refused"
)

// ConnectionFailure is the type of the failure of an activity that does not reach
// the provider. It may pass by itself, so it is repeated.
const ConnectionFailure = "connection"

// Problem is an error that a person has to do something about: a kind, a sentence
// for a person, and the cause if any. Package problem says how they are made.
type Problem struct {
	Kind ProblemKind
	// Text is the whole sentence, including the cause where that helps.
	Text string
	// Cause may be nil.
	Cause error
}

// Error returns the sentence.
func (e *Problem) Error() string { return e.Text }

// Unwrap returns the cause, nil if there is none.
func (e *Problem) Unwrap() error { return e.Cause }

// badInput makes the problem of an input that makes no sense.
func badInput(format string, args ...any) *Problem {
	return &Problem{Kind: BadInput, Text: fmt.Sprintf(format, args...)}
}
