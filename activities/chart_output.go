package activities

import (
	"context"
	"io"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/reports"
)

// ChartOutputInput names the conversations counted by company.
type ChartOutputInput struct {
	Companies artifact.Ref `json:"companies"`
	// Failed counts those that got no answer, and are of no company.
	Failed int64 `json:"failed,omitempty"`
	// Model answered, and At is when.
	Model string    `json:"model,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Dir   string    `json:"dir"`
}

// ChartOutput draws output/analyze.png: conversations per company.
func (d *Data) ChartOutput(ctx context.Context, in ChartOutputInput) (artifact.Ref, error) {
	c := reports.CompaniesChart{Model: in.Model, At: in.At, Failed: int(in.Failed)}
	if err := d.Store.ReadJSON(ctx, in.Companies, &c.Counts); err != nil {
		return artifact.Ref{}, err
	}
	return d.draw(ctx, layout.Run(in.Dir).Chart(), func(w io.Writer) error { return reports.Companies(w, c) })
}
