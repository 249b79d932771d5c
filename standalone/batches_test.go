package main

import (
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// What failed is asked again, and nothing else; a file that is asked about in
// batches is answered without a single call.
func TestFailedRowsAndBatches(t *testing.T) {
	slow(t)
	models := newCounter(t)
	th := newHarness(t, "OPENAI_BASE_URL="+models.url, "OPENAI_API_KEY="+counterKey)
	training, production := tweets(t, th.dir, 600)
	th.open()
	th.run("finetune", "--dataset", training, "--watch")

	const chat = "/v1/chat/completions"
	models.filter("depot")
	first := th.run("apply", "--dataset", production, "--watch")
	failed := first.Apply.Counts.ConversationStatuses[string(dataset.Failed)]
	if failed == 0 || failed == first.Apply.Counts.Conversations {
		t.Fatalf("%d conversations failed: %+v", failed, first.Apply.Counts)
	}
	models.filter("")
	before := models.count(chat)
	again := th.run("apply", "--retry-failed", first.WorkflowID, "--watch")
	if left := again.Apply.Counts.ConversationStatuses[string(dataset.Failed)]; left > 0 || again.Apply.Model != first.Apply.Model {
		t.Errorf("%d conversations failed again: %+v", left, again.Apply)
	}
	if asked := models.count(chat) - before; int64(asked) != failed {
		t.Errorf("%d questions were asked for %d that had failed", asked, failed)
	}
	th.checkOutput(production, again.Apply)
	if code, _, errOut := th.starter("apply", "--retry-failed", again.WorkflowID); code != 2 || !strings.Contains(errOut, "no failed conversations") {
		t.Errorf("exit code %d and %q", code, errOut)
	}

	_, other := tweets(t, t.TempDir(), 900)
	before = models.count(chat)
	batched := th.run("apply", "--dataset", other, "--mode", "batch", "--watch")
	if batched.Apply.Mode != pipeline.InBatches || models.count(chat) != before || models.count("/v1/batches") == 0 {
		t.Errorf("%d questions were asked one by one, and %d batches made", models.count(chat)-before, models.count("/v1/batches"))
	}
	counts := batched.Apply.Counts.ConversationStatuses
	if n := counts[string(dataset.Classified)] + counts[string(dataset.Unsure)]; n != batched.Apply.Counts.Conversations {
		t.Errorf("%d of %d conversations have an answer", n, batched.Apply.Counts.Conversations)
	}
	th.checkOutput(other, batched.Apply)
	th.checkHistories(batched.WorkflowID)
	if matches, _ := filepath.Glob(filepath.Join(th.dir, "artifacts", "answers", "*", "all.parquet")); len(matches) < 2 {
		t.Errorf("the answers of %d parts are kept", len(matches))
	}
}
