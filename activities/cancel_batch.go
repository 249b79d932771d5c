package activities

import (
	"context"
	"errors"

	"switchboard/internal/provider"
)

// CancelBatchInput names a batch and the run that wants it cancelled.
type CancelBatchInput struct {
	BatchID string `json:"batch_id"`
	Owner   string `json:"owner"`
}

// CancelBatchResult tells whether the batch is over or will soon be.
type CancelBatchResult struct {
	Ends bool `json:"ends"`
}

// CancelBatch stops a batch at the provider. One that has ended already, or is
// not there, is no error. A batch that another run created, and this one adopted,
// is left to that run.
func (p *Provider) CancelBatch(ctx context.Context, in CancelBatchInput) (CancelBatchResult, error) {
	b, ends, err := p.batchEnds(ctx, in.BatchID)
	if err != nil || ends {
		return CancelBatchResult{Ends: ends}, err
	}
	if owner, known := b.Metadata[ownerKey]; known && owner != in.Owner {
		return CancelBatchResult{}, nil
	}
	if _, err = p.Client.CancelBatch(ctx, in.BatchID); err == nil {
		return CancelBatchResult{Ends: true}, nil
	}
	if _, ends, lookup := p.batchEnds(ctx, in.BatchID); lookup == nil && ends {
		return CancelBatchResult{Ends: true}, nil // it ended in between
	}
	return CancelBatchResult{}, err
}

// batchEnds tells whether a batch has ended or will without our doing.
func (p *Provider) batchEnds(ctx context.Context, id string) (provider.Batch, bool, error) {
	b, err := p.Client.Batch(ctx, id)
	var refused *provider.Error
	if errors.As(err, &refused) && refused.NotFound() {
		return b, true, nil
	}
	return b, b.Status.Ended() || b.Status == provider.BatchCancelling, err
}
