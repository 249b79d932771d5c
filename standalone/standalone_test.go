package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"switchboard/internal/modelserver"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

func TestFineTuneThenApply(t *testing.T) {
	th := newHarness(t)
	training, production := tweets(t, th.dir, 600)
	th.open()

	tuned := th.run("finetune", "--dataset", training, "--watch")
	f := tuned.FineTune
	if f == nil || f.Metrics.Test.Accuracy < 0.9 || f.Split.Classes != 5 {
		t.Fatalf("fine-tuning gave %+v", f)
	}
	applied := th.run("apply", "--dataset", production, "--watch")
	a := applied.Apply
	if a == nil || a.Model != f.Model {
		t.Fatalf("apply used %+v, not the latest model %s", a, f.Model)
	}
	th.checkOutput(production, a)
	th.checkFiles(f, a)
	th.checkPrivacy(f.Dir, f.Privacy)
	th.checkPrivacy(a.Dir, a.Privacy)
	th.checkHistories(tuned.WorkflowID, applied.WorkflowID)
	th.checkStatus(tuned.WorkflowID, f)
	th.checkCommands(f.Model)
	th.checkCall(f.Model)
	th.checkRestart(tuned.WorkflowID, f, production)
	th.checkModes()
}

// checkModes: whatever the umask, what the program leaves is its user's alone.
func (th *harness) checkModes() {
	th.t.Helper()
	for _, root := range []string{"artifacts", "state"} {
		looked := 0
		err := filepath.WalkDir(filepath.Join(th.dir, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			looked++
			if info.Mode().Perm()&0o077 != 0 {
				th.t.Errorf("%s has the mode %v", path, info.Mode())
			}
			return nil
		})
		if err != nil || looked < 10 {
			th.t.Errorf("looked at %d files and folders in %s, %v", looked, root, err)
		}
	}
}

// checkOutput: every row of the input, in its order, each with a status.
func (th *harness) checkOutput(input string, a *pipeline.ApplyResult) {
	th.t.Helper()
	in, out := readCSV(th.t, mustRead(th.t, input)), readCSV(th.t, th.artifact(a.Output.Path))
	if len(in) != len(out) {
		th.t.Fatalf("%d rows went in, %d came out", len(in), len(out))
	}
	for i := range in {
		if strings.Join(in[i], "\x00") != strings.Join(out[i][:len(in[i])], "\x00") {
			th.t.Fatalf("row %d of the output is not row %d of the input", i, i)
		}
		if out[i][len(in[i])+3] == "" {
			th.t.Errorf("row %d has no status", i)
		}
	}
}

