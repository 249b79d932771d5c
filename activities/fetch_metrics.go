package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/provider"
	"switchboard/internal/reports"
)

// FetchMetricsInput names a finished job.
type FetchMetricsInput struct {
	JobID string `json:"job_id"`
	Dir   string `json:"dir"`
}

// FetchMetricsResult names what the provider says of the training.
type FetchMetricsResult struct {
	Job    artifact.Ref `json:"job"`
	Events artifact.Ref `json:"events"`
	// Steps and Curves are empty if the provider gives no metrics.
	Steps  artifact.Ref `json:"steps"`
	Curves artifact.Ref `json:"curves"`
}

// maxMetrics bounds the metrics file; OpenAI's hold some hundred bytes a step.
const maxMetrics = 64 << 20

// FetchMetrics stores the job, its events, its metrics by step, and draws
// them. Of the provider's files it keeps the figures that it knows, and nothing
// as it came: what a provider writes may hold texts.
func (p *Provider) FetchMetrics(ctx context.Context, in FetchMetricsInput) (FetchMetricsResult, error) {
	job, err := p.Client.Job(ctx, in.JobID)
	if err != nil {
		return FetchMetricsResult{}, err
	}
	var r FetchMetricsResult
	if r.Job, err = p.Store.WriteJSON(ctx, layout.Run(in.Dir).Job(), recorded(job, in.Dir)); err != nil {
		return FetchMetricsResult{}, err
	}
	if r.Events, err = p.storeEvents(ctx, in); err != nil {
		return FetchMetricsResult{}, err
	}
	if len(job.ResultFiles) == 0 {
		return r, nil
	}
	content, err := p.steps(ctx, job.ResultFiles[0])
	var refused *provider.Error
	if errors.As(err, &refused) && refused.Permanent {
		return r, nil // the model is there and paid for, whatever became of its metrics
	}
	if err != nil {
		return FetchMetricsResult{}, err
	}
	steps, err := reports.ReadSteps(bytes.NewReader(content))
	if err != nil {
		return r, nil // another provider's format
	}
	if r.Steps, err = p.Store.Write(ctx, layout.Run(in.Dir).StepMetrics(), reports.FormatSteps(steps)); err != nil {
		return FetchMetricsResult{}, err
	}
	r.Curves, err = p.drawCurves(ctx, layout.Run(in.Dir).Curves(), steps, reports.ChoiceOf(steps, job.BaseModel, job.BestStep))
	return r, err
}

// recorded is the job as it is kept. What it was marked with is kept if it is
// what runs mark their jobs with.
func recorded(job provider.Job, run string) provider.Job {
	kept := map[string]string{}
	if sum, err := hex.DecodeString(job.Metadata[submissionKey]); err == nil && len(sum) == sha256.Size {
		kept[submissionKey] = job.Metadata[submissionKey]
	}
	if job.Metadata[ownerKey] == run {
		kept[ownerKey] = run
	}
	job.Metadata = kept
	if sum, err := hex.DecodeString(strings.TrimPrefix(job.Suffix, suffixMark)); err != nil || len(sum) != suffixBytes {
		job.Suffix = ""
	}
	return job
}

func (p *Provider) storeEvents(ctx context.Context, in FetchMetricsInput) (artifact.Ref, error) {
	events, err := p.Client.Events(ctx, in.JobID, "")
	if err != nil {
		return artifact.Ref{}, err
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, e := range events {
		if err := enc.Encode(jobEvent(e)); err != nil {
			return artifact.Ref{}, fmt.Errorf("encoding an event of the job: %w", err)
		}
	}
	return p.Store.Write(ctx, layout.Run(in.Dir).Events(), lines.Bytes())
}

func (p *Provider) steps(ctx context.Context, file string) ([]byte, error) {
	r, err := p.Client.FileContent(ctx, file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("downloading the metrics: %w", err)
	}
	return content, nil
}

func (p *Provider) drawCurves(ctx context.Context, path string, steps []reports.Step, chosen reports.Choice) (artifact.Ref, error) {
	var picture bytes.Buffer
	if err := reports.Curves(&picture, steps, chosen); err != nil {
		return artifact.Ref{}, fmt.Errorf("drawing the training curves: %w", err)
	}
	return p.Store.Write(ctx, path, picture.Bytes())
}
