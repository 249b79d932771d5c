package main

import (
	"bytes"
	"testing"

	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// Killing the process at any moment and starting it again ends with the same
// output as an undisturbed run, one provider job, and no row lost or doubled.
func TestKilledRunEndsLikeAnUndisturbedOne(t *testing.T) {
	slow(t)
	calm := newHarness(t)
	training, production := tweets(t, calm.dir, 3000)
	calm.open()
	calm.run("finetune", "--dataset", training, "--epochs", "50", "--watch")
	want := calm.run("apply", "--dataset", production, "--watch").Apply
	output := calm.artifact(want.Output.Path)
	calm.kill()

	th := newHarness(t)
	th.open()
	tuned := th.run("finetune", "--dataset", training, "--epochs", "50").WorkflowID
	for _, stage := range []pipeline.Stage{pipeline.Preparing, pipeline.Uploading, pipeline.TrainingJob, pipeline.Evaluating} {
		th.killAt(tuned, stage)
	}
	f := th.run("status", tuned, "--watch").FineTune
	if f == nil {
		t.Fatal("the fine-tuning did not end")
	}
	applied := th.run("apply", "--dataset", production).WorkflowID
	for _, stage := range []pipeline.Stage{pipeline.Preparing, pipeline.Classifying, pipeline.Merging} {
		th.killAt(applied, stage)
	}
	got := th.run("status", applied, "--watch").Apply
	if got == nil {
		t.Fatal("the application did not end")
	}
	th.checkOutput(production, got)
	if !bytes.Equal(th.artifact(got.Output.Path), output) {
		t.Error("the output is not that of an undisturbed run")
	}
	jobs, err := th.provider().Jobs(t.Context(), nil)
	if err != nil || len(jobs) != 1 || jobs[0].Status != provider.Succeeded {
		t.Errorf("the provider has %d jobs, %v: %+v", len(jobs), err, jobs)
	}
	files, err := th.provider().Files(t.Context(), provider.PurposeFineTune)
	if err != nil || len(files) != 2 {
		t.Errorf("the provider has %d training files, %v; want 2", len(files), err)
	}
}

// killAt kills the process when the run is in a stage, or beyond it, and
// starts it again.
func (th *harness) killAt(id string, stage pipeline.Stage) {
	th.t.Helper()
	for {
		s := th.run("status", id)
		if s.State != "running" {
			th.t.Logf("%s was over before %s", id, stage)
			return
		}
		if s.Status != nil && (s.Status.Stage == stage || passed(s.Status.Stages, stage)) {
			break
		}
	}
	th.kill()
	th.open()
}

func passed(stages []pipeline.StageTime, stage pipeline.Stage) bool {
	for _, s := range stages {
		if s.Stage == stage {
			return true
		}
	}
	return false
}
