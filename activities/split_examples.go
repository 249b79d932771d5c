package activities

import (
	"bufio"
	"context"
	"slices"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/prompt"
	"switchboard/internal/registry"
	"switchboard/internal/split"
)

// SplitExamplesInput names the examples and says how to divide them.
type SplitExamplesInput struct {
	Examples []artifact.Ref `json:"examples"`
	Options  split.Options  `json:"options"`
	// Task is whose corrections count.
	Task string `json:"task,omitempty"`
	Dir  string `json:"dir"`
	// Force does the work even if an earlier run has done the same.
	Force bool `json:"force,omitempty"`
	// UseSetAside is as in [pipeline.FineTuneInput].
	UseSetAside bool `json:"use_set_aside,omitempty"`
}

// SplitExamplesResult names the splits and the files for the trainer.
type SplitExamplesResult struct {
	Train      artifact.Ref `json:"train"`
	Validation artifact.Ref `json:"validation"`
	Test       artifact.Ref `json:"test"`
	// TrainFile and ValidationFile are in the provider's chat format.
	TrainFile      artifact.Ref `json:"train_file"`
	ValidationFile artifact.Ref `json:"validation_file"`
	// Report is split.json: the counts, and the classes with theirs.
	Report artifact.Ref `json:"report"`
	// Labels lists the answers that a model may give.
	Labels artifact.Ref `json:"labels"`
	// Known are conversations of the test set at several lengths, see
	// [split.Growing]. Runs from before there was such a sample have none.
	Known artifact.Ref `json:"known,omitzero"`
	// Calls is calls.json: the ids of the calls that people gave a label.
	Calls  artifact.Ref `json:"calls,omitzero"`
	Counts split.Counts `json:"counts"`
	// SetAside tells which labels of calls are not believed.
	SetAside pipeline.SetAside `json:"set_aside,omitzero"`
	// Reused is true if an earlier run's files were copied.
	Reused bool `json:"reused,omitempty"`
}

func (r *SplitExamplesResult) files() []*artifact.Ref {
	return []*artifact.Ref{&r.Train, &r.Validation, &r.Test, &r.TrainFile, &r.ValidationFile, &r.Report, &r.Labels, &r.Known, &r.Calls}
}

// SplitExamples divides examples into train, validation and test, with the
// task's corrections where they have a weight, those of conversations and those of
// calls, and writes the first two as
// the trainer expects them. Where an earlier run did the same
// with the same examples, its result is taken over.
func (d *Data) SplitExamples(ctx context.Context, in SplitExamplesInput) (SplitExamplesResult, error) {
	var corrections []registry.Correction
	var judged judgedCalls
	if in.Options.CorrectionWeight > 0 {
		var err error
		if corrections, err = d.Models.Task(in.Task).Corrections(ctx); err != nil {
			return SplitExamplesResult{}, err
		}
		in.Options.Corrections = make(map[int64]string, len(corrections))
		// Below 0 are rows of the file that a correction was made for, and others in
		// this one.
		corrections = slices.DeleteFunc(corrections, func(c registry.Correction) bool { return c.ConversationID < 0 })
		for _, c := range corrections {
			in.Options.Corrections[c.ConversationID] = c.Label
		}
		if judged, err = d.learnable(ctx, in.Task, in.UseSetAside); err != nil {
			return SplitExamplesResult{}, err
		}
		in.Options.Calls = judged.examples()
	}
	key := cacheKey{"split", []any{sumsOf(in.Examples), in.Options, corrections, in.Options.Calls, judged.ids()}}
	result, reused, err := reuse(ctx, d.Store, key, in.Dir, in.Force, (*SplitExamplesResult).files, func() (SplitExamplesResult, error) {
		return d.split(ctx, in, judged.ids())
	})
	result.Reused, result.SetAside = reused, judged.aside
	return result, err
}

func (d *Data) split(ctx context.Context, in SplitExamplesInput, calls []string) (SplitExamplesResult, error) {
	examples, err := allRows(ctx, d.Store, in.Examples)
	if err != nil {
		return SplitExamplesResult{}, err
	}
	r, err := split.Examples(examples, in.Options)
	if err != nil {
		return SplitExamplesResult{}, err
	}
	result, err := d.writeSplits(ctx, in, r)
	if err == nil {
		result.Calls, err = d.Store.WriteJSON(ctx, layout.Run(in.Dir).LearnedCalls(), calls)
	}
	return result, err
}

func (d *Data) writeSplits(ctx context.Context, in SplitExamplesInput, r split.Result) (SplitExamplesResult, error) {
	result, dir := SplitExamplesResult{Counts: r.Counts}, layout.Run(in.Dir)
	for _, s := range []struct {
		name     string
		examples []dataset.Example
		rows     *artifact.Ref
		file     *artifact.Ref
	}{
		{layout.Train, r.Train, &result.Train, &result.TrainFile},
		{layout.Validation, r.Validation, &result.Validation, &result.ValidationFile},
		{layout.Test, r.Test, &result.Test, nil},
	} {
		var err error
		if *s.rows, err = writeRows(ctx, d.Store, dir.Split(s.name), s.examples); err != nil {
			return SplitExamplesResult{}, err
		}
		if s.file == nil {
			continue
		}
		if *s.file, err = d.writeChat(ctx, dir.Uploaded(s.name), split.Shown(s.examples, in.Options.Turns)); err != nil {
			return SplitExamplesResult{}, err
		}
	}
	var err error
	if result.Known, err = writeRows(ctx, d.Store, dir.Growing(), r.Known); err != nil {
		return SplitExamplesResult{}, err
	}
	report := struct {
		Options split.Options `json:"options"`
		Counts  split.Counts  `json:"counts"`
		Classes []split.Class `json:"classes"`
	}{in.Options, r.Counts, r.Classes}
	if result.Report, err = d.Store.WriteJSON(ctx, dir.SplitReport(), report); err != nil {
		return SplitExamplesResult{}, err
	}
	result.Labels, err = d.Store.WriteJSON(ctx, dir.Labels(), labels(r.Classes))
	return result, err
}

func labels(classes []split.Class) []string {
	list := make([]string, len(classes))
	for i, c := range classes {
		list[i] = c.Label
	}
	slices.Sort(list)
	return list
}

func (d *Data) writeChat(ctx context.Context, path string, examples []dataset.Example) (artifact.Ref, error) {
	w, err := d.Store.Create(ctx, path)
	if err != nil {
		return artifact.Ref{}, err
	}
	defer w.Abort()
	buffered := bufio.NewWriter(w)
	for _, e := range examples {
		if err := prompt.WriteExample(buffered, e.Text, e.Label); err != nil {
			return artifact.Ref{}, err
		}
	}
	if err := buffered.Flush(); err != nil {
		return artifact.Ref{}, err
	}
	if err := w.Close(); err != nil {
		return artifact.Ref{}, err
	}
	return w.Ref(int64(len(examples))), nil
}
