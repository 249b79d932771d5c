package activities

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
)

// starts notes what is started. Under way are the ids of what goes on already.
type starts struct {
	client.Client
	underWay string
	inputs   map[string]pipeline.AnalyzeCallInput
}

func (s *starts) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if o.ID == pipeline.CallWorkflowID(s.underWay) {
		return nil, &serviceerror.WorkflowExecutionAlreadyStarted{}
	}
	s.inputs[o.ID] = args[0].(pipeline.AnalyzeCallInput)
	return nil, nil
}

// What has no answer is analyzed once more from its event; whatever has one stays.
func TestRetryCalls(t *testing.T) {
	x := newExchange(t)
	server := &starts{underWay: "running", inputs: map[string]pipeline.AnalyzeCallInput{}}
	c := &Control{Results: x.Results, Kafka: x.Kafka, Server: &temporal.Client{Client: server}}
	ids := []string{"failed", "rejected", "cancelled", "running", "answered", "gone", "filed"}
	for i, id := range ids {
		stored := results.Call{ID: id, Task: "airlines", Origin: origin(x.send(int64(i), `{"call_id":"`+id+`","turns":[{"text":"a"}]}`))}
		stored.Origin.Produced = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		switch id {
		case "gone":
			stored.Origin.Offset = 99
		case "filed":
			stored.Origin = results.Origin{Source: "file", SHA256: kafka.SHA256(nil)}
		}
		if _, err := x.Results.SaveRedacted(t.Context(), stored); err != nil {
			t.Fatal(err)
		}
		p := results.Prediction{CallID: id, Company: pipeline.Unknown, Status: map[string]results.Status{"failed": pipeline.AnswerFailed, "answered": pipeline.AnswerUnsure}[id]}
		if p.Status != "" {
			if _, err := x.Results.SavePrediction(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Two of them are dead letters.
	for offset, id := range ids {
		if id == "rejected" || id == "gone" {
			x.reject(id, &pipeline.RecordRef{Topic: "calls", Offset: int64(offset), SHA256: kafka.SHA256([]byte(`{"call_id":"` + id + `","turns":[{"text":"a"}]}`))}, problem.Refused)
		}
	}
	done, err := c.RetryCalls(t.Context(), pipeline.RetryCallsInput{CallIDs: append(ids, "nobody")})
	if err != nil || len(done.Retried) != 3 || len(server.inputs) != 3 {
		t.Fatalf("retried %+v, %v, and started %+v", done, err, server.inputs)
	}
	for i, id := range done.Retried {
		in := server.inputs[pipeline.CallWorkflowID(id)]
		if id != ids[i] || in.CallID != id || in.Task != "airlines" || !in.Stored || in.Audio || in.Record.Offset != int64(i) || in.Record.Arrived.IsZero() {
			t.Errorf("%s was started with %+v", id, in)
		}
	}
	refused := map[string]string{}
	for _, r := range done.Refused {
		refused[r.CallID] = r.Reason
	}
	for id, want := range map[string]string{
		"running":  "the call running is being analyzed",
		"answered": "the call answered is answered, and stays as it is",
		"gone":     "the event at offset 99 of partition 0 of topic calls is no longer in Kafka: the topic keeps its records for too short a time; send the call again",
		"filed":    "the call filed did not come by Kafka, where its event would be; one that came from a file is analyzed once more with `starter call`",
		"nobody":   "there is no call \"nobody\"; `starter calls list` shows those there are",
	} {
		if refused[id] != want {
			t.Errorf("%s: %q, want %q", id, refused[id], want)
		}
	}
	letters, _, err := x.Kafka.DeadLetters(t.Context(), 9)
	if err != nil || len(letters) != 2 || letters[0].CallID != "gone" || letters[0].Discarded || letters[1].CallID != "rejected" || !letters[1].Discarded {
		t.Errorf("dead letters are %+v, %v", letters, err)
	}
}
