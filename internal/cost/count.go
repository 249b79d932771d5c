package cost

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer"

	"switchboard/internal/prompt"
	"switchboard/internal/text"
)

// Words is the vocabulary of the model server: see [text.Words].
const Words = "words"

// Vocabularies returns the names of the vocabularies that tokens can be counted
// with: [Words] and OpenAI's.
func Vocabularies() []string {
	return []string{Words, string(tokenizer.O200kBase), string(tokenizer.Cl100kBase)}
}

// Counter counts the tokens of examples as one model sees them. It is safe for
// concurrent use.
type Counter struct {
	count func(string) (int, error)
	// around is what the chat format adds to each message and to each
	// request.
	perMessage, perRequest int
	system                 int

	labels sync.Map // of label to tokens: there are few, and each is met often
}

// NewCounter returns the counter of a vocabulary, one of [Vocabularies].
func NewCounter(vocabulary string) (*Counter, error) {
	c := &Counter{}
	if vocabulary == Words {
		c.count = func(s string) (int, error) { return text.Words(s), nil }
	} else {
		codec, err := tokenizer.Get(tokenizer.Encoding(vocabulary))
		if err != nil {
			return nil, fmt.Errorf("counting tokens with %s: %w", vocabulary, err)
		}
		c.count = codec.Count
		// OpenAI's cookbook, "How to count tokens with tiktoken": three
		// for each message and three that begin the answer.
		c.perMessage, c.perRequest = 3, 3
	}
	var err error
	c.system, err = c.count(prompt.System)
	return c, err
}

// Example counts one conversation and its answer, as a training example: the
// question, which is what is asked of a model too, and the answer.
func (c *Counter) Example(conversation, label string) (question, answer int, err error) {
	user, err := c.count(conversation)
	if err != nil {
		return 0, 0, fmt.Errorf("counting tokens: %w", err)
	}
	answer, err = c.label(label)
	if err != nil {
		return 0, 0, err
	}
	return c.system + user + 2*c.perMessage + c.perRequest, answer + c.perMessage, nil
}

func (c *Counter) label(label string) (int, error) {
	if n, ok := c.labels.Load(label); ok {
		return n.(int), nil
	}
	n, err := c.count(label)
	if err != nil {
		return 0, fmt.Errorf("counting tokens: %w", err)
	}
	c.labels.Store(label, n)
	return n, nil
}
