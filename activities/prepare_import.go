package activities

import (
	"context"

	"switchboard/internal/pipeline"
	"switchboard/internal/seal"
)

// PrepareImport tells what corrections of a task may hold, and the key with which
// they are sealed on their way here.
func (c *Control) PrepareImport(ctx context.Context, in pipeline.PrepareImportInput) (pipeline.PrepareImportResult, error) {
	var result pipeline.PrepareImportResult
	task, err := c.task(in.Task)
	if err != nil {
		return result, err
	}
	champion, err := task.Champion(ctx)
	if err != nil {
		return result, err
	}
	if err := c.Store.ReadJSON(ctx, champion.Labels, &result.Labels); err != nil {
		return result, err
	}
	key, err := c.importKey(ctx)
	if err != nil {
		return result, err
	}
	result.Key = key.Public()
	return result, nil
}

// importKey opens what is sealed for this database.
func (c *Control) importKey(ctx context.Context) (seal.Key, error) {
	secret, err := c.Models.ImportSecret(ctx)
	if err != nil {
		return seal.Key{}, err
	}
	return seal.KeyOf(secret)
}
