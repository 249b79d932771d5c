package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

func sec(s float64) *float64 { return &s }

// someCalls are calls in every state.
func someCalls() []pipeline.StoredCall {
	return []pipeline.StoredCall{
		{CallID: "call-0005", Channel: "phone", StoredAt: noon.Add(4 * time.Minute)},
		{CallID: "call-0004", Channel: "phone", StoredAt: noon.Add(3 * time.Minute), Audio: true, Status: pipeline.AnswerRejected, ErrorCode: "refused"},
		{CallID: "call-0003", StoredAt: noon.Add(2 * time.Minute), AnsweredAt: noon.Add(2 * time.Minute), AnswerSeconds: sec(61), Company: pipeline.Unknown, Status: pipeline.AnswerFailed, ErrorCode: "text_too_long", Model: "m"},
		{CallID: "call-0002", Channel: "chat", Language: "de", StoredAt: noon.Add(time.Minute), AnsweredAt: noon.Add(time.Minute), Company: pipeline.Unknown, Confidence: 0.41, Status: pipeline.AnswerUnsure, Model: "m"},
		{CallID: "call-0001", Channel: "phone", Language: "en", ReceivedAt: noon.Add(-time.Second), StoredAt: noon, AnsweredAt: noon.Add(time.Second), AnswerSeconds: sec(1.25), Company: "AcmeHelp", Confidence: 0.97, Status: pipeline.AnswerClassified, Model: "m"},
	}
}

func TestCallsAreListed(t *testing.T) {
	list := pipeline.CallList{
		Calls: someCalls(), Answered: map[pipeline.AnswerStatus]int64{pipeline.AnswerClassified: 1200, pipeline.AnswerUnsure: 34}, Waiting: 1, Rejected: 2, Next: "MTIz",
	}
	goldenView(t, "calls-list", listOf("airlines", list))
	goldenView(t, "calls-list-none", listOf("airlines", pipeline.CallList{}))
}

// Each call is shown with what comes next of it.
func TestACallIsShown(t *testing.T) {
	calls := someCalls()
	turns := []pipeline.StoredTurn{{Side: "customer", Text: "This is Person."}, {Text: "Hello."}}
	goldenView(t, "calls-show", callDetails{pipeline.CallDetails{StoredCall: calls[4], Task: "airlines", Threshold: 0.6, Named: "AcmeHelp",
		RunnerUp: pipeline.LikelyAnswer{Label: "BoltRail", Probability: 0.02}, Spans: map[string]int64{"Person": 1}, Turns: turns}})
	goldenView(t, "calls-show-failed", callDetails{pipeline.CallDetails{StoredCall: calls[2], Task: "airlines", Turns: turns}})
	goldenView(t, "calls-show-empty", callDetails{pipeline.CallDetails{StoredCall: pipeline.StoredCall{
		CallID: "call-0006", StoredAt: noon, Company: pipeline.Unknown, Status: pipeline.AnswerEmpty, Model: "m"}, Task: "airlines", Turns: []pipeline.StoredTurn{{}}}})
	goldenView(t, "calls-show-rejected", callDetails{pipeline.CallDetails{StoredCall: calls[1], Task: "airlines", Turns: []pipeline.StoredTurn{}}})
}

func TestDeadLettersAreShown(t *testing.T) {
	goldenView(t, "calls-dead-letters", deadLetters{pipeline.DeadLetterList{More: true, DeadLetters: []pipeline.DeadLetter{
		{ID: "19", Reason: "refused", CallID: "call-0042", Task: "airlines", At: noon, DeadAt: noon.Add(time.Minute), Bytes: 812},
		{ID: "18", Reason: "not-json", At: noon, DeadAt: noon, Bytes: 900_000, Discarded: true},
		{ID: "17", Reason: "bad-input", CallID: "call-0041", Task: "default", At: noon, DeadAt: noon, Bytes: 7, Replayed: true},
	}}})
	goldenView(t, "calls-discard", discarded{pipeline.DiscardDeadLettersResult{Discarded: 2, Before: 1, Gone: 1}})
	goldenView(t, "calls-replay", replayed{pipeline.ReplayDeadLettersResult{Replayed: 1, Before: 1, Gone: 1}})
	goldenView(t, "calls-retry", retried{pipeline.RetryCallsResult{Retried: []string{"call-0003"}, Refused: []pipeline.RefusedCall{{CallID: "call-0001", Reason: "the call call-0001 is answered, and stays as it is"}}}})
}

