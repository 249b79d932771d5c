package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// AwaitJobInput names a job.
type AwaitJobInput struct {
	JobID string `json:"job_id"`
}

const (
	firstPoll = time.Second
	mostPoll  = 10 * time.Second
	// recentEvents is how many events a heartbeat carries for the status.
	recentEvents = 5
)

// AwaitJob watches a fine-tuning job until it ends. It returns the job's last
// state if it succeeded; a job that failed or was cancelled is a problem of
// kind Refused. Where a provider serves the model only when asked to, it is
// asked to. The heartbeat is a pipeline.JobProgress: what the provider
// says, and the last event seen, from which another attempt goes on.
func (p *Provider) AwaitJob(ctx context.Context, in AwaitJobInput) (pipeline.JobState, error) {
	now := resume[pipeline.JobProgress](ctx)
	report(ctx, now)
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	for pause := firstPoll; ; pause = min(pause*3/2, mostPoll) {
		next, job, err := p.look(ctx, in.JobID, now)
		if err != nil {
			return pipeline.JobState{}, err
		}
		now = next
		report(ctx, now)
		if err := job.Failure(); err != nil {
			return pipeline.JobState{}, err
		}
		if job.Status.Finished() {
			now.State.Model, err = p.Client.Serve(ctx, job)
			return now.State, err
		}
		select {
		case <-ctx.Done():
			return pipeline.JobState{}, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// look asks once how the job is doing.
func (p *Provider) look(ctx context.Context, id string, last pipeline.JobProgress) (pipeline.JobProgress, provider.Job, error) {
	// The job before its events: events seen after the final status would
	// be missed the other way round.
	job, err := p.Client.Job(ctx, id)
	if err != nil {
		return last, job, err
	}
	events, err := p.Client.Events(ctx, id, last.LastEvent)
	if err != nil {
		return last, job, err
	}
	return advance(last, job, events), job, nil
}

// jobEvent is an event as we keep it.
func jobEvent(e provider.Event) pipeline.JobEvent {
	return pipeline.JobEvent{ID: e.ID, At: e.Created, Level: e.Level, Message: e.Message}
}

// statusOf is the protocol's status, with the provider's own word if that is another.
func statusOf(job provider.Job) string {
	if job.Word == "" || job.Word == string(job.Status) {
		return string(job.Status)
	}
	if job.Word == strings.ReplaceAll(string(job.Status), "_", " ") {
		return job.Word // a word that is not known, which is not shown
	}
	return fmt.Sprintf("%s (%s)", job.Status, job.Word)
}

func advance(last pipeline.JobProgress, job provider.Job, events []provider.Event) pipeline.JobProgress {
	last.State = pipeline.JobState{
		Status:        statusOf(job),
		Model:         job.FineTunedModel,
		TrainedTokens: job.TrainedTokens,
		ResultFiles:   job.ResultFiles,
		ModelBytes:    job.ModelBytes,
	}
	if !job.Status.Finished() {
		last.State.Finish = job.EstimatedFinish
	}
	if job.Finished.After(job.Created) && !job.Created.IsZero() {
		last.State.Seconds = job.Finished.Sub(job.Created).Seconds()
	}
	last.Events += len(events)
	recent := append([]pipeline.JobEvent(nil), last.Recent...)
	for _, e := range events {
		last.LastEvent = e.ID
		recent = append(recent, jobEvent(e))
	}
	last.Recent = recent[max(0, len(recent)-recentEvents):]
	return last
}