// checkFiles: the manifest names every file, and every file is what it says.
func (th *harness) checkFiles(f *pipeline.FineTuneResult, a *pipeline.ApplyResult) {
	th.t.Helper()
	for dir, want := range map[string][]string{
		f.Dir: {"load.json", "privacy.json", "conversations/part-00000.parquet", "anonymized/part-00000.parquet", "audit/part-00000.parquet",
			"split/train.parquet", "split/validation.parquet", "split/test.parquet", "split.json",
			"finetune/train.jsonl", "finetune/validation.jsonl", "finetune/job.json", "finetune/events.jsonl",
			"metrics/step_metrics.csv", "metrics/curves.png", "evaluation/scores.json", "evaluation/report.json", "evaluation/report.html", "evaluation/confusion.png", "cost.json", "manifest.json"},
		a.Dir: {"privacy.json", "predictions/part-00000.parquet", "output/output.csv", "output/analyze.png", "output/summary.json", "output/report.html", "manifest.json"},
	} {
		for _, name := range want {
			if len(th.artifact(dir+"/"+name)) == 0 {
				th.t.Errorf("%s is empty", name)
			}
		}
	}
	var manifest struct {
		Stages []struct {
			Files []struct {
				Path  string
				Bytes int64
			}
		}
	}
	if err := json.Unmarshal(th.artifact(a.Dir+"/manifest.json"), &manifest); err != nil {
		th.t.Fatal(err)
	}
	listed := map[string]bool{a.Dir + "/manifest.json": true}
	for _, s := range manifest.Stages {
		for _, file := range s.Files {
			listed[file.Path] = true
			if got := int64(len(th.artifact(file.Path))); got != file.Bytes {
				th.t.Errorf("%s has %d bytes, the manifest says %d", file.Path, got, file.Bytes)
			}
		}
	}
	root := filepath.Join(th.dir, "artifacts")
	err := filepath.WalkDir(filepath.Join(root, a.Dir), func(path string, d fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(root, path); err == nil && !d.IsDir() && !listed[name] {
			th.t.Errorf("%s is not in the manifest", name)
		}
		return err
	})
	if err != nil {
		th.t.Error(err)
	}
	if audit := th.artifact(f.Dir + "/audit/part-00000.parquet"); bytes.Contains(audit, []byte("Naomi")) || bytes.Contains(audit, []byte(marker)) {
		th.t.Error("the audit file holds text")
	}
	if train := th.artifact(f.Dir + "/finetune/train.jsonl"); bytes.Contains(train, []byte("Naomi")) || bytes.Contains(train, []byte("AcmeHelp ")) || !bytes.Contains(train, []byte("Person")) {
		th.t.Error("the training file holds a name")
	}
}

// maxResult is the largest result that an activity may have.
const maxResult = 32 << 10

// checkHistories: no text has reached Temporal, no result is large, and the
// number of events is bounded.
func (th *harness) checkHistories(ids ...string) {
	th.t.Helper()
	for _, id := range ids {
		for _, id := range []string{id, pipeline.PrepareID(id)} {
			for _, event := range th.history(id) {
				text, err := protojson.Marshal(event)
				if err != nil {
					th.t.Fatal(err)
				}
				for _, payload := range event.GetActivityTaskCompletedEventAttributes().GetResult().GetPayloads() {
					if n := len(payload.GetData()); n > maxResult {
						th.t.Errorf("%s: an activity's result has %d bytes", id, n)
					}
				}
				th.searchEvent(id, event, text)
			}
		}
	}
}

// searchEvent looks for tweet text, names and handles in one event, also in
// its payloads, which JSON shows encoded.
func (th *harness) searchEvent(id string, event *historypb.HistoryEvent, text []byte) {
	th.t.Helper()
	raw := fmt.Sprintf("%q %s", event.String(), text)
	for _, secret := range []string{marker, "Naomi", "AcmeHelp", "BoltRail", "we are sorry"} {
		if strings.Contains(raw, secret) {
			th.t.Errorf("%s: event %d (%s) holds %q", id, event.GetEventId(), event.GetEventType(), secret)
		}
	}
}

