package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
)

// Preflight is the activity that looks at a run before there is one. All fields are
// required.
type Preflight struct {
	Data         *Data
	Provider     *Provider
	Installation *Installation
	Notifier     *Notifier
}

// CheckRun looks at what the run itself looks at first: its surroundings, whom it
// notifies, its dataset or splits, and the provider or the model. A refusal is its
// answer; whatever may pass by itself is an error.
func (p *Preflight) CheckRun(ctx context.Context, in pipeline.CheckRunInput) (pipeline.CheckRunResult, error) {
	err := failure(p.check(ctx, in), false)
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.NonRetryable() {
		return pipeline.CheckRunResult{Refusal: refused.Type(), Reason: refused.Message()}, nil
	}
	return pipeline.CheckRunResult{}, err
}

func (p *Preflight) check(ctx context.Context, in pipeline.CheckRunInput) error {
	if _, err := p.Installation.CheckInstallation(ctx); err != nil {
		return err
	}
	switch {
	case in.FineTune != nil:
		return p.fineTune(ctx, *in.FineTune, in.FineTune.Notify)
	case in.Retrain != nil:
		return p.fineTune(ctx, in.Retrain.FineTune, in.Retrain.Notify)
	case in.Apply != nil:
		file, model := ApplyChecks(*in.Apply)
		return firstProblem(
			func() error { return p.notify(ctx, in.Apply.Notify) },
			func() error { return p.Data.CheckDataset(ctx, file) },
			func() error { return p.model(ctx, model) },
		)
	case in.Evaluate != nil:
		return firstProblem(
			func() error { return p.notify(ctx, in.Evaluate.Notify) },
			func() error {
				if len(in.Evaluate.Compare) > 0 {
					return nil // one that is missing is a row that says so
				}
				return p.model(ctx, EvaluateChecks(*in.Evaluate))
			},
		)
	case in.Call != nil:
		return firstProblem(
			func() error { return p.notify(ctx, in.Call.Notify) },
			func() error { return p.model(ctx, ResolveModelInput{Task: in.Call.Task, Model: in.Call.Model}) },
		)
	}
	return nil
}

func (p *Preflight) fineTune(ctx context.Context, in pipeline.FineTuneInput, notify string) error {
	file, base := FineTuneChecks(in)
	return firstProblem(
		func() error { return p.notify(ctx, notify) },
		func() error { return p.Data.CheckDataset(ctx, file) },
		func() error { _, err := p.Provider.CheckProvider(ctx, base); return err },
	)
}

func (p *Preflight) notify(ctx context.Context, url string) error {
	if url == "" {
		return nil
	}
	return p.Notifier.CheckNotify(ctx, CheckNotifyInput{URL: url})
}

func (p *Preflight) model(ctx context.Context, in ResolveModelInput) error {
	_, err := p.Provider.ResolveModel(ctx, in)
	return err
}

func firstProblem(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// FineTuneChecks are what a fine-tuning needs of its file and of the provider.
func FineTuneChecks(in pipeline.FineTuneInput) (CheckDatasetInput, CheckProviderInput) {
	return CheckDatasetInput{Dataset: in.Dataset, Kind: pipeline.Training, TargetSize: in.TargetSize, MinClassSize: in.MinClassSize},
		CheckProviderInput{BaseModel: in.BaseModel, NeedsPrice: in.Budget > 0 || in.MaxCost > 0}
}

// ApplyChecks are what an application needs of its file and of its model.
func ApplyChecks(in pipeline.ApplyInput) (CheckDatasetInput, ResolveModelInput) {
	return CheckDatasetInput{Dataset: in.Dataset, Kind: pipeline.Production},
		ResolveModelInput{Task: in.Task, Model: in.Model, Batches: in.Mode == pipeline.InBatches, Turns: in.Turns}
}

// EvaluateChecks is what an evaluation needs of its model.
func EvaluateChecks(in pipeline.EvaluateInput) ResolveModelInput {
	return ResolveModelInput{Task: in.Task, Model: in.Model, Base: len(in.With) > 0, Contender: in.Contender}
}
