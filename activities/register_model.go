package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/registry"
)

// RegisterModel remembers a fine-tuned model, so that Apply finds it.
func (d *Data) RegisterModel(ctx context.Context, m registry.Model) (artifact.Ref, error) {
	return registry.Record(ctx, d.Store, m)
}
