package scan

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
)

var used = anonymizerUsed{
	Version: "0f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a6978",
	Models:  map[string]string{"ner": "aa11bb22 threshold 0.5"},
}

func scanViews() map[string]console.View {
	share := func(n, of int, share, low, high float64) privacy.Proportion {
		return privacy.Proportion{Count: n, Of: of, Share: share, Low: low, High: high}
	}
	seven := int64(7)
	return map[string]console.View{
		"scan": scanned{
			File: "tweets.csv", Texts: 157688, Changed: 57030,
			Kinds:       map[string]int64{"Person": 77146, "Phone": 1163, "Booking": 1163},
			Recognizers: map[string]int64{"signoff": 46394, "ner": 12807, "phone": 1163},
			Scores:      [scanBins]int64{5: 12, 6: 40, 8: 1200, 9: 11555},
			Seconds:     1.61, TweetsPerSecond: 97799.4, anonymizerUsed: used,
			Shown: []shownText{
				{ID: 12, Text: "Hi Liz, call\u009b555 0199", Spans: []shownSpan{{3, 6, "Person"}, {14, 22, "Phone"}}},
				{ID: -3, Text: "-JB", Spans: []shownSpan{{1, 3, "Person"}}},
			},
		},
		"scan-nothing": scanned{File: "tweets.csv", Texts: 1, Seconds: 0.001, TweetsPerSecond: 1000, anonymizerUsed: anonymizerUsed{Version: used.Version}},
		"scan-evaluated": measured{
			Labelled: "labelled.jsonl",
			Measurement: privacy.Measurement{
				Texts: 500, Dropped: 2,
				Kinds: []privacy.Figures{
					{Kind: "Person", Recall: share(190, 200, 0.95, 0.9104, 0.9726), Precision: share(290, 300, 0.9667, 0.9397, 0.9818), F2: &privacy.Estimate{Value: 0.953, Low: 0.93, High: 0.972}},
					{Kind: "Initials", Recall: share(100, 100, 1, 0.963, 1), Precision: share(0, 0, 0, 0, 1)},
				},
				All:      privacy.Figures{Kind: "all", Recall: share(290, 300, 0.9667, 0.9397, 0.9818), Precision: share(290, 300, 0.9667, 0.9397, 0.9818), F2: &privacy.Estimate{Value: 0.967, Low: 0.95, High: 0.98}},
				LeakRate: share(9, 250, 0.036, 0.0191, 0.067), FalseAlarms: share(0, 0, 0, 0, 1),
			},
			anonymizerUsed: used,
			Leaked:         []scanError{{Line: 3, ID: &seven, Start: 4, End: 9, Kind: "Person", Text: "Naomi"}, {Line: 12, Start: 0, End: 3, Kind: "Person", Text: "Liz"}},
			Needless:       []scanError{{Line: 1, Start: 0, End: 8, Kind: "Phone"}},
		},
	}
}

func TestScanViews(t *testing.T) {
	for name, v := range scanViews() {
		t.Run(name, func(t *testing.T) { goldenView(t, name, v) })
	}
}

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// goldenView compares a view's text and its JSON with files of testdata.
func goldenView(t *testing.T, name string, v console.View) {
	t.Helper()
	var text, object bytes.Buffer
	if err := console.PrintText(&text, v, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := console.PrintJSON(&object, v, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, name+".txt", text.String())
	golden(t, name+".json", object.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run the test with -update if that is meant)\n--- got\n%s\n--- want\n%s", name, got, want)
	}
}

