// Package inference asks a model about every example of one part, many at a
// time, and loses no answer that was paid for.
//
// [Run] is one attempt. It keeps the provider busy from the first example to
// the last: nothing waits for a chunk to be complete or to be written. Answers
// are saved in chunks of whatever came in, in the order in which it came in. A
// chunk is immutable and the chunks of a part together are its state, so a
// later attempt reads them back ([Resume]) and asks only about what is in none.
//
// [Batch] is the same for a provider that answers a file of questions with a file
// of answers, in hours instead of seconds: it says what is to be asked and takes in
// what came, by the rules below.
//
// # What happens to an example
//
//	no text                          Empty, not asked
//	an answer that means a label     Classified
//	no label, twice                  Invalid, company Unknown
//	this text refused                Failed with the reason
//	server error, timeout, ...       waits for the next attempt; Failed with the reason after the last
//
// Every example of a part that ends without an error has exactly one
// prediction. Identical texts are asked about once.
//
// # What ends an attempt early
//
//   - a rate limit that asks for more than some seconds: nothing more is sent,
//     what was sent is awaited and saved, and the error carries the time to
//     wait; shorter ones are waited out, since they are no failures;
//   - a provider that fails [downAfter] times in a row: it is down, and asking
//     about the rest would only take longer;
//   - a permanent error: no key, no credit, no such model;
//   - the end of the context, which leaves what was sent a grace period.
//
// A provider's limits on concurrency and rate are kept by its client, because
// several parts may run in one process.
package inference

import (
	"context"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// Classifier is what [Run] asks; [provider.Client] is one. It is called
// concurrently. Errors that are no [*provider.Error] end the attempt. Once the
// turn of ctx has ended ([provider.WithTurn]), it sends nothing more and returns
// [provider.ErrNotSent].
type Classifier interface {
	Classify(ctx context.Context, model, system, text string) (provider.Answer, error)
}

// What Options means by zero.
const (
	DefaultConcurrency = provider.DefaultMaxConcurrent
	DefaultChunkRows   = 500
	DefaultSaveEvery   = 10 * time.Second
	DefaultGrace       = 10 * time.Second
)

// Options tells [Run] what to ask and how.
type Options struct {
	// Model is asked with Prompt as the system message.
	Model, Prompt string
	// Labels are the answers that count. [dataset.Unknown] always does. An
	// answer counts as a label if exactly one fits once quotes, an @, full
	// stops, tags and a prefix such as "Company:" are off, whatever its case.
	Labels []string
	// Concurrency is the number of questions under way. 0 means
	// [DefaultConcurrency]; more than the client's own limit gains nothing.
	Concurrency int
	// ChunkRows is the number of predictions that is worth saving at once. 0
	// means [DefaultChunkRows].
	ChunkRows int
	// SaveEvery is the longest time for which an answer stays unsaved, and
	// so what a killed process has to pay for again. 0 means
	// [DefaultSaveEvery].
	SaveEvery time.Duration
	// Grace is how long answers to what was sent are awaited after the
	// context has ended. 0 means [DefaultGrace].
	Grace time.Duration
	// LastAttempt: there will be no other. Rate limits are then waited out
	// instead of returned, and what has no answer in the end becomes Failed.
	LastAttempt bool
}

func (o Options) withDefaults() Options {
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.ChunkRows == 0 {
		o.ChunkRows = DefaultChunkRows
	}
	if o.SaveEvery == 0 {
		o.SaveEvery = DefaultSaveEvery
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	return o
}

// Validate returns a problem of kind [problem.BadInput] for an option that
// cannot work, nil otherwise.
func (o Options) Validate() error {
	switch {
	case o.Model == "":
		return problem.Input("there is no model to classify with: name one")
	case len(o.Labels) == 0:
		return problem.Input("the model %q has no labels: expected at least one company", o.Model)
	case o.Concurrency < 0 || o.ChunkRows < 0 || o.SaveEvery < 0 || o.Grace < 0:
		return problem.Input("the options of the classification hold a negative number: concurrency %d, rows per chunk %d, save every %s, grace %s",
			o.Concurrency, o.ChunkRows, o.SaveEvery, o.Grace)
	}
	return nil
}

// Resume is what earlier attempts saved. The zero value is a first attempt.
type Resume struct {
	// Done holds the predictions of all chunks, in any order. Predictions of
	// other parts' conversations and second predictions of one are ignored:
	// two attempts may have overlapped.
	Done []dataset.Prediction
	// NextChunk is one more than the highest number of a saved chunk.
	NextChunk int
}

// Progress is how far a part is. It is also all that a heartbeat needs to
// carry: the state itself is in the chunks.
type Progress struct {
	// Done examples of Total have their prediction; those of earlier
	// attempts count.
	Done, Total int
	// NextChunk is one more than the highest number of a saved chunk.
	NextChunk int
}

// Outcome counts what an attempt did. After an error it tells of what was done
// until then.
type Outcome struct {
	// Rows is the number of examples; Resumed of them came from earlier
	// attempts. The next four count those of this attempt, Pending those
	// without a prediction: Rows = Resumed + Classified + Invalid + Empty +
	// Failed + Pending.
	Rows, Resumed, Classified, Invalid, Empty, Failed, Pending int
	// Reused is how many predictions of this attempt were taken from another
	// example with the same text.
	Reused int
	// Questions is how many answers were asked for, second ones included.
	Questions int
	// WithoutConfidence is how many answers came without log-probabilities.
	// Their confidence is set to 1: no threshold can then be calibrated.
	WithoutConfidence int
	// PromptTokens and AnswerTokens are what this attempt used up, including
	// answers that were no label.
	PromptTokens, AnswerTokens int64
	// NextChunk is one more than the highest number of a saved chunk.
	NextChunk int
	// Predictions has one prediction for each example, in the examples'
	// order; nil after an error.
	Predictions []dataset.Prediction
}

// Run classifies the examples of one part that from does not already hold.
//
// save persists one chunk and is called with ascending numbers from
// from.NextChunk, never twice at a time and also after ctx has ended. It must
// be atomic: a chunk is there with all its rows or not at all. It may keep the
// slice. An error of save ends the attempt.
//
// progress, which may be nil, is called about once a second and after each save;
// it must not block.
//
// The error wraps a [*provider.Error] if the provider is to blame: a permanent
// one, or a retryable one with the longest RetryAfter that came up, which says
// that examples are left for another attempt. It wraps the cause of ctx if that
// ended. All that was answered has then been saved.
func Run(ctx context.Context, c Classifier, o Options, examples []dataset.Example, from Resume,
	save func(chunk int, predictions []dataset.Prediction) error, progress func(Progress)) (Outcome, error) {
	if err := o.Validate(); err != nil {
		return Outcome{Rows: len(examples), Pending: len(examples), NextChunk: from.NextChunk}, err
	}
	r := newRun(c, o.withDefaults(), examples, from)
	if progress != nil {
		r.progress = progress
	}
	return r.run(ctx, save)
}
