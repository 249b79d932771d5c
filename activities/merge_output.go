package activities

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/layout"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/tweet"
)

// MergeOutputInput names the input file, and the examples and predictions of
// each part in the same order.
type MergeOutputInput struct {
	Dataset     pipeline.DatasetRef `json:"dataset"`
	Examples    []artifact.Ref      `json:"examples"`
	Predictions []artifact.Ref      `json:"predictions"`
	// Duplicates lists the rows that share the fate of another.
	Duplicates artifact.Ref `json:"duplicates"`
	// MaxUnusable is the largest share of answers that may be no label; 0 is
	// [pipeline.DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// Threshold is the confidence below which an answer becomes Unknown.
	Threshold float64 `json:"threshold"`
	// Model of Task gave the predictions; Origin is what it was trained on.
	Task   string           `json:"task,omitempty"`
	Model  string           `json:"model,omitempty"`
	Origin *pipeline.Origin `json:"origin,omitempty"`
	// Provider, BaseModel and Batches are what the answers' price depends on.
	Provider  string `json:"provider,omitempty"`
	BaseModel string `json:"base_model,omitempty"`
	Batches   bool   `json:"batches,omitempty"`
	// Turns is how much of a conversation the model was given.
	Turns pipeline.Turns `json:"turns,omitempty"`
	Dir   string         `json:"dir"`
}

// MergeOutputResult names the output and counts what is in it.
type MergeOutputResult struct {
	Output artifact.Ref         `json:"output"`
	Counts pipeline.ApplyCounts `json:"counts"`
	// Warnings are as in [pipeline.ApplyResult].
	Warnings []string `json:"warnings,omitempty"`
	// Companies counts conversations by company, for the chart.
	Companies artifact.Ref `json:"companies"`
	// Summary is a [merge.Summary]. Results from before there was one have none.
	Summary artifact.Ref `json:"summary,omitzero"`
}

// MergeOutput writes output/output.csv: one row for every row of the input, in
// its order, with all its columns and those of package merge. The input must be
// the file that was staged, to the byte. What the answers came to goes into
// output/summary.json and output/companies.json, how sure the model was into the
// database.
func (d *Data) MergeOutput(ctx context.Context, in MergeOutputInput) (MergeOutputResult, error) {
	m, err := d.merge(ctx, in)
	if err != nil {
		return MergeOutputResult{}, err
	}
	if err := m.Usable(in.MaxUnusable); err != nil {
		return MergeOutputResult{}, err
	}
	var result MergeOutputResult
	if result.Output, err = d.writeOutput(ctx, in, m); err != nil {
		return MergeOutputResult{}, err
	}
	result.Counts = m.Counts()
	if price, known := d.Prices.Find(in.Provider, in.BaseModel); known {
		asked, answered := m.Tokens()
		result.Counts.Cost, result.Counts.Priced = price.Answers(asked, answered, in.Batches), true
	}
	var test evaluate.Practice
	if in.Origin != nil && in.asInItsTest() {
		test = evaluate.Test(*in.Origin)
	}
	result.Warnings = m.Warnings(test)
	if in.Origin != nil {
		if unlike := in.Turns.Unlike(in.Origin.Turns); unlike != "" {
			result.Warnings = append([]string{unlike + ": its threshold was not calibrated for them, so that answers are wrong more often than was asked for, or missing; leave --turns out, or take a model that was trained on them"}, result.Warnings...)
		}
	}
	return result, d.sumUp(ctx, in, m, &result)
}

// asInItsTest tells whether the model is given as much of a conversation as in its own
// test. Otherwise its answers are not to be compared with those, nor with those to come.
func (in MergeOutputInput) asInItsTest() bool {
	return in.Origin == nil || (in.Turns == pipeline.FirstTurn) == (in.Origin.Turns == pipeline.FirstTurn)
}

