package activities

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/kafka"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
)

// eraser is a Kafka, a database and the files of runs.
type eraser struct {
	exchange
	*lab
	control *Control
}

func newEraser(t *testing.T) eraser {
	t.Helper()
	x, l := newExchange(t), newLab(t)
	x.Results = l.data.Results
	l.data.Results.Withdraws = true
	l.sampling(nothingHeld)
	return eraser{x, l, &Control{Store: l.store, Models: l.data.Models, Results: l.data.Results, Kafka: x.Kafka, Accounts: account.New(l.data.Models)}}
}

// takes stores and answers a call that came by Kafka.
func (e eraser) takes(offset int64, id string) {
	e.lab.t.Helper()
	event := fmt.Sprintf(`{"call_id":%q,"turns":[{"text":"Naomi"}]}`, id)
	c := results.Call{ID: id, Task: pipeline.DefaultTask, Origin: origin(e.send(offset, event)), Turns: []results.Turn{{Text: "Person"}}}
	if _, err := e.Results.SaveRedacted(e.lab.t.Context(), c); err != nil {
		e.lab.t.Fatal(err)
	}
	p := results.Prediction{CallID: id, Company: "AcmeHelp", Named: "AcmeHelp", Confidence: 0.9, Threshold: 0.5, Status: pipeline.AnswerClassified}
	if _, err := e.Results.SavePrediction(e.lab.t.Context(), p); err != nil {
		e.lab.t.Fatal(err)
	}
}

// writes leaves a file of a run.
func (e eraser) writes(path string, content any) {
	e.lab.t.Helper()
	if _, err := e.store.WriteJSON(e.lab.t.Context(), path, content); err != nil {
		e.lab.t.Fatal(err)
	}
}

