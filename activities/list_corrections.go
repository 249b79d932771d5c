package activities

import (
	"context"

	"switchboard/internal/pipeline"
)

// ListCorrections lists the latest correction of each conversation of a task, a
// page at a time.
func (c *Control) ListCorrections(ctx context.Context, in pipeline.ListCorrectionsInput) (pipeline.ListCorrectionsResult, error) {
	task, err := c.task(in.Task)
	if err != nil {
		return pipeline.ListCorrectionsResult{}, err
	}
	all, err := task.Corrections(ctx)
	if err != nil {
		return pipeline.ListCorrectionsResult{}, err
	}
	return pipeline.ListCorrectionsResult{Corrections: pageOf(all, in.Offset), Total: len(all)}, nil
}
