package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/converter"

	"switchboard/internal/pipeline"
)

// inProjectOf goes to a new folder with a project's file.
func inProjectOf(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, projectName), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const aProject = `# of the airlines
task: airlines
dataset: data/tweets.csv
finetune:
  target-size: 1000
  test-share: 0.2
evaluate:
  with: [base, few-shot]
apply:
  dataset: s3://data/production.csv
schedule:
  create:
    cron: "0 3 * * MON"
    budget: 10
`

// startedWith runs a command that starts a run, and returns what it started with.
func startedWith[T any](t *testing.T, h *harness, f *frontend, args ...string) (in T) {
	t.Helper()
	if r := h.run(args...); r.code != exitDone {
		t.Fatalf("%v: exit code %d, %q", args, r.code, r.stderr)
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(f.started.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestProjectGivesFlags(t *testing.T) {
	f := &frontend{workers: true}
	h := f.serve(t)
	dir := inProjectOf(t, aProject)
	in := startedWith[pipeline.FineTuneInput](t, h, f, "finetune")
	if in.Task != "airlines" || in.Dataset != filepath.Join(dir, "data/tweets.csv") || in.TargetSize != 1000 || in.TestShare != 0.2 {
		t.Errorf("the file gives %+v", in)
	}
	if in := startedWith[pipeline.ApplyInput](t, h, f, "apply"); in.Dataset != "s3://data/production.csv" || in.Task != "airlines" {
		t.Errorf("the file gives %+v", in)
	}
	in = startedWith[pipeline.FineTuneInput](t, h, f, "finetune", "--dataset", "/d/x.csv", "--target-size", "50", "--task", "trains")
	if in.Task != "trains" || in.Dataset != "/d/x.csv" || in.TargetSize != 50 || in.TestShare != 0.2 {
		t.Errorf("under the command line it gives %+v", in)
	}
	// The budget decides the size: who gives one does not mean the file's size.
	if in = startedWith[pipeline.FineTuneInput](t, h, f, "finetune", "--budget", "5"); in.TargetSize != 0 || in.Budget != 5 {
		t.Errorf("beside --budget it gives %+v", in)
	}
	h.set("SWITCHBOARD_TASK", "ships")
	if in = startedWith[pipeline.FineTuneInput](t, h, f, "finetune"); in.Task != "ships" {
		t.Errorf("under the environment it gives the task %s", in.Task)
	}
}

// The file to train on is none to apply a model to.
func TestApplyTakesNoTrainingFileFromAProject(t *testing.T) {
	h := (&frontend{workers: true}).serve(t)
	inProjectOf(t, "dataset: data/tweets.csv\n")
	if r := h.run("apply"); r.code != exitBadInput || !strings.Contains(r.stderr, "no dataset is given") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

// An interval on the command line takes the place of the file's cron expression.
func TestProjectGivesWayToWhatExcludesIt(t *testing.T) {
	f := &frontend{workers: true}
	h := f.serve(t)
	inProjectOf(t, aProject)
	if r := h.run("schedule", "create", "--every", "6h"); r.code != exitDone || !strings.HasPrefix(r.stdout, "created retrain-airlines") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if r := h.run("apply", "--retry-failed", "nobody"); !strings.Contains(r.stderr, "there is no run nobody") {
		t.Errorf("beside --retry-failed: exit code %d, %q", r.code, r.stderr)
	}
}

func TestMistakesInAProject(t *testing.T) {
	h := newHarness(t)
	for file, says := range map[string]string{
		"task: [a]":                               "line 1: task is empty or a list; give one value",
		"datset: x.csv":                           `line 1: "datset" is not a command, nor task or dataset; did you mean dataset?`,
		"finetun: {}":                             "did you mean finetune?",
		"\n\nfinetune:\n  target_size: 5":         `line 4: "target_size" is not a flag of starter finetune that can be set here; did you mean target-size?`,
		"finetune:\n  target-size: many":          `line 2: target-size is "many"; give a whole number`,
		"finetune:\n  target-size:":               "line 2: target-size is empty or a list",
		"finetune:\n  target-size: [1, 2]":        "line 2: target-size is empty or a list",
		"finetune:\n  seed: 1\n  seed: 2":         "line 3: seed is there twice, first on line 2",
		"finetune: 7":                             "line 1: finetune takes a list of names with values, one a line",
		"- finetune":                              "line 1: the file takes a list of names with values",
		"models:\n  promote:\n    why: because":   `line 3: "why" is not a flag of starter models promote`,
		"address: example.com:7233":               `line 1: "address" is not a command`,
		"finetune:\n  json: true":                 `line 2: "json" is not a flag of`,
		"completion: {}":                          `line 1: "completion" is not a command`,
		"finetune: {":                             "cannot be read: yaml: line",
		"task: a\n---\ntask: b":                   "holds more than one document",
		"finetune:\n  job-deadline: 1 day":        "give a duration such as 90s, 30m or 24h",
		"schedule:\n  create:\n    crn: '@daily'": "did you mean cron?",
	} {
		dir := inProjectOf(t, file)
		r := h.run("status")
		if r.code != exitBadInput || !strings.Contains(r.stderr, filepath.Join(dir, projectName)) || !strings.Contains(r.stderr, says) {
			t.Errorf("%q: exit code %d, %q; want %q", file, r.code, r.stderr, says)
		}
		r.oneSentence(t)
		if r := h.run("__complete", "sta"); r.code != exitDone {
			t.Errorf("%q breaks completion: %q", file, r.stderr)
		}
	}
	inProjectOf(t, "# nothing yet\n")
	if r := h.run("version"); r.code != exitDone {
		t.Errorf("an empty file: exit code %d, %q", r.code, r.stderr)
	}
	if r := h.run("status"); r.code != exitEnvironment {
		t.Errorf("an empty file: exit code %d, %q", r.code, r.stderr)
	}
}

// A zero that the input takes for unset is refused from a file as from the command
// line.
func TestZerosOfAProjectAreRefused(t *testing.T) {
	h := newHarness(t)
	inProjectOf(t, "finetune:\n  dataset: x.csv\n  target-size: 0")
	if r := h.run("finetune"); r.code != exitBadInput || !strings.Contains(r.stderr, "the target size is 0") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

func TestWhereAProjectIsLookedFor(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"home/work/repo/.git", "home/work/repo/deep/er", "home/other/deep", "elsewhere/deep"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"", "home", "home/work", "elsewhere"} {
		if err := os.WriteFile(filepath.Join(root, dir, projectName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]string{
		"home/work/repo/deep/er": "", // the repository has none, and what is above it is not its own
		"home/work/repo":         "",
		"home/work":              "home/work",
		"home/other/deep":        "home",
		"elsewhere/deep":         "", // neither in a repository nor at home
		"elsewhere":              "elsewhere",
	} {
		got, err := findProject(filepath.Join(root, dir), filepath.Join(root, "home"))
		if want != "" {
			want = filepath.Join(root, want, projectName)
		}
		if got != want || err != nil {
			t.Errorf("from %s: %q, %v; want %q", dir, got, err, want)
		}
	}
}
