package main

import (
	"path/filepath"
	"testing"

	"switchboard/internal/pipeline"
)

// A history is paid for in storage and replay time, so it must grow with parts
// and not with conversations. Small datasets are left out: a run has some
// hundred events whatever its size.
func TestEventsPerThousandConversations(t *testing.T) {
	slow(t)
	sample, err := filepath.Abs("../datasets/sample/tweets.csv")
	if err != nil {
		t.Fatal(err)
	}
	th := newHarness(t)
	th.open()
	tuned := th.run("finetune", "--dataset", sample, "--watch")
	applied := th.run("apply", "--dataset", sample, "--watch")
	for _, run := range []struct {
		id            string
		conversations int64
	}{
		{tuned.WorkflowID, tuned.FineTune.Prepared.Conversations},
		{applied.WorkflowID, applied.Apply.Counts.Conversations},
	} {
		events := len(th.history(run.id)) + len(th.history(pipeline.PrepareID(run.id)))
		perThousand := float64(events) * 1000 / float64(run.conversations)
		t.Logf("%s: %d events for %d conversations, %.1f for 1,000", run.id, events, run.conversations, perThousand)
		if perThousand > 60 {
			t.Errorf("%s has %.1f events for 1,000 conversations, more than 60", run.id, perThousand)
		}
	}
}
