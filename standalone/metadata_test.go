package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/converter"

	"switchboard/internal/pipeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// All that people read in Temporal's Web UI of runs on the sample: summaries, details
// and search attributes of every workflow, and the summary of every step. Whoever may
// list runs reads it, so it holds no text, name or handle; a new step that says
// nothing of itself fails here.
func TestMetadataOfRuns(t *testing.T) {
	th := newHarness(t)
	th.open()
	sample, production := sampleFiles(t)
	tuned := th.run("finetune", "--dataset", sample, "--watch").WorkflowID
	applied := th.run("apply", "--dataset", production, "--watch").WorkflowID
	batched := th.run("apply", "--dataset", production, "--mode", "batch", "--watch").WorkflowID
	called := th.run("call", callFile(t, "0042"), "--watch").WorkflowID
	evaluated := th.run("evaluate", "--run", tuned, "--watch").WorkflowID
	retrained := th.run("retrain", "--dataset", sample, "--always", "--seed", "4", "--watch").WorkflowID
	budgeted := th.run("finetune", "--dataset", sample, "--budget", "5", "--dry-run").WorkflowID
	cancelled := th.cancelled(sample)

	var b strings.Builder
	for _, id := range []string{
		tuned, pipeline.PrepareID(tuned), applied, pipeline.PrepareID(applied), batched, called, evaluated,
		retrained, pipeline.RetrainedID(retrained), pipeline.PrepareID(pipeline.RetrainedID(retrained)), budgeted, cancelled,
	} {
		th.describe(&b, id)
	}
	golden := filepath.Join("testdata", "metadata.txt")
	got := plain(b.String())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the Web UI shows\n%s\nand not, as in %s (-update writes it anew),\n%s", got, golden, want)
	}
}

func sampleFiles(t *testing.T) (training, production string) {
	t.Helper()
	folder, err := filepath.Abs("../datasets/sample")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "tweets.csv"), filepath.Join(folder, "production.csv")
}

// describe writes what the Web UI shows of a run.
func (th *harness) describe(b *strings.Builder, id string) {
	th.t.Helper()
	c := th.temporal()
	fmt.Fprintf(b, "%s\n", id)
	run, err := c.DescribeWorkflowExecution(th.t.Context(), id, "")
	if err != nil {
		th.t.Fatal(err)
	}
	shown := run.GetExecutionConfig().GetUserMetadata()
	fmt.Fprintf(b, "  summary   %s\n", text(th.t, shown.GetSummary()))
	fmt.Fprintf(b, "  details   %s\n", indented(text(th.t, shown.GetDetails())))
	fmt.Fprintf(b, "  now       %s\n", indented(th.currentDetails(id)))
	attributes := run.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if slices.Contains(pipeline.SearchAttributes, name) {
			fmt.Fprintf(b, "  %s = %s\n", name, text(th.t, attributes[name]))
		}
	}
	for _, event := range th.history(id) {
		if step := stepOf(event); step != "" {
			fmt.Fprintf(b, "  %-20s %s\n", step, text(th.t, event.GetUserMetadata().GetSummary()))
		} else if event.GetEventId() > 1 && event.GetUserMetadata() != nil {
			th.t.Errorf("%s: an event of the type %s has metadata that this test does not know of", id, event.GetEventType())
		}
	}
}

// stepOf names the activity, the local one or the child that an event begins.
func stepOf(event *historypb.HistoryEvent) string {
	if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
		return a.GetActivityType().GetName()
	}
	if c := event.GetStartChildWorkflowExecutionInitiatedEventAttributes(); c != nil {
		return c.GetWorkflowType().GetName()
	}
	if m := event.GetMarkerRecordedEventAttributes(); m.GetMarkerName() == "LocalActivity" {
		return m.GetMarkerName()
	}
	return ""
}

// currentDetails are asked of a worker, as the Web UI does.
func (th *harness) currentDetails(id string) string {
	th.t.Helper()
	value, err := th.temporal().QueryWorkflow(th.t.Context(), id, "", "__temporal_workflow_metadata")
	if err != nil {
		th.t.Fatal(err)
	}
	var m sdkpb.WorkflowMetadata
	if err := value.Get(&m); err != nil {
		th.t.Fatal(err)
	}
	return m.GetCurrentDetails()
}

func text(t *testing.T, p *commonpb.Payload) (s string) {
	t.Helper()
	if p == nil {
		return "nothing"
	}
	if err := converter.GetDefaultDataConverter().FromPayload(p, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func indented(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), "\n            ")
}

// plain leaves out what is another at each run.
func plain(s string) string {
	for _, r := range []struct{ what, by string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "RUN"},
		{`ft:[^\s` + "`" + `]+`, "MODEL"},
		{`ftjob-[^\s` + "`" + `]+`, "JOB"},
		{`([-@])[0-9a-f]{8}\b`, "${1}DIGEST"},
	} {
		s = regexp.MustCompile(r.what).ReplaceAllString(s, r.by)
	}
	return s
}
