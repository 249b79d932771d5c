package privacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"switchboard/internal/anonymize"
	"switchboard/internal/pipeline"
	"switchboard/internal/sample"
	"switchboard/internal/tweet"
)

// Evaluation is how an anonymizer did on a set of labelled texts.
type Evaluation = pipeline.Evaluation

// Proportion is a share with its 95% Wilson interval.
type Proportion = pipeline.Proportion

// demand is what is asked of a kind: so much recall, and so much at the lower
// end of the interval. A bound of 0 leaves the interval out of it, where the
// built-in set has too few details of a kind to show more.
type demand struct{ recall, low float64 }

// demands are what is asked of each kind. They lie below what the rules and the
// shipped model reach, and above what the rules reach alone: a model that finds
// nothing has to be noticed. The set has too few details of the lower kinds for a demand
// on the interval.
var demands = map[string]demand{
	anonymize.Person:  {0.95, 0.93},
	Initials:          {0.95, 0.93},
	anonymize.Email:   {0.98, 0},
	anonymize.Phone:   {0.95, 0},
	anonymize.Card:    {0.98, 0},
	anonymize.Iban:    {0.98, 0},
	anonymize.Booking: {0.90, 0},
}

// failed says what is missing, "" if nothing is.
func (d demand) failed(kind string, p Proportion) string {
	switch {
	case p.Share < d.recall:
		return fmt.Sprintf("%d of %d details of kind %s were found, %.1f%%, and %.0f%% is asked", p.Count, p.Of, kind, 100*p.Share, 100*d.recall)
	case p.Low < d.low:
		return fmt.Sprintf("%d of %d details of kind %s were found, which may be as few as %.1f%% of all there are, and %.0f%% is asked", p.Count, p.Of, kind, 100*p.Low, 100*d.low)
	}
	return ""
}

// The built-in set. Its seed is not that of the data set in datasets/sample,
// which the rules could have been written for.
const (
	builtInSeed = 1618
	builtInRows = 3000
)

// Judge evaluates the anonymizer on the built-in labelled set: some thousand
// generated tweets in their threads. The same anonymizer is always judged
// alike.
//
// An anonymizer that is not good enough is no error: see Passed. The error is a
// recognizer's or the context's.
func Judge(ctx context.Context, a *anonymize.Anonymizer) (Evaluation, error) {
	texts, err := builtIn(ctx)
	if err != nil {
		return Evaluation{}, fmt.Errorf("making the labelled texts: %w", err)
	}
	t, err := take(ctx, a, texts)
	if err != nil {
		return Evaluation{}, fmt.Errorf("evaluating the anonymizer: %w", err)
	}
	e := Evaluation{
		Anonymizer: a.Version(), Models: a.Models(), Source: pipeline.SourceTweets,
		Set:       fmt.Sprintf("generated, seed %d, %d rows", builtInSeed, builtInRows),
		SetSHA256: sum(texts), Texts: len(texts), Recall: map[string]Proportion{},
	}
	for _, kind := range kinds {
		c := t.sum(kind)
		p := proportion(c.found, c.labelled)
		e.Recall[kind] = p
		if failed := demands[kind].failed(kind, p); failed != "" {
			e.Failed = append(e.Failed, failed)
		}
	}
	e.Passed = len(e.Failed) == 0
	return e, nil
}

// builtIn generates the labelled texts.
func builtIn(ctx context.Context) ([]Labelled, error) {
	set, err := sample.Generate(sample.Options{Seed: builtInSeed, Rows: builtInRows})
	if err != nil {
		return nil, err
	}
	files, err := set.Files()
	if err != nil {
		return nil, err
	}
	table, err := tweet.Load(ctx, bytes.NewReader(files[0].Data), files[0].Name, tweet.Training, nil)
	if err != nil {
		return nil, err
	}
	texts := make([]Labelled, len(set.Training))
	for n, rows := range threads(table) {
		for _, row := range rows {
			texts[row].Thread = strconv.Itoa(n)
		}
	}
	for i, row := range set.Training {
		texts[i].Line, texts[i].ID, texts[i].Text = i+1, table.ID(int32(i)), table.Text(int32(i))
		for _, sp := range row.Spans {
			kind := string(sp.Kind)
			if sp.Kind == sample.IBAN {
				kind = anonymize.Iban
			}
			texts[i].Labels = append(texts[i].Labels, Label{Start: sp.Start, End: sp.End, Kind: kind})
		}
		if err := checkLabels(texts[i].Text, texts[i].Labels, kinds); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return texts, nil
}

// sum returns the SHA-256 of texts and labels.
func sum(texts []Labelled) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%q %q %v\n", t.Thread, t.Text, t.Labels)
	}
	return hex.EncodeToString(h.Sum(nil))
}
