// Package problem defines the errors that a person has to do something about.
//
// Most errors pass by themselves: a connection breaks, a server is busy, and
// the retry of the activity succeeds. A problem does not. It says in plain
// English what is wrong, where (file, line, column, value) and what to do, and
// it carries a [Kind] that decides who must act. Activities turn a problem
// into a non-retryable failure of that kind; the command line turns the kind
// into its exit code.
//
// A problem's text reaches workflow histories, logs and terminals. It must
// never hold tweet text, a person's name or a handle.
package problem

import (
	"errors"
	"fmt"
)

// Kind tells who has to act on a problem. It is also the type under which a
// problem travels as a Temporal application failure.
type Kind string

const (
	// BadInput: the caller gave something unusable (a file, an option, a
	// model name, a key). Exit code 2.
	BadInput Kind = "BadInput"
	// Environment: something around the program is missing or unreachable
	// (a server, a port, a directory). Exit code 3.
	Environment Kind = "Environment"
	// Refused: the provider said no, and asking again will not help (no
	// permission, no quota, a failed job); or the anonymizer is not good
	// enough for texts to be sent. Exit code 1.
	Refused Kind = "Refused"
)

// Error is a problem: a kind, a sentence for a person, and the cause if any.
type Error struct {
	Kind Kind
	// Text is the whole sentence, including the cause where that helps.
	Text string
	// Cause may be nil.
	Cause error
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a problem of the given kind. The format may use %w once, to keep
// a cause.
func New(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Text: err.Error(), Cause: errors.Unwrap(err)}
}

// Input is short for New(BadInput, ...).
func Input(format string, args ...any) *Error { return New(BadInput, format, args...) }

// KindOf returns the kind of the first problem in err's chain, and false if
// there is none.
func KindOf(err error) (Kind, bool) {
	var p *Error
	if errors.As(err, &p) {
		return p.Kind, true
	}
	return "", false
}

// Exit codes of all programs.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitBadInput    = 2
	ExitEnvironment = 3
	// ExitInterrupted is what shells report for a process ended by SIGINT.
	ExitInterrupted = 130
)

// ExitCode returns the exit code for an error, by the kind of the problem in it.
// It is [ExitDone] for nil.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	switch kind, _ := KindOf(err); kind {
	case BadInput:
		return ExitBadInput
	case Environment:
		return ExitEnvironment
	}
	return ExitFailed
}
