// Package anonymize takes personal data out of tweets before they leave the
// machine.
//
// Recognizers find spans: the rules of this package find names where tweets
// to and from customer support put them (greetings, sign-offs, "my name is"),
// and e-mail addresses, telephone numbers, cards, IBANs and booking codes by
// their form and check digits; a model (package ner) finds the names that
// only context tells. The spans are merged, and each is replaced once, by its
// [Kind]; outside the spans the text stays byte for byte:
//
//	Hi Liz, we called +44 20 7946 0018. -Becky
//	Hi Person, we called Phone. -Person
//
// A name found anywhere in a thread is replaced everywhere in it, for a
// customer who is greeted by name in one tweet thanks the agent by name,
// without a capital, in the next.
//
// Training and production text pass through the same code, [Anonymizer]'s
// one method each for threads and for conversations. What the result depends
// on, besides the text, is in [Anonymizer.Version].
package anonymize

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/text"
)

// The kinds of personal data, and at the same time what takes its place. Calls have all
// of them, tweets the first six.
const (
	Person     = pipeline.PersonDetail
	Email      = pipeline.EmailDetail
	Phone      = pipeline.PhoneDetail
	Card       = pipeline.CardDetail
	Iban       = pipeline.IbanDetail
	Booking    = pipeline.BookingDetail
	Address    = pipeline.AddressDetail
	BirthDate  = pipeline.BirthDateDetail
	Account    = pipeline.AccountDetail
	NationalID = pipeline.NationalIDDetail
	Passport   = pipeline.PassportDetail
)

// Span is a piece of a cleaned tweet that a recognizer takes for personal
// data.
type Span struct {
	// Start and End are byte offsets, End exclusive.
	Start, End int
	// Kind is one of the constants above.
	Kind string
	// Score is between 0 and 1; rules score 1.
	Score float32
	// Recognizer is the rule's or the model's name.
	Recognizer string
}

// Recognizer finds personal data. It is used from several goroutines at once.
type Recognizer interface {
	// Name is short and stable, such as "ner".
	Name() string
	// Version changes whenever the same text may yield other spans: for a
	// model it holds the hash of its files.
	Version() string
	// Recognize returns the spans of each text, in any order, nil where
	// there are none. The texts are cleaned and non-empty, and no two are
	// the same. An error is about the recognizer or the context, never
	// about a text.
	Recognize(ctx context.Context, texts []string) ([][]Span, error)
}

// Options are the settings of an [Anonymizer]. The zero value uses the rules
// alone.
type Options struct {
	// Models are asked besides the rules.
	Models []Recognizer
	// Allow holds words and phrases that are never taken for a person,
	// such as the companies' handles, besides the embedded list. Case does
	// not matter. The list has to be the same for training and production.
	Allow []string
	// Deny holds names that are always replaced, as whole words, whatever
	// the recognizers say. Case does not matter.
	Deny []string
	// Workers bounds the goroutines; 0 means one a core.
	Workers int
}

// Validate returns a [problem.Error] for options that make no sense.
func (o Options) Validate() error {
	if o.Workers < 0 {
		return problem.Input("the anonymizer cannot work with %d workers: give a number from 1 up, or 0 for one a core", o.Workers)
	}
	seen := map[string]bool{}
	for _, m := range o.Models {
		if m == nil || m.Name() == "" || seen[m.Name()] {
			return problem.Input("the anonymizer's models need names, each another one")
		}
		seen[m.Name()] = true
	}
	denied := map[string]bool{}
	for _, entry := range o.Deny {
		denied[strings.ToLower(entry)] = true
	}
	for _, entry := range o.Allow {
		if denied[strings.ToLower(entry)] {
			return problem.Input("an entry of the allow list is on the deny list too; take it from one of them")
		}
	}
	return nil
}

// ReadList reads an allow or deny list: one entry a line, spaces around it
// ignored, lines that begin with # and empty lines skipped. A file that cannot
// be read as one is a [problem.Error].
func ReadList(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, problem.Input("the list of names cannot be opened: %w", err)
	}
	defer f.Close()
	return readList(f, path)
}

func readList(r io.Reader, path string) (list []string, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line != strings.ToValidUTF8(line, "") || len(line) > 100 {
			return nil, problem.Input("%s, line %d: expected one name of at most 100 bytes in UTF-8", path, n)
		}
		list = append(list, line)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, problem.Input("%s is no list of names: it has a line of more than 64 KiB", path)
	} else if err != nil {
		return nil, problem.Input("the list of names cannot be read: %w", err)
	}
	return list, nil
}