func TestCallsAreFiltered(t *testing.T) {
	f := callFilter{limit: 7, statuses: []string{"unsure", "rejected"}, companies: []string{"AcmeHelp"}, channels: []string{"phone", "chat"}, since: "7d", until: "2026-03-02"}
	in, err := f.input("airlines", noon)
	want := pipeline.ListCallsInput{
		Task: "airlines", Limit: 7, Statuses: []pipeline.AnswerStatus{pipeline.AnswerUnsure, pipeline.AnswerRejected}, Companies: f.companies, Channels: f.channels,
		From: noon.AddDate(0, 0, -7), Until: time.Date(2026, 3, 2, 0, 0, 0, 0, noon.Location()),
	}
	if err != nil || !reflect.DeepEqual(in, want) {
		t.Errorf("it is %+v, %v; want %+v", in, err, want)
	}
	for says, f := range map[string]callFilter{
		"--limit is 0; give a number from 1 to 500": {},
		"--limit is 501":                    {limit: 501},
		`--status is "waiting"; give`:       {limit: 1, statuses: []string{"waiting"}},
		`--since is "yesterday"; give`:      {limit: 1, since: "yesterday"},
		`--until is "tomorrow"; give`:       {limit: 1, until: "tomorrow"},
		"--until is not after --since, so ": {limit: 1, since: "1d", until: "2d"},
	} {
		if _, err := f.input("airlines", noon); classify(err).Code != exitBadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", f, err, says)
		}
	}
}

// However many calls there are, each is one row, and none is a formula.
func TestCallsAreExported(t *testing.T) {
	const n = 1234
	all := make([]pipeline.StoredCall, n)
	for i := range all {
		all[i] = pipeline.StoredCall{CallID: "c", StoredAt: noon}
	}
	copy(all, someCalls())
	all[4].Company, all[4].Channel, all[4].Model = `=HYPERLINK("x")`, "-phone", "@m"
	asked := 0
	page := func(in pipeline.ListCallsInput) (pipeline.CallList, error) {
		from := len(in.Cursor)
		until := min(from+in.Limit, n)
		asked++
		list := pipeline.CallList{Calls: all[from:until]}
		if until < n {
			list.Next = strings.Repeat("x", until)
		}
		return list, nil
	}
	for most, want := range map[int]int{1: 1, 500: 500, 501: 501, 10 * n: n} {
		var out bytes.Buffer
		if err := export(&out, pipeline.ListCallsInput{Task: "airlines"}, most, page); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != want+1 || !slices.Equal(rows[0], exportedColumns) {
			t.Fatalf("at most %d are %d rows, %v", most, len(rows), err)
		}
		if want < 5 {
			continue
		}
		for i, row := range map[int]string{
			1: "call-0005 airlines phone  false  2026-03-02T12:04:00Z   waiting    ",
			3: "call-0003 airlines   false  2026-03-02T12:02:00Z 2026-03-02T12:02:00Z 61.000 failed Unknown 0 m text_too_long",
			5: `call-0001 airlines '-phone en false 2026-03-02T11:59:59Z 2026-03-02T12:00:00Z 2026-03-02T12:00:01Z 1.250 classified '=HYPERLINK("x") 0.97 '@m `,
		} {
			if got := strings.Join(rows[i], " "); got != row {
				t.Errorf("row %d is %q, want %q", i, got, row)
			}
		}
	}
	if asked != 1+1+2+3 {
		t.Errorf("asked for %d pages", asked)
	}
	down := errors.New("the worker is gone")
	var out bytes.Buffer
	if err := export(&out, pipeline.ListCallsInput{}, 9, func(pipeline.ListCallsInput) (pipeline.CallList, error) { return pipeline.CallList{}, down }); !errors.Is(err, down) {
		t.Errorf("the error is %v", err)
	}
}

