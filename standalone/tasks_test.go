package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/pipeline"
)

// What a user does after the demo: fine-tune on data of their own, and apply the
// model. The demo's companies have no part in it.
func TestTasksAreApart(t *testing.T) {
	th := newHarness(t)
	// So many that the model is tested on enough of them to compare with.
	training, production := tweets(t, th.dir, 700)
	th.open()

	demo := th.run("finetune", "--task", "demo", "--dataset", training, "--watch").FineTune
	if demo.Task != "demo" || demo.Champion != demo.Model {
		t.Fatalf("the demo's fine-tuning ended as %+v", demo)
	}
	if code, _, errOut := th.starter("apply", "--dataset", production, "--watch"); code != 2 || !strings.Contains(errOut, "no fine-tuned model of the task default yet") {
		t.Errorf("applied without a model: exit code %d, %s", code, errOut)
	}
	// The same data in another task: the provider's job is found, and its model
	// is a champion in either.
	same := th.run("finetune", "--task", "copy", "--dataset", training, "--watch").FineTune
	if same.Model != demo.Model || same.Champion != same.Model || same.JobID != demo.JobID {
		t.Errorf("the same data gave %s of job %s, and the champion is %s", same.Model, same.JobID, same.Champion)
	}
	own := th.run("finetune", "--dataset", training, "--seed", "7", "--watch").FineTune
	if own.Model == demo.Model || own.Champion != own.Model {
		t.Fatalf("the own fine-tuning ended as %+v", own)
	}
	applied := th.run("apply", "--dataset", production, "--watch").Apply
	if applied.Model != own.Model || applied.Task != "default" || applied.Origin.Dataset != filepath.Base(training) || len(applied.Warnings) > 0 {
		t.Errorf("applied %+v", applied)
	}
	if code, _, errOut := th.starter("apply", "--dataset", production, "--model", demo.Model, "--watch"); code != 2 || !strings.Contains(errOut, "belongs to the task copy") {
		t.Errorf("another task's model: exit code %d, %s", code, errOut)
	}
	th.checkWarning(production)
	th.checkFound(pipeline.TaskAttribute+" = 'demo' AND "+pipeline.StageAttribute+" = 'done' AND WorkflowType != 'PrepareDataset'", 2)
}

// checkFound waits until a search finds so many runs: lists are a moment behind.
func (th *harness) checkFound(query string, want int) {
	th.t.Helper()
	c := th.temporal()
	for {
		list, err := c.ListWorkflow(th.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", Query: query})
		switch n := len(list.GetExecutions()); {
		case err != nil || n > want:
			th.t.Fatalf("searching for %s found %d, %v; want %d", query, n, err, want)
		case n == want:
			return
		}
	}
}

// checkWarning applies the demo's model to what no company of it ever wrote or got.
func (th *harness) checkWarning(production string) {
	th.t.Helper()
	rows := []string{"tweet_id,text,in_response_to_tweet_id"}
	for i := range 200 {
		rows = append(rows, strings.Join([]string{strconv.Itoa(i + 1), "zq xv " + strings.Repeat("wug ", i%7+1), ""}, ","))
	}
	strange := filepath.Join(filepath.Dir(production), "strange.csv")
	if err := os.WriteFile(strange, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		th.t.Fatal(err)
	}
	warned := th.run("apply", "--task", "demo", "--dataset", strange, "--watch").Apply
	if len(warned.Warnings) == 0 {
		th.t.Fatalf("no warning: %+v", warned)
	}
	var manifest struct {
		Result pipeline.ApplyResult `json:"result"`
	}
	if err := json.Unmarshal(th.artifact(warned.Manifest.Path), &manifest); err != nil || len(manifest.Result.Warnings) != len(warned.Warnings) || manifest.Result.Origin == nil {
		th.t.Errorf("the manifest has %+v, %v", manifest.Result, err)
	}
}
