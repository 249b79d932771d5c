package activities

import (
	"context"
	"fmt"

	"switchboard/internal/pipeline"
)

// RejectCallInput names a call that cannot be analyzed.
type RejectCallInput struct {
	CallID string              `json:"call_id"`
	Record *pipeline.RecordRef `json:"record,omitempty"`
	// Reason is the kind of what went wrong.
	Reason string `json:"reason"`
}

// RejectCall lists a call as failed if it was stored, and keeps its event as a dead
// letter, if it came in by Kafka and is there still: sent again, it is analyzed.
func (c *Calls) RejectCall(ctx context.Context, in RejectCallInput) error {
	if err := c.Results.Fail(ctx, in.CallID, in.Reason); err != nil {
		return fmt.Errorf("listing the call as failed: %w", err)
	}
	if in.Record == nil || c.Kafka == nil {
		return nil
	}
	return c.Kafka.Reject(ctx, *in.Record, in.Reason)
}
