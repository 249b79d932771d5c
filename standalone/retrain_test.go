package main

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// modelList is what `starter models list` says.
type modelList struct {
	Champion, Challenger string
	Models               []registry.Model
}

func (th *harness) models() (m modelList) {
	th.t.Helper()
	code, out, errOut := th.starter("models", "list", "--json")
	if code != 0 {
		th.t.Fatalf("models list: exit code %d\n%s%s", code, out, errOut)
	}
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		th.t.Fatal(err)
	}
	return m
}

func (th *harness) retrain(args ...string) pipeline.RetrainResult {
	th.t.Helper()
	r := th.run(append([]string{"retrain", "--watch"}, args...)...).Retrain
	if r == nil {
		th.t.Fatal("the retraining has no result")
	}
	return *r
}

// A real server, and the whole life of champions: the first, a run skipped for
// want of data, a worse challenger, a better one that a person approves, a
// rollback.
func TestChampionsComeAndGo(t *testing.T) {
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 300)
	th.open()

	first := th.retrain("--dataset", training, "--epochs", "1")
	if first.Decision != registry.Promote || th.models().Champion != first.FineTune.Model {
		t.Fatalf("the first retraining ended as %s (%s)", first.Decision, first.Reason)
	}
	skipped := th.retrain("--dataset", training)
	if skipped.Decision != registry.Skip || !strings.Contains(skipped.Reason, "0 new rows") || skipped.FineTune.Model != "" {
		t.Errorf("with nothing new it ended as %s (%s)", skipped.Decision, skipped.Reason)
	}
	same := th.retrain("--dataset", training, "--epochs", "1", "--always")
	if same.Decision != registry.Keep || !strings.Contains(same.Reason, "which is the champion") {
		t.Errorf("the same again ended as %s (%s)", same.Decision, same.Reason)
	}

	// Labels drawn at random teach nothing: the challenger is worse on what
	// both are asked, and those labels are as good as any to the champion.
	kept := th.retrain("--dataset", th.garbled(training), "--always")
	if kept.Decision != registry.Keep || !strings.Contains(kept.Reason, "not better than the champion beyond chance") || th.models().Champion != first.FineTune.Model {
		t.Errorf("with labels at random it ended as %s (%s)", kept.Decision, kept.Reason)
	}
	if comparison := th.artifact(kept.Comparison.Path); !strings.Contains(string(comparison), "AcmeHelp") {
		t.Error("comparison.json does not name the classes")
	}

	th.correct(training, first)
	poor := th.approved(training)
	for _, want := range []string{poor, first.FineTune.Model} {
		if code, out, errOut := th.starter("models", "rollback", "--why", "a test"); code != 0 {
			t.Fatalf("rollback: exit code %d\n%s%s", code, out, errOut)
		}
		if now := th.models().Champion; now != want {
			t.Errorf("after a rollback the champion is %s, want %s", now, want)
		}
	}
}

// correct imports corrections, which the next training learns from, and which
// alone are reason enough for one.
func (th *harness) correct(training string, first pipeline.RetrainResult) {
	th.t.Helper()
	var table strings.Builder
	table.WriteString("conversation_id,label,author\n")
	for id := 2; id <= 60; id += 2 { // as the tweets are numbered
		table.WriteString(strconv.Itoa(id) + ",EchoTel,Naomi Klein\n")
	}
	path := filepath.Join(th.dir, "corrections.csv")
	if err := os.WriteFile(path, []byte(table.String()), 0o600); err != nil {
		th.t.Fatal(err)
	}
	if code, out, errOut := th.starter("corrections", "import", path); code != 0 || !strings.Contains(out, "30 corrections read, 30 new") {
		th.t.Fatalf("importing corrections: exit code %d\n%s%s", code, out, errOut)
	}
	if _, out, _ := th.starter("corrections", "list"); !strings.Contains(out, "EchoTel") || strings.Contains(out, "Naomi") {
		th.t.Errorf("the list of corrections:\n%s", out)
	}
	r := th.retrain("--dataset", training, "--correction-weight", "3")
	if r.FineTune.Split.Corrected != 30 || r.FineTune.Split.Repeated == 0 || r.FineTune.Model == first.FineTune.Model {
		th.t.Errorf("the retraining after the corrections: %s (%s), split %+v", r.Decision, r.Reason, r.FineTune.Split)
	}
}

