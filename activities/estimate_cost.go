package activities

import (
	"context"
	"slices"

	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

// EstimateCostInput names the splits of a run.
type EstimateCostInput struct {
	Train      artifact.Ref `json:"train"`
	Validation artifact.Ref `json:"validation"`
	Test       artifact.Ref `json:"test"`
	// Known are conversations that the model is asked about beside the test set, at
	// several lengths.
	Known artifact.Ref `json:"known,omitzero"`
	// Turns is how much of the splits is trained on.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// URL and BaseModel are the run's provider and what it starts from.
	URL       string `json:"url"`
	BaseModel string `json:"base_model"`
	// Epochs is 0 where the trainer chooses.
	Epochs int `json:"epochs"`
	// MaxCost refuses a run whose training and evaluation would cost more
	// US dollars; 0 is no limit.
	MaxCost float64 `json:"max_cost_usd"`
	Dir     string  `json:"dir"`
}

// EstimateCostResult holds one estimate for each price, the run's own first.
type EstimateCostResult struct {
	Estimates []pipeline.CostEstimate `json:"estimates"`
	// File is cost.json, the same among the run's artifacts.
	File artifact.Ref `json:"file"`
}

// EstimateCost tells what the run will cost, and what it would cost with every
// other base model whose price is known. More than the limit is a problem of
// kind Refused.
func (d *Data) EstimateCost(ctx context.Context, in EstimateCostInput) (EstimateCostResult, error) {
	r := split.Result{Turns: in.Turns}
	for _, s := range []struct {
		ref      artifact.Ref
		examples *[]dataset.Example
	}{{in.Train, &r.Train}, {in.Validation, &r.Validation}, {in.Test, &r.Test}} {
		var err error
		if *s.examples, err = rows[dataset.Example](ctx, d.Store, s.ref); err != nil {
			return EstimateCostResult{}, err
		}
	}
	if in.Known.Path != "" {
		known, err := rows[dataset.Example](ctx, d.Store, in.Known)
		if err != nil {
			return EstimateCostResult{}, err
		}
		r.Known = known
	}
	estimates, err := d.estimate(ctx, in, r)
	if err != nil {
		return EstimateCostResult{}, err
	}
	if most := estimates[0]; in.MaxCost > 0 && most.Chosen && most.Total() > in.MaxCost {
		return EstimateCostResult{}, problem.New(problem.Refused, "training and evaluation would cost about %.2f dollars with %s, more than the %.2f that --max-cost allows; lower --target-size or --epochs, or raise the limit", most.Total(), in.BaseModel, in.MaxCost)
	}
	result := EstimateCostResult{Estimates: estimates}
	result.File, err = d.Store.WriteJSON(ctx, layout.Run(in.Dir).Cost(), estimates)
	return result, err
}

// estimate counts once for each vocabulary.
func (d *Data) estimate(ctx context.Context, in EstimateCostInput, r split.Result) ([]pipeline.CostEstimate, error) {
	every := slices.Concat(split.Texts(r.Train, r.Turns), split.Texts(r.Validation, r.Turns), split.Texts(r.Test, r.Turns), r.Known)
	counted := map[string]*cost.Counted{}
	own, known := d.Prices.Find(in.URL, in.BaseModel)
	var estimates []pipeline.CostEstimate
	for _, price := range d.Prices {
		if counted[price.Vocabulary] == nil {
			var err error
			if counted[price.Vocabulary], err = cost.Count(ctx, price.Vocabulary, every); err != nil {
				return nil, err
			}
			report(ctx, pipeline.Progress{Done: int64(len(every)), Unit: "conversations"})
		}
		e, err := counted[price.Vocabulary].Estimate(r, price, in.Epochs)
		if err != nil {
			return nil, err
		}
		if e.Chosen = known && price == own; e.Chosen {
			estimates = append([]pipeline.CostEstimate{e}, estimates...)
			continue
		}
		estimates = append(estimates, e)
	}
	return estimates, nil
}
