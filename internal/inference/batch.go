package inference

import (
	"errors"
	"strconv"

	"switchboard/internal/dataset"
	"switchboard/internal/provider"
)

// Batch is one part whose questions go to the provider in a file, and whose
// answers come in a file. The rules are those of [Run], but for one: an answer
// that is no label is not asked for a second time. A Batch is for one goroutine.
type Batch struct {
	r         *run
	questions map[string]*question // by id
}

// NewBatch prepares what from does not already hold. Of the options it uses
// Model and Labels. Its errors are those of [Options.Validate].
func NewBatch(o Options, examples []dataset.Example, from Resume) (*Batch, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	b := &Batch{r: newRun(nil, o, examples, from), questions: map[string]*question{}}
	for _, q := range b.r.queue {
		b.questions[b.id(q)] = q
	}
	return b, nil
}

// id names a question by the first row of the part that has its text. The provider
// keeps it, so it is not the conversation's id, which would lead to the tweet.
func (b *Batch) id(q *question) string { return strconv.Itoa(q.rows[0]) }

// Question is a text that has no answer yet, under an id that stays the same
// until it has one, and that another part may use too.
type Question struct{ ID, Text string }

// Questions returns what is to be asked, each text once, in the examples' order.
func (b *Batch) Questions() []Question {
	var list []Question
	for _, q := range b.r.queue {
		if id := b.id(q); b.questions[id] != nil {
			list = append(list, Question{id, q.text})
		}
	}
	return list
}

// Take takes in an answer, or the error of [provider.BatchAnswer]. One to a
// question that is not open, such as a second one, is ignored. The error is one
// that all questions would meet: there is no such model. What failed in a way
// that may pass stays open.
func (b *Batch) Take(a provider.BatchAnswer) error {
	q, open := b.questions[a.ID]
	if !open {
		return nil
	}
	var e *provider.Error
	switch {
	case a.Err == nil:
		b.r.takeAnswer(b.reply(q, a.Answer))
	case !errors.As(a.Err, &e):
		return a.Err
	case e.AboutText():
		b.r.fail(q, e.Reason)
	case e.Reason == provider.InvalidRequest:
		q.err = e
		b.r.refused = append(b.r.refused, q)
	case e.Permanent:
		return e
	default:
		q.err = e
		return nil
	}
	delete(b.questions, a.ID)
	return nil
}

func (b *Batch) reply(q *question, a provider.Answer) reply {
	return reply{q: q, answer: a, company: b.r.labels.match(a.Text), prompt: a.PromptTokens, tokens: a.AnswerTokens}
}

// Settle ends a round: it returns the predictions that were made since the last
// one and are to be saved, and how many questions are open. Questions that were
// refused count as such once any was answered, in this round or an earlier one;
// if none ever was, the request is wrong, and that is the error.
func (b *Batch) Settle() (made []dataset.Prediction, open int, err error) {
	if b.r.answered {
		b.r.settleRefused()
	} else if len(b.r.refused) > 0 {
		err = b.r.refused[0].err
	}
	made, b.r.unsaved = b.r.unsaved, nil
	return made, len(b.questions), err
}

// GiveUp marks what is still open as failed, with the reason of its last
// failure.
func (b *Batch) GiveUp() {
	for _, q := range b.r.queue {
		id := b.id(q)
		if b.questions[id] == nil {
			continue
		}
		reason := provider.Timeout // its batch expired, or never had it
		if q.err != nil {
			reason = q.err.Reason
		}
		b.r.fail(q, reason)
		delete(b.questions, id)
	}
}

// Predictions returns one prediction for each example, in their order, and how
// many answers came without log-probabilities. It may be called when no question
// is open.
func (b *Batch) Predictions() (predictions []dataset.Prediction, withoutConfidence int) {
	return b.r.predictions, b.r.out.WithoutConfidence
}
