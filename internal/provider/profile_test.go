package provider

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/providers.md instead of comparing with it")

// rows of the table of docs/providers.md, one a difference.
var profileRows = []struct {
	title string
	cell  func(p profile) string
}{
	{"hosts", func(p profile) string { return code(p.hosts...) }},
	{"base URL ends in", func(p profile) string { return code(p.basePath) }},
	{"key", func(p profile) string {
		if p.keyHeader == "" {
			return "`Authorization: Bearer`"
		}
		return code(p.keyHeader)
	}},
	{"hyperparameters in", func(p profile) string {
		if p.method {
			return "`method.supervised.hyperparameters`"
		}
		return "`hyperparameters`"
	}},
	{"always sent among them", func(p profile) string {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(p.hyperparameters)) {
			list = append(list, fmt.Sprintf("%s: %v", name, p.hyperparameters[name]))
		}
		return code(list...)
	}},
	{"metadata of a job", func(p profile) string { return yes(p.metadata) }},
	{"list of jobs by metadata", func(p profile) string { return yes(p.metadataFilter) }},
	{"list of jobs and files in pages", func(p profile) string { return yes(!p.onePage) }},
	{"suffix, characters", func(p profile) string { return strconv.Itoa(p.maxSuffix) }},
	{"largest seed", func(p profile) string { return limit(p.maxSeed) }},
	{"largest file, bytes", func(p profile) string { return limit(p.maxFile) }},
	{"files begin with a byte-order mark", func(p profile) string { return yes(p.byteOrderMark) }},
	{"a job waits until its files are read", func(p profile) string { return yes(p.filesTakeTime) }},
	{"asked under another name", func(p profile) string {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(p.listedAs)) {
			list = append(list, "`"+name+"` as `"+p.listedAs[name]+"`")
		}
		if len(list) == 0 {
			return "–"
		}
		return strings.Join(list, ", ")
	}},
	{"a fine-tuned model answers", func(p profile) string {
		return map[serving]string{
			servedAtOnce: "some minutes later", servedByDeployment: "once you have deployed it", servedAsAdapter: "once the run has made it a custom model",
		}[p.serving]
	}},
}

func code(list ...string) string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	if len(list) == 0 {
		return "–"
	}
	return "`" + strings.Join(list, "`, `") + "`"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func limit(n int64) string {
	if n == 0 {
		return "–"
	}
	return strconv.FormatInt(n, 10)
}

func TestDocumentedProfiles(t *testing.T) {
	var b strings.Builder
	b.WriteString("| |")
	for _, p := range profiles {
		b.WriteString(" " + p.name + " |")
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", len(profiles)+1) + "\n")
	for _, row := range profileRows {
		b.WriteString("| " + row.title + " |")
		for _, p := range profiles {
			b.WriteString(" " + row.cell(p) + " |")
		}
		b.WriteString("\n")
	}
	documented(t, "profiles", b.String())
}

// A provider's models by the day on which what was fine-tuned from them stops.
func TestDocumentedRetirements(t *testing.T) {
	var b strings.Builder
	b.WriteString("| | fine-tuned from | stop on |\n| --- | --- | --- |\n")
	rows := 0
	for _, p := range profiles {
		byDay := map[string][]string{}
		for model, day := range retirements[p.name] {
			byDay[day] = append(byDay[day], model)
		}
		for _, day := range slices.Sorted(maps.Keys(byDay)) {
			slices.Sort(byDay[day])
			fmt.Fprintf(&b, "| %s | %s | %s |\n", p.name, code(byDay[day]...), day)
			rows += len(byDay[day])
		}
	}
	all := 0
	for _, models := range retirements {
		all += len(models)
	}
	if rows != all {
		t.Errorf("%d of %d retirements are of no provider that there is", all-rows, all)
	}
	documented(t, "retirements", b.String())
}

// documented compares a table with the one that docs/providers.md has between two
// comments.
func documented(t *testing.T, name, want string) {
	t.Helper()
	const path = "../../docs/providers.md"
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, opened := strings.Cut(string(page), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatalf("%s does not mark where the table of %s stands", path, name)
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("%s differs from the %s (run the test with -update if that is meant)\n--- got\n%s--- want\n%s", path, name, table, want)
	}
}