func (th *harness) history(id string) []*historypb.HistoryEvent {
	th.t.Helper()
	var events []*historypb.HistoryEvent
	it := th.temporal().GetWorkflowHistory(th.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		event, err := it.Next()
		if err != nil {
			th.t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// checkStatus: without arguments, status tells of the latest fine-tuning.
func (th *harness) checkStatus(id string, f *pipeline.FineTuneResult) {
	th.t.Helper()
	s := th.run("status")
	if s.WorkflowID != id || s.State != "completed" || s.Stage != pipeline.Done {
		th.t.Errorf("status tells of %s, %s, %s", s.WorkflowID, s.State, s.Stage)
	}
	_, text, _ := th.starter("status")
	for _, want := range []string{f.JobID, f.Model, "accuracy", "privacy       passed: Person recall "} {
		if !strings.Contains(text, want) {
			th.t.Errorf("status does not show %q:\n%s", want, text)
		}
	}
}

func (th *harness) checkCommands(model string) {
	th.t.Helper()
	if code, out, errOut := th.starter("models", "list"); code != 0 || !strings.Contains(out, model) {
		th.t.Errorf("models list: exit code %d\n%s%s", code, out, errOut)
	}
	if code, out, errOut := th.starter("doctor"); code != 0 {
		th.t.Errorf("doctor: exit code %d\n%s%s", code, out, errOut)
	}
	// The fine-tuning and the application.
	th.checkFound(pipeline.ModelAttribute+" = '"+model+"' AND "+pipeline.StageAttribute+" = 'done'", 2)
}

// checkRestart: what was known is known after a restart, and the same
// fine-tuning is not paid for again.
func (th *harness) checkRestart(id string, f *pipeline.FineTuneResult, production string) {
	th.t.Helper()
	th.kill()
	th.open()
	if s := th.run("status", id); s.State != "completed" {
		th.t.Errorf("after a restart the run is %s", s.State)
	}
	again := th.run("finetune", "--dataset", filepath.Join(th.dir, "tweets.csv"), "--watch").FineTune
	if again.JobID != f.JobID || again.Model != f.Model {
		th.t.Errorf("the second fine-tuning on the same data made job %s, the first %s", again.JobID, f.JobID)
	}
	jobs, err := th.provider().Jobs(th.t.Context(), nil)
	if err != nil || len(jobs) != 1 {
		th.t.Errorf("the provider has %d jobs, %v", len(jobs), err)
	}
	th.checkOutput(production, th.run("apply", "--dataset", production, "--model", f.Model, "--watch").Apply)
	th.checkReuse(again)
	th.checkDryRun()
	th.checkEvaluate(again, id)
}

// checkEvaluate: a model is judged on another run's conversations as it was on
// its own.
func (th *harness) checkEvaluate(f *pipeline.FineTuneResult, id string) {
	th.t.Helper()
	e := th.run("evaluate", "--run", id, "--model", f.Model, "--without-texts", "--watch").Evaluate
	if e == nil || e.Model != f.Model || e.Metrics.Test != f.Metrics.Test || e.Metrics.Threshold != f.Metrics.Threshold {
		th.t.Fatalf("evaluated alone: %+v, in its run %+v", e, f.Metrics)
	}
	if page := th.artifact(e.Report.Path); !bytes.Contains(page, []byte("How good is this model?")) || bytes.Contains(page, []byte(marker)) {
		th.t.Error("the report is none, or holds a conversation")
	}
	for _, args := range [][]string{{"--run", "apply-x"}, {}} {
		if code, _, _ := th.starter(append([]string{"evaluate"}, args...)...); code != 2 {
			th.t.Errorf("evaluate %v ended with exit code %d", args, code)
		}
	}
}

// checkDryRun: what a run would cost is told, and nothing reaches the provider.
func (th *harness) checkDryRun() {
	th.t.Helper()
	before, err := th.provider().Files(th.t.Context(), provider.PurposeFineTune)
	if err != nil {
		th.t.Fatal(err)
	}
	training := filepath.Join(th.dir, "tweets.csv")
	f := th.run("finetune", "--dataset", training, "--seed", "7", "--dry-run").FineTune
	if !f.DryRun || f.JobID != "" || len(f.Estimates) < 2 || f.Estimates[0].Price.BaseModel != "switchboard-softmax-1" || f.Estimates[1].Training == 0 {
		th.t.Errorf("the dry run gave %+v", f)
	}
	after, err := th.provider().Files(th.t.Context(), provider.PurposeFineTune)
	if err != nil || len(after) != len(before) {
		th.t.Errorf("after the dry run the provider has %d files, %v; before it %d", len(after), err, len(before))
	}
	_, text, _ := th.starter("status")
	for _, want := range []string{"gpt-4.1-nano-2025-04-14", "this run", "nothing was uploaded"} {
		if !strings.Contains(text, want) {
			th.t.Errorf("the dry run does not show %q:\n%s", want, text)
		}
	}
}

// checkReuse: a stage whose inputs and settings are those of an earlier run is
// not done again, and is where asked for.
func (th *harness) checkReuse(again *pipeline.FineTuneResult) {
	th.t.Helper()
	training := filepath.Join(th.dir, "tweets.csv")
	all := []pipeline.Stage{pipeline.Staging, pipeline.Anonymizing, pipeline.Splitting, pipeline.Uploading}
	th.checkReused("the same again", again, all...)
	smaller := th.run("finetune", "--dataset", training, "--target-size", "50", "--watch").FineTune
	th.checkReused("another target size", smaller, pipeline.Staging, pipeline.Anonymizing)
	forced := th.run("finetune", "--dataset", training, "--force", "--watch").FineTune
	th.checkReused("with --force", forced)
	if forced.JobID != again.JobID {
		th.t.Errorf("--force bought the job %s, although %s is the same", forced.JobID, again.JobID)
	}
}

func (th *harness) checkReused(how string, f *pipeline.FineTuneResult, want ...pipeline.Stage) {
	th.t.Helper()
	var reused []pipeline.Stage
	for _, s := range f.Stages {
		if s.Reused {
			reused = append(reused, s.Stage)
		}
	}
	if !slices.Equal(reused, want) {
		th.t.Errorf("%s: the stages %v were taken over, want %v", how, reused, want)
	}
}

func TestBadInputIsRefusedWithASentence(t *testing.T) {
	th := newHarness(t)
	training, production := tweets(t, th.dir, 60)
	th.open()
	write := func(name, content string) string {
		path := filepath.Join(th.dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	header := "tweet_id,author_id,text,in_response_to_tweet_id\n"
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no such file", []string{"finetune", "--dataset", filepath.Join(th.dir, "none.csv")}, "there is no file"},
		{"a folder", []string{"finetune", "--dataset", th.dir}, "folder"},
		{"an empty file", []string{"finetune", "--dataset", write("empty.csv", "")}, "empty"},
		{"a header only", []string{"finetune", "--dataset", write("header.csv", header)}, "header"},
		{"missing columns", []string{"finetune", "--dataset", production}, "author_id"},
		{"not CSV", []string{"finetune", "--dataset", write("image.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")}, "image.csv"},
		{"broken quoting", []string{"finetune", "--dataset", write("quote.csv", header+"1,2,\"a\"b,\n")}, "line 2"},
		{"not UTF-8", []string{"finetune", "--dataset", write("latin.csv", header+"1,2,caf\xe9,\n")}, "line 2"},
		{"no company", []string{"finetune", "--dataset", write("nobody.csv", header+"1,2,hello,\n2,3,hello,1\n"), "--watch"}, "two companies"},
		{"one class", []string{"finetune", "--dataset", write("one.csv", oneClass(header)), "--watch"}, "only one company"},
		{"too few examples", []string{"finetune", "--dataset", write("few.csv", header+"1,Acme,hello,\n2,Bolt,good day,\n"), "--min-class-size", "2", "--watch"}, "conversations"},
		{"target size 0", []string{"finetune", "--dataset", training, "--target-size", "0"}, "target size"},
		{"target size larger than the data", []string{"finetune", "--dataset", training, "--target-size", "100000", "--min-class-size", "2", "--watch"}, "target size"},
		{"target size larger than a company", []string{"finetune", "--dataset", training, "--target-size", "100", "--min-class-size", "2", "--watch"}, "target size"},
		{"unknown base model", []string{"finetune", "--dataset", training, "--base-model", "gpt-none"}, "gpt-none"},
		{"unknown model", []string{"apply", "--dataset", production, "--model", "ft:none"}, "ft:none"},
		{"no model yet", []string{"apply", "--dataset", production}, "finetune"},
		{"unknown scheme", []string{"finetune", "--dataset", "gopher://hole/tweets.csv"}, "gopher"},
		{"unknown flag", []string{"finetune", "--datasett", "x"}, "datasett"},
		{"unknown command", []string{"finetoon"}, "finetoon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := th.starter(c.args...)
			if code != 2 || !strings.Contains(errOut, c.says) {
				t.Errorf("exit code %d, want 2 and %q\n%s%s", code, c.says, out, errOut)
			}
			if n := strings.Count(strings.TrimSpace(lastLine(errOut)), "\n"); n > 0 {
				t.Errorf("the sentence takes %d lines: %s", n+1, errOut)
			}
		})
	}
	t.Run("no failed run is left of a mistyped command", func(t *testing.T) {
		c := th.temporal()
		for _, id := range []string{
			pipeline.FineTuneID(pipeline.FineTuneInput{Dataset: filepath.Join(th.dir, "none.csv")}.WithDefaults()),
			pipeline.FineTuneID(pipeline.FineTuneInput{Dataset: training, BaseModel: "gpt-none"}.WithDefaults()),
			pipeline.ApplyID(pipeline.ApplyInput{Dataset: production, Model: "ft:none"}.WithDefaults()),
			pipeline.ApplyID(pipeline.ApplyInput{Dataset: production}.WithDefaults()),
		} {
			var absent *serviceerror.NotFound
			if _, err := c.DescribeWorkflowExecution(t.Context(), id, ""); !errors.As(err, &absent) {
				t.Errorf("%s was started: %v", id, err)
			}
		}
	})
	t.Run("nothing leaks", func(t *testing.T) {
		// This run read the texts before it failed.
		failed := pipeline.FineTuneInput{Dataset: training, TargetSize: 100, MinClassSize: 2}.WithDefaults()
		th.checkHistories(pipeline.FineTuneID(failed))
		th.kill()
		for _, secret := range []string{marker, "Naomi", "AcmeHelp"} {
			if strings.Contains(th.errors.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, th.errors)
			}
		}
	})
	t.Run("nothing is half-written", func(t *testing.T) {
		_ = filepath.WalkDir(filepath.Join(th.dir, "artifacts"), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.Contains(d.Name(), ".tmp") {
				t.Errorf("%s was left", path)
			}
			return nil
		})
	})
}

func oneClass(header string) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range 60 {
		fmt.Fprintf(&b, "%d,Acme,hello number %d,\n", i+1, i)
	}
	return b.String()
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func TestWrongAPIKeyIsRefused(t *testing.T) {
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 60)
	th.open()
	other := newHarness(t, "OPENAI_BASE_URL=http://127.0.0.1:"+th.ports[2]+"/v1", "OPENAI_API_KEY=sk-wrong")
	other.open()
	code, out, errOut := other.starter("finetune", "--dataset", training)
	if code != 2 || !strings.Contains(errOut, "API key") || strings.Contains(errOut+out, "sk-wrong") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}

