package activities

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/provider"
)

// AnswerCallInput says where the event of a call with given turns is.
type AnswerCallInput struct {
	RedactCallInput
	// Model is as in [ClassifyCallInput].
	Model string `json:"model,omitempty"`
}

// AnswerCallResult says how far the call has come.
type AnswerCallResult struct {
	RedactCallResult
	// Answer is nil where none is stored: there is nothing to ask about, or no model
	// has answered.
	Answer *ClassifyCallResult `json:"answer,omitempty"`
}

// AnswerCall is [Calls.RedactCall] and, as far as it goes without waiting,
// [Calls.ClassifyCall]. A call that is stored is as good as done, so what is wrong
// with asking is no error here: the step that asks alone meets it, says so, and has
// the patience for it.
func (c *Calls) AnswerCall(ctx context.Context, in AnswerCallInput) (AnswerCallResult, error) {
	origin, e, err := c.event(ctx, in.RedactCallInput)
	if err != nil {
		return AnswerCallResult{}, err
	}
	stored, result, err := c.redact(ctx, in.RedactCallInput, origin, e, false)
	if err != nil || !result.open() {
		return AnswerCallResult{RedactCallResult: result}, err
	}
	turn, stop := context.WithTimeout(ctx, promptly)
	defer stop()
	answer, err := c.classify(ctx, promptAsker{c.Client, turn}, ClassifyCallInput{
		CallID: in.CallID, Task: in.Task, Model: in.Model, Clearance: result.Clearance,
	}, stored)
	if err != nil {
		return AnswerCallResult{RedactCallResult: result}, nil
	}
	return AnswerCallResult{result, &answer}, nil
}

// promptly is for how long a question may wait to be sent where a workflow task waits
// for its answer. Behind a limit of the provider's, or a hundred other questions, it
// takes longer.
const promptly = 2 * time.Second

// promptAsker asks only if it need not wait for its turn.
type promptAsker struct {
	*provider.Client
	turn context.Context
}

var errNoTurn = errors.New("there was no turn to ask")

func (p promptAsker) TopAnswers(ctx context.Context, model, system, text string) (provider.Answer, []provider.Candidate, error) {
	answer, candidates, err := p.Client.TopAnswers(provider.WithTurn(ctx, p.turn), model, system, text)
	if errors.Is(err, provider.ErrNotSent) {
		err = errNoTurn // the other would be tried again
	}
	return answer, candidates, err
}