// merge reads all parts.
func (d *Data) merge(ctx context.Context, in MergeOutputInput) (*merge.Merge, error) {
	m := merge.New(in.Dataset.Rows, in.Threshold)
	for i, ref := range in.Examples {
		examples, err := rows[dataset.Example](ctx, d.Store, ref)
		if err != nil {
			return nil, err
		}
		predictions, err := rows[dataset.Prediction](ctx, d.Store, in.Predictions[i])
		if err != nil {
			return nil, err
		}
		if err := m.Add(dataset.Given(examples, in.Turns), predictions); err != nil {
			return nil, fmt.Errorf("merging %s with %s: %w", in.Predictions[i].Path, ref.Path, err)
		}
	}
	duplicates, err := rows[dataset.Duplicate](ctx, d.Store, in.Duplicates)
	if err != nil {
		return nil, err
	}
	m.AddDuplicates(duplicates)
	return m, nil
}

// sumUp keeps what the answers came to, for the chart, the report and the
// applications to come.
func (d *Data) sumUp(ctx context.Context, in MergeOutputInput, m *merge.Merge, result *MergeOutputResult) (err error) {
	s, dir := m.Summary(), layout.Run(in.Dir)
	s.At, s.Task, s.Model, s.Warnings = time.Now(), in.Task, in.Model, result.Warnings
	s.Dataset, s.DatasetSHA256 = pipeline.DatasetName(in.Dataset.URL), in.Dataset.SHA256
	if in.Model != "" && in.asInItsTest() {
		a := registry.Application{Run: in.Dir, At: s.At, Model: in.Model, Confidences: s.Confidences}
		if err := d.Models.Task(in.Task).RecordApplication(ctx, a); err != nil {
			return err
		}
	}
	if result.Summary, err = d.Store.WriteJSON(ctx, dir.Summary(), s); err != nil {
		return err
	}
	result.Companies, err = d.Store.WriteJSON(ctx, dir.Companies(), m.Companies())
	return err
}

func (d *Data) writeOutput(ctx context.Context, in MergeOutputInput, m *merge.Merge) (artifact.Ref, error) {
	src, err := reopenSource(ctx, in.Dataset.URL)
	if err != nil {
		return artifact.Ref{}, err
	}
	defer src.Close()
	reader, err := tweet.NewRows(src, src.name)
	if err != nil {
		return artifact.Ref{}, err
	}

	w, err := d.Store.Create(ctx, layout.Run(in.Dir).Output())
	if err != nil {
		return artifact.Ref{}, err
	}
	defer w.Abort()
	buffered := bufio.NewWriterSize(w, 1<<20)
	out := csv.NewWriter(buffered)
	if err := out.Write(merge.Columns(reader.Header())); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing the output: %w", err)
	}
	n, err := writeAnswers(ctx, m, in.Dataset.Rows, reader, out)
	if err != nil {
		return artifact.Ref{}, err
	}
	// A compressed file may have bytes behind its last block; the hash is
	// over all of them.
	if _, err := io.Copy(io.Discard, src); err != nil {
		return artifact.Ref{}, fmt.Errorf("reading the dataset to its end: %w", err)
	}
	if n != in.Dataset.Rows || src.sum() != in.Dataset.SHA256 {
		return artifact.Ref{}, problem.Input("the file %s changed while the run was under way (it had %d rows, now %d); start the run again", in.Dataset.URL, in.Dataset.Rows, n)
	}
	out.Flush()
	if err := errors.Join(out.Error(), buffered.Flush()); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing the output: %w", err)
	}
	if err := w.Close(); err != nil {
		return artifact.Ref{}, err
	}
	return w.Ref(n), nil
}

// writeAnswers copies the rows of the input with their answers, and returns how
// many the input has. Of a file that grew since it was staged, the rows that are
// new are counted only.
func writeAnswers(ctx context.Context, m *merge.Merge, staged int64, in *tweet.Rows, out *csv.Writer) (n int64, err error) {
	repeatsHeader := in.RepeatsHeader()
	for ; ; n++ {
		record, err := in.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if n >= staged {
			continue
		}
		if n%65536 == 0 {
			if ctx.Err() != nil {
				return n, context.Cause(ctx)
			}
			report(ctx, pipeline.Progress{Done: n, Total: staged, Unit: "rows"})
		}
		added, err := m.Row(n, func() bool { return repeatsHeader(record) })
		if err != nil {
			return n, fmt.Errorf("merging: %w", err)
		}
		if err := out.Write(append(record, added...)); err != nil {
			return n, fmt.Errorf("writing the output: %w", err)
		}
	}
}
