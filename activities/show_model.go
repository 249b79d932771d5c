package activities

import (
	"context"

	"switchboard/internal/database"
	"switchboard/internal/pipeline"
)

// ShowModel tells all that is known of a model, and what was done with it.
func (c *Control) ShowModel(ctx context.Context, in pipeline.ShowModelInput) (pipeline.ModelDetails, error) {
	task, err := c.task(in.Task)
	if err != nil {
		return pipeline.ModelDetails{}, err
	}
	return modelDetails(ctx, task, in.Model)
}

func modelDetails(ctx context.Context, task *database.Task, id string) (d pipeline.ModelDetails, err error) {
	if d.Aliases, err = aliasesOf(ctx, task); err != nil {
		return d, err
	}
	if id, err = task.Resolve(ctx, id); err != nil {
		return d, err
	}
	if d.Model, err = task.Model(ctx, id); err != nil {
		return d, err
	}
	d.Changes, err = task.Changes(ctx, id)
	return d, err
}
