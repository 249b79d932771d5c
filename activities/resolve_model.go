package activities

import (
	"context"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/baseline"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
	"switchboard/internal/registry"
)

// ResolveModelInput names a fine-tuned model of a task; empty takes the task's
// champion.
type ResolveModelInput struct {
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Batches asks whether the provider has them.
	Batches bool `json:"batches,omitempty"`
	// Base asks whether the model's base model answers untrained.
	Base bool `json:"base,omitempty"`
	// Turns is how much of a conversation the model will be given; empty is what it
	// was trained on.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Contender takes a base model too, and wants to know of a fine-tuned one how its
	// training went.
	Contender bool `json:"contender,omitempty"`
}

// ResolveModelResult is what applying the model takes.
type ResolveModelResult struct {
	Model     string `json:"model"`
	BaseModel string `json:"base_model,omitempty"`
	// Provider is its base URL.
	Provider string `json:"provider,omitempty"`
	// Threshold is that for answers about so much of a conversation as was asked
	// for.
	Threshold float64      `json:"threshold"`
	Labels    artifact.Ref `json:"labels"`
	// Turns is what the model was trained on.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Train tells that there is no model yet: BaseModel is to be trained.
	Train bool `json:"train,omitempty"`
	// Job is how a contender's training went, as far as the provider still knows.
	Job pipeline.JobState `json:"job,omitzero"`
	// Origin is what the model was trained on, and how it did in its test.
	Origin *pipeline.Origin `json:"origin,omitempty"`
}

// ResolveModel finds a fine-tuned model among those that were registered, and
// makes sure that the provider still has it. A model that is not there, is another
// task's, or was retired, is a problem of kind BadInput.
func (p *Provider) ResolveModel(ctx context.Context, in ResolveModelInput) (ResolveModelResult, error) {
	if in.Contender {
		if is, err := p.isBaseModel(ctx, in); is || err != nil {
			return ResolveModelResult{BaseModel: in.Model, Provider: p.URL, Train: is}, err
		}
	}
	m, err := p.model(ctx, in.Task, in.Model)
	if kind, _ := problem.KindOf(err); in.Contender && kind == problem.BadInput && !standsForAModel(in.Model) {
		return ResolveModelResult{}, problem.Input("%w; nor has the provider a base model of that name", err)
	}
	if err != nil {
		return ResolveModelResult{}, err
	}
	if !m.Retired.IsZero() {
		return ResolveModelResult{}, problem.Input("the model %q was retired on %s; leave --model out to take the champion, or name another: `starter models list` shows those there are", m.ID, m.Retired.Format(time.DateOnly))
	}
	if _, err := p.Client.Model(ctx, m.ID); err != nil {
		return ResolveModelResult{}, err
	}
	if in.Batches {
		if err := p.Client.CanBatch(ctx); provider.Missing(err) {
			return ResolveModelResult{}, problem.Input("the provider has no Batch API (%w); leave --mode out", err)
		} else if err != nil {
			return ResolveModelResult{}, err
		}
	}
	if in.Base {
		if baseline.IsServers(m.BaseModel) {
			return ResolveModelResult{}, problem.Input("the base model %s is an untrained classifier and has no answers; leave --with out", m.BaseModel)
		}
		if err := p.ProbeModel(ctx, ProbeModelInput{Model: m.BaseModel}); err != nil {
			return ResolveModelResult{}, err
		}
	}
	var job pipeline.JobState
	if in.Contender && m.JobID != "" {
		// What the provider has forgotten is not known.
		if known, err := p.Client.Job(ctx, m.JobID); err == nil {
			job = advance(pipeline.JobProgress{}, known, nil).State
		}
	}
	return ResolveModelResult{
		Job: job, Model: m.ID, BaseModel: m.BaseModel, Provider: p.URL, Threshold: m.ThresholdFor(in.Turns.Among(m.Turns)),
		Labels: m.Labels, Turns: m.Turns, Origin: pipeline.OriginOf(m),
	}, nil
}

// isBaseModel tells whether a name is that of a model which the provider has and the
// task has not. Names that stand for a model come first, and what is only the start of an
// id last: base models' names are parts of ids.
func (p *Provider) isBaseModel(ctx context.Context, in ResolveModelInput) (bool, error) {
	if standsForAModel(in.Model) {
		return false, nil
	}
	if _, err := p.Models.Task(in.Task).Model(ctx, in.Model); err == nil {
		return false, nil
	}
	_, err := p.Client.Model(ctx, in.Model)
	if provider.Missing(err) {
		return false, nil
	}
	return err == nil, err
}

// standsForAModel tells a name that is no model's own.
func standsForAModel(name string) bool {
	switch name {
	case "", pipeline.Champion, pipeline.Challenger, pipeline.Previous:
		return true
	}
	return false
}

func (p *Provider) model(ctx context.Context, task, id string) (registry.Model, error) {
	if id == "" {
		return p.Models.Task(task).Champion(ctx)
	}
	name, err := p.Models.Task(task).Resolve(ctx, id)
	if err != nil {
		return registry.Model{}, err
	}
	return p.Models.Task(task).Model(ctx, name)
}
