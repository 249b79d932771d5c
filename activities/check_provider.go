package activities

import (
	"context"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/cost"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// CheckProviderInput names the base model of a fine-tuning; empty takes the
// worker's setting.
type CheckProviderInput struct {
	BaseModel string `json:"base_model"`
	// NeedsPrice refuses a base model whose price is not known: a limit on
	// costs could not be kept.
	NeedsPrice bool `json:"needs_price,omitempty"`
}

// CheckProviderResult tells which base model will be used.
type CheckProviderResult struct {
	BaseModel string `json:"base_model"`
	// URL is the provider's, to be remembered with the model.
	URL string `json:"url"`
	// Price is zero where it is not known.
	Price cost.Price `json:"price,omitzero"`
}

// CheckProvider asks whether a fine-tuning can be done before anything is
// spent: the key is good, the base model exists and is not about to be
// retired, and jobs can be listed. What cannot be asked without paying, whether
// a job may be created, shows when it is.
func (p *Provider) CheckProvider(ctx context.Context, in CheckProviderInput) (CheckProviderResult, error) {
	model := in.BaseModel
	if model == "" {
		model = p.BaseModel
	}
	if last, ok := provider.Retirement(p.URL, model); ok && time.Until(last) < provider.RetirementNotice {
		return CheckProviderResult{}, problem.Input("the provider stops %s on %s; choose another base model with --base-model", model, last.Format(time.DateOnly))
	}
	price, known := p.Prices.Find(p.URL, model)
	if in.NeedsPrice && !known {
		return CheckProviderResult{}, problem.Input("no price of %s at %s is known, so that no budget can be kept; add it to the file that %s names", model, p.URL, config.Prices)
	}
	if _, err := p.Client.Model(ctx, model); err != nil {
		return CheckProviderResult{}, err
	}
	if err := p.Client.CanListJobs(ctx); err != nil {
		return CheckProviderResult{}, err
	}
	return CheckProviderResult{BaseModel: model, URL: p.URL, Price: price}, nil
}