func (e eraser) audited() (list []string) {
	e.lab.t.Helper()
	err := e.control.Accounts.Audit(e.lab.t.Context(), account.AuditQuery{}, func(entry account.Entry) error {
		list = append(list, fmt.Sprintf("%s %s by %s%s", entry.Action, entry.Target, entry.Account, entry.Details["by"]))
		return nil
	})
	if err != nil {
		e.lab.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func placesOf(left []pipeline.NotErased) (list []string) {
	for _, l := range left {
		list = append(list, fmt.Sprintf("%s %s %d", l.Place, l.Name, l.Calls))
	}
	return list
}

func TestErasedCallIsGoneWhereItCanBeReached(t *testing.T) {
	e := newEraser(t)
	for i, id := range []string{"c-1", "c-2", "c-3"} {
		e.takes(int64(i), id)
		e.writes(pipeline.CallFolder+"/"+id+"/run/anonymized.json", "Person")
	}
	e.writes(pipeline.CallFolder+"/c-10/run/anonymized.json", "Person")
	e.says("c-1", "NovelCo", "anna")
	if _, _, err := e.Results.SaveConversations(t.Context(), []results.Conversation{{
		Call:   results.Call{ID: "apply-x/17", Task: pipeline.DefaultTask, Origin: results.Origin{SHA256: strings.Repeat("cd", 32)}, Turns: []results.Turn{{Text: "hi"}}},
		Answer: results.Prediction{Company: "AcmeHelp", Confidence: 0.9, Status: pipeline.AnswerClassified},
	}}); err != nil {
		t.Fatal(err)
	}
	e.reject("c-2", e.send(3, `{"call_id":"c-2","turns":[{"text":"Naomi"}]}`), "Refused") // the same call once more
	e.must(e.data.RegisterModel, registry.Model{ID: "ft:learned", Created: time.Now(), DatasetSHA256: "d", TestCoverage: 0.8, WorkflowID: "fine", RunID: "tuned"}, nil)
	e.must(e.data.RegisterModel, registry.Model{ID: "ft:plain", Created: time.Now(), DatasetSHA256: "d", TestCoverage: 0.8, WorkflowID: "fine", RunID: "plain"}, nil)
	e.writes(layout.Of("fine", "tuned").LearnedCalls(), []string{"c-1", "c-9"})
	e.writes(layout.Of("fine", "plain").LearnedCalls(), []string{"c-9"})
	in := pipeline.EraseCallsInput{CallIDs: []string{"c-1", "c-2", "apply-x/17", "c-7"}, DryRun: true, Who: "anna"}

	want := pipeline.ErasedCalls{Calls: 3, Missing: 1, Judgements: 1, Unpublished: 2, Published: 2, Files: 2}
	places := []string{"input_topic calls 2", "dead_letters calls.dead-letter 1", "model ft:learned 1", "run_files apply-x 1", "histories  2"}
	for _, dry := range []bool{true, false} {
		in.DryRun = dry
		got, err := e.control.EraseCalls(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if p := placesOf(got.Left); !slices.Equal(p, places) {
			t.Errorf("left in %q, want %q", p, places)
		}
		if until := time.Until(got.Left[0].Until); until < 6*24*time.Hour || until > 8*24*time.Hour {
			t.Errorf("the events are gone in %s, want a week", until)
		}
		got.Left, want.DryRun = nil, dry
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("erased %+v, want %+v", got, want)
		}
		if _, err := e.Results.Get(t.Context(), "c-1"); (err == nil) != dry {
			t.Errorf("dry run %v: reading the call gives %v", dry, err)
		}
		if files, err := e.store.List(t.Context(), pipeline.CallFolder); err != nil || len(files) != map[bool]int{true: 4, false: 2}[dry] {
			t.Errorf("dry run %v: files are %v, %v", dry, files, err)
		}
		if n := len(e.audited()); (n == 0) != dry {
			t.Errorf("dry run %v: %d entries in the audit", dry, n)
		}
	}
	if a := e.audited(); !slices.Equal(a, []string{"call.erased apply-x/17 by anna", "call.erased c-1 by anna", "call.erased c-2 by anna"}) {
		t.Errorf("the audit has %q", a)
	}
	// Its analysis was under way, and is given up now.
	e.reject("c-1", e.send(4, `{"call_id":"c-1","turns":[{"text":"Naomi"}]}`), "BadInput")
	if letters, _, err := e.control.Kafka.DeadLetters(t.Context(), 9); err != nil || len(letters) != 1 {
		t.Errorf("an erased call is a dead letter: %+v, %v", letters, err)
	}
	if again, err := e.control.EraseCalls(t.Context(), in); err != nil || again.Calls != 0 || again.Missing != 4 || len(again.Left) != 0 || len(e.audited()) != 3 {
		t.Errorf("erased again: %+v, %v", again, err)
	}
}

func TestOldCallsExpire(t *testing.T) {
	e := newEraser(t)
	e.takes(0, "c-1")
	if _, err := e.control.ExpireCalls(t.Context(), pipeline.ExpireCallsInput{Before: time.Now().Add(48 * time.Hour)}); err == nil {
		t.Error("calls of the future expire")
	}
	for _, dry := range []bool{true, false} {
		got, err := e.control.ExpireCalls(t.Context(), pipeline.ExpireCallsInput{Before: time.Now().Add(-48 * time.Hour), DryRun: dry})
		if err != nil || got.Calls != 0 || len(got.Left) != 0 || len(e.audited()) != 0 {
			t.Errorf("a call of today expired: %+v, %v", got, err)
		}
	}
	before := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	for _, dry := range []bool{true, false} {
		got, err := e.control.expire(t.Context(), pipeline.ExpireCallsInput{Before: before, DryRun: dry})
		if err != nil || got.Calls != 1 || got.Published != 1 || got.DryRun != dry || len(got.Left) != 2 || got.Left[0].Place != pipeline.InputTopic {
			t.Errorf("dry run %v: %+v, %v", dry, got, err)
		}
	}
	if a := e.audited(); !slices.Equal(a, []string{"calls.expired  by "}) {
		t.Errorf("the audit has %q", a)
	}
}

// An erasure is reported also where no topic of dead letters was ever made.
func TestErasedCallWithoutATopicOfDeadLetters(t *testing.T) {
	e := newEraser(t)
	e.takes(0, "c-1")
	elsewhere := e.Kafka.Options()
	elsewhere.Topic = "others"
	client, err := kafka.Open(t.Context(), elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	e.control.Kafka = client
	if _, _, err := client.DeadLetters(t.Context(), 9); !kafka.NoTopic(err) {
		t.Fatalf("there is such a topic: %v", err)
	}
	got, err := e.control.EraseCalls(t.Context(), pipeline.EraseCallsInput{CallIDs: []string{"c-1"}, Who: "anna"})
	if err != nil || got.Calls != 1 || len(got.Left) == 0 {
		t.Errorf("erased %+v, %v", got, err)
	}
	if p := placesOf(got.Left); slices.ContainsFunc(p, func(place string) bool { return strings.HasPrefix(place, "dead_letters") }) {
		t.Errorf("left in %q", p)
	}
}

// An erasure is reported also where the topic that a call came by is not there any more.
func TestErasedCallOfATopicThatIsGone(t *testing.T) {
	e := newEraser(t)
	if _, err := e.Results.SaveRedacted(t.Context(), results.Call{
		ID: "c-1", Task: pipeline.DefaultTask, Origin: results.Origin{Source: "kafka", Topic: "gone", SHA256: strings.Repeat("ef", 32)}, Turns: []results.Turn{{Text: "hi"}},
	}); err != nil {
		t.Fatal(err)
	}
	got, err := e.control.EraseCalls(t.Context(), pipeline.EraseCallsInput{CallIDs: []string{"c-1"}, Who: "anna"})
	if err != nil || got.Calls != 1 {
		t.Fatalf("erased %+v, %v", got, err)
	}
	if p := placesOf(got.Left); !slices.Contains(p, "input_topic gone 1") || !got.Left[0].Until.IsZero() {
		t.Errorf("left in %q", p)
	}
}
