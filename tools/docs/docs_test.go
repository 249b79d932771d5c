package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the documents show is what the programs print.
func TestDocumentsShowWhatTheProgramsPrint(t *testing.T) {
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
	// Without the runs on real data: what one in their midst shows depends on
	// the moment. "make docs" renews their blocks.
	outputs, err := run(t.Context(), root, false)
	if err != nil {
		t.Error(err)
	}
	var printed strings.Builder
	for _, output := range outputs {
		printed.WriteString(output + "\n")
	}
	for _, name := range documents {
		text := read(t, name)
		for _, b := range blocks(text) {
			output, ran := outputs[b.step]
			if !ran { // on data that is no part of the project
				printed.WriteString(text[b.begin:b.end])
				continue
			}
			picked, err := b.pick(output)
			if err != nil {
				t.Errorf("%s, output of %s: %v", name, b.step, err)
				continue
			}
			if got, want := lasting(text[b.begin:b.end]), lasting(picked); got != want {
				t.Errorf("%s is not what %s prints now; run make docs\n%s", name, b.step, difference(got, want))
			}
		}
	}
	// What the text around the blocks tells of them is true, too.
	figure := regexp.MustCompile(`\b\d+\.\d+%?|\b\d{1,3}(,\d{3})+\b`)
	prose := marked.ReplaceAllString(read(t, "docs/tutorial.md"), "")
	for _, f := range figure.FindAllString(prose, -1) {
		if f != "1.26" && !strings.Contains(printed.String(), f) { // Go's version
			t.Errorf("docs/tutorial.md tells of %s, which nothing printed", f)
		}
	}
}

// difference lists the lines that only one of two texts has.
func difference(document, program string) string {
	of, now := strings.Split(document, "\n"), strings.Split(program, "\n")
	var out strings.Builder
	for _, line := range of {
		if !slices.Contains(now, line) {
			out.WriteString("  the document: " + line + "\n")
		}
	}
	for _, line := range now {
		if !slices.Contains(of, line) {
			out.WriteString("  the program:  " + line + "\n")
		}
	}
	return out.String()
}

// Each block that shows output is filled by a step.
func TestEachBlockIsFilled(t *testing.T) {
	known := []string{"demo", "demo-finetune", "demo-apply", "standalone"}
	for _, s := range slices.Concat(tutorial, realData) {
		known = append(known, s.name)
	}
	fences := regexp.MustCompile("(?m)^```(.*)$")
	for _, name := range documents {
		text := read(t, name)
		plain := 0
		for i, m := range fences.FindAllStringSubmatch(text, -1) {
			if i%2 == 0 && m[1] == "" {
				plain++
			}
		}
		list := blocks(text)
		if len(list) != plain {
			t.Errorf("%s: %d of %d blocks without a language say which step prints them", name, len(list), plain)
		}
		for _, b := range list {
			if !slices.Contains(known, b.step) {
				t.Errorf("%s: there is no step %s", name, b.step)
			}
		}
	}
}

const summary = `FineTune finetune-tweets-a49a98f8: completed after 1m53.2s, on 2026-11-27 21:59:29 UTC
run           01a21f04-7852-7394-a7a8-a0df60b13779
data          12 tweets
anomalies     4 forks
              2 missing parent
stages        checking     16ms
              all          1m53.2s
`

func TestBlockChangesWithWhatLasts(t *testing.T) {
	document := "a\n<!-- output: x; only: FineTune, anomalies -->\n```\nold\n```\nb\n<!-- output: y -->\n```\nkept\n```\n"
	filled, err := fillText(document, map[string]string{"x": summary}, false)
	want := "a\n<!-- output: x; only: FineTune, anomalies -->\n```\n" + strings.SplitAfter(summary, "\n")[0] +
		"…\nanomalies     4 forks\n              2 missing parent\n```\nb\n<!-- output: y -->\n```\nkept\n```\n"
	if err != nil || filled != want {
		t.Fatalf("filled is\n%s%v", filled, err)
	}
	again := strings.NewReplacer("a49a98f8", "0123abcd", "1m53.2s", "800ms", "21:59:29", "08:00:00", "01a21f04-", "01a21f05-", "16ms  ", "1.2s ").Replace(summary)
	if got, err := fillText(filled, map[string]string{"x": again}, false); err != nil || got != filled {
		t.Errorf("another time, date and id change the block:\n%s%v", got, err)
	}
	if got, err := fillText(filled, map[string]string{"x": strings.Replace(summary, "4 forks", "5 forks", 1)}, false); err != nil || !strings.Contains(got, "5 forks") {
		t.Errorf("another count does not change the block:\n%s%v", got, err)
	}
	if _, err := fillText(filled, map[string]string{"x": strings.Replace(summary, "anomalies", "faults   ", 1)}, false); err == nil || !strings.Contains(err.Error(), `no section "anomalies"`) {
		t.Errorf("a section that is gone: %v", err)
	}
}

func TestShortSection(t *testing.T) {
	output := "data          1\nanomalies     7 a\n              6 b\n              5 c\n              4 d\n              3 e\n              2 f\n" +
		"              1 g\n              1 h\njob           x\n"
	got, err := block{short: []string{"anomalies"}}.pick(output)
	if want := strings.Replace(output, "1 g\n              1 h", "…", 1); err != nil || got != want {
		t.Errorf("short is\n%s%v", got, err)
	}
	got, err = block{only: []string{"anomalies"}, short: []string{"data"}}.pick(output)
	if err != nil || got != output[len("data          1\n"):len(output)-len("job           x\n")] {
		t.Errorf("the section itself is\n%s%v", got, err)
	}
}

func TestLasting(t *testing.T) {
	for name, test := range map[string]struct {
		a, b string
		same bool
	}{
		"a model's id":      {"model  ft:s:switchboard:sb-bedf549048a9:6URL6OV6Q3\n", "model ft:s:switchboard:sb-e2a45318b8b6:7HKY5MDLHR\n", true},
		"another base":      {"model  ft:s:switchboard:sb-bedf549048a9:6URL6OV6Q3\n", "model ft:t:switchboard:sb-bedf549048a9:6URL6OV6Q3\n", false},
		"a job":             {"ftjob-6URL6OV6Q3VDQ4GTHXP744RZYW, 5 tokens", "ftjob-S3CSHWLLECXEHSHTAKRIHPO256, 5 tokens", true},
		"tokens":            {"ftjob-6URL6OV6Q3VDQ4GTHXP744RZYW, 5 tokens", "ftjob-6URL6OV6Q3VDQ4GTHXP744RZYW, 6 tokens", false},
		"progress between":  {"      0s  training\n     12s  training: 0 of 1 parts (0%)\n", "      9s  training\n", true},
		"a stage":           {"      0s  training\n", "      0s  measuring\n", false},
		"a folder of a run": {"…/artifacts/apply-production-76d9071b/01a21e73-…/output", "…/artifacts/apply-production-0123abcd/01a21e74-…/output", true},
		"a percentage":      {"91.0%", "91.1%", false},
	} {
		if got := lasting(test.a) == lasting(test.b); got != test.same {
			t.Errorf("%s: alike is %t, want %t", name, got, test.same)
		}
	}
}
