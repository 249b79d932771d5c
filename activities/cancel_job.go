package activities

import (
	"context"
	"errors"

	"switchboard/internal/provider"
)

// CancelJobInput names a job and the run that wants it cancelled.
type CancelJobInput struct {
	JobID string `json:"job_id"`
	Owner string `json:"owner"`
}

// CancelJob stops a job at the provider. A job that has ended already, or is
// not there, is no error: nothing is left to pay for. A job that another run
// submitted, and this one adopted, is left to that run.
func (p *Provider) CancelJob(ctx context.Context, in CancelJobInput) error {
	job, err := p.Client.Job(ctx, in.JobID)
	var refused *provider.Error
	if errors.As(err, &refused) && refused.NotFound() {
		return nil
	}
	if err != nil {
		return err
	}
	if owner, known := job.Metadata[ownerKey]; job.Status.Finished() || known && owner != in.Owner {
		return nil
	}
	_, err = p.Client.CancelJob(ctx, in.JobID)
	if errors.As(err, &refused) && refused.Permanent {
		if job, lookup := p.Client.Job(ctx, in.JobID); lookup == nil && job.Status.Finished() {
			return nil // it ended in between
		}
	}
	return err
}
