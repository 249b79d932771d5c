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
	// additive tells that the stretches of a text can be counted apart.
	additive bool

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
		c.count, c.additive = codec.Count, true
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

// counting counts many texts, one after another. It remembers what it has counted: texts
// are made of the same words over and over, and cutting one into tokens is dear.
type counting struct {
	*Counter
	known map[string]int32
}

// mostKnown bounds what is remembered. Beyond that come words that are seldom met again.
const mostKnown = 1 << 17

func (c *Counter) counting() counting { return counting{c, make(map[string]int32)} }

// question is that of [Counter.Example].
func (c counting) question(conversation string) (int, error) {
	user, err := c.text(conversation)
	if err != nil {
		return 0, fmt.Errorf("counting tokens: %w", err)
	}
	return c.system + user + 2*c.perMessage + c.perRequest, nil
}

// text counts a text stretch by stretch: they are counted as they would be in the whole.
func (c counting) text(s string) (sum int, err error) {
	if !c.additive {
		return c.count(s)
	}
	for s != "" {
		end := stretch(s)
		n, known := c.known[s[:end]]
		if !known {
			all, err := c.count(s[:end])
			if err != nil {
				return 0, err
			}
			if n = int32(all); len(c.known) < mostKnown {
				c.known[s[:end]] = n
			}
		}
		sum += int(n)
		s = s[end:]
	}
	return sum, nil
}

// stretch returns where the first stretch of a text ends: before a blank that a letter
// follows. OpenAI's vocabularies cut a text into pieces before they look for tokens, and
// such a blank always begins a piece: only the expressions for words take one, and only
// as the first character.
func stretch(s string) int {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == ' ' && 'a' <= s[i+1]|0x20 && s[i+1]|0x20 <= 'z' {
			return i
		}
	}
	return len(s)
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
