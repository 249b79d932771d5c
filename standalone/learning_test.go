package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
)

// routers writes calls for a company that no model of [tweets] knows, from one number
// to another.
func routers(t *testing.T, from, until int) string {
	t.Helper()
	dir := t.TempDir()
	for i := from; i < until; i++ {
		event := fmt.Sprintf(`{"call_id":"router-%04d","channel":"phone","turns":[
			{"side":"customer","text":"the router blinks red since the firmware update %d %s"},
			{"side":"agent","text":"let us restart the router and its firmware %d"}]}`, i, i, marker, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.json", i)), []byte(event), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// People say of calls that they are for a company that the model does not know. The
// next retraining learns it, a person approves, and the next calls are answered with
// it.
func TestACompanyIsLearnedFromJudgedCalls(t *testing.T) {
	slow(t)
	th := newHarness(t)
	training, production := tweets(t, th.dir, 600)
	th.open()
	first := th.run("finetune", "--dataset", training, "--watch").FineTune.Model
	th.send(routers(t, 0, 60))
	list := th.answered(60)
	for _, c := range list.Calls {
		if c.Company == "NovelNet" {
			t.Fatalf("%s is answered with a company that nobody knows", c.CallID)
		}
	}
	th.judge(list, "NovelNet")

	id := th.run("retrain", "--dataset", training, "--always").WorkflowID
	th.await(id, pipeline.Approving)
	if _, text, _ := th.starter("status", id); !strings.Contains(text, "it knows 1 company that the champion does not know") || strings.Contains(text, "NovelNet") || th.models().Champion != first {
		t.Errorf("while it waits:\n%s", text)
	}
	if code, out, errOut := th.starter("models", "approve", id, "--why", "heard some of them"); code != 0 {
		t.Fatalf("approve: exit code %d\n%s%s", code, out, errOut)
	}
	r := th.run("status", id, "--watch").Retrain
	if s := r.FineTune.Split; r.Decision != registry.Promote || th.models().Champion != r.FineTune.Model || s.Calls < 50 || s.ClassesOfCalls != 1 || r.SetAside.Calls != 0 {
		t.Fatalf("it ended as %s (%s); split %+v", r.Decision, r.Reason, s)
	}

	th.send(routers(t, 60, 65))
	for _, c := range th.answered(65).Calls[:5] {
		if c.Company != "NovelNet" || c.Status != pipeline.AnswerClassified || c.Model != r.FineTune.Model {
			t.Errorf("%s is answered with %s, %s", c.CallID, c.Company, c.Status)
		}
	}
	th.eraseLearned(r.FineTune.Model)

	// The conversations of a file are looked at in the same way.
	applied := th.run("apply", "--dataset", production, "--review", "--watch")
	if applied.Apply.Reviewable != 200 {
		t.Errorf("%d conversations are for review, want 200", applied.Apply.Reviewable)
	}
	page, err := th.results().List(t.Context(), results.Filter{Channels: []string{"dataset"}}, "", 500)
	if err != nil || len(page.Results) != 200 || !strings.HasPrefix(page.Results[0].ID, applied.WorkflowID+"/") {
		t.Errorf("%d conversations are listed, %v", len(page.Results), err)
	}
}

func (th *harness) send(dir string) {
	th.t.Helper()
	if code, out, errOut := th.starter("calls", "send", dir); code != 0 {
		th.t.Fatalf("sending calls: exit code %d\n%s%s", code, out, errOut)
	}
}

// judge lets one person say what all calls are about, and another the same of those
// with an odd number, in whatever order they were stored.
func (th *harness) judge(list pipeline.CallList, label string) {
	th.t.Helper()
	kept := th.results()
	for _, c := range list.Calls {
		odd := int(c.CallID[len(c.CallID)-1] % 2) // of a digit
		for _, who := range []string{"anna", "berta"}[:1+odd] {
			if _, err := kept.Judge(th.t.Context(), results.Judgement{CallID: c.CallID, Label: label, Reason: "new_company", Reviewer: who}); err != nil {
				th.t.Fatal(err)
			}
		}
	}
}

// eraseLearned erases two calls, of which one was learned from or both.
func (th *harness) eraseLearned(model string) {
	th.t.Helper()
	var gone pipeline.ErasedCalls
	th.ask(&gone, "calls", "erase", "router-0001", "router-0002")
	var places []string
	for _, l := range gone.Left {
		places = append(places, string(l.Place)+" "+l.Name)
	}
	if all := strings.Join(places, ", "); gone.Calls != 2 || gone.Published != 2 || gone.Judgements != 3 || !strings.Contains(all, "input_topic calls") || !strings.Contains(all, "model "+model) {
		th.t.Errorf("erased %+v", gone)
	}
	th.forgotten("router-0001")
	if code, _, errOut := th.starter("calls", "show", "router-0001"); code != 2 {
		th.t.Errorf("showing an erased call: exit code %d, %s", code, errOut)
	}
	if code, _, errOut := th.starter("calls", "erase", "router-0001"); code != 2 {
		th.t.Errorf("erasing an erased call: exit code %d, %s", code, errOut)
	}
}

// forgotten waits until readers of the topic of answers are told to forget a call, which
// is once no relay may be at it any more.
func (th *harness) forgotten(id string) {
	th.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:"+th.ports[3]), kgo.ConsumeTopics("calls.classified"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		th.t.Fatal(err)
	}
	defer client.Close()
	for done := false; !done; {
		fetched := client.PollFetches(th.t.Context())
		if err := fetched.Err(); err != nil {
			th.t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) { done = done || string(r.Key) == id && r.Value == nil })
	}
}
