package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"

	"switchboard/internal/pipeline"
)

// TestHistories records the histories that the replay test of package
// workflows holds every change against. It runs on purpose only, and into a new
// folder: histories of earlier versions are what a new version must still be
// able to replay.
func TestHistories(t *testing.T) {
	folder := histories(t)
	th := newHarness(t)
	training, production := tweets(t, th.dir, 600)
	th.open()
	tuned := th.run("finetune", "--dataset", training, "--watch").WorkflowID
	applied := th.run("apply", "--dataset", production, "--watch").WorkflowID
	refused := th.refused(production)
	cancelled := th.cancelled(training)
	retrained := th.retrained(training)
	challenged := th.run("retrain", "--dataset", training, "--always", "--seed", "4", "--watch").WorkflowID
	evaluated := th.run("evaluate", "--run", tuned, "--watch").WorkflowID
	_, other := tweets(t, t.TempDir(), 900)
	batched := th.run("apply", "--dataset", other, "--mode", "batch", "--watch").WorkflowID
	called := th.run("call", callFile(t, "0042"), "--watch").WorkflowID
	blind := th.blinded(training)
	for name, id := range map[string]string{
		"finetune": tuned, "finetune-prepare": pipeline.PrepareID(tuned),
		"apply": applied, "apply-prepare": pipeline.PrepareID(applied),
		"finetune-refused": refused, "finetune-cancelled": cancelled, "retrain": retrained,
		"retrain-challenger": challenged, "evaluate": evaluated, "apply-batches": batched,
		"call": called, "finetune-blind": blind, "finetune-blind-prepare": pipeline.PrepareID(blind),
	} {
		th.record(filepath.Join(folder, name+".json"), id)
	}
}

