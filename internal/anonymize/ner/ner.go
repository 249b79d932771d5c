// Package ner recognizes persons' names with a token-classification model, which
// package transformer runs.
//
// A model is a directory as Hugging Face has it: one ONNX file, tokenizer.json
// and config.json with the labels. Any model with a label for persons will do,
// whether it is called B-PER, person or GIVENNAME, and whether it cuts text by
// WordPiece, BPE or Unigram:
//
//	dir, err := ner.Hub{...}.Find(ctx, "KnightsAnalytics/distilbert-NER", hash)
//	model, err := ner.Load(ctx, ner.Options{Dir: dir, SHA256: hash})
//	a, err := anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{model}})
//
// Three things stand between a tweet and the model. Its text is folded to
// ASCII. A text longer than the model can see is cut into windows that overlap.
// And texts are sorted by length into batches.
package ner

import (
	"context"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/anonymize"
	"switchboard/internal/problem"
	"switchboard/internal/transformer"
)

// Options are the settings of a model.
type Options struct {
	// Dir is the model's directory.
	Dir string
	// SHA256 is what the model's files have to hash to, as 64 hexadecimal
	// digits: the hash that Version has. Empty takes any model.
	SHA256 string
	// Threshold is the probability from which on a word is a person's
	// name, above 0 and up to 1; 0 means 0.5. All labels for persons
	// count together.
	Threshold float32
}

// Validate returns a [problem.Error] for options that make no sense. It does
// not look at the directory.
func (o Options) Validate() error {
	switch {
	case o.Dir == "":
		return problem.Input("no directory is given for the model that finds names")
	case o.SHA256 != "" && !transformer.IsHash(o.SHA256):
		return problem.Input("the SHA-256 of the model that finds names is given as %q; it has to be 64 hexadecimal digits", o.SHA256)
	case o.Threshold < 0 || o.Threshold > 1:
		return problem.Input("the threshold for names is %v; it has to be above 0 and at most 1", o.Threshold)
	}
	return nil
}

// Recognizer is a loaded model. It may be used from several goroutines.
type Recognizer struct {
	model     *transformer.Model
	person    []bool // by label
	typed     bool   // token_type_ids are those of setTypes
	maxTokens int    // of a window, special tokens included
	threshold float32
	version   string
	cache     cache
}

