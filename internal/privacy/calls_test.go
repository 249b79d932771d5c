package privacy

import (
	"context"
	"os"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
)

// TestCallsForTuning shows what is left and what is taken needlessly in the part of the
// calls that rules may be written for. CALLS_LANGUAGE picks a language.
func TestCallsForTuning(t *testing.T) {
	if os.Getenv("CALLS_SHOW") == "" {
		t.Skip("set CALLS_SHOW to the rules' leaks in the tuning part: leaks or alarms")
	}
	calls, err := Calls()
	if err != nil {
		t.Fatal(err)
	}
	var o anonymize.Options
	if os.Getenv("CALLS_RULES") == "" {
		model, err := ner.Shipped(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		o.Models = []anonymize.Recognizer{model}
	}
	a, err := anonymize.New(o)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]LabelledCall{}
	for _, gate := range callGates {
		part := PartOf(calls, Tuning, gate.language)
		for _, c := range part {
			byID[c.ID] = c
		}
		f, err := MeasureCalls(context.Background(), a, part)
		if err != nil {
			t.Fatal(err)
		}
		show := f.Leaks
		if os.Getenv("CALLS_SHOW") == "alarms" {
			show = f.Alarms
		}
		if !strings.HasPrefix(gate.language, os.Getenv("CALLS_LANGUAGE")) {
			show = nil
		}
		for _, p := range show {
			turn := byID[p.Call].Turns[p.Turn]
			before := ""
			if p.Turn > 0 {
				before = byID[p.Call].Turns[p.Turn-1].Text
			}
			t.Logf("%s %s %s %s: [%s] in %q after %q", p.Call, byID[p.Call].Made, p.Kind, p.Rule, turn.Text[p.Start:p.End], turn.Text, before)
		}
		t.Logf("%s: names %v, numbers %v, others %v", gate.name, f.Names, f.Numbers, f.Others)
		for kind, p := range f.Kinds {
			t.Logf("  %s %d of %d", kind, p.Count, p.Of)
		}
	}
}

// shippedAnonymizer is the default: the rules and the shipped model.
func shippedAnonymizer(t testing.TB) *anonymize.Anonymizer {
	t.Helper()
	model, err := ner.Shipped(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	a, err := anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{model}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// BenchmarkCalls anonymizes calls of some twenty turns each, as the default does.
func BenchmarkCalls(b *testing.B) {
	a := shippedAnonymizer(b)
	all, err := Calls()
	if err != nil {
		b.Fatal(err)
	}
	calls := PartOf(all, Tuning, "")
	turns := 0
	for b.Loop() {
		f, err := MeasureCalls(b.Context(), a, calls)
		if err != nil {
			b.Fatal(err)
		}
		turns += f.Turns
	}
	b.ReportMetric(float64(turns)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(len(calls)*b.N)/b.Elapsed().Seconds(), "calls/s")
}
