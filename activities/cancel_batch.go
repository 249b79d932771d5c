package activities

import (
	"context"
	"errors"

	"switchboard/internal/provider"
)

// CancelBatchInput names a batch.
type CancelBatchInput struct {
	BatchID string `json:"batch_id"`
}

// CancelBatch stops a batch at the provider. One that has ended already, or is
// not there, is no error.
func (p *Provider) CancelBatch(ctx context.Context, in CancelBatchInput) error {
	ending, err := p.batchEnds(ctx, in.BatchID)
	if err != nil || ending {
		return err
	}
	_, err = p.Client.CancelBatch(ctx, in.BatchID)
	if err == nil {
		return nil
	}
	if ending, lookup := p.batchEnds(ctx, in.BatchID); lookup == nil && ending {
		return nil // it ended in between
	}
	return err
}

// batchEnds tells whether a batch has ended or will without our doing.
func (p *Provider) batchEnds(ctx context.Context, id string) (bool, error) {
	b, err := p.Client.Batch(ctx, id)
	var refused *provider.Error
	if errors.As(err, &refused) && refused.NotFound() {
		return true, nil
	}
	return b.Status.Ended() || b.Status == provider.BatchCancelling, err
}
