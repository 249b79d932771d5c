package activities

import (
	"context"
	"errors"
	"fmt"
	"io"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

// Bounds of a report: of its text, and of what it is sealed to, which travels in one
// value of Temporal as base64.
const (
	maxReport       = 16 << 20
	maxSealedReport = 1_400_000
)

// ReadReport returns the page of an evaluation or of an application, for whoever asked
// alone.
func (c *Control) ReadReport(ctx context.Context, in pipeline.ReadReportInput) (result pipeline.ReadReportResult, err error) {
	if !layout.IsPage(in.Path) {
		return result, problem.Input("the file that is asked for is no report of a run")
	}
	f, err := c.Store.Reader(ctx, in.Path)
	if errors.Is(err, artifact.ErrNotFound) {
		return result, problem.Input("the report is not there: the artifacts of its run were removed, or are elsewhere")
	}
	if err != nil {
		return result, err
	}
	defer f.Close()
	page, err := io.ReadAll(io.LimitReader(f, maxReport+1))
	if err != nil {
		return result, fmt.Errorf("reading the report: %w", err)
	}
	if len(page) <= maxReport {
		if result.Sealed, err = seal.Seal(in.Key, pipeline.ReportPurpose, string(page)); err != nil {
			return result, err
		}
	}
	if len(page) > maxReport || len(result.Sealed) > maxSealedReport {
		return pipeline.ReadReportResult{}, problem.New(problem.Refused, "the report is too large to be sent; open it with `starter open`")
	}
	return result, nil
}
