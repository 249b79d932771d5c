package privacy

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/pipeline"
)

// TestCallsForTuning shows what is left and what is taken needlessly in the part of the
// calls that rules may be written for. CALLS_LANGUAGE picks a language.
func TestCallsForTuning(t *testing.T) {
	if os.Getenv("CALLS_SHOW") == "" {
		t.Skip("set CALLS_SHOW to the rules' leaks in the tuning part: leaks or alarms")
	}
	calls, err := labelledCalls()
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
	byID := map[string]labelledCall{}
	for _, gate := range callGates {
		part := partOf(calls, tuning, gate.language)
		for _, c := range part {
			byID[c.ID] = c
		}
		f, err := measureCalls(context.Background(), a, part)
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

// The labelled calls are what they are said to be.
func TestLabelledCalls(t *testing.T) {
	calls, err := labelledCalls()
	if err != nil {
		t.Fatal(err)
	}
	count, lower, made := map[string]int{}, 0, map[string]int{}
	names := map[string]map[string]bool{tuning: {}, heldOut: {}}
	for _, c := range calls {
		count[c.Part+" "+c.Language]++
		made[c.Made]++
		text := ""
		for _, turn := range c.Turns {
			text += turn.Text
			for _, l := range turn.Labels {
				if name := strings.ToLower(turn.Text[l.Start:l.End]); l.Kind == anonymize.Person && c.Made == "degraded" && !strings.Contains(name, " ") && len(name) > 4 {
					names[c.Part][name] = true
				}
			}
		}
		if text == strings.ToLower(text) {
			lower++
		}
	}
	for _, key := range []string{"tuning en", "tuning de", "held-out en", "held-out de"} {
		if count[key] != 100 {
			t.Errorf("%d calls of %s, want 100", count[key], key)
		}
	}
	if lower != len(calls)/2 || made["recognized"] == 0 || made["recognized"]+made["degraded"] != len(calls) {
		t.Errorf("of %d calls %d are in lower case, and they were made as %v", len(calls), lower, made)
	}
	shared := 0
	for name := range names[tuning] {
		if names[heldOut][name] {
			shared++
		}
	}
	if shared*20 > len(names[heldOut]) { // a name that was changed may become another
		t.Errorf("%d of %d held-out names are in the tuning part too", shared, len(names[heldOut]))
	}
}

// What the gate for calls says of an anonymizer that finds nothing, and of one that replaces
// all.
func TestCallFigures(t *testing.T) {
	call := labelledCall{ID: "1", Turns: []labelledTurn{{Text: "it is naomi on 0 1 2", Labels: []Label{{6, 11, anonymize.Person}, {15, 20, anonymize.Phone}}}, {Text: "thanks"}}}
	spans := func(all ...anonymize.Span) [][][]anonymize.Span { return [][][]anonymize.Span{{all, nil}} }
	for _, c := range []struct {
		name                   string
		spans                  [][][]anonymize.Span
		names, numbers, others int
		failed                 []string
	}{
		{"nothing", spans(), 0, 0, 0, []string{
			"of 1 names in English calls 0 were found, 0.0%, and 95% is asked",
			"of 1 numbers, codes and addresses in English calls 0 were found, 0.0%, and 98% is asked",
		}},
		{"half a number", spans(anonymize.Span{Start: 6, End: 11}, anonymize.Span{Start: 15, End: 18}), 1, 0, 0, []string{
			"of 1 numbers, codes and addresses in English calls 0 were found, 0.0%, and 98% is asked",
		}},
		{"both", spans(anonymize.Span{Start: 6, End: 11}, anonymize.Span{Start: 15, End: 20}), 1, 1, 0, nil},
		{"all", spans(anonymize.Span{Start: 0, End: 20}), 1, 1, 3, []string{"3 of 4 other words of English calls were replaced, 75.0%, and at most 3% is allowed"}},
	} {
		f := countCalls([]labelledCall{call}, c.spans)
		if f.Names.Count != c.names || f.Numbers.Count != c.numbers || f.Others.Count != c.others || f.Others.Of != 4 {
			t.Errorf("%s: %+v", c.name, f)
		}
		if got := f.failed("English"); !slices.Equal(got, c.failed) {
			t.Errorf("%s: failed is %q, want %q", c.name, got, c.failed)
		}
	}
}

// The default is good enough for calls.
func TestJudgeCalls(t *testing.T) {
	a := shippedAnonymizer(t)
	e, err := JudgeCalls(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	if !e.Passed || e.Anonymizer != a.Version() || e.Source != pipeline.SourceCalls || e.Texts == 0 || e.Recall[anonymize.Person].Of == 0 || len(e.SetSHA256) != 64 {
		t.Errorf("%+v", e)
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
	all, err := labelledCalls()
	if err != nil {
		b.Fatal(err)
	}
	calls := partOf(all, tuning, "")
	turns := 0
	for b.Loop() {
		f, err := measureCalls(b.Context(), a, calls)
		if err != nil {
			b.Fatal(err)
		}
		turns += f.Turns
	}
	b.ReportMetric(float64(turns)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(len(calls)*b.N)/b.Elapsed().Seconds(), "calls/s")
}
