package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/prompt"
	"switchboard/internal/provider"
)

// ProbeModelInput names a new model.
type ProbeModelInput struct {
	Model string `json:"model"`
}

// probeText is asked of a new model. It is nobody's.
const probeText = "My order has not arrived yet."

// ProbeModel asks a new model one question. Providers announce a model some
// minutes before it answers, so that it is not found is no lasting failure
// here.
func (p *Provider) ProbeModel(ctx context.Context, in ProbeModelInput) error {
	_, err := p.Client.Classify(ctx, in.Model, prompt.System, probeText)
	var refused *provider.Error
	if errors.As(err, &refused) && refused.NotFound() {
		return temporal.NewApplicationError("the provider does not have the new model yet: "+err.Error(), string(refused.Reason))
	}
	return err
}
