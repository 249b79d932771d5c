package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

func TestAddressOfTheWebUI(t *testing.T) {
	for _, c := range []struct{ server, setting, want string }{
		{"localhost:7233", "", "http://localhost:8233"},
		{"127.0.0.1:17233", "", "http://127.0.0.1:18233"},
		{"[::1]:7233", "", "http://[::1]:8233"},
		{"127.0.0.1:65000", "", ""},
		{"temporal.example.com:7233", "", ""},
		{"temporal.example.com:7233", "https://temporal.example.com/", "https://temporal.example.com"},
		{"mine.a1b2c.tmprl.cloud:7233", "", "https://cloud.temporal.io"},
		{"eu-west-1.aws.api.temporal.io:7233", "", "https://cloud.temporal.io"},
		{"localhost", "", ""},
	} {
		a := &app{environ: []string{"SWITCHBOARD_WEB_UI=" + c.setting}}
		if got := a.webUI(c.server); got != c.want {
			t.Errorf("beside %s, with the setting %q: %q, want %q", c.server, c.setting, got, c.want)
		}
	}
	c := &connection{Client: &temporal.Client{Namespace: "my namespace"}, ui: "http://localhost:8233"}
	if got, want := c.runURL("call/0042", "run-1"), "http://localhost:8233/namespaces/my%20namespace/workflows/call%2F0042/run-1/history"; got != want {
		t.Errorf("a run is at %s, want %s", got, want)
	}
}

func TestOpenTakesTheReportOrTheWebUI(t *testing.T) {
	c := &connection{Client: &temporal.Client{Namespace: "default"}, ui: "http://ui.example.com"}
	judged := report{WorkflowID: "finetune-x-1", RunID: "run-1", Files: []file{{"manifest", "/a/manifest.json"}, {"report", "/a/report.html"}}}
	const run = "http://ui.example.com/namespaces/default/workflows/finetune-x-1/run-1/history"
	for name, got := range map[string]struct {
		r     report
		webUI bool
		kind  string
		want  string
	}{
		"with a report":    {judged, false, "report", "/a/report.html"},
		"with --web-ui":    {judged, true, "web_ui", run},
		"without a report": {report{WorkflowID: "finetune-x-1", RunID: "run-1"}, false, "web_ui", run},
	} {
		if p, err := got.r.page(c, got.webUI); err != nil || p.Kind != got.kind || p.Address != got.want {
			t.Errorf("%s: %+v, %v; want %s", name, p, err, got.want)
		}
	}
}

// Where nobody sits at a terminal the address is printed, and nothing opened.
func TestOpenPrintsTheAddress(t *testing.T) {
	h := (&frontend{workers: true, ending: completion(fineTuned), closes: noon}).serve(t)
	h.set("SWITCHBOARD_WEB_UI", "http://ui.example.com")
	const run = "http://ui.example.com/namespaces/default/workflows/finetune-x-1/run-1/history"
	for _, args := range []string{"open finetune-x-1", "open finetune-x-1 --web-ui --print"} {
		if r := h.run(strings.Fields(args)...); r.code != exitDone || r.stdout != run+"\n" {
			t.Errorf("%s: exit code %d, %q, %q; want %q", args, r.code, r.stdout, r.stderr, run)
		}
	}
	if r := h.run("open", "finetune-x-1", "--json"); !strings.Contains(r.stdout, `"kind": "web_ui"`) {
		t.Errorf("as JSON: %q, %q", r.stdout, r.stderr)
	}
}

// The dashboard is opened where it is meant, and where there is nothing else to open. One
// that runs says where it is.
func TestOpenTheDashboard(t *testing.T) {
	f := &frontend{workers: true, dashboard: "http://127.0.0.1:18092", ending: completion(fineTuned), closes: noon}
	h := f.serve(t)
	for args, want := range map[string]string{
		"open --dashboard":              "http://127.0.0.1:18092\n",
		"open finetune-x-1 --dashboard": "http://127.0.0.1:18092/runs/finetune-x-1?run=run-1\n",
		"open":                          "http://127.0.0.1:18092\n",
		"open --print":                  "http://127.0.0.1:18092\n",
	} {
		if r := h.run(strings.Fields(args)...); r.code != exitDone || r.stdout != want {
			t.Errorf("%s: exit code %d, %q, %q; want %q", args, r.code, r.stdout, r.stderr, want)
		}
	}
	f.dashboard = ""
	for _, args := range []string{"open --dashboard", "open finetune-x-1 --dashboard", "open"} {
		if r := h.run(strings.Fields(args)...); r.code != exitEnvironment || !strings.Contains(r.stderr, "no dashboard answers; start one with `go run ./dashboard`") {
			t.Errorf("%s without a dashboard: exit code %d, %q, %q", args, r.code, r.stdout, r.stderr)
		}
	}
	h.set("SWITCHBOARD_DASHBOARD_URL", "https://calls.example.com/")
	if r := h.run("open", "--dashboard", "--json"); !strings.Contains(r.stdout, `"kind": "dashboard"`) || !strings.Contains(r.stdout, `"address": "https://calls.example.com"`) {
		t.Errorf("as JSON: %q, %q", r.stdout, r.stderr)
	}
	for args, says := range map[string]string{"open --web-ui --dashboard": "give one of them", "open --web-ui": "there is no fine-tuning yet"} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q", args, r.code, r.stderr)
		}
	}
}