// garbled is the training file with other companies in the place of those that
// answered.
func (th *harness) garbled(training string) string {
	th.t.Helper()
	records := readCSV(th.t, mustRead(th.t, training))
	author := 0
	for i, name := range records[0] {
		if name == "author_id" {
			author = i
		}
	}
	names := map[string]bool{}
	for _, r := range records[1:] {
		if strings.ContainsAny(r[author], "abcdefghijklmnopqrstuvwxyz") {
			names[r[author]] = true
		}
	}
	companies := slices.Sorted(maps.Keys(names))
	for i, r := range records[1:] {
		if names[r[author]] {
			r[author] = companies[i*7919%104729%len(companies)]
		}
	}
	return writeCSV(th.t, filepath.Join(th.dir, "garbled.csv"), records)
}

// approved makes the champion one that knows less than it could, lets a full
// training be proposed, and approves it. It returns the poor one.
func (th *harness) approved(training string) (poor string) {
	th.t.Helper()
	poor = th.retrain("--dataset", th.garbled(training), "--always", "--seed", "9").FineTune.Model
	th.promote(poor)
	id := th.run("retrain", "--dataset", training, "--always", "--approve").WorkflowID
	th.await(id, pipeline.Approving)
	_, text, _ := th.starter("status", id)
	if !strings.Contains(text, "starter models approve "+id) || th.models().Champion != poor {
		th.t.Errorf("while it waits:\n%s", text)
	}
	th.kill() // it waits on, whatever happens to the process
	th.open()
	if code, out, errOut := th.starter("models", "approve", id, "--why", "looks right", "--who", "anna"); code != 0 {
		th.t.Fatalf("approve: exit code %d\n%s%s", code, out, errOut)
	}
	r := th.run("status", id, "--watch").Retrain
	if r.Decision != registry.Promote || th.models().Champion != r.FineTune.Model {
		th.t.Fatalf("the approved retraining ended as %s (%s)", r.Decision, r.Reason)
	}
	if _, out, _ := th.starter("models", "show", "champion"); !strings.Contains(out, "by anna") || !strings.Contains(out, "looks right") {
		th.t.Errorf("the trail does not say who approved it:\n%s", out)
	}
	if code, _, errOut := th.starter("models", "approve", id, "--why", "twice"); code != 2 || !strings.Contains(errOut, "is over") {
		th.t.Errorf("approving it again: exit code %d, %s", code, errOut)
	}
	return poor
}

// promote makes a model the champion by hand, which is the only way for one that is
// no better than the commonest company.
func (th *harness) promote(model string) {
	th.t.Helper()
	if code, out, errOut := th.starter("models", "promote", model, "--why", "a test"); code != 0 {
		th.t.Fatalf("promote: exit code %d\n%s%s", code, out, errOut)
	}
}

// await waits until a run is in a stage.
func (th *harness) await(id string, stage pipeline.Stage) {
	th.t.Helper()
	for r := th.run("status", id); r.Stage != stage; r = th.run("status", id) {
		if r.State != "running" {
			th.t.Fatalf("the run is %s and never came to %s", r.State, stage)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// Killing the process at any moment of a retraining leaves exactly one champion,
// and the run ends as if nothing had happened.
func TestKilledRetrainingLeavesOneChampion(t *testing.T) {
	slow(t)
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 1500)
	th.open()
	poor := th.retrain("--dataset", th.garbled(training)).FineTune.Model
	th.promote(poor)
	id := th.run("retrain", "--dataset", training, "--always").WorkflowID
	for _, stage := range []pipeline.Stage{pipeline.Planning, pipeline.Retraining, pipeline.Comparing, pipeline.Recording} {
		th.killAt(id, stage)
		m := th.models()
		if m.Champion != poor && m.Champion != m.Models[0].ID {
			t.Fatalf("killed at %s, the champion is %q", stage, m.Champion)
		}
	}
	r := th.run("status", id, "--watch").Retrain
	if r == nil || r.Decision != registry.Promote || th.models().Champion != r.FineTune.Model {
		t.Fatalf("it ended as %+v", r)
	}
	promoted := 0
	_, out, _ := th.starter("models", "show", r.FineTune.Model, "--json")
	var shown struct{ Changes []registry.Change }
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		t.Fatal(err)
	}
	for _, c := range shown.Changes {
		if c.Action == registry.Promoted && c.Model == r.FineTune.Model {
			promoted++
		}
	}
	if promoted != 1 {
		t.Errorf("it was promoted %d times", promoted)
	}
}

func writeCSV(t *testing.T, path string, records [][]string) string {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := csv.NewWriter(file).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return path
}
