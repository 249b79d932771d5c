package activities

import (
	"context"
	"errors"
	"io"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

// CheckDatasetInput names a file and what it is for.
type CheckDatasetInput struct {
	Dataset string        `json:"dataset"`
	Kind    pipeline.Kind `json:"kind"`
	// TargetSize and MinClassSize are those of a fine-tuning; 0 asks nothing
	// of the file.
	TargetSize   int `json:"target_size,omitempty"`
	MinClassSize int `json:"min_class_size,omitempty"`
}

// CheckDataset opens a dataset and reads its header and first rows, so that a
// run on a file that is not such a dataset is refused at once, and counts as many
// rows as a fine-tuning needs at least. Whatever is wrong is a problem of kind
// BadInput.
func (d *Data) CheckDataset(ctx context.Context, in CheckDatasetInput) error {
	source, err := openSource(ctx, in.Dataset)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := tweet.Check(source, source.name, tweet.Kind(in.Kind)); err != nil {
		return err
	}
	return in.checkSize(ctx)
}

// countTime bounds the counting of rows; somebody waits for the answer.
const countTime = 20 * time.Second

// checkSize refuses sizes that the file cannot have: there are no more
// conversations than rows.
func (in CheckDatasetInput) checkSize(ctx context.Context) error {
	need := max(in.TargetSize, in.MinClassSize, 2*in.MinClassSize) // the double may be no int any more
	if need == 0 {
		return nil
	}
	rows, err := countRows(ctx, in.Dataset, need)
	switch {
	case err != nil:
		return err
	case rows < in.TargetSize:
		return problem.Input("the target size is %d conversations a class, but the dataset has only %d rows in all; give a smaller one, or leave it out to take all there is", in.TargetSize, rows)
	case rows/2 < in.MinClassSize:
		return problem.Input("two companies of %d conversations or more do not fit into the %d rows of the dataset, and fewer than two teach nothing; lower the minimal class size (--min-class-size), or give more data", in.MinClassSize, rows)
	}
	return nil
}

// countRows counts the rows of a table, up to a number. A file that takes long or
// breaks off in the middle is taken to have as many: reading all of it is for
// later.
func countRows(ctx context.Context, dataset string, enough int) (int, error) {
	source, err := openSource(ctx, dataset)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	table, err := tweet.NewRows(source, source.name)
	if err != nil {
		return 0, err
	}
	late := time.Now().Add(countTime)
	for n := 0; n < enough; n++ {
		_, err := table.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil || n%1024 == 0 && time.Now().After(late) {
			break
		}
	}
	return enough, ctx.Err()
}
