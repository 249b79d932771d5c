package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/languagemodel/languagemodeltest"
)

// A run that fine-tunes a real language model with the real trainer, on first words,
// which are short, is killed in the middle of the training, goes on from what was saved,
// and ends in a model that answers and is applied.
func TestLanguageModelIsTrainedAndApplied(t *testing.T) {
	slow(t)
	python, model := languagemodeltest.Python(t), languagemodeltest.Model(t)
	th := newHarness(t,
		config.ModelServerTrainer+"="+python, config.ModelServerLanguage+"="+languagemodeltest.File(t, model),
		"PYTHONPATH="+os.Getenv("PYTHONPATH"))
	sample, err := filepath.Abs("../datasets/sample")
	if err != nil {
		t.Fatal(err)
	}
	th.open()
	id := th.run("finetune", "--dataset", filepath.Join(sample, "tweets.csv"), "--base-model", model.Name, "--target-size", "20", "--epochs", "1", "--turns", "first", "--test-share", "0.02").WorkflowID
	th.awaitCheckpoint()
	th.kill()
	th.open()
	f := th.run("status", id, "--watch").FineTune
	if f == nil || f.BaseModel != model.Name {
		t.Fatalf("fine-tuning gave %+v\nstandalone said: %s", f, th.errors)
	}
	events := th.artifact(f.Dir + "/finetune/events.jsonl")
	for _, want := range []string{"Loaded the base model on ", "started again after a restart of the server", "Training goes on after step "} {
		if !bytes.Contains(events, []byte(want)) {
			t.Errorf("no event tells %q:\n%s", want, events)
		}
	}
	t.Logf("accuracy %v, %d classes", f.Metrics.Test.Accuracy, f.Split.Classes)
	if left, err := os.ReadDir(filepath.Join(th.dir, "state", config.ModelServerDir, "training")); err != nil || len(left) > 0 {
		t.Errorf("%d folders of state are left, %v", len(left), err)
	}
	production := beginning(t, filepath.Join(sample, "production.csv"), 200)
	a := th.run("apply", "--dataset", production, "--watch").Apply
	if a == nil || a.Model != f.Model {
		t.Fatalf("apply used %+v, not the latest model %s", a, f.Model)
	}
	th.checkOutput(production, a)
	th.checkPrivacy(a.Dir, a.Privacy)
}

// beginning returns a file with the first rows of a table.
func beginning(t *testing.T, table string, rows int) string {
	t.Helper()
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var some bytes.Buffer
	if err := csv.NewWriter(&some).WriteAll(all[:rows+1]); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), filepath.Base(table))
	if err := os.WriteFile(file, some.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// awaitCheckpoint waits until the trainer has saved where it is. What ends it otherwise
// is the time that all tests have.
func (th *harness) awaitCheckpoint() {
	th.t.Helper()
	for {
		saved, err := filepath.Glob(filepath.Join(th.dir, "state", config.ModelServerDir, "training", "*", "checkpoint.safetensors"))
		if err != nil {
			th.t.Fatal(err)
		}
		if len(saved) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
