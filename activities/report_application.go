package activities

import (
	"context"
	"errors"
	"io"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/reports"
)

// ReportApplicationInput names what an application of a model came to.
type ReportApplicationInput struct {
	// Summary is a [merge.Summary].
	Summary artifact.Ref `json:"summary"`
	// Task is whose earlier applications it is compared with.
	Task string `json:"task,omitempty"`
	// Origin is what the model was trained on, nil where it is not known.
	Origin *pipeline.Origin `json:"origin,omitempty"`
	Dir    string           `json:"dir"`
}

// ReportApplication writes output/report.html: which companies the conversations
// are about, for people, beside the task's application before this one.
func (d *Data) ReportApplication(ctx context.Context, in ReportApplicationInput) (artifact.Ref, error) {
	a := reports.Application{Origin: in.Origin, Run: in.Dir}
	if err := d.Store.ReadJSON(ctx, in.Summary, &a.Summary); err != nil {
		return artifact.Ref{}, err
	}
	var err error
	if a.Before, err = d.summaryBefore(ctx, in); err != nil {
		return artifact.Ref{}, err
	}
	return d.draw(ctx, layout.Run(in.Dir).OutputPage(), func(w io.Writer) error { return reports.WriteApplication(w, a) })
}

// summaryBefore returns what the application before this one came to, nil where
// there was none, or its files are gone or of another version.
func (d *Data) summaryBefore(ctx context.Context, in ReportApplicationInput) (*merge.Summary, error) {
	before, found, err := d.Models.Task(in.Task).ApplicationBefore(ctx, in.Dir)
	if err != nil || !found {
		return nil, err
	}
	var s merge.Summary
	err = d.Store.ReadPathJSON(ctx, layout.Run(before.Run).Summary(), &s)
	if errors.Is(err, artifact.ErrNotFound) || err == nil && s.Version != merge.SummaryVersion {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}