func TestOpenWithoutAKnownWebUI(t *testing.T) {
	_, err := report{WorkflowID: "finetune-x-1"}.page(&connection{Client: &temporal.Client{Address: "temporal.example.com:7233"}}, true)
	if err == nil || !strings.Contains(err.Error(), "set SWITCHBOARD_WEB_UI") {
		t.Errorf("got %v", err)
	}
}

func TestReportThatIsNotHere(t *testing.T) {
	err := show(t.Context(), page{Kind: "report", Address: filepath.Join(t.TempDir(), "report.html")})
	if err == nil || !strings.Contains(err.Error(), "the report is not on this machine") {
		t.Errorf("got %v", err)
	}
}

// Whatever became of a run, the summary ends with what comes next.
func TestNextCommand(t *testing.T) {
	failed := applied
	failed.Counts.ConversationStatuses = map[string]int64{"failed": 1}
	better := fineTuned
	better.Champion, better.Task = "ft:old", "airlines"
	unfit := fineTuned
	unfit.Unfit = "it answers nothing of its test set"
	if got := (report{WorkflowID: "w", State: stateCompleted, FineTune: &unfit}).nextCommand(); got != "starter open w" {
		t.Errorf("next to an unfit model is %q", got)
	}
	for want, r := range map[string]report{
		"starter status w --watch":               {State: stateRunning},
		"starter doctor":                         {State: stateRunning, WorkerSilent: true},
		"starter apply resume w":                 {State: stateRunning, Status: &pipeline.Status{Paused: true}},
		"starter models approve w --why REASON":  {State: stateRunning, Status: &pipeline.Status{Proposal: &pipeline.Proposal{}}},
		"starter open w --web-ui":                {State: stateFailed, Failure: &failure{Kind: "Refused"}},
		"starter apply --dataset FILE --watch":   {State: stateCompleted, FineTune: &fineTuned},
		"starter apply --retry-failed w --watch": {State: stateCompleted, Apply: &failed},
		"starter open w":                         {State: stateCompleted, Apply: &applied},
		// It may be the worse one, so nothing is said about promoting it.
		"starter evaluate --run w --watch": {State: stateCompleted, FineTune: &better},
	} {
		r.WorkflowID = "w"
		if got := r.nextCommand(); got != want {
			t.Errorf("next is %q, want %q", got, want)
		}
	}
}

func TestAnomaliesAreListedIfAsked(t *testing.T) {
	f := &frontend{workers: true, ending: completion(fineTuned), closes: noon}
	h := f.serve(t)
	if r := h.run("status", theRun); !strings.Contains(r.stdout, "40,216 of 3 kinds, most of all 40,212 missing parent; --anomalies lists them\n") {
		t.Errorf("by itself: %s", r.stdout)
	}
	if r := h.run("status", theRun, "--anomalies"); !strings.Contains(r.stdout, "3 duplicate id\n") || strings.Contains(r.stdout, "of 3 kinds") {
		t.Errorf("if asked: %s", r.stdout)
	}
}

// What a dry run estimated is started by the line that its summary ends with, with
// all that was asked for, and for no more money.
func TestNextToADryRunKeepsItsOptions(t *testing.T) {
	dry := pipeline.FineTuneResult{DryRun: true, Task: "airlines", Estimates: []pipeline.CostEstimate{{Chosen: true, Training: 3.2, Evaluation: 0.1}}}
	in := pipeline.FineTuneInput{
		Dataset: "/my data/x.csv", Task: "airlines", TargetSize: 1000, Seed: 7, JobDeadline: time.Hour, Force: true, DryRun: true,
		Notify: "https://hooks.example.com/secret",
	}.WithDefaults()
	f := &frontend{workers: true, ending: completion(dry), closes: noon, input: in}
	want := "next          starter finetune --task airlines --dataset '/my data/x.csv' --force --job-deadline 1h0m0s --max-cost 4 --seed 7 --target-size 1000 --watch\n"
	h := f.serve(t)
	r := h.run("status", theRun)
	if !strings.Contains(r.stdout, want) {
		t.Fatalf("the summary lacks %q:\n%s", want, r.stdout)
	}
	if r := h.run("finetune", "--task", "airlines", "--dataset", "/my data/x.csv", "--force", "--job-deadline", "1h0m0s", "--max-cost", "4", "--seed", "7", "--target-size", "1000"); r.code != exitDone {
		t.Fatalf("exit code %d, %q", r.code, r.stderr)
	}
	in.DryRun, in.Notify, in.MaxCost = false, "", 4
	var got pipeline.FineTuneInput
	if err := converter.GetDefaultDataConverter().FromPayloads(f.started.Input, &got); err != nil || got != in {
		t.Errorf("it starts %+v, %v; want %+v", got, err, in)
	}
}

// A command that is proposed reaches the server that this one reached.
func TestNextCommandKeepsTheConnection(t *testing.T) {
	f := &frontend{workers: true}
	h := f.serve(t)
	h.set("TEMPORAL_ADDRESS", nobody)
	address := f.listen(t)
	for args, want := range map[string]string{
		"finetune --dataset /d/x.csv": " --watch --address " + address + " --namespace default\n",
		"status " + theRun:            "starter status " + theRun + " --watch --address " + address + " --namespace default\n",
		"cancel " + theRun:            "starter status " + theRun + " --address " + address + " --namespace default\n",
	} {
		r := h.run(append(strings.Fields(args), "--address", address, "--namespace", "default")...)
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%s: exit code %d, %q, %q; want %q", args, r.code, r.stdout, r.stderr, want)
		}
	}
}
