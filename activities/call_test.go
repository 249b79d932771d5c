package activities

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/call"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// event is that of a call of n turns, in each of which a name is said.
func event(id string, n int) string {
	turns := make([]string, n)
	for i := range turns {
		turns[i] = fmt.Sprintf(`{"speaker":"agent","text":"Hi Naomi, about parcel %d. -JB"}`, i)
	}
	return fmt.Sprintf(`{"call_id":%q,"channel":"phone","received_at":"2026-11-27T09:30:00Z","turns":[%s]}`, id, strings.Join(turns, ","))
}

func TestCallBecomesConversationsOfOneThread(t *testing.T) {
	for turns, want := range map[int][]int{1: {1}, 64: {64}, 65: {64, 1}, 200: {64, 64, 64, 8}} {
		l := newLab(t)
		path := l.file("call.json", event("0042", turns))
		var staged StageCallResult
		l.must(l.data.StageCall, StageCallInput{Event: path, CallID: "0042", Dir: "call/0042/r"}, &staged)
		list, err := rows[dataset.Conversation](t.Context(), l.store, staged.Conversations)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		next := int32(0)
		for i, c := range list {
			got = append(got, len(c.Rows))
			if c.ThreadID != list[0].ID || c.ID != c.ThreadID+int64(i) || c.ID <= 0 || c.Label != dataset.Unknown {
				t.Errorf("piece %d is conversation %d of thread %d, labelled %q", i, c.ID, c.ThreadID, c.Label)
			}
			for j, row := range c.Rows {
				if row != next || c.Texts[j] != fmt.Sprintf("Hi Naomi, about parcel %d. -JB", next) {
					t.Errorf("turn %d of piece %d is row %d", j, i, row)
				}
				next++
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d turns became pieces of %d, want %d", turns, got, want)
		}
		if staged.Event.Rows != int64(turns) || staged.Event.URL != path {
			t.Errorf("the event is %+v", staged.Event)
		}
		var anonymized AnonymizePartResult
		l.must(l.data.AnonymizePart, AnonymizePartInput{Conversations: staged.Conversations, Dir: "call/0042/r"}, &anonymized)
		examples, err := rows[dataset.Example](t.Context(), l.store, anonymized.Examples)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(examples[0].Text, "\n"); first != "Hi Person, about parcel 0. -Person" {
			t.Errorf("the first turn is %q", first)
		}
	}
}

func TestStageCallRefuses(t *testing.T) {
	l := newLab(t)
	for name, c := range map[string]struct{ path, says string }{
		"no such file":  {"/nowhere/call.json", "there is no file /nowhere/call.json"},
		"no event":      {l.file("call.json", "Naomi"), "call.json: the event is no JSON"},
		"another call":  {l.file("call.json", event("0043", 1)), "call.json is the event of another call than 0042"},
		"a folder":      {t.TempDir(), "is a folder"},
		"no such store": {"nowhere://calls/1.json", "cannot be opened"},
	} {
		t.Run(name, func(t *testing.T) {
			err := l.do(l.data.StageCall, StageCallInput{Event: c.path, CallID: "0042", Dir: "call/0042/r"}, nil)
			l.wantKind(err, problem.BadInput, c.says)
		})
	}
}

func TestSurestAnswerConcludesTheCall(t *testing.T) {
	said := func(company string, confidence float64) dataset.Prediction {
		return dataset.Prediction{Company: company, Confidence: confidence, Status: dataset.Classified}
	}
	failed := dataset.Prediction{Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "rate_limited"}
	for name, c := range map[string]struct {
		said []dataset.Prediction
		want call.Answer
	}{
		"one":              {[]dataset.Prediction{said("AcmeHelp", 0.8)}, call.Answer{Company: "AcmeHelp", Confidence: 0.8, Status: dataset.Classified}},
		"the surer of two": {[]dataset.Prediction{said("AcmeHelp", 0.6), said("BoltRail", 0.9)}, call.Answer{Company: "BoltRail", Confidence: 0.9, Status: dataset.Classified}},
		"too thin":         {[]dataset.Prediction{said("AcmeHelp", 0.4)}, call.Answer{Company: dataset.Unknown, Confidence: 0.4, Status: dataset.Unsure}},
		"one that failed":  {[]dataset.Prediction{failed, said("AcmeHelp", 0.6)}, call.Answer{Company: "AcmeHelp", Confidence: 0.6, Status: dataset.Classified}},
		"all that failed":  {[]dataset.Prediction{failed, failed}, call.Answer{Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "rate_limited"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			path := l.file("call.json", event("0042", 1))
			var staged StageCallResult
			l.must(l.data.StageCall, StageCallInput{Event: path, CallID: "0042", Dir: "call/0042/r"}, &staged)
			predictions, err := writeRows(t.Context(), l.store, "predictions.parquet", c.said)
			if err != nil {
				t.Fatal(err)
			}
			var got ConcludeCallResult
			l.must(l.data.ConcludeCall, ConcludeCallInput{Event: staged.Event, Predictions: predictions, Threshold: 0.5, Model: "m", Dir: "call/0042/r"}, &got)
			var answer call.Answer
			if err := l.store.ReadJSON(t.Context(), got.Answer, &answer); err != nil {
				t.Fatal(err)
			}
			c.want.CallID, c.want.Channel, c.want.Model = "0042", "phone", "m"
			c.want.ReceivedAt = answer.ReceivedAt
			if answer != c.want || answer.ReceivedAt.IsZero() || got.Status != c.want.Status || got.Confidence != c.want.Confidence {
				t.Errorf("got %+v and %+v, want %+v", answer, got, c.want)
			}
		})
	}
}

func TestCallThatChangedIsNotConcluded(t *testing.T) {
	l := newLab(t)
	path := l.file("call.json", event("0042", 1))
	var staged StageCallResult
	l.must(l.data.StageCall, StageCallInput{Event: path, CallID: "0042", Dir: "call/0042/r"}, &staged)
	if err := os.WriteFile(path, []byte(event("0042", 2)), 0o600); err != nil {
		t.Fatal(err)
	}
	l.wantKind(l.do(l.data.ConcludeCall, ConcludeCallInput{Event: staged.Event, Dir: "call/0042/r"}, nil), problem.BadInput, "changed while the run was under way")
}

// What travels through Temporal holds neither what was said nor whom it is for.
func TestResultOfACallHoldsNoText(t *testing.T) {
	text, err := json.Marshal([]any{StageCallResult{}, ConcludeCallResult{Answer: artifact.Ref{Path: "p"}}, pipeline.AnalyzeCallResult{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"company", "text", "turns"} {
		if strings.Contains(string(text), `"`+field+`":`) {
			t.Errorf("a result has a field %s", field)
		}
	}
}
