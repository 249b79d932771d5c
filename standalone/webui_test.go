package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/browsertest"
)

// The Web UI lists the runs and shows a finished one with its result. With
// SCREENSHOTS=folder, what is seen goes there: the pictures in docs/images are
// made so.
func TestWebUIShowsTheRuns(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	sample, err := filepath.Abs("../datasets/sample/tweets.csv")
	if err != nil {
		t.Fatal(err)
	}
	production, err := filepath.Abs("../datasets/sample/production.csv")
	if err != nil {
		t.Fatal(err)
	}
	th := newTheatre(t)
	th.open()
	tuned := th.run("finetune", "--dataset", sample, "--watch")
	applied := th.run("apply", "--dataset", production, "--watch")

	list := th.look("/namespaces/default/workflows", applied.WorkflowID, "web-ui-runs.png")
	for _, want := range []string{tuned.WorkflowID, applied.WorkflowID, tuned.WorkflowID + "-prepare", "FineTune", "Apply", "PrepareDataset", "COMPLETED"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list of runs does not show %q:\n%s", want, list)
		}
	}
	page := th.look("/namespaces/default/workflows/"+tuned.WorkflowID+"/"+tuned.RunID+"/history", "RegisterModel", "web-ui-run.png")
	for _, want := range []string{tuned.WorkflowID, "AwaitJob", "SplitExamples"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the run does not show %q:\n%s", want, page)
		}
	}
}

func (th *theatre) look(path, waitFor, picture string) string {
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
