package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/browsertest"
)

// The Web UI lists the runs, and shows of a finished one what it is about, how it
// went, and what each of its steps did. With SCREENSHOTS=folder, what is seen goes
// there; tools/pictures makes the pictures in docs/images of it.
func TestWebUIShowsTheRuns(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	sample, production := sampleFiles(t)
	th := newHarness(t)
	th.open()
	tuned := th.run("finetune", "--dataset", sample, "--target-size", "200", "--watch")
	applied := th.run("apply", "--dataset", production, "--watch")
	run := "/namespaces/default/workflows/" + tuned.WorkflowID + "/" + tuned.RunID

	for _, page := range []struct {
		path, waitFor, picture string
		want                   []string
	}{
		{"/namespaces/default/workflows", applied.WorkflowID, "web-ui-runs.png", []string{
			tuned.WorkflowID, tuned.WorkflowID + "-prepare", "FineTune", "Apply", "PrepareDataset", "COMPLETED",
		}},
		{run + "/history", "classify the test set", "web-ui-steps.png", []string{
			tuned.WorkflowID, "AwaitJob", "ReportEvaluation", "register the model",
		}},
		{run + "/user-metadata", "files:", "web-ui-run.png", []string{
			"Fine-tune a model on tweets.csv", "dataset: tweets.csv", "--target-size=200", "done", tuned.FineTune.Model,
		}},
	} {
		text := th.look(page.path, page.waitFor, page.picture)
		for _, want := range page.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not show %q:\n%s", page.path, want, text)
			}
		}
	}
}

func (th *harness) look(path, waitFor, picture string) string {
	th.t.Helper()
	file := ""
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		file = filepath.Join(dir, picture)
	}
	text, err := browsertest.Screenshot(th.t.Context(), th.ui()+path, waitFor, file)
	if err != nil {
		th.t.Fatalf("%s: %v\n%s", path, err, text)
	}
	return text
}
