package anonymize

import (
	"context"
	"slices"
)

// Turn is what one side of a call said before the other spoke, as a recognizer of
// speech or a person wrote it down: possibly in lower case and without punctuation.
type Turn struct {
	// Side tells who spoke, such as "customer" or "agent"; empty if unknown.
	Side string
	// Text may be empty, in English, in German, or in another language.
	Text string
}

// Calls anonymizes the turns of each call. The results have the shape of the
// argument; their spans are offsets into the turn's text, and outside of them the text
// stays byte for byte.
//
// Besides what is found in tweets, personal data is found as it is said: digits as
// words, letters one by one, addresses with "at" and "dot". A question for a detail
// ("may I have your name") has the next answers replaced generously, and a name, once
// found, is replaced in the whole call, also where it is spelled. Which side is which
// need not be known.
//
// The error is a recognizer's or the context's.
func (a *Anonymizer) Calls(ctx context.Context, calls [][]Turn) ([][]Result, error) {
	heard := make([]*conversation, len(calls))
	err := a.parallel(ctx, len(calls), 8, func(from, to int) error {
		for i := from; i < to; i++ {
			c, err := a.listen(ctx, calls[i])
			if err != nil {
				return err
			}
			heard[i] = c
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := a.askModelsOfCalls(ctx, heard); err != nil {
		return nil, err
	}
	results := make([][]Result, len(calls))
	err = a.parallel(ctx, len(calls), 8, func(from, to int) error {
		for i := from; i < to; i++ {
			results[i] = a.callResults(heard[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// listen runs the rules for written text and those for speech over a call.
func (a *Anonymizer) listen(ctx context.Context, turns []Turn) (*conversation, error) {
	c := a.speech.listen(a.lexicon, turns)
	texts := make([]string, len(turns))
	for i, turn := range turns {
		texts[i] = turn.Text
	}
	written, err := a.rules.Recognize(ctx, texts)
	if err != nil {
		return nil, err
	}
	for i, spans := range written {
		c.turns[i].take(spans)
	}
	c.redact()
	return c, nil
}

// askModelsOfCalls shows the models the turns with a word that may be a name and that no
// rule has taken, each text once.
func (a *Anonymizer) askModelsOfCalls(ctx context.Context, heard []*conversation) error {
	if len(a.models) == 0 {
		return nil
	}
	ids := map[string]int{}
	var texts []string
	for _, c := range heard {
		for i := range c.turns {
			u := &c.turns[i]
			if _, known := ids[u.text]; !known && u.mayHoldName() {
				ids[u.text] = len(texts)
				texts = append(texts, u.text)
			}
		}
	}
	shown, spans := make([]bool, len(texts)), make([][]Span, len(texts))
	for i := range shown {
		shown[i] = true
	}
	believed := func(t *tweet, sp Span) (Span, bool) { return t.withInitials(sp), !t.isAllowed(sp, a.lexicon) }
	if err := a.askModels(ctx, texts, shown, spans, believed); err != nil {
		return err
	}
	for _, c := range heard {
		for i := range c.turns {
			if n, known := ids[c.turns[i].text]; known {
				c.turns[i].take(spans[n])
			}
		}
	}
	return nil
}

// callResults carries what was found over the call, and makes the results.
func (a *Anonymizer) callResults(c *conversation) []Result {
	c.carry()
	results := make([]Result, len(c.turns))
	for i := range c.turns {
		u := &c.turns[i]
		u.denied(a.deny)
		found := merge(u.text, slices.Clone(u.spans))
		results[i] = Result{Text: replace(u.text, found), Spans: found}
	}
	return results
}

// conversation is a call that is being anonymized.
type conversation struct {
	turns []utterance
	// names are the words of the names found so far, and numbers the digits of what
	// was read out.
	names   map[string]bool
	phrases [][]string // names of several words, of which some are ordinary ones
	numbers []string
	// brands are the words of companies that the call begins with.
	brands map[string]bool
}

// redact runs the rules for speech over all turns, in their order.
func (c *conversation) redact() {
	var open windows
	for i := range c.turns {
		u := &c.turns[i]
		u.cues = u.announcements()
		u.asked = open.answers(u)
		if !u.asked.has(Person) {
			u.keepBrands(c.brands)
		}
		u.emailsInSpeech()
		u.dates()
		u.addresses()
		u.codes()
		u.namesInSpeech()
		open.turn(u)
	}
}

// carry finds what was found once wherever it is said again.
func (c *conversation) carry() {
	c.collect()
	for i := range c.turns {
		c.turns[i].repeated(c)
	}
}
