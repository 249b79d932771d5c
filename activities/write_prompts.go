package activities

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/prompt"
)

// WritePromptsInput names the training split that shots are taken from.
type WritePromptsInput struct {
	Train artifact.Ref       `json:"train"`
	With  []pipeline.Untuned `json:"with"`
	Seed  int64              `json:"seed"`
	Dir   string             `json:"dir"`
}

// WritePromptsResult has an instruction for each way to ask, in their order.
type WritePromptsResult struct {
	Prompts []artifact.Ref `json:"prompts"`
}

// The shots of a prompt are one for each company, the commonest first, and bounded
// in number and in characters: they are paid for with every question.
const (
	mostShots    = 20
	mostShotText = 400 // bytes; longer conversations are passed over
)

// WritePrompts writes what a model is told that was not trained on the task. Shots
// come from the training split alone. The same input gives the same prompts.
func (d *Data) WritePrompts(ctx context.Context, in WritePromptsInput) (result WritePromptsResult, err error) {
	examples, err := rows[dataset.Example](ctx, d.Store, in.Train)
	if err != nil {
		return result, err
	}
	labels := slices.DeleteFunc(dataset.Labels(examples), func(label string) bool { return label == dataset.Unknown })
	for _, way := range in.With {
		var shots []prompt.Shot
		if way == pipeline.FewShot {
			shots = chooseShots(examples, in.Seed)
		}
		ref, err := d.Store.Write(ctx, in.Dir+"/evaluation/prompt-"+string(way)+".txt", []byte(prompt.Untrained(labels, shots)))
		if err != nil {
			return result, err
		}
		result.Prompts = append(result.Prompts, ref)
	}
	return result, nil
}

// chooseShots takes one short conversation of each of the commonest companies.
func chooseShots(examples []dataset.Example, seed int64) []prompt.Shot {
	count := map[string]int{}
	short := map[string][]string{}
	for _, e := range examples {
		count[e.Label]++
		if len(e.Text) <= mostShotText && strings.TrimSpace(e.Text) != "" {
			short[e.Label] = append(short[e.Label], e.Text)
		}
	}
	labels := make([]string, 0, len(short))
	for label := range short {
		labels = append(labels, label)
	}
	slices.SortFunc(labels, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	var shots []prompt.Shot
	for _, label := range labels[:min(len(labels), mostShots)] {
		texts := short[label]
		shots = append(shots, prompt.Shot{Text: texts[random.IntN(len(texts))], Label: label})
	}
	return shots
}
