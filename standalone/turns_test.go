package main

import (
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/pipeline"
)

// A model for first words and one for whole conversations are judged by the same first
// words, and set side by side: as fine-tuned models, and as a base model that is trained
// for it. Which is better the sample is too small to tell.
func TestModelsForFirstWordsAndForWholeConversationsAreCompared(t *testing.T) {
	slow(t)
	th := newHarness(t)
	sample, err := filepath.Abs("../datasets/sample/tweets.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, production := tweets(t, th.dir, 100)
	th.open()
	whole := th.run("finetune", "--dataset", sample, "--watch").FineTune
	run := th.run("finetune", "--dataset", sample, "--turns", "first", "--watch")
	first := run.FineTune
	if first.Turns != pipeline.FirstTurn || whole.Turns != "" || first.Model == whole.Model || first.Split.Unopened+first.Split.Duplicates == 0 {
		t.Fatalf("fine-tuned on %q: %+v; on %q: %+v", first.Turns, first.Split, whole.Turns, whole.Split)
	}
	if k := whole.Metrics.Known; len(k) != 4 || k[0].Tweets != 1 || k[3].Accuracy < k[0].Accuracy {
		t.Errorf("whole conversations, by how much is known: %+v", k)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(th.artifact(first.Dir+"/finetune/train.jsonl"))), "\n") {
		if _, user, _ := strings.Cut(line, `"role":"user"`); strings.Contains(user, `\n`) {
			t.Fatalf("more than a tweet was uploaded: %s", line)
		}
	}

	report := th.run("evaluate", "--run", run.WorkflowID, "--compare", "switchboard-softmax-1,"+whole.Model+",nobodys-model", "--watch")
	rows := report.Evaluate.Compared
	if len(rows) != 4 {
		t.Fatalf("the rows are %+v", rows)
	}
	trained, known, missing, cascade := rows[0], rows[1], rows[2], rows[3]
	if trained.Model != first.Model || trained.Accuracy != first.Metrics.Test.Accuracy || trained.TrainedTokens == 0 || known.Model != whole.Model || known.Accuracy >= whole.Metrics.Test.Accuracy {
		t.Errorf("on first words the model for them %+v, the one for whole conversations %+v", trained, known)
	}
	if missing.Failure == "" || !cascade.Asked.Known() || cascade.Name != "switchboard-softmax-1, then "+whole.Model {
		t.Errorf("a model that is not there: %+v; a cascade: %+v", missing, cascade)
	}
	if page := string(th.artifact(report.Evaluate.Report.Path)); !strings.Contains(page, "could not be judged") {
		t.Error("the page does not say that a model could not be judged")
	}

	warned := th.run("apply", "--dataset", production, "--model", whole.Model, "--turns", "first", "--watch").Apply
	if len(warned.Warnings) == 0 || !strings.Contains(warned.Warnings[0], "was trained on whole conversations and is asked about the customer's first words alone") {
		t.Errorf("the warnings are %q", warned.Warnings)
	}
	usual := th.run("apply", "--dataset", production, "--model", first.Model, "--watch").Apply
	if usual.Turns != pipeline.FirstTurn {
		t.Errorf("a model for first words is asked about %q", usual.Turns)
	}
}