// histories is the folder to record into.
func histories(t *testing.T) string {
	t.Helper()
	name := os.Getenv("RECORD_HISTORIES")
	if name == "" {
		t.Skip("records histories on purpose only: set RECORD_HISTORIES to the name of a new folder in workflows/testdata")
	}
	folder := filepath.Join("..", "workflows", "testdata", name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestHistoriesOfTurns does the same for runs about first words, and for comparisons.
func TestHistoriesOfTurns(t *testing.T) {
	folder := histories(t)
	th := newHarness(t)
	training, production := tweets(t, th.dir, 600)
	th.open()
	whole := th.run("finetune", "--dataset", training, "--watch").WorkflowID
	both := th.run("finetune", "--dataset", training, "--turns", "both", "--watch").WorkflowID
	compared := th.run("evaluate", "--run", whole, "--compare", "champion,switchboard-softmax-1,nobodys-model", "--watch").WorkflowID
	for name, id := range map[string]string{
		"finetune": whole, "finetune-both": both, "evaluate-compare": compared,
		"evaluate-champion": pipeline.ContenderID(compared, 0), "evaluate-base-model": pipeline.ContenderID(compared, 1), "evaluate-missing": pipeline.ContenderID(compared, 2),
		"evaluate-first-words": th.run("evaluate", "--run", whole, "--turns", "first", "--watch").WorkflowID,
		"apply-first-words":    th.run("apply", "--dataset", production, "--turns", "first", "--watch").WorkflowID,
	} {
		th.record(filepath.Join(folder, name+".json"), id)
	}
}

// TestHistoriesOfCalls does the same for calls that come in by Kafka, as turns and as
// a recording, and for one that no model can answer.
func TestHistoriesOfCalls(t *testing.T) {
	folder := histories(t)
	recordings := httptest.NewServer(http.FileServer(http.Dir(filepath.Join("..", "datasets", "sample", "calls", "audio"))))
	t.Cleanup(recordings.Close)
	recognizer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"text":"Hello, this is Naomi, my train is late again at platform 7 %s."}`, marker)
	}))
	t.Cleanup(recognizer.Close)
	th := newHarness(t, "SWITCHBOARD_SPEECH_URL="+recognizer.URL+"/v1", "SWITCHBOARD_AUDIO_HOSTS="+strings.TrimPrefix(recordings.URL, "http://"))
	training, _ := tweets(t, th.dir, 600)
	th.open()
	turns := `{"call_id":%q,"turns":[{"side":"customer","text":"Hello, this is Naomi, my train is late again at platform 7 ` + marker + `"}]}`
	th.produce(fmt.Sprintf(turns, "turns-rejected"))
	th.ended("turns-rejected")
	th.run("finetune", "--dataset", training, "--watch")
	th.produce(fmt.Sprintf(turns, "turns"))
	th.produce(fmt.Sprintf(`{"call_id":"recording","audio_url":"%s/2026-11-16.0011.wav"}`, recordings.URL))
	th.run("call", callFile(t, "file"), "--watch")
	for _, id := range []string{"turns-rejected", "turns", "recording", "file"} {
		th.ended(id)
		th.record(filepath.Join(folder, "call-"+id+".json"), pipeline.CallWorkflowID(id))
	}
}

// ended waits until a call is analyzed, or cannot be.
func (th *harness) ended(id string) {
	th.t.Helper()
	c := th.temporal()
	for {
		var gone *serviceerror.NotFound
		err := c.GetWorkflow(th.t.Context(), pipeline.CallWorkflowID(id), "").Get(th.t.Context(), nil)
		if !errors.As(err, &gone) {
			return
		}
	}
}

// retrained runs what a schedule would start.
func (th *harness) retrained(training string) string {
	th.t.Helper()
	run, err := th.temporal().ExecuteWorkflow(th.t.Context(), client.StartWorkflowOptions{ID: "retrain", TaskQueue: pipeline.TaskQueue},
		pipeline.RetrainWorkflow, pipeline.RetrainInput{FineTune: pipeline.FineTuneInput{Dataset: training}})
	if err != nil {
		th.t.Fatal(err)
	}
	if err := run.Get(th.t.Context(), nil); err != nil {
		th.t.Fatal(err)
	}
	return run.GetID()
}

// refused starts what the starter would not: a fine-tuning on a file without authors.
func (th *harness) refused(production string) string {
	th.t.Helper()
	run, err := th.temporal().ExecuteWorkflow(th.t.Context(), client.StartWorkflowOptions{ID: "finetune-refused", TaskQueue: pipeline.TaskQueue},
		pipeline.FineTuneWorkflow, pipeline.FineTuneInput{Dataset: production})
	if err != nil {
		th.t.Fatal(err)
	}
	if err := run.Get(th.t.Context(), nil); err == nil {
		th.t.Fatal("the run was not refused")
	}
	return run.GetID()
}

// cancelled runs a fine-tuning and cancels it while its job trains.
func (th *harness) cancelled(training string) string {
	th.t.Helper()
	id := th.run("finetune", "--dataset", training, "--seed", "2", "--epochs", "50").WorkflowID
	th.await(id, pipeline.TrainingJob)
	c := th.temporal()
	if err := c.CancelWorkflow(th.t.Context(), id, ""); err != nil {
		th.t.Fatal(err)
	}
	if err := c.GetWorkflow(th.t.Context(), id, "").Get(th.t.Context(), nil); !temporal.IsCanceledError(err) {
		th.t.Fatalf("the run was cancelled and ended with %v", err)
	}
	return id
}

// blinded runs a fine-tuning with an anonymizer that may send nothing.
func (th *harness) blinded(training string) string {
	th.t.Helper()
	th.kill()
	th.env = append(th.env, "SWITCHBOARD_ALLOW_NAMES="+allowNames(th.t))
	th.open()
	if code, out, errOut := th.starter("finetune", "--dataset", training, "--seed", "3", "--watch"); code != 1 {
		th.t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	return pipeline.FineTuneID(pipeline.FineTuneInput{Dataset: training, Seed: 3}.WithDefaults())
}

func (th *harness) record(path, id string) {
	th.t.Helper()
	text, err := protojson.MarshalOptions{Indent: " "}.Marshal(&historypb.History{Events: th.history(id)})
	if err != nil {
		th.t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		th.t.Fatal(err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		th.t.Fatal(err)
	}
}
