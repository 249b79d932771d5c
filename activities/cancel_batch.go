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
	_, err := p.Client.CancelBatch(ctx, in.BatchID)
	var refused *provider.Error
	if !errors.As(err, &refused) || !refused.Permanent {
		return err
	}
	b, lookup := p.Client.Batch(ctx, in.BatchID)
	if refused.NotFound() || lookup == nil && (b.Status.Ended() || b.Status == "cancelling") {
		return nil
	}
	return err
}
