package activities

import (
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/internal/database"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// exchange is a Kafka and a database.
type exchange struct {
	t *testing.T
	*Calls
}

func newExchange(t *testing.T) exchange {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.Open(t.Context(), kafka.Options{Brokers: cluster.ListenAddrs(), Topic: "calls", Group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.EnsureTopics(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	base, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "switchboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	return exchange{t, &Calls{Kafka: client, Results: results.New(base)}}
}

// send writes an event to the topic, whose records it numbers itself.
func (x exchange) send(offset int64, event string) *pipeline.RecordRef {
	x.t.Helper()
	if err := x.Kafka.Produce(x.t.Context(), "calls", nil, []byte(event), nil); err != nil {
		x.t.Fatal(err)
	}
	return &pipeline.RecordRef{Topic: "calls", Offset: offset, SHA256: kafka.SHA256([]byte(event))}
}

func (x exchange) reject(id string, r *pipeline.RecordRef, kind problem.Kind) {
	x.t.Helper()
	if err := x.RejectCall(x.t.Context(), RejectCallInput{CallID: id, Record: r, Reason: string(kind)}); err != nil {
		x.t.Fatal(err)
	}
}

// A call that is given up is a row with the reason, whether its turns were stored
// before or not, and its event is kept.
func TestAGivenUpCallIsARowAndADeadLetter(t *testing.T) {
	x := newExchange(t)
	recording := x.send(0, `{"call_id":"c-1","task":"airlines","channel":"phone","language":"en","audio_url":"https://recordings.example.com/1.wav"}`)
	x.reject("c-1", recording, problem.Refused)
	turns := x.send(1, `{"call_id":"c-2","turns":[{"text":"Naomi"}]}`)
	stored := results.Call{ID: "c-2", Task: pipeline.DefaultTask, Origin: origin(turns), Turns: []results.Turn{{Text: "Person"}}}
	if _, err := x.Results.SaveRedacted(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	x.reject("c-2", turns, problem.BadInput)
	for id, want := range map[string]struct {
		task, code string
		audio      bool
		turns      int
	}{"c-1": {"airlines", "refused", true, 0}, "c-2": {pipeline.DefaultTask, "bad-input", false, 1}} {
		r, err := x.Results.Get(t.Context(), id)
		if err != nil || r.Status != results.Rejected || r.Prediction.ErrorCode != want.code || r.Task != want.task || r.Audio != want.audio || len(r.Turns) != want.turns {
			t.Errorf("%s is %+v with %+v, %v; want %+v", id, r, r.Prediction, err, want)
		}
	}
	letters, _, err := x.Kafka.DeadLetters(t.Context(), 9)
	if err != nil || len(letters) != 2 {
		t.Errorf("dead letters are %+v, %v", letters, err)
	}
}

// A file has no dead letter, and neither has an event that is no longer in Kafka. A
// call that waited is given up all the same.
func TestAGivenUpCallWithoutItsEvent(t *testing.T) {
	x := newExchange(t)
	for id, record := range map[string]*pipeline.RecordRef{"file": nil, "gone": {Topic: "calls", Offset: 7, SHA256: kafka.SHA256(nil)}} {
		x.reject(id, record, "Error") // nothing is known of it
		c := results.Call{ID: id, Task: "t", Origin: results.Origin{Source: "file", SHA256: kafka.SHA256([]byte(id))}}
		if _, err := x.Results.SaveRedacted(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		x.reject(id, record, "Error")
		if r, err := x.Results.Get(t.Context(), id); err != nil || r.Status != results.Rejected || r.Prediction.ErrorCode != "gave-up" {
			t.Errorf("%s is %+v, %v", id, r, err)
		}
	}
	if letters, _, err := x.Kafka.DeadLetters(t.Context(), 9); err != nil || len(letters) != 0 {
		t.Errorf("dead letters are %+v, %v", letters, err)
	}
}

// What was given up is redacted anew once its event comes again, and what failed is
// asked about again: neither counts as answered.
func TestWhatIsNotAnsweredIsAnalyzedAgain(t *testing.T) {
	d := newDesk(t)
	x := newExchange(t)
	d.calls.Kafka = x.Kafka
	for i, id := range []string{"rejected", "failed", "answered"} {
		in := RedactCallInput{CallID: id, Task: pipeline.DefaultTask, Record: x.send(int64(i), event(id, 3))}
		var got RedactCallResult
		d.must(d.calls.RedactCall, in, &got)
		switch id {
		case "rejected":
			d.must(d.calls.RejectCall, RejectCallInput{CallID: id, Record: in.Record, Reason: string(problem.Refused)}, nil)
		default:
			p := results.Prediction{CallID: id, Company: pipeline.Unknown, Status: map[string]results.Status{"failed": pipeline.AnswerFailed, "answered": pipeline.AnswerUnsure}[id]}
			if _, err := d.calls.Results.SavePrediction(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]pipeline.CallOutcome{"rejected": pipeline.CallStored, "failed": pipeline.CallStored, "answered": pipeline.CallAnswered}[id]
		got = RedactCallResult{}
		if d.must(d.calls.RedactCall, in, &got); got.Outcome != want {
			t.Errorf("%s: %+v, want %s", id, got, want)
		}
	}
}
