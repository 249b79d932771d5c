package activities

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
	"switchboard/internal/retrain"
)

// judgedCalls are calls of a task with the label that people give them.
type judgedCalls struct {
	calls []results.Corrected
	// aside counts those that are left out because of who says so.
	aside pipeline.SetAside
}

// learnable are the calls that a model may learn from. With everything, what is not
// believed is among them, and counted all the same.
func (d *Data) learnable(ctx context.Context, task string, everything bool) (judgedCalls, error) {
	belief, err := d.believe(ctx, task)
	if err != nil {
		return judgedCalls{}, err
	}
	corrected, err := d.Results.Corrected(ctx, named(task))
	if err != nil {
		return judgedCalls{}, err
	}
	j := judgedCalls{aside: pipeline.SetAside{Used: everything}}
	for _, c := range corrected {
		if belief.Doubted(c.CallID) {
			j.aside.Calls++
		}
		if !everything {
			label, believed := belief.Label(c.CallID)
			if !believed {
				continue
			}
			c.Label = label
		}
		j.calls = append(j.calls, c)
	}
	if j.aside.Calls == 0 {
		j.aside = pipeline.SetAside{}
		return j, nil
	}
	for _, account := range belief.Suspects[:min(len(belief.Suspects), pipeline.MostSuspects)] {
		pseudonym, err := d.Models.Pseudonym(ctx, account)
		if err != nil {
			return judgedCalls{}, err
		}
		j.aside.Accounts = append(j.aside.Accounts, pseudonym)
	}
	return j, nil
}

func (d *Data) believe(ctx context.Context, task string) (retrain.Belief, error) {
	judged, err := d.Results.Judged(ctx, results.QualityQuery{Task: named(task)})
	return retrain.Believe(judged), err
}

// named is what a task is called where nobody says: calls are stored with its name.
func named(task string) string {
	if task == "" {
		return pipeline.DefaultTask
	}
	return task
}

// ids are those of the calls.
func (j judgedCalls) ids() []string {
	ids := make([]string, len(j.calls))
	for i, c := range j.calls {
		ids[i] = c.CallID
	}
	return ids
}

// examples are the texts of the calls, as a model is asked about them. A long call is
// several.
func (j judgedCalls) examples() []dataset.Example {
	var list []dataset.Example
	for _, c := range j.calls {
		thread := idOf(c.CallID)
		for i, text := range textsOf(c.Turns) {
			e := dataset.Example{ID: idOf(fmt.Sprintf("%s\x00%d", c.CallID, i)), ThreadID: thread, Text: text, Label: c.Label}
			if i == 0 {
				e.Opening = openingOf(c.Turns)
			}
			list = append(list, e)
		}
	}
	return list
}

// idOf makes a number of a call's id that no tweet has, and no row of a file: it is
// far below 0.
func idOf(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return -1<<62 - int64(binary.BigEndian.Uint64(sum[:8])>>2)
}
