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
	ids := map[string]int{}
	var texts []string
	for _, turns := range calls {
		for _, turn := range turns {
			if _, known := ids[turn.Text]; !known && turn.Text != "" {
				ids[turn.Text] = len(texts)
				texts = append(texts, turn.Text)
			}
		}
	}
	spans, err := a.recognize(ctx, texts)
	if err != nil {
		return nil, err
	}
	results := make([][]Result, len(calls))
	err = a.parallel(ctx, len(calls), 8, func(from, to int) error {
		for i := from; i < to; i++ {
			results[i] = a.call(calls[i], func(s string) []Span {
				if s == "" {
					return nil
				}
				return spans[ids[s]]
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// call makes the results of one call. Written tells what the recognizers of written
// text find in a turn.
func (a *Anonymizer) call(turns []Turn, written func(string) []Span) []Result {
	c := a.speech.listen(a.lexicon, turns)
	for i := range c.turns {
		u := &c.turns[i]
		for _, sp := range written(u.text) {
			if !u.isMisread(sp) {
				u.spans = append(u.spans, u.narrowed(sp))
			}
		}
	}
	c.redact()
	results := make([]Result, len(turns))
	for i := range c.turns {
		u := &c.turns[i]
		if len(a.deny) > 0 {
			u.denied(a.deny)
		}
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
}

// redact runs the rules for speech over all turns, in their order, and then carries what
// was found to where it is said again.
func (c *conversation) redact() {
	var open windows
	for i := range c.turns {
		u := &c.turns[i]
		u.cues = u.announcements()
		u.asked = open.answers(u)
		u.emailsInSpeech()
		u.dates()
		u.addresses()
		u.codes()
		u.namesInSpeech()
		open.turn(u)
	}
	c.collect()
	for i := range c.turns {
		c.turns[i].repeated(c)
	}
}
