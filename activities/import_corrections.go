package activities

import (
	"context"

	"switchboard/internal/correction"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
)

// ImportCorrections keeps corrections, with pseudonyms in the places of authors.
// Importing them again changes nothing.
func (c *Control) ImportCorrections(ctx context.Context, in pipeline.ImportCorrectionsInput) (pipeline.ImportCorrectionsResult, error) {
	var result pipeline.ImportCorrectionsResult
	task, err := c.task(in.Task)
	if err != nil {
		return result, err
	}
	key, err := c.importKey(ctx)
	if err != nil {
		return result, err
	}
	corrections, err := correction.Open(key, in.Sealed)
	if err != nil {
		return result, err
	}
	if err := pseudonyms(ctx, c.Models, corrections); err != nil {
		return result, err
	}
	result.Read = len(corrections)
	result.Changed, err = task.ImportCorrections(ctx, corrections)
	return result, err
}

// pseudonyms puts pseudonyms in the places of authors.
func pseudonyms(ctx context.Context, s *database.Store, corrections []pipeline.Correction) error {
	known := map[string]string{}
	for i, c := range corrections {
		p, done := known[c.Author]
		if !done {
			var err error
			if p, err = s.Pseudonym(ctx, c.Author); err != nil {
				return err
			}
			known[c.Author] = p
		}
		corrections[i].Author = p
	}
	return nil
}
