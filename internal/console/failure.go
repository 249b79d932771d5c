package console

import (
	"errors"

	"switchboard/internal/problem"
)

// Failure is an error as it leaves the program.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Code    int    `json:"exit_code"`
}

// Line is the failure as it appears on standard error.
func (f Failure) Line() string {
	if f.Code == problem.ExitInterrupted {
		return f.Message
	}
	return "error: " + f.Message
}

// Interruption is the error of a command whose user stopped waiting.
type Interruption string

// Error returns the sentence.
func (e Interruption) Error() string { return string(e) }

// Interrupted marks errors of commands whose user stopped waiting.
func (Interruption) Interrupted() {}

// Classify finds out who has to act on an error.
func Classify(err error) Failure {
	var stopped interface {
		error
		Interrupted()
	}
	if errors.As(err, &stopped) {
		return Failure{Kind: "Interrupted", Message: err.Error(), Code: problem.ExitInterrupted}
	}
	f := Failure{Kind: "Failed", Message: err.Error(), Code: problem.ExitCode(err)}
	if kind, ok := problem.KindOf(err); ok {
		f.Kind = string(kind)
	}
	return f
}
