package cli

import (
	"fmt"

	"switchboard/internal/pipeline"
)

// writeEstimates tells what the run would cost with each price that is known.
func writeEstimates(t *text, estimates []pipeline.CostEstimate) {
	var rows [][]string
	for _, e := range estimates {
		mark := ""
		if e.Chosen {
			mark = "this run"
		}
		rows = append(rows, []string{
			e.Price.Provider, e.Price.BaseModel, number(e.Examples), number(int64(e.Epochs)), number(e.TrainingTokens + e.EvaluationTokens),
			dollars(e.Training), dollars(e.Evaluation), dollars(e.Thousand), dollars(e.ThousandInBatches), mark,
		})
	}
	t.fact("cost", columns([]string{"provider", "base model", "examples", "epochs", "tokens", "training", "evaluation", "1,000 more", "in batches", ""}, rows)...)
	t.fact("note", "nothing was uploaded; prices in US dollars, as read on the day in cost.json: check them before you rely on them")
}

// writeCost tells what the run cost beside what was expected. A base model
// without a known price has no estimate.
func writeCost(t *text, r pipeline.FineTuneResult) {
	if len(r.Estimates) == 0 || !r.Estimates[0].Chosen {
		return
	}
	e := r.Estimates[0]
	if e.Price.Training == 0 && e.Total() == 0 {
		t.fact("cost", "nothing: "+e.Price.Source)
		return
	}
	t.fact("cost", fmt.Sprintf("training %s, of %s expected; evaluation about %s",
		dollars(float64(r.TrainedTokens)/1e6*e.Price.Training), dollars(e.Training), dollars(e.Evaluation)))
}

// dollars has cents, and does not make nothing of less than half of one.
func dollars(d float64) string {
	if d > 0 && d < 0.005 {
		return "less than $0.01"
	}
	return fmt.Sprintf("$%.2f", d)
}