func TestHelp(t *testing.T) { golden(t, "help.txt", newHarness(t).run("scan", "--help").stdout) }

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"scan", "no file is given; name a CSV file"},
		{"scan a b", "takes at most one file, not 2 arguments"},
		{"scan no/such.csv", "there is no file no/such.csv"},
		{"scan testdata", "testdata is not a file on disk"},
		{"scan scan_test.go", "scan_test.go, line"},
		{"scan x --errors", "--errors and --fail-under go with --evaluate"},
		{"scan x --fail-under 0.9", "--errors and --fail-under go with --evaluate"},
		{"scan x --limit 5", "--limit goes with --show"},
		{"scan x --show --limit 0", "the limit is 0;"},
		{"scan --evaluate=", "--evaluate is empty"},
		{"scan --evaluate no/such.jsonl", "there is no file no/such.jsonl"},
		{"scan --evaluate scan_test.go", "scan_test.go, line 1: not JSON"},
		{"scan --evaluate scan_test.go no/such.csv", "there is no file no/such.csv"},
		{"scan --evaluate x --show", "--show goes with --errors"},
		{"scan --evaluate x --errors --show --limit 5", "--limit goes with --show, and not with --evaluate"},
		{"scan --evaluate x --fail-under 0", "--fail-under is 0; give a share"},
		{"scan --evaluate x --fail-under 1.5", "--fail-under is 1.5; give a share"},
		{"scan --evaluate x --fail-under most", `--fail-under is "most"; give a number such as 0.5, without a percent sign`},
	} {
		if r := newHarness(t).run(strings.Fields(c.args)...); r.code != problem.ExitBadInput || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: exit code %d, %q, want %q", c.args, r.code, r.stderr, c.want)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = b.String()
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const scanTweets = "tweet_id,text,in_response_to_tweet_id\n" +
	"7,\"@acme Hi Zorvex, all fine? ^QX\",\n" +
	"8,my zorvex is late,7\n" +
	"9,nobody at all,\n" +
	"10,write to zo@example.com,\n"

// result is what a user sees of one command.
type result struct {
	code           int
	stdout, stderr string
}

// harness runs the command in an environment of its own.
type harness struct {
	t       *testing.T
	environ map[string]string
}

func newHarness(t *testing.T) *harness {
	return &harness{t, map[string]string{"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}}
}

func (h *harness) set(name, value string) { h.environ[name] = value }

func (h *harness) run(args ...string) result {
	h.t.Helper()
	root := &cobra.Command{Use: "worker", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(Command(func(name string) string { return h.environ[name] }))
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(h.t.Context())
	code := console.Fail(&stdout, &stderr, slices.Contains(args, "--json"), err)
	return result{code, stdout.String(), stderr.String()}
}

func (r result) object(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
}

func TestScanCounts(t *testing.T) {
	for _, name := range []string{"t.csv", "t.csv.gz"} {
		r := newHarness(t).run("scan", write(t, name, scanTweets), "--json")
		var got scanned
		r.object(t, &got)
		if r.code != problem.ExitDone || r.stderr != "" {
			t.Fatalf("exit code %d, %q", r.code, r.stderr)
		}
		if got.Texts != 4 || got.Changed != 3 || got.Kinds["Person"] != 3 || got.Kinds["Email"] != 1 || got.Recognizers["thread"] != 1 {
			t.Errorf("%s: %+v", name, got)
		}
		if len(got.Version) != 64 || len(got.Models) != 1 || got.TweetsPerSecond <= 0 {
			t.Errorf("%s: %+v", name, got)
		}
		for _, word := range []string{"Zorvex", "zorvex", "QX", "example.com", "nobody"} {
			if strings.Contains(r.stdout, word) {
				t.Errorf("%s: it prints %q unasked", name, word)
			}
		}
	}
}

func TestScanShows(t *testing.T) {
	file := write(t, "t.csv", scanTweets)
	r := newHarness(t).run("scan", file, "--show")
	for _, want := range []string{"\n7  Hi [Zorvex → Person], all fine? ^[QX → Person]\n", "\n8  my [zorvex → Person] is late\n", "\n10  write to [zo@example.com → Email]\n"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%q is not in\n%s", want, r.stdout)
		}
	}
	if strings.Contains(r.stdout, "nobody") {
		t.Errorf("it shows a text that is not changed:\n%s", r.stdout)
	}
	if r := newHarness(t).run("scan", file, "--show", "--limit", "1"); strings.Count(r.stdout, "→") != 2 {
		t.Errorf("with a limit of one it prints\n%s", r.stdout)
	}
}

// The settings are those of a worker.
func TestScanUsesTheSettings(t *testing.T) {
	file := write(t, "t.csv", "tweet_id,text,in_response_to_tweet_id\n1,i told rachel about it,\n2,the acme robot,\n")
	h := newHarness(t)
	h.set("SWITCHBOARD_NER_MODEL", "../anonymize/ner/testdata/model")
	h.set("SWITCHBOARD_DENY_NAMES", write(t, "deny.txt", "acme robot\n"))
	var got scanned
	h.run("scan", file, "--json").object(t, &got)
	scores := int64(0)
	for _, n := range got.Scores {
		scores += n
	}
	if got.Recognizers["ner"] != 1 || got.Recognizers["deny"] != 1 || scores != 1 || !strings.HasSuffix(got.Models["ner"], "threshold 0.5") {
		t.Errorf("got %+v", got)
	}
	h.set("SWITCHBOARD_NER_MODEL", t.TempDir())
	if r := h.run("scan", file); r.code != problem.ExitBadInput {
		t.Errorf("a folder without a model: exit code %d, %q", r.code, r.stderr)
	}
}

// Zorvex is found, "wumpel" is not, and "zo@example.com" is no detail here.
const scanLabelled = `{"id": 7, "spans": [{"start": 9, "end": 15, "kind": "Person"}, {"start": 28, "end": 30, "kind": "Initials"}]}
{"text": "so said wumpel", "spans": [{"start": 8, "end": 14, "kind": "Person"}]}
{"id": 10, "spans": []}
`

func TestScanEvaluates(t *testing.T) {
	labelled, file := write(t, "l.jsonl", scanLabelled), write(t, "t.csv", "tweet_id,text\n"+strings.ReplaceAll(strings.SplitN(scanTweets, "\n", 2)[1], ",\n", "\n"))
	r := newHarness(t).run("scan", "--evaluate", labelled, file, "--errors", "--json")
	if r.code != problem.ExitDone || r.stderr != "" {
		t.Fatalf("exit code %d, %q", r.code, r.stderr)
	}
	var got measured
	r.object(t, &got)
	if got.Texts != 3 || got.All.Recall.Count != 2 || got.All.Recall.Of != 3 || got.LeakRate.Count != 1 || got.LeakRate.Of != 2 || got.FalseAlarms.Count != 1 || got.FalseAlarms.Of != 1 {
		t.Errorf("got %+v", got.Measurement)
	}
	if fmt.Sprint(got.Leaked) != "[{2 <nil> 8 14 Person }]" {
		t.Errorf("leaked: %+v", got.Leaked)
	}
	if len(got.Needless) != 1 || *got.Needless[0].ID != 10 || got.Needless[0].Line != 3 || got.Needless[0].Start != 9 || got.Needless[0].End != 23 {
		t.Errorf("needless: %+v", got.Needless)
	}
	for _, word := range []string{"Zorvex", "wumpel", "example.com"} {
		if strings.Contains(r.stdout, word) {
			t.Errorf("it prints %q unasked", word)
		}
	}
	shown := newHarness(t).run("scan", "--evaluate", labelled, file, "--errors", "--show")
	for _, want := range []string{"wumpel\n", "zo@example.com\n"} {
		if !strings.Contains(shown.stdout, want) {
			t.Errorf("%q is not in\n%s", want, shown.stdout)
		}
	}
	if strings.Contains(shown.stdout, "Zorvex") {
		t.Errorf("it shows what is right:\n%s", shown.stdout)
	}
}

func TestScanFailsUnder(t *testing.T) {
	labelled := write(t, "l.jsonl", `{"text": "Hi Zorvex, ok?", "spans": [{"start": 3, "end": 9, "kind": "Person"}]}
{"text": "so said wumpel", "spans": [{"start": 8, "end": 14, "kind": "Person"}]}`)
	none := write(t, "none.jsonl", `{"text": "nobody"}`)
	for _, c := range []struct {
		file, share string
		code        int
		want        string
	}{
		{labelled, "0.5", problem.ExitDone, ""},
		{labelled, "0.51", problem.ExitFailed, "the recall of Person is 0.5000, below the 0.51 asked for"},
		{none, "0.5", problem.ExitFailed, "no detail of kind Person is labelled"},
	} {
		args := []string{"scan", "--evaluate", c.file, "--fail-under", c.share}
		r := newHarness(t).run(args...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: exit code %d, %q", c.share, r.code, r.stderr)
		}
		if !strings.Contains(r.stdout, "RECALL") {
			t.Errorf("%s: it prints no table:\n%s", c.share, r.stdout)
		}
		var object struct{ Error *console.Failure }
		in := newHarness(t).run(append(args, "--json")...)
		if in.object(t, &object); in.code != c.code || (object.Error == nil) != (c.code == problem.ExitDone) {
			t.Errorf("%s: with --json exit code %d and %+v", c.share, in.code, object.Error)
		}
	}
}
