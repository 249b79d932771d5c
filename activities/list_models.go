package activities

import (
	"context"

	"switchboard/internal/database"
	"switchboard/internal/pipeline"
)

// ListModels lists the models of a task or of all tasks, a page at a time.
func (c *Control) ListModels(ctx context.Context, in pipeline.ListModelsInput) (pipeline.ListModelsResult, error) {
	result := pipeline.ListModelsResult{Tasks: []pipeline.TaskAliases{}}
	names := []string{in.Task}
	if in.AllTasks {
		var err error
		if names, err = c.Models.Tasks(ctx); err != nil {
			return result, err
		}
	}
	var all []pipeline.Model
	for _, name := range names {
		task, err := c.task(name)
		if err != nil {
			return result, err
		}
		models, err := task.Models(ctx)
		if err != nil {
			return result, err
		}
		if len(models) == 0 {
			continue
		}
		aliases, err := aliasesOf(ctx, task)
		if err != nil {
			return result, err
		}
		result.Tasks, all = append(result.Tasks, aliases), append(all, models...)
	}
	result.Models, result.Total = pageOf(all, in.Offset), len(all)
	return result, nil
}

// task returns a task of the database, if its name can be one.
func (c *Control) task(name string) (*database.Task, error) {
	if err := pipeline.CheckTask(name); err != nil {
		return nil, err
	}
	return c.Models.Task(name), nil
}

func aliasesOf(ctx context.Context, task *database.Task) (t pipeline.TaskAliases, err error) {
	t.Task = task.Name()
	t.Champion, t.Challenger, err = task.Aliases(ctx)
	return t, err
}

// pageOf is what one answer holds of a list from an offset on.
func pageOf[T any](all []T, offset int) []T {
	from := min(max(offset, 0), len(all))
	return append([]T{}, all[from:min(from+pipeline.PageSize, len(all))]...)
}
