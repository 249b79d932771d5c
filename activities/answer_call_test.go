package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/registry"
	"switchboard/internal/results"
)

// desk is a market that analyzes calls with its model.
type desk struct {
	*market
	calls *Calls
	model string
	// recording is where the recording of calls is; see hears.
	recording string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	m := newMarket(t)
	model, splits, _ := m.train()
	entry := registry.Model{ID: model, BaseModel: "m", Labels: splits.Labels, Threshold: 0, TestCoverage: 1, RunID: "r"}
	if _, err := m.data.Models.Task("").Register(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	judged := &callJudgement{done: make(chan struct{}), evaluation: privacy.Evaluation{Anonymizer: m.data.Anonymizer.Version(), Source: pipeline.SourceCalls, Passed: true}}
	close(judged.done)
	d := &desk{market: m, model: model, calls: &Calls{
		Results: results.New(m.data.Models), Models: m.data.Models, Store: m.store, Anonymizer: m.data.Anonymizer, Client: m.provider.Client, judged: judged,
	}}
	m.RegisterActivity(d.calls)
	return d
}

// in is the input about a call of a file.
func (d *desk) in(id string) AnswerCallInput {
	return AnswerCallInput{RedactCallInput: RedactCallInput{CallID: id, Task: pipeline.DefaultTask, Event: d.file(id+".json", event(id, 3))}}
}

func (d *desk) questions() int { return d.count("POST /chat/completions") }

func (d *desk) stored(id string) results.Result {
	d.t.Helper()
	r, err := d.calls.Results.Get(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// A call is redacted, stored and answered in one go, and asked about once however
// often that is tried.
func TestACallIsAnsweredAtOnce(t *testing.T) {
	d := newDesk(t)
	var done AnswerCallResult
	d.must(d.calls.AnswerCall, d.in("0042"), &done)
	if done.Outcome != pipeline.CallStored || done.Turns != 3 || done.Spans["Person"] == 0 || done.Answer == nil || done.Answer.Model != d.model || done.Answer.Status != dataset.Classified {
		t.Fatalf("got %+v, %+v", done, done.Answer)
	}
	kept := d.stored("0042")
	if kept.Prediction == nil || kept.Prediction.Confidence != done.Answer.Confidence || strings.Contains(fmt.Sprint(kept.Turns), "Naomi") {
		t.Errorf("stored is %+v", kept)
	}
	asked := d.questions()
	var again AnswerCallResult
	d.must(d.calls.AnswerCall, d.in("0042"), &again)
	if again.Outcome != pipeline.CallAnswered || again.Answer != nil || d.questions() != asked {
		t.Errorf("the second time: %+v, %d questions", again, d.questions()-asked)
	}
}

// Whatever is wrong with asking, the call is stored, and the step that asks alone
// meets what is wrong, or finds it mended.
func TestACallIsStoredWithoutAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(d *desk, in *AnswerCallInput)
		mend    func(d *desk)
		says    string // of the step that asks, once it is mended
		asked   int
	}{
		"the provider fails": {asked: 1, prepare: func(d *desk, _ *AnswerCallInput) { d.answer(http.StatusInternalServerError, "") }, mend: func(d *desk) { d.mend() }},
		"its limit is far":   {asked: 1, prepare: func(d *desk, _ *AnswerCallInput) { d.answer(http.StatusTooManyRequests, "3600") }, says: "rate_limited"},
		"no such model":      {prepare: func(_ *desk, in *AnswerCallInput) { in.Model = "ft:none" }, says: "ft:none"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			in := d.in("0042")
			c.prepare(d, &in)
			var done AnswerCallResult
			d.must(d.calls.AnswerCall, in, &done)
			if !done.open() || done.Answer != nil || d.stored("0042").Prediction != nil || d.questions() != c.asked {
				t.Errorf("got %+v, %d questions", done, d.questions())
			}
			if c.mend != nil {
				c.mend(d)
			}
			var answer ClassifyCallResult
			err := d.do(d.calls.ClassifyCall, ClassifyCallInput{CallID: "0042", Task: in.Task, Model: in.Model, Clearance: done.Clearance}, &answer)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("asked alone: %+v, %v; want %q", answer, err, c.says)
			}
		})
	}
}

// answer lets the provider answer questions with a status.
func (d *desk) answer(status int, retryAfter string) {
	d.breakPath("/chat/completions", func(w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		return true
	})
}

// A question that has to wait for its turn is not sent.
func TestAQuestionWithoutATurnIsNotSent(t *testing.T) {
	d := newDesk(t)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, _, err := (promptAsker{d.calls.Client, ended}).TopAnswers(t.Context(), d.model, "s", "t"); !errors.Is(err, errNoTurn) || d.questions() != 0 {
		t.Errorf("got %v, %d questions", err, d.questions())
	}
}

// What is stored is neither read nor redacted again: here there is no Kafka to read
// it from.
func TestAStoredCallIsNotRedactedAgain(t *testing.T) {
	d := newDesk(t)
	d.answer(http.StatusInternalServerError, "")
	for _, id := range []string{"open", "answered"} {
		var done AnswerCallResult
		d.must(d.calls.AnswerCall, d.in(id), &done)
		d.mend()
	}
	at := func(id, sum string) RedactCallInput {
		return RedactCallInput{CallID: id, Task: pipeline.DefaultTask, Record: &pipeline.RecordRef{Topic: "calls", SHA256: sum}}
	}
	for id, want := range map[string]RedactCallResult{
		"open":     {Outcome: pipeline.CallStored, Turns: 3},
		"answered": {Outcome: pipeline.CallAnswered},
	} {
		var got RedactCallResult
		d.must(d.calls.RedactCall, at(id, d.stored(id).Origin.SHA256), &got)
		if got.Outcome != want.Outcome || got.Turns != want.Turns || got.open() != got.Clearance.Evaluation.Passed {
			t.Errorf("%s: %+v", id, got)
		}
	}
	var got RedactCallResult
	d.must(d.calls.RedactCall, at("open", strings.Repeat("0", 64)), &got)
	if got.Outcome != pipeline.CallTaken {
		t.Errorf("another event: %+v", got)
	}
	if err := d.do(d.calls.RedactCall, at("new", strings.Repeat("0", 64)), nil); err == nil || !strings.Contains(err.Error(), "no Kafka") {
		t.Errorf("a new call: %v", err)
	}
}
