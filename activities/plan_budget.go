package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/pipeline"
	"switchboard/internal/split"
)

// PlanBudgetInput names the examples, how they will be divided but for the
// target size, and what may be spent.
type PlanBudgetInput struct {
	Examples []artifact.Ref `json:"examples"`
	Options  split.Options  `json:"options"`
	// Price is that of the base model.
	Price cost.Price `json:"price"`
	// Epochs is 0 for what fits a budget: see [PlanBudgetResult].
	Epochs int `json:"epochs"`
	// Budget is in US dollars.
	Budget float64 `json:"budget_usd"`
}

// PlanBudgetResult is the largest training that the budget pays.
type PlanBudgetResult struct {
	TargetSize int `json:"target_size"`
	// Epochs is what the size was found for. A trainer that chooses for
	// itself keeps to no budget, so that it must be told.
	Epochs int `json:"epochs"`
}

// usualEpochs is what OpenAI's trainer does with all but the smallest and
// largest datasets.
const usualEpochs = 3

// PlanBudget derives the target size from a budget for training and evaluation.
// One that is too small for any is a problem of kind BadInput.
func (d *Data) PlanBudget(ctx context.Context, in PlanBudgetInput) (PlanBudgetResult, error) {
	examples, err := allRows(ctx, d.Store, in.Examples)
	if err != nil {
		return PlanBudgetResult{}, err
	}
	all, err := split.Examples(examples, in.Options)
	if err != nil {
		return PlanBudgetResult{}, err
	}
	// The test set, and so the sample of it, is the same for every target size.
	counted, err := cost.Count(ctx, in.Price.Vocabulary, append(split.Texts(examples, in.Options.Turns), all.Known...))
	if err != nil {
		return PlanBudgetResult{}, err
	}
	result := PlanBudgetResult{Epochs: in.Epochs}
	if result.Epochs == 0 {
		result.Epochs = in.Price.Epochs
	}
	if result.Epochs == 0 {
		result.Epochs = usualEpochs
	}
	report(ctx, pipeline.Progress{Done: int64(len(examples)), Unit: "conversations"})
	result.TargetSize, err = counted.TargetSize(examples, in.Options, in.Price, result.Epochs, in.Budget)
	return result, err
}
