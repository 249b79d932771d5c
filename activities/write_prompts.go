package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/prompt"
	"switchboard/internal/split"
)

// WritePromptsInput names the training split that shots are taken from.
type WritePromptsInput struct {
	Train artifact.Ref       `json:"train"`
	With  []pipeline.Untuned `json:"with"`
	Seed  int64              `json:"seed"`
	// Turns is how much of a conversation is shown.
	Turns pipeline.Turns `json:"turns,omitempty"`
	Dir   string         `json:"dir"`
}

// WritePromptsResult has an instruction for each way to ask, in their order.
type WritePromptsResult struct {
	Prompts []artifact.Ref `json:"prompts"`
}

// WritePrompts writes what a model is told that was not trained on the task. Shots
// come from the training split alone. The same input gives the same prompts.
func (d *Data) WritePrompts(ctx context.Context, in WritePromptsInput) (result WritePromptsResult, err error) {
	examples, err := rows[dataset.Example](ctx, d.Store, in.Train)
	if err != nil {
		return result, err
	}
	examples = split.Shown(examples, in.Turns)
	shown := make([]prompt.Shot, len(examples))
	for i, e := range examples {
		shown[i] = prompt.Shot{Text: e.Text, Label: e.Label}
	}
	labels := dataset.Labels(examples)
	for _, way := range in.With {
		var shots []prompt.Shot
		if way == pipeline.FewShot {
			shots = prompt.Choose(shown, in.Seed)
		}
		ref, err := d.Store.Write(ctx, layout.Run(in.Dir).Prompt(string(way)), []byte(prompt.Untrained(labels, shots)))
		if err != nil {
			return result, err
		}
		result.Prompts = append(result.Prompts, ref)
	}
	return result, nil
}
