package activities

import (
	"cmp"
	"context"

	"switchboard/internal/inference"
	"switchboard/internal/provider"
)

// CollectBatchInput names a part, and the batch that was to answer it.
type CollectBatchInput struct {
	ClassifyPartInput
	// BatchID is "" if there was nothing to ask.
	BatchID string `json:"batch_id,omitempty"`
	// LastChance: if the batch brings nothing, what is open is given up, and
	// marked as failed.
	LastChance bool `json:"last_chance,omitempty"`
}

// CollectBatchResult is how the part stands.
type CollectBatchResult struct {
	// Settled is how many predictions the batch brought.
	Settled int `json:"settled"`
	// Open is how many questions are left for another batch. Once it is 0,
	// the predictions are written.
	Open int `json:"open"`
	ClassifyPartResult
}

// CollectBatch reads a batch's answers and keeps them where ClassifyPart keeps
// its own, so that either goes on where the other stopped. Once every example
// has a prediction, it writes them as ClassifyPart does.
func (p *Provider) CollectBatch(ctx context.Context, in CollectBatchInput) (CollectBatchResult, error) {
	batch, err := p.openQuestions(ctx, in.ClassifyPartInput)
	if err != nil {
		return CollectBatchResult{}, err
	}
	if in.BatchID != "" {
		err = p.takeBatch(ctx, in, batch)
	}
	// What was answered is paid for: it is kept, whatever else went wrong.
	journal := in.journal(ctx, p.Store)
	made, open, refused := batch.Settle()
	if len(made) > 0 {
		if err := journal.save(ctx, 0, made); err != nil {
			return CollectBatchResult{}, err
		}
	}
	if err := cmp.Or(err, refused); err != nil {
		return CollectBatchResult{}, err
	}
	if open > 0 && in.LastChance && len(made) == 0 {
		batch.GiveUp()
		open = 0
	}
	result := CollectBatchResult{Settled: len(made), Open: open}
	if open > 0 {
		return result, nil
	}
	predictions, without := batch.Predictions()
	if err := journal.join(ctx, predictions); err != nil {
		return CollectBatchResult{}, err
	}
	result.WithoutConfidence = without
	result.Predictions, err = writeRows(ctx, p.Store, in.Path, predictions)
	return result, err
}

// takeBatch reads both of a batch's files.
func (p *Provider) takeBatch(ctx context.Context, in CollectBatchInput, into *inference.Batch) error {
	b, err := p.Client.Batch(ctx, in.BatchID)
	if err != nil {
		return err
	}
	for _, file := range []string{b.OutputFile, b.ErrorFile} {
		if file == "" {
			continue
		}
		if err := p.takeFile(ctx, in.Model, file, into); err != nil {
			return err
		}
	}
	return nil
}

func (p *Provider) takeFile(ctx context.Context, model, file string, into *inference.Batch) error {
	content, err := p.Client.FileContent(ctx, file)
	if err != nil {
		return err
	}
	defer content.Close()
	var refused error
	err = p.Client.ReadBatch(content, model, func(a provider.BatchAnswer) {
		if err := into.Take(a); err != nil && refused == nil {
			refused = err
		}
	})
	if err != nil {
		return err
	}
	return refused
}