// Anonymizer replaces personal data in tweets. It may be used from several
// goroutines.
type Anonymizer struct {
	lexicon *lexicon
	rules   *rules
	speech  *speech
	models  []Recognizer
	deny    map[string]bool // folded words and phrases
	workers int
	version string
}

// New returns an Anonymizer, or an error of [Options.Validate].
func New(o Options) (*Anonymizer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	l := newLexicon(o.Allow)
	a := &Anonymizer{
		lexicon: l,
		rules:   &rules{lexicon: l},
		speech:  newSpeech(),
		models:  slices.Clone(o.Models),
		deny:    map[string]bool{},
		workers: o.Workers,
	}
	if a.workers == 0 {
		a.workers = runtime.GOMAXPROCS(0)
	}
	for _, entry := range o.Deny {
		if n := normalize(entry); n != "" {
			a.deny[n] = true
		}
	}
	h := sha256.New()
	for _, r := range append([]Recognizer{a.rules}, a.models...) {
		fmt.Fprintf(h, "%s %s\n", r.Name(), r.Version())
	}
	for _, list := range [][]string{o.Allow, o.Deny} {
		list = slices.Clone(list)
		slices.Sort(list)
		fmt.Fprintf(h, "%q\n", slices.Compact(list))
	}
	a.version = hex.EncodeToString(h.Sum(nil))
	return a, nil
}

// Version returns a hash, in hexadecimal, of all that decides what is
// replaced: the rules, their word lists, the models' files, the allow and deny
// lists.
func (a *Anonymizer) Version() string { return a.version }

// Models returns the version of each model, by its name; empty for rules alone.
func (a *Anonymizer) Models() map[string]string {
	versions := make(map[string]string, len(a.models))
	for _, m := range a.models {
		versions[m.Name()] = m.Version()
	}
	return versions
}

// Result is an anonymized tweet.
type Result struct {
	Text string
	// Spans are what was replaced, by offsets into the cleaned tweet, in
	// order and without overlap; nil if nothing was.
	Spans []Span
}

