package activities

import (
	"testing"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// Of a job under way it is told when the provider expects it to be done, of one that is
// done it is not.
func TestFinishIsToldWhileAJobRuns(t *testing.T) {
	finish := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	job := provider.Job{Status: provider.Running, EstimatedFinish: finish}
	if got := advance(pipeline.JobProgress{}, job, nil).State.Finish; !got.Equal(finish) {
		t.Errorf("a running job is expected at %v, want %v", got, finish)
	}
	job.Status = provider.Succeeded
	if got := advance(pipeline.JobProgress{State: pipeline.JobState{Finish: finish}}, job, nil).State.Finish; !got.IsZero() {
		t.Errorf("a job that is done is expected at %v", got)
	}
}
