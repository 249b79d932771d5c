package cli

import (
	"switchboard/internal/console"
	"switchboard/internal/problem"
	"switchboard/internal/request"
)

const (
	exitDone        = problem.ExitDone
	exitFailed      = problem.ExitFailed
	exitBadInput    = problem.ExitBadInput
	exitEnvironment = problem.ExitEnvironment
	exitInterrupted = problem.ExitInterrupted
)

// failure is an error as it leaves the program.
type failure console.Failure

func classify(err error) failure { return failure(console.Classify(err)) }

// interruption ends a command whose user stopped waiting.
type interruption struct{ sentence string }

func (e *interruption) Error() string { return e.sentence }

// Interrupted tells package console which exit code it has.
func (e *interruption) Interrupted() {}

// serverProblem is [request.Problem] of this connection's server.
func (c *connection) serverProblem(err error, subject string) error {
	return request.Problem(c.Client, err, subject)
}
