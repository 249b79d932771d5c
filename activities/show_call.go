package activities

import (
	"context"

	"switchboard/internal/pipeline"
	"switchboard/internal/seal"
)

// ShowCall tells all that is known of a call, sealed for whoever asks. One that is not
// there is a problem of kind BadInput.
func (c *Control) ShowCall(ctx context.Context, in pipeline.ShowCallInput) (pipeline.SealedCalls, error) {
	r, err := c.Results.Get(ctx, in.CallID)
	if err != nil {
		return pipeline.SealedCalls{}, err
	}
	d := pipeline.CallDetails{StoredCall: storedCall(r), Task: r.Task, Spans: r.Spans, Turns: []pipeline.StoredTurn{}}
	if p := r.Prediction; p != nil {
		d.Threshold, d.Named = p.Threshold, p.Named
		d.RunnerUp = pipeline.LikelyAnswer{Label: p.RunnerUp, Probability: p.RunnerUpConfidence}
	}
	for _, t := range r.Turns {
		d.Turns = append(d.Turns, pipeline.StoredTurn{Side: t.Side, Text: t.Text, Start: t.Start, End: t.End})
	}
	sealed, err := seal.Seal(in.Key, pipeline.CallsPurpose, d)
	return pipeline.SealedCalls{Sealed: sealed}, err
}