// Threads anonymizes the cleaned tweets of each thread (see package text). The
// results have the shape of the argument. A name found in one tweet is
// replaced in all tweets of its thread. Tweets that are the same, in one
// thread or in several, are recognized once.
//
// The error is a recognizer's or the context's.
func (a *Anonymizer) Threads(ctx context.Context, threads [][]string) ([][]Result, error) {
	// Number the distinct texts.
	ids := map[string]int{}
	var texts []string
	numbers := make([][]int, len(threads))
	for i, tweets := range threads {
		numbers[i] = make([]int, len(tweets))
		for j, s := range tweets {
			id, known := ids[s]
			if !known {
				id = len(texts)
				ids[s] = id
				texts = append(texts, s)
			}
			numbers[i][j] = id
		}
	}
	spans, err := a.recognize(ctx, texts)
	if err != nil {
		return nil, err
	}
	results := make([][]Result, len(threads))
	err = a.parallel(ctx, len(threads), 64, func(from, to int) error {
		var t tweet
		for i := from; i < to; i++ {
			results[i] = a.thread(&t, threads[i], numbers[i], spans)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// Conversations cleans and anonymizes conversations and joins the tweets of
// each, one a line; tweets of which nothing is left are left out of the text.
// The examples are in the order of the conversations. The spans, what was
// replaced, are in that order too, for an audit; their tweet is counted as in
// the conversation, empty tweets included, and their offsets are into the
// cleaned tweet.
//
// Conversations of one thread have to stand side by side, as the dataset's
// parts have them: names are looked for over the whole of a thread, and a
// tweet on many paths costs once.
//
// The error is a recognizer's or the context's.
func (a *Anonymizer) Conversations(ctx context.Context, conversations []dataset.Conversation) ([]dataset.Example, []dataset.Span, error) {
	threads, places, err := a.clean(ctx, conversations)
	if err != nil {
		return nil, nil, err
	}
	results, err := a.Threads(ctx, threads)
	if err != nil {
		return nil, nil, err
	}
	examples := make([]dataset.Example, len(conversations))
	var audit []dataset.Span
	var b strings.Builder
	for i, c := range conversations {
		b.Reset()
		lines, opening := int32(0), int32(0)
		tweets := results[places[i].thread]
		for j, at := range places[i].tweets {
			r := tweets[at]
			for _, sp := range r.Spans {
				audit = append(audit, dataset.Span{
					ConversationID: c.ID, Tweet: int32(j), Kind: sp.Kind, Start: int32(sp.Start), End: int32(sp.End),
					Score: sp.Score, Recognizer: sp.Recognizer,
				})
			}
			if r.Text == "" {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(r.Text)
			if lines++; j+1 == int(c.Opening) {
				opening = lines
			}
		}
		examples[i] = dataset.Example{ID: c.ID, ThreadID: c.ThreadID, Rows: c.Rows, Text: b.String(), Label: c.Label, Answered: c.Answered, Opening: opening}
	}
	return examples, audit, nil
}

// place says where a conversation's tweets are: which thread, and which tweets
// in it.
type place struct {
	thread int
	tweets []int
}

// clean returns the cleaned tweets of each thread, every tweet once, and where
// each conversation's tweets are among them.
func (a *Anonymizer) clean(ctx context.Context, conversations []dataset.Conversation) ([][]string, []place, error) {
	var threads [][]string
	places := make([]place, len(conversations))
	known := map[string]int{} // raw text to its place in the thread
	for i, c := range conversations {
		if i == 0 || c.ThreadID != conversations[i-1].ThreadID {
			threads = append(threads, nil)
			clear(known)
		}
		last := len(threads) - 1
		places[i] = place{thread: last, tweets: make([]int, len(c.Texts))}
		for j, raw := range c.Texts {
			at, ok := known[raw]
			if !ok {
				at = len(threads[last])
				known[raw] = at
				threads[last] = append(threads[last], raw)
			}
			places[i].tweets[j] = at
		}
	}
	err := a.parallel(ctx, len(threads), 256, func(from, to int) error {
		for _, tweets := range threads[from:to] {
			for j, raw := range tweets {
				tweets[j] = text.Clean(raw)
			}
		}
		return nil
	})
	return threads, places, err
}

// recognize asks the rules and the models. The spans of the rules come first. A
// model sees only the texts with a word that may be a name.
func (a *Anonymizer) recognize(ctx context.Context, texts []string) ([][]Span, error) {
	spans := make([][]Span, len(texts))
	shown := make([]bool, len(texts))
	err := a.parallel(ctx, len(texts), 512, func(from, to int) error {
		found, err := a.rules.Recognize(ctx, texts[from:to])
		copy(spans[from:to], found)
		if err != nil || len(a.models) == 0 {
			return err
		}
		var t tweet
		for i := from; i < to; i++ {
			t.scan(texts[i], a.lexicon)
			shown[i] = t.isCandidate(spans[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := a.askModels(ctx, texts, shown, spans, a.believed); err != nil {
		return nil, err
	}
	return spans, nil
}

// believed is what of a span in a tweet is a name; false if nothing is.
func (a *Anonymizer) believed(t *tweet, sp Span) (Span, bool) {
	if t.isAllowed(sp, a.lexicon) {
		return sp, false
	}
	if sp.Kind == Person && t.isGerman() {
		var left bool
		if sp, left = t.withoutGerman(sp, a.speech); !left {
			return sp, false
		}
	}
	return t.withInitials(sp), true
}

// askModels appends to spans what the models find in the texts that are shown to them,
// as far as it is believed.
func (a *Anonymizer) askModels(ctx context.Context, texts []string, shown []bool, spans [][]Span, believed func(*tweet, Span) (Span, bool)) error {
	var asked []int
	var batch []string
	for i, s := range texts {
		if shown[i] {
			asked = append(asked, i)
			batch = append(batch, s)
		}
	}
	for _, m := range a.models {
		found, err := m.Recognize(ctx, batch)
		if err != nil {
			return fmt.Errorf("recognizing names with %s: %w", m.Name(), err)
		}
		if len(found) != len(batch) {
			return fmt.Errorf("recognizing names with %s: %d answers to %d texts", m.Name(), len(found), len(batch))
		}
		var t tweet
		for i, more := range found {
			if len(more) > 0 {
				at := asked[i]
				t.scan(texts[at], a.lexicon)
				for _, sp := range more {
					if name, ok := believed(&t, sp); ok {
						spans[at] = append(spans[at], name)
					}
				}
			}
		}
	}
	return nil
}

// parallel calls do for pieces of [0, n), from all workers.
func (a *Anonymizer) parallel(ctx context.Context, n, piece int, do func(from, to int) error) error {
	g, running := errgroup.WithContext(ctx)
	g.SetLimit(a.workers)
	for from := 0; from < n && running.Err() == nil; from += piece {
		g.Go(func() error { return do(from, min(from+piece, n)) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
