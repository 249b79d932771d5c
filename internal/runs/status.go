package runs

import (
	"context"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

// statusTimeout bounds the question to a worker what a run says of itself.
const statusTimeout = 3 * time.Second

// Status asks a worker for the status of a run, open or closed. Without a run id it is
// that of the latest of the workflow id.
func Status(ctx context.Context, c *temporal.Client, workflowID, runID string) (s pipeline.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	answer, err := c.QueryWorkflow(ctx, workflowID, runID, pipeline.StatusQuery)
	if err != nil {
		return s, err
	}
	return s, answer.Get(&s)
}
