package healthcheck

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/internal/config"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
)

// What calls need and is not there is told, and is no problem.
func TestWhatCallsNeed(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	o := kafka.Options{Brokers: cluster.ListenAddrs(), Topic: "calls", Group: "g"}
	k, err := kafka.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	found := func(w Worker, want ...string) {
		t.Helper()
		var c checks
		c.calls(t.Context(), w)
		if len(c) != len(want) {
			t.Fatalf("found %+v, want %q", c, want)
		}
		for i, check := range c {
			if got := check.Name + ": " + string(check.State) + ": " + check.Message; !strings.Contains(got, want[i]) {
				t.Errorf("found %q, want %q", got, want[i])
			}
		}
	}
	speech := config.Config{SpeechURL: "http://127.0.0.1:8000/v1", SpeechModel: "whisper-base"}
	found(Worker{}, "recognizer: note: there is none", "kafka: note: this worker has no Kafka")
	found(Worker{Config: speech, Kafka: k}, "recognizer: ok: recordings are transcribed by whisper-base at http://127.0.0.1:8000/v1",
		"kafka: ok: 0 calls wait in 2 partitions of topic calls", "intake: note: nobody takes calls in")
	g, err := kafka.Join(t.Context(), o, func([]int32) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Produce(t.Context(), "calls", nil, []byte("{}"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Poll(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	found(Worker{Kafka: k}, "recognizer: note", "kafka: ok", "intake: ok: 1 intake takes calls in")
	if err := g.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	cluster.Close()
	found(Worker{Kafka: k}, "recognizer: note", "kafka: "+string(pipeline.CheckProblem), "intake: skipped: needs what is missing above")
}