// Load reads a model and tries it once. Whatever is wrong with the directory is
// a [problem.Error] that says what.
//
// The context bounds the loading alone.
func Load(ctx context.Context, o Options) (*Recognizer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	m, err := inspect(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := m.Pinned(o.SHA256); err != nil {
		return nil, err
	}
	r := &Recognizer{person: m.person, typed: m.typed, maxTokens: m.MaxTokens, threshold: o.Threshold, cache: newCache()}
	if r.threshold == 0 {
		r.threshold = 0.5
	}
	r.version = fmt.Sprintf("%s threshold %v", m.SHA256, r.threshold)
	if r.model, err = transformer.Open(ctx, m.Directory); err != nil {
		return nil, err
	}
	if n := r.model.Width(); n != len(m.person) {
		_ = r.Close() // the model is not used
		return nil, problem.Input("the model in %s cannot be used: it puts out %d scores a token, but config.json names %d labels", o.Dir, n, len(m.person))
	}
	if _, err := r.Recognize(ctx, []string{"We are happy to have you, Naomi! -JB"}); err != nil {
		_ = r.Close() // the model is not used
		return nil, transformer.Untried(o.Dir, err)
	}
	return r, nil
}

// Close frees the model. The recognizer must not be used any more.
func (r *Recognizer) Close() error { return r.model.Close() }

// Name returns "ner".
func (r *Recognizer) Name() string { return "ner" }

// Version holds the SHA-256 of the model's files, and the threshold.
func (r *Recognizer) Version() string { return r.version }

// Recognize returns the names in each text, as spans of whole words. An error
// is the context's or the model's.
func (r *Recognizer) Recognize(ctx context.Context, texts []string) ([][]anonymize.Span, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, unknown := r.cache.split(texts)
	rest := make([]string, len(unknown))
	for i, at := range unknown {
		rest[i] = texts[at]
	}
	fresh, err := r.run(ctx, rest)
	if err != nil {
		return nil, err
	}
	for i, at := range unknown {
		found[at] = fresh[i]
		r.cache.add(texts[at], fresh[i])
	}
	return found, nil
}

// run shows the texts to the model.
func (r *Recognizer) run(ctx context.Context, texts []string) ([][]anonymize.Span, error) {
	rows, err := r.rows(ctx, texts)
	if err != nil {
		return nil, err
	}
	// Texts of like length share a batch, and the short ones come last, so that
	// cores that run a batch each end at about the same time.
	slices.SortStableFunc(rows, func(a, b row) int { return len(b.input.TokenIDs) - len(a.input.TokenIDs) })
	spans := make([][]anonymize.Span, len(rows))
	g, running := errgroup.WithContext(ctx)
	g.SetLimit(r.model.Batches())
	for from := 0; from < len(rows) && running.Err() == nil; from += transformer.MaxRows {
		g.Go(func() error {
			to := min(from+transformer.MaxRows, len(rows))
			return r.batch(running, rows[from:to], spans[from:to])
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make([][]anonymize.Span, len(texts))
	for i, row := range rows {
		found[row.text] = append(found[row.text], spans[i]...)
	}
	for i := range found {
		found[i] = union(texts[i], found[i])
	}
	return found, nil
}

// batch puts the names of each row into spans.
func (r *Recognizer) batch(ctx context.Context, rows []row, spans [][]anonymize.Span) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	inputs := make([]transformer.Input, len(rows))
	for i, row := range rows {
		inputs[i] = row.input
	}
	scores, err := r.model.Run(inputs)
	if err != nil {
		return err
	}
	for i, row := range rows {
		spans[i] = r.spans(row, scores[i])
	}
	return nil
}

// personProbability is the softmax of one token's logits, summed over the
// labels of persons.
func (r *Recognizer) personProbability(logits []float32) float32 {
	highest := slices.Max(logits)
	var person, all float64
	for label, x := range logits {
		e := math.Exp(float64(x - highest))
		all += e
		if r.person[label] {
			person += e
		}
	}
	return float32(person / all)
}

// spans returns the row's words that are names. A word is as likely a name as
// its first token, for many models were trained on that one alone, or as its
// tokens in the mean, where that is more.
func (r *Recognizer) spans(row row, logits [][]float32) (spans []anonymize.Span) {
	folded := row.input.Raw
	start, end := -1, -1
	var first, sum float32
	n := 0
	flush := func() {
		if n > 0 {
			if p := max(first, sum/float32(n)); p >= r.threshold && hasLetter(folded[start:end]) {
				spans = append(spans, anonymize.Span{
					Start: row.original(start), End: row.original(end),
					Kind: anonymize.Person, Score: min(p, 1), Recognizer: r.Name(),
				})
			}
		}
		n, sum = 0, 0
	}
	for i, token := range row.input.Offsets {
		if i >= len(logits) || i < len(row.input.SpecialTokensMask) && row.input.SpecialTokensMask[i] > 0 {
			continue
		}
		at := int(token[0])
		for at < int(token[1]) && at < len(folded) && !isWord(folded[at]) {
			at++ // BPE tokens begin with their space
		}
		if at >= int(token[1]) || at >= len(folded) {
			continue
		}
		p := r.personProbability(logits[i])
		if at >= end || start < 0 {
			flush()
			start, end = wordAt(folded, at)
			first = p
		}
		sum += p
		n++
	}
	flush()
	return spans
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// wordAt returns the bounds of the word around position at.
func wordAt(s string, at int) (start, end int) {
	start, end = at, at
	for start > 0 && isWord(s[start-1]) {
		start--
	}
	for end < len(s) && isWord(s[end]) {
		end++
	}
	return start, end
}

// union sorts the spans and joins those that overlap, as the windows of a long
// text make them, and the words of one name.
func union(text string, spans []anonymize.Span) []anonymize.Span {
	slices.SortFunc(spans, func(a, b anonymize.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	var out []anonymize.Span
	for _, sp := range spans {
		if len(out) > 0 {
			if last := &out[len(out)-1]; sp.Start <= last.End || isInsideName(text[last.End:sp.Start]) {
				last.End = max(last.End, sp.End)
				last.Score = max(last.Score, sp.Score)
				continue
			}
		}
		out = append(out, sp)
	}
	return out
}

func isInsideName(gap string) bool {
	switch gap {
	case " ", "-", "'", "’", ". ":
		return true
	}
	return false
}
