package cli

import (
	"slices"
	"strings"
	"testing"

	workflowpb "go.temporal.io/api/workflow/v1"

	"switchboard/internal/pipeline"
)

// offered are what the shell is given for a line, without descriptions, and with
// the directive at the end.
func offered(r result) (values []string) {
	for line := range strings.Lines(r.stdout) {
		value, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		values = append(values, value)
	}
	return values
}

func TestCompletionAsksTheServer(t *testing.T) {
	f := &frontend{workers: true, listed: someRuns()}
	f.listed[0].SearchAttributes.IndexedFields[pipeline.ModelAttribute] = payloads("ft:m:1").Payloads[0]
	f.listed[3].SearchAttributes.IndexedFields[pipeline.ModelAttribute] = payloads("ft:m:2").Payloads[0]
	f.listed[3].SearchAttributes.IndexedFields[pipeline.TaskAttribute] = payloads("trains").Payloads[0]
	h := f.serve(t)
	runs := []string{"apply-production-6305ccd7", "finetune-tweets-eeea4062-prepare", "finetune-tweets-eeea4062", "finetune-trains-0fea1234"}
	for _, c := range []struct {
		line []string
		want []string
	}{
		{[]string{"status", ""}, append(slices.Clone(runs), ":36")},
		{[]string{"status", "finetune-tr"}, []string{"finetune-trains-0fea1234", ":36"}},
		{[]string{"status", "x", ""}, []string{":4"}},
		{[]string{"evaluate", "--run", ""}, []string{"finetune-tweets-eeea4062", "finetune-trains-0fea1234", ":36"}},
		{[]string{"apply", "--retry-failed", ""}, []string{"apply-production-6305ccd7", ":36"}},
		{[]string{"models", "show", ""}, []string{"champion", "challenger", "previous", "ft:m:1", "ft:m:2", ":36"}},
		{[]string{"apply", "--task", "trains", "--model", "ft:"}, []string{"ft:m:2", ":36"}},
		{[]string{"models", "list", "--task", ""}, []string{"airlines", "trains", ":36"}},
	} {
		r := h.run(append([]string{"__complete"}, c.line...)...)
		if got := offered(r); !slices.Equal(got, c.want) {
			t.Errorf("%q is completed with %q, want %q", c.line, got, c.want)
		}
	}
}

// What ends or changes a run is offered runs that go on, and not what they started
// in turn.
func TestCompletionOffersRunsThatFit(t *testing.T) {
	f := &frontend{workers: true, listed: []*workflowpb.WorkflowExecutionInfo{
		aRun("apply-done-1", "r1", pipeline.ApplyWorkflow, "", 0),
		aRun("apply-going-1", "r2", pipeline.ApplyWorkflow, "", 1),
		aRun("retrain-going-1", "r3", pipeline.RetrainWorkflow, "", 2),
		aRun("retrain-going-1-finetune", "r4", pipeline.FineTuneWorkflow, "retrain-going-1", 3),
	}}
	for _, info := range f.listed[1:] {
		atWork(info, pipeline.Checking)
	}
	h := f.serve(t)
	for line, want := range map[string][]string{
		"cancel ":         {"retrain-going-1", "apply-going-1", ":36"},
		"apply pause ":    {"apply-going-1", ":36"},
		"apply resume ":   {"apply-going-1", ":36"},
		"models approve ": {"retrain-going-1", ":36"},
		"evaluate --run ": {":36"},
		"open apply-":     {"apply-going-1", "apply-done-1", ":36"},
	} {
		if got := offered(h.run(append([]string{"__complete"}, strings.Split(line, " ")...)...)); !slices.Equal(got, want) {
			t.Errorf("%q is completed with %q, want %q", line, got, want)
		}
	}
}

// Flags that take one of a few words, and files.
func TestCompletionWithoutAServer(t *testing.T) {
	h := newHarness(t)
	for line, want := range map[string][]string{
		"runs --kind ":               {"apply", "call", "evaluate", "finetune", "retrain", ":4"},
		"runs --status ":             {"cancelled", "completed", "failed", "running", "terminated", "timed-out", ":4"},
		"finetune --rare-classes ":   {"drop", "unknown", ":4"},
		"apply --mode ":              {"online", "batch", ":4"},
		"evaluate --with ":           {"base", "few-shot", ":4"},
		"schedule create --overlap ": {"buffer", "cancel", "skip", ":4"},
		"finetune --dataset ":        {"csv", "gz", "zst", ":8"},
		"finetune --seed ":           {":4"},
		"status ":                    {":4"}, // nobody answers
		"call ":                      {":0"}, // any file
		"schedule describe ":         {":4"},
	} {
		r := h.run(append([]string{"__complete"}, strings.Split(line, " ")...)...)
		if got := offered(r); r.code != exitDone || !slices.Equal(got, want) {
			t.Errorf("%q is completed with %q, want %q", line, got, want)
		}
	}
}

// Every word that is offered is one that the command takes.
func TestWordsOfFlagsAreTaken(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct{ flag, line string }{
		{"rare-classes", "finetune --dataset x --rare-classes "}, {"mode", "apply --dataset x --mode "},
		{"overlap", "schedule create --dataset x --every 1h --overlap "}, {"kind", "runs --kind "}, {"status", "runs --status "},
	} {
		for _, word := range flagWords[c.flag] {
			if r := h.run(strings.Fields(c.line + word)...); r.code != exitEnvironment {
				t.Errorf("%s: exit code %d, %q", c.line+word, r.code, r.stderr)
			}
		}
	}
}
