package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/retrain"
)

// StageHeldCallsInput says whose calls are wanted, and which model is to be asked about
// them beside the champion.
type StageHeldCallsInput struct {
	Task       string `json:"task"`
	Challenger string `json:"challenger"`
	Dir        string `json:"dir"`
}

// StageHeldCallsResult names the calls; it is zero where there are too few to tell
// anything.
type StageHeldCallsResult struct {
	Calls artifact.Ref `json:"calls,omitzero"`
	// Labels are the answers that the challenger may give.
	Labels artifact.Ref `json:"labels,omitzero"`
}

// StageHeldCalls writes the calls of a task that people judged and that no model is
// ever trained on, redacted as they are stored: one example a call, a long one by its
// beginning. What people say that are not believed is left out, and so are calls that
// are for no company, which no test set has.
func (d *Data) StageHeldCalls(ctx context.Context, in StageHeldCallsInput) (StageHeldCallsResult, error) {
	belief, err := d.believe(ctx, in.Task)
	if err != nil {
		return StageHeldCallsResult{}, err
	}
	held, err := d.Results.Held(ctx, named(in.Task))
	if err != nil {
		return StageHeldCallsResult{}, err
	}
	var examples []dataset.Example
	ids := []string{}
	for _, c := range held {
		label, believed := belief.Label(c.CallID)
		texts := textsOf(c.Turns)
		if !believed || label == pipeline.Unknown || len(texts) == 0 || texts[0] == "" {
			continue
		}
		ids = append(ids, c.CallID)
		examples = append(examples, dataset.Example{ID: idOf(c.CallID), ThreadID: idOf(c.CallID), Text: texts[0], Label: label, Opening: openingOf(c.Turns)})
	}
	if len(examples) < retrain.FewestHeld {
		return StageHeldCallsResult{}, nil
	}
	challenger, err := d.Models.Task(in.Task).Model(ctx, in.Challenger)
	if err != nil {
		return StageHeldCallsResult{}, err
	}
	dir := layout.Run(in.Dir)
	if _, err := d.Store.WriteJSON(ctx, dir.HeldCallIDs(), ids); err != nil {
		return StageHeldCallsResult{}, err
	}
	calls, err := writeRows(ctx, d.Store, dir.HeldCalls(), examples)
	return StageHeldCallsResult{Calls: calls, Labels: challenger.Labels}, err
}