func TestPortInUseIsOneSentence(t *testing.T) {
	th := newHarness(t)
	th.open()
	for i, flag := range []string{"--temporal-port", "--ui-port", "--model-port"} {
		second := newHarness(t)
		second.ports[i] = th.ports[i]
		cmd := exec.Command(program, second.args()...)
		cmd.Env = second.env
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 3 || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), flag) || !strings.Contains(string(out), th.ports[i]) {
			t.Errorf("%s: %v\n%s", flag, err, out)
		}
	}
}

func TestScheduleStartsARetraining(t *testing.T) {
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 300)
	th.open()
	if code, out, errOut := th.starter("schedule", "create", "--dataset", training, "--every", "24h"); code != 0 {
		t.Fatalf("create: exit code %d\n%s%s", code, out, errOut)
	}
	if code, out, errOut := th.starter("schedule", "trigger"); code != 0 {
		t.Fatalf("trigger: exit code %d\n%s%s", code, out, errOut)
	}
	for out := ""; !strings.Contains(out, "ft:"); time.Sleep(300 * time.Millisecond) {
		if _, now, _ := th.starter("schedule", "describe"); strings.Contains(now, "failed") {
			t.Fatalf("no model was made\n%s", now)
		}
		_, out, _ = th.starter("models", "list")
	}
	th.checkScheduled()
	for _, args := range [][]string{{"pause"}, {"describe"}, {"unpause"}, {"list"}, {"delete", "retrain"}} {
		if code, out, errOut := th.starter(append([]string{"schedule"}, args...)...); code != 0 {
			t.Errorf("schedule %v: exit code %d\n%s%s", args, code, out, errOut)
		}
	}
}

