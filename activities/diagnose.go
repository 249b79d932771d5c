package activities

import (
	"context"

	"switchboard/internal/healthcheck"
	"switchboard/internal/pipeline"
)

// Diagnose looks at what this worker has around it.
func (c *Control) Diagnose(ctx context.Context) (pipeline.Diagnosis, error) {
	return pipeline.Diagnosis{
		Worker: c.Worker,
		Checks: healthcheck.Run(ctx, healthcheck.Worker{Config: c.Config, Getenv: c.Getenv, Models: c.Models, Kafka: c.Kafka}),
	}, nil
}
