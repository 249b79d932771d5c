package activities

import (
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

var twoPrices = cost.Table{
	{Provider: "Elsewhere", URL: "https://elsewhere", BaseModel: "large", Vocabulary: "o200k_base", Epochs: 2, Training: 25, Input: 3, Output: 12, BatchShare: 0.5},
	{Provider: "Here", BaseModel: "small", Vocabulary: "words", Epochs: 4, Training: 1000, Input: 100, Output: 100, BatchShare: 1},
}

func TestEstimateCost(t *testing.T) {
	l := newLab(t)
	l.data.Prices = twoPrices
	p := l.run(l.file("tweets.csv", tweets(300)), "run", 0, false)
	in := EstimateCostInput{
		Train: p.splits.Train, Validation: p.splits.Validation, Test: p.splits.Test,
		URL: "http://here", BaseModel: "small", Dir: "run",
	}
	var result EstimateCostResult
	l.must(l.data.EstimateCost, in, &result)
	if len(result.Estimates) != 2 || result.Estimates[0].Price.BaseModel != "small" || !result.Estimates[0].Chosen || result.Estimates[1].Chosen {
		t.Fatalf("estimates %+v, want the run's own first", result.Estimates)
	}
	own := result.Estimates[0]
	if own.Examples != p.splits.Counts.Train || own.Epochs != 4 || own.TrainingTokens == 0 || own.Training != float64(own.TrainingTokens)/1000 {
		t.Errorf("the run's own estimate is %+v", own)
	}
	var kept []pipeline.CostEstimate
	if err := l.store.ReadJSON(t.Context(), result.File, &kept); err != nil || kept[0] != own {
		t.Errorf("cost.json holds %+v, %v", kept, err)
	}

	in.MaxCost = own.Total() * 0.99
	l.wantKind(l.do(l.data.EstimateCost, in, nil), problem.Refused, "--max-cost")
	in.MaxCost = own.Total() * 1.01
	l.must(l.data.EstimateCost, in, nil)

	in.MaxCost, in.BaseModel = 0, "nobody knows"
	var unknown EstimateCostResult
	l.must(l.data.EstimateCost, in, &unknown)
	if unknown.Estimates[0].Chosen {
		t.Errorf("a base model without a price is taken for %s", unknown.Estimates[0].Price.BaseModel)
	}
}

func TestPlanBudgetFindsTheSizeThatTheEstimateConfirms(t *testing.T) {
	l := newLab(t)
	l.data.Prices = twoPrices
	path := l.file("tweets.csv", tweets(600))
	p := l.run(path, "run", 0, false)
	o := split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1}
	plan := PlanBudgetInput{Examples: []artifact.Ref{p.anonymized.Examples}, Options: o, Price: twoPrices[1], Budget: 30}
	var planned PlanBudgetResult
	l.must(l.data.PlanBudget, plan, &planned)
	if planned.Epochs != 4 {
		t.Errorf("planned for %d epochs, want the trainer's own 4", planned.Epochs)
	}
	costs := func(size int) float64 {
		p := l.run(path, "planned", size, false)
		var result EstimateCostResult
		l.must(l.data.EstimateCost, EstimateCostInput{
			Train: p.splits.Train, Validation: p.splits.Validation, Test: p.splits.Test, Known: p.splits.Known,
			URL: "http://here", BaseModel: "small", Epochs: planned.Epochs, Dir: "planned",
		}, &result)
		return result.Estimates[0].Total()
	}
	if at, above := costs(planned.TargetSize), costs(planned.TargetSize+1); at > 30 || above <= 30 {
		t.Errorf("for 30 dollars the size is %d, which costs %.2f; one more costs %.2f", planned.TargetSize, at, above)
	}

	plan.Price.Epochs = 0
	l.must(l.data.PlanBudget, plan, &planned)
	if planned.Epochs != usualEpochs {
		t.Errorf("planned for %d epochs, want %d for a trainer that chooses by itself", planned.Epochs, usualEpochs)
	}
	plan.Budget = 0.001
	l.wantKind(l.do(l.data.PlanBudget, plan, nil), problem.BadInput, "the smallest training on this dataset costs")
}
