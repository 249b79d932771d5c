package activities

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/database"
	"switchboard/internal/dataset"
	"switchboard/internal/pace"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// Data is the set of activities of the task queue pipeline.TaskQueue. Its
// exported fields are required but where they say otherwise.
type Data struct {
	Store      *artifact.Store
	Anonymizer *anonymize.Anonymizer
	// Models is the database of models.
	Models *database.Store
	// Results has the calls, and what people say of them.
	Results *results.Store
	// Prices is what providers ask. It may be empty.
	Prices cost.Table
	// saveEvery is saveSlices, but in tests.
	saveEvery time.Duration
	// anonymizing is how fast all parts together are anonymized.
	anonymizing pace.Pace
}

// rows reads all rows of one Parquet artifact.
func rows[T any](ctx context.Context, store *artifact.Store, ref artifact.Ref) ([]T, error) {
	content, err := store.Read(ctx, ref)
	if err != nil {
		return nil, err
	}
	return decode[T](ref.Path, content)
}

// allRows reads the examples of all parts.
func allRows(ctx context.Context, store *artifact.Store, parts []artifact.Ref) ([]dataset.Example, error) {
	total := int64(0)
	for _, ref := range parts {
		total += ref.Rows
	}
	all := make([]dataset.Example, 0, total) // growing would take as much again
	for _, ref := range parts {
		more, err := rows[dataset.Example](ctx, store, ref)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		report(ctx, pipeline.Progress{Done: int64(len(all)), Unit: "conversations"})
	}
	return all, nil
}

// rowsAt reads all rows of the Parquet file at a path, whoever wrote it.
func rowsAt[T any](ctx context.Context, store *artifact.Store, path string) ([]T, error) {
	content, err := store.ReadPath(ctx, path)
	if err != nil {
		return nil, err
	}
	return decode[T](path, content)
}

func decode[T any](path string, content []byte) ([]T, error) {
	list, err := dataset.ReadAll[T](bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return list, nil
}

// writeRows stores rows as one Parquet artifact.
func writeRows[T any](ctx context.Context, store *artifact.Store, path string, list []T) (artifact.Ref, error) {
	w, err := store.Create(ctx, path)
	if err != nil {
		return artifact.Ref{}, err
	}
	defer w.Abort()
	p := dataset.NewWriter[T](w)
	if err := p.Write(list...); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing %s: %w", path, err)
	}
	if err := p.Close(); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing %s: %w", path, err)
	}
	if err := w.Close(); err != nil {
		return artifact.Ref{}, err
	}
	return w.Ref(p.Rows()), nil
}
