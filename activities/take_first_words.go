package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

// TakeFirstWordsInput names two splits of whole conversations.
type TakeFirstWordsInput struct {
	Validation artifact.Ref `json:"validation"`
	Test       artifact.Ref `json:"test"`
	Dir        string       `json:"dir"`
}

// TakeFirstWordsResult names what of them a model can be judged on that is given first
// words alone.
type TakeFirstWordsResult struct {
	Validation artifact.Ref `json:"validation"`
	Test       artifact.Ref `json:"test"`
}

// TakeFirstWords leaves out conversations that no customer began with words, and all
// but one of those that begin with the same words. Splits from before it was kept who
// wrote first are a problem of kind BadInput.
func (d *Data) TakeFirstWords(ctx context.Context, in TakeFirstWordsInput) (result TakeFirstWordsResult, err error) {
	for _, s := range []struct {
		name string
		from artifact.Ref
		into *artifact.Ref
	}{{layout.Validation, in.Validation, &result.Validation}, {layout.Test, in.Test, &result.Test}} {
		examples, err := rows[dataset.Example](ctx, d.Store, s.from)
		if err != nil {
			return result, err
		}
		opened := split.Opened(examples)
		if len(opened) == 0 {
			return result, problem.Input("no conversation of the %s split begins with a customer's words: a run from before it was kept who wrote first has to be repeated with `starter finetune --force`", s.name)
		}
		if *s.into, err = writeRows(ctx, d.Store, layout.Run(in.Dir).FirstWords(s.name), opened); err != nil {
			return result, err
		}
	}
	return result, nil
}
