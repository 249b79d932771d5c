package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/webhook"
)

// Notifier tells others how runs go on. Sender is required.
type Notifier struct{ Sender *webhook.Sender }

// NotifyInput is an event, and whom to tell of it.
type NotifyInput struct {
	URL string `json:"url"`
	// ID is the same for every attempt: by it the receiver knows an event that it
	// has heard of.
	ID    string         `json:"id"`
	Event pipeline.Event `json:"event"`
}

// Notify tells of an event. It may do so twice, if a worker dies before it could say
// that it did it. A host that the worker may not tell is a problem of kind BadInput;
// any other failure passes perhaps, except that the receiver wants no more.
func (n *Notifier) Notify(ctx context.Context, in NotifyInput) error {
	body, err := json.Marshal(in.Event)
	if err != nil {
		return fmt.Errorf("encoding the notification: %w", err)
	}
	err = n.Sender.Send(ctx, in.URL, in.ID, body)
	if errors.Is(err, webhook.ErrGone) {
		return temporal.NewNonRetryableApplicationError(err.Error(), "Gone", nil)
	}
	return err
}
