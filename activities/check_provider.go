package activities

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/cost"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
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
	// Notes say what the provider does not do, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// CheckProvider asks whether a fine-tuning can be done before anything is
// spent: the key is good, the base model exists, what is fine-tuned from it
// answers for a while, and jobs can be listed. The base model is asked one question as the
// fine-tuned one will be, to find out what the provider lacks. What cannot be asked without paying, whether
// a job may be created, shows when it is.
func (p *Provider) CheckProvider(ctx context.Context, in CheckProviderInput) (CheckProviderResult, error) {
	model := in.BaseModel
	if model == "" {
		model = p.BaseModel
	}
	if last, ok := provider.Retirement(p.URL, model); ok && time.Until(last) < provider.RetirementNotice {
		return CheckProviderResult{}, problem.Input("the provider stops models fine-tuned from %s on %s; choose another base model with --base-model", model, last.Format(time.DateOnly))
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
	return CheckProviderResult{BaseModel: model, URL: p.URL, Price: price, Notes: p.lacks(ctx, model)}, nil
}

// trialTime is how long the answer to one question is awaited before anything is
// paid.
const trialTime = 20 * time.Second

// modelNotTrained is the code with which the project's own model server refuses to
// answer by a base model. What its answers are like is known.
const modelNotTrained = "model_not_trained"

// lacks asks a model one question, and says what the provider does not do. That it
// does not answer is no reason against a run: many base models cannot be asked before
// they are trained or deployed.
func (p *Provider) lacks(ctx context.Context, model string) []string {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	p.Client.Forget(model)
	answer, err := p.Client.Classify(ctx, model, prompt.System, probeText)
	var refused *provider.Error
	found := p.Client.Lacks(model)
	switch {
	case err == nil && !answer.HasConfidence && len(found) == 0:
		found = append(found, provider.NoConfidence)
	case errors.As(err, &refused) && refused.Permanent && refused.Code != modelNotTrained:
		found = append(found, provider.NotAsked)
	}
	var notes []string
	for _, lack := range found {
		notes = append(notes, lack.Sentence())
	}
	return notes
}
