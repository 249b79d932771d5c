package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/registry"
)

// ResolveModelInput names a fine-tuned model; empty takes the latest one.
type ResolveModelInput struct {
	Model string `json:"model"`
}

// ResolveModelResult is what applying the model takes.
type ResolveModelResult struct {
	Model     string       `json:"model"`
	Threshold float64      `json:"threshold"`
	Labels    artifact.Ref `json:"labels"`
}

// ResolveModel finds a fine-tuned model among those that were registered, and
// makes sure that the provider still has it. A model that is not there is a
// problem of kind BadInput.
func (p *Provider) ResolveModel(ctx context.Context, in ResolveModelInput) (ResolveModelResult, error) {
	m, err := registry.Find(ctx, p.Store, in.Model)
	if err != nil {
		return ResolveModelResult{}, err
	}
	if _, err := p.Client.Model(ctx, m.ID); err != nil {
		return ResolveModelResult{}, err
	}
	return ResolveModelResult{Model: m.ID, Threshold: m.Threshold, Labels: m.Labels}, nil
}