// checkScheduled: the run of a schedule is found by how it was decided, and says what
// it is about.
func (th *harness) checkScheduled() {
	th.t.Helper()
	query := "TemporalScheduledById = 'retrain' AND " + pipeline.DecisionAttribute + " IN ('promoted', 'kept') AND " + pipeline.DatasetAttribute + " STARTS_WITH 'tweets.csv@'"
	c := th.temporal()
	var runs []*workflowpb.WorkflowExecutionInfo
	for ; len(runs) == 0; time.Sleep(300 * time.Millisecond) {
		list, err := c.ListWorkflow(th.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			th.t.Fatal(err)
		}
		runs = list.GetExecutions()
	}
	run, err := c.DescribeWorkflowExecution(th.t.Context(), runs[0].GetExecution().GetWorkflowId(), "")
	if err != nil {
		th.t.Fatal(err)
	}
	shown := run.GetExecutionConfig().GetUserMetadata()
	if summary, details := text(th.t, shown.GetSummary()), text(th.t, shown.GetDetails()); summary != "Retrain on tweets.csv" || !strings.Contains(details, "dataset: `tweets.csv`") {
		th.t.Errorf("the run of the schedule is about %q: %q", summary, details)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readCSV(t *testing.T, content []byte) [][]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// A job costs as long as it runs. Past its deadline, and when its run is
// cancelled, it is cancelled at the provider too.
func TestJobThatNobodyWaitsForIsCancelled(t *testing.T) {
	sample, err := filepath.Abs("../datasets/sample/tweets.csv")
	if err != nil {
		t.Fatal(err)
	}
	models := newCounter(t, modelserver.JobFault{Endless: true})
	th := newHarness(t, "OPENAI_BASE_URL="+models.url, "OPENAI_API_KEY="+counterKey)
	th.open()
	p, err := provider.New(provider.Options{BaseURL: models.url, APIKey: counterKey})
	if err != nil {
		t.Fatal(err)
	}
	endless := []string{"finetune", "--dataset", sample}

	code, out, errOut := th.starter(append(endless, "--job-deadline", "1s", "--watch")...)
	if code != 1 || !strings.Contains(errOut, "did not end within 1s") {
		t.Errorf("past the deadline: exit code %d\n%s%s", code, out, errOut)
	}
	th.wantJobs(p, "past the deadline", provider.Cancelled)

	id := th.run(append(endless, "--seed", "2")...).WorkflowID
	th.await(id, pipeline.TrainingJob)
	if code, out, errOut := th.starter("cancel", id); code != 0 {
		t.Fatalf("cancel: exit code %d\n%s%s", code, out, errOut)
	}
	if code, _, _ := th.starter("status", id, "--watch"); code != 1 {
		t.Errorf("watching the cancelled run ended with exit code %d", code)
	}
	th.wantJobs(p, "cancelled", provider.Cancelled, provider.Cancelled)
}

func (th *harness) wantJobs(p *provider.Client, when string, want ...provider.JobStatus) {
	th.t.Helper()
	jobs, err := p.Jobs(th.t.Context(), nil)
	var got []provider.JobStatus
	for _, j := range jobs {
		got = append(got, j.Status)
	}
	if err != nil || !slices.Equal(got, want) {
		th.t.Errorf("%s: the provider's jobs are %v, %v; want %v", when, got, err, want)
	}
}