// It is said in one way which dead letters are meant, and by words that there are.
func TestWhichDeadLettersAreMeant(t *testing.T) {
	h := newHarness(t)
	for args, says := range map[string]string{
		"calls replay":                        "name the dead letters by their ids",
		"calls replay 17 --all":               "name the dead letters by their ids",
		"calls replay --all --reason refused": "name the dead letters by their ids",
		"calls replay --reason whatever":      `--reason is "whatever"; give too-large, not-json`,
		"calls discard":                       "name the dead letters by their ids",
		"calls retry":                         "name the calls by their ids",
	} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q; want %q", args, r.code, r.stderr, says)
		}
	}
}

// A folder is no event.
func TestACallIsOneFile(t *testing.T) {
	h := newHarness(t)
	dir := t.TempDir()
	if r := h.run("call", dir); r.code != exitBadInput || !strings.Contains(r.stderr, dir+" is a folder; name a file") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

// A call that is in the database is looked at there: its run has left no folder.
func TestStatusOfAStoredCallNamesNoFolder(t *testing.T) {
	stages := func(first pipeline.Stage) *pipeline.Status {
		return &pipeline.Status{Dir: "call/0042/run-1", Stages: []pipeline.StageTime{{Stage: first}}}
	}
	for name, c := range map[string]struct {
		r         report
		dir, next string
	}{
		"answered": {report{State: stateCompleted, Status: stages(pipeline.Anonymizing), Call: &pipeline.AnalyzeCallResult{}}, "", "starter calls show 0042"},
		"failed":   {report{State: stateFailed, Status: stages(pipeline.Transcribing)}, "", "starter calls show 0042"},
		"at once":  {report{State: stateFailed, Status: &pipeline.Status{Dir: "call/0042/run-1"}}, "", "starter calls show 0042"},
		"running":  {report{State: stateRunning, Status: stages(pipeline.Classifying)}, "", "starter status call/0042 --watch"},
		"answered, with files": {report{State: stateCompleted, Status: stages(pipeline.Checking), Call: &pipeline.AnalyzeCallResult{Dir: "call/0042/run-1"}},
			"call/0042/run-1", "starter open call/0042"},
		"failed, with files": {report{State: stateFailed, Status: stages(pipeline.Checking)}, "call/0042/run-1", "starter open call/0042 --web-ui"},
	} {
		c.r.WorkflowID, c.r.Workflow = "call/0042", pipeline.AnalyzeCallWorkflow
		if got := c.r.dir(); got != c.dir {
			t.Errorf("%s: its folder is %q, want %q", name, got, c.dir)
		}
		if got := c.r.nextCommand(); got != c.next {
			t.Errorf("%s: next is %q, want %q", name, got, c.next)
		}
	}
}

// Of a call of which nothing is left after cleaning there is nothing to explain.
func TestACallWithoutTextIsExplained(t *testing.T) {
	goldenView(t, "explain-empty", explained{WorkflowID: "call/0042", Explanation: pipeline.Explanation{
		Model: "m", Company: pipeline.Unknown, Status: pipeline.AnswerEmpty, Threshold: 0.6, Answers: []pipeline.LikelyAnswer{},
	}})
}

// What is interrupted is said as JSON too where that is asked for, and nothing is made
// up of what was not answered.
func TestInterruptedCommandsAnswerAsTheyAreAsked(t *testing.T) {
	for _, args := range []string{
		"calls drain", "calls pause", "calls resume", "calls intake", "calls list", "calls list --csv", "calls show c-1", "calls dead-letters",
		"calls replay --all", "calls discard 1", "calls retry c-1",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		f := &frontend{workers: true, requested: cancel}
		h := f.serve(t)
		h.ctx = ctx
		if strings.HasSuffix(args, "--csv") {
			if r := h.run(strings.Fields(args)...); r.code != exitInterrupted || strings.Contains(r.stdout, "c-1") {
				t.Errorf("%s: exit code %d, %q", args, r.code, r.stdout)
			}
			continue
		}
		r := h.run(append(strings.Fields(args), "--json")...)
		var said map[string]any
		if err := json.Unmarshal([]byte(r.stdout), &said); err != nil || r.code != exitInterrupted || len(said) != 2 || said["error"].(map[string]any)["kind"] != "Interrupted" {
			t.Errorf("%s: exit code %d, %v, %q", args, r.code, err, r.stdout)
		}
		cancel()
	}
}
