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

	"switchboard/internal/pipeline"
)

// Kind tells who has to act on a problem. It travels as the type of a Temporal
// application failure, so the contract owns it.
type Kind = pipeline.ProblemKind

// The kinds.
const (
	BadInput    = pipeline.BadInput
	Environment = pipeline.Environment
	Refused     = pipeline.Refused
)

// Error is a problem: a kind, a sentence for a person, and the cause if any.
type Error = pipeline.Problem

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
