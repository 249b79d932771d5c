package activities

import (
	"bytes"
	"context"
	"fmt"

	"switchboard/internal/artifact"
	chart "switchboard/internal/report"
)

// ChartOutputInput names the conversations counted by company.
type ChartOutputInput struct {
	Companies artifact.Ref `json:"companies"`
	Dir       string       `json:"dir"`
}

// ChartOutput draws output/analyze.png: conversations per company.
func (d *Data) ChartOutput(ctx context.Context, in ChartOutputInput) (artifact.Ref, error) {
	var companies map[string]int
	if err := d.Store.ReadJSON(ctx, in.Companies, &companies); err != nil {
		return artifact.Ref{}, err
	}
	var picture bytes.Buffer
	if err := chart.Companies(&picture, companies); err != nil {
		return artifact.Ref{}, fmt.Errorf("drawing the chart of companies: %w", err)
	}
	return d.Store.Write(ctx, in.Dir+"/output/analyze.png", picture.Bytes())
}
