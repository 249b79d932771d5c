package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/pipeline"
)

func TestRunsAreListed(t *testing.T) {
	f := &frontend{workers: true, listed: someRuns()[:2], ending: completion(applied), closes: noon}
	f.listed[1].Status, f.listed[1].CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
	h := f.serve(t)
	r := h.run("runs", "--kind", "apply", "--task", "airlines", "--since", "2026-03-01")
	if r.code != exitDone || strings.Count(r.stdout, "\n") != 3 {
		t.Fatalf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	for _, want := range []string{"KIND   TASK", "apply  airlines  completed", "1m30s", "1,630 of 1,990 conversations assigned", "apply-production-6305ccd7 (run 01a2219a-1111)", "  done\n"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("the list lacks %q:\n%s", want, r.stdout)
		}
	}
	var list struct {
		Runs []struct {
			Seconds   float64 `json:"seconds"`
			KeyFigure string  `json:"key_figure"`
		} `json:"runs"`
		More bool `json:"more"`
	}
	if err := json.Unmarshal([]byte(h.run("runs", "--json", "--limit", "1").stdout), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Runs) != 1 || !list.More || list.Runs[0].Seconds != 90 || list.Runs[0].KeyFigure == "" {
		t.Errorf("as JSON: %+v", list)
	}
	f.listed = nil
	if r := h.run("runs"); !strings.HasPrefix(r.stdout, "no runs match;") {
		t.Errorf("without any: %q", r.stdout)
	}
}

// A run that waits for a part of it is in that part's stage, in the list as in its
// status.
func TestRunsAndStatusAgreeOnTheStage(t *testing.T) {
	f := &frontend{listed: someRuns()[2:4]}
	atWork(f.listed[0], pipeline.Anonymizing)
	atWork(f.listed[1], pipeline.Preparing)
	h := f.serve(t)
	if r := h.run("runs"); !strings.Contains(r.stdout, "finetune-tweets-eeea4062          anonymizing\n") {
		t.Errorf("the list is\n%s", r.stdout)
	}
	if r := h.run("status", "finetune-tweets-eeea4062", "--json"); !strings.Contains(r.stdout, `"stage": "anonymizing"`) {
		t.Errorf("the status is\n%s", r.stdout)
	}
}

func TestFiltersOfRuns(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	all := "WorkflowType IN ('Apply', 'Evaluate', 'FineTune', 'Retrain')"
	closed := " AND ExecutionStatus != 'ContinuedAsNew'"
	for _, c := range []struct {
		filter runFilter
		query  string
		err    string
	}{
		{filter: runFilter{}, query: all + closed},
		{filter: runFilter{kind: "finetune"}, query: "WorkflowType IN ('FineTune')" + closed},
		{filter: runFilter{status: "cancelled"}, query: all + " AND ExecutionStatus = 'Canceled'"},
		{filter: runFilter{status: "timed-out"}, query: all + " AND ExecutionStatus = 'TimedOut'"},
		{filter: runFilter{task: "airlines"}, query: all + closed + " AND SwitchboardTask = 'airlines'"},
		{filter: runFilter{since: "36h"}, query: all + closed + " AND StartTime >= '2026-03-01T00:00:00Z'"},
		{filter: runFilter{since: "2d"}, query: all + closed + " AND StartTime >= '2026-02-28T12:00:00Z'"},
		{filter: runFilter{since: "2026-02-01"}, query: all + closed + " AND StartTime >= '2026-02-01T00:00:00Z'"},
		{filter: runFilter{since: "2026-02-01T10:00:00+01:00"}, query: all + closed + " AND StartTime >= '2026-02-01T09:00:00Z'"},
		{filter: runFilter{kind: "tune"}, err: `--kind is "tune"; it can be apply, call, evaluate, finetune or retrain`},
		{filter: runFilter{kind: "retrian"}, err: `--kind is "retrian"; did you mean retrain?`},
		{filter: runFilter{status: "canceled"}, err: `--status is "canceled"; did you mean cancelled?`},
		{filter: runFilter{task: "Air' OR"}, err: "the task is"},
		{filter: runFilter{since: "-1h"}, err: `--since is "-1h"; give a time such as 24h`},
		{filter: runFilter{since: "yesterday"}, err: `--since is "yesterday"`},
		{filter: runFilter{limit: -1}, err: "the limit is -1"},
	} {
		if c.filter.limit == 0 {
			c.filter.limit = 20
		}
		query, err := c.filter.query(now)
		if query != c.query || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%+v: %q, %v; want %q, %q", c.filter, query, err, c.query, c.err)
		}
	}
}

func TestFlagsThatWereMeant(t *testing.T) {
	h := newHarness(t)
	for args, says := range map[string]string{
		"finetune --datset x":         "unknown flag: --datset; did you mean --dataset?",
		"status --jsn":                "did you mean --json?",
		"apply pause --namespce x y":  "did you mean --namespace?",
		"models list --tasks default": "did you mean --task?",
		"finetune --bogus":            "see `starter finetune --help`",
	} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q; want %q", args, r.code, r.stderr, says)
		}
	}
}
