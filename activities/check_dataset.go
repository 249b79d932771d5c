package activities

import (
	"context"

	"switchboard/internal/pipeline"
	"switchboard/internal/tweet"
)

// CheckDatasetInput names a file and what it is for.
type CheckDatasetInput struct {
	Dataset string        `json:"dataset"`
	Kind    pipeline.Kind `json:"kind"`
}

// CheckDataset opens a dataset and reads its header and first rows, so that a
// run on a file that is not such a dataset is refused at once. Whatever is
// wrong is a problem of kind BadInput.
func (d *Data) CheckDataset(ctx context.Context, in CheckDatasetInput) error {
	source, err := openSource(ctx, in.Dataset)
	if err != nil {
		return err
	}
	defer source.Close()
	return tweet.Check(source, source.name, tweet.Kind(in.Kind))
}
