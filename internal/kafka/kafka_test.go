package kafka_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/internal/kafka"
	"switchboard/internal/problem"
)

// broker starts Kafka in this process, with a topic of calls in two partitions.
func broker(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(2, "calls")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func options(c *kfake.Cluster) kafka.Options {
	return kafka.Options{Brokers: c.ListenAddrs(), Topic: "calls", Group: "switchboard-intake"}
}

func open(t *testing.T, o kafka.Options) *kafka.Client {
	t.Helper()
	c, err := kafka.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func produce(t *testing.T, c *kafka.Client, values ...string) {
	t.Helper()
	for _, v := range values {
		if err := c.Produce(t.Context(), "calls", []byte("one key, one partition"), []byte(v), []kafka.Header{{Name: "trace", Value: []byte("7")}}); err != nil {
			t.Fatal(err)
		}
	}
}

// take polls until as many records came as are wanted.
func take(t *testing.T, g *kafka.Group, want int) (records []kafka.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(records) < want {
		some, err := g.Poll(ctx, want-len(records))
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%d of %d records came: %v", len(records), want, err)
		}
		records = append(records, some...)
		g.Release()
	}
	return records
}

func join(t *testing.T, o kafka.Options) *kafka.Group {
	t.Helper()
	g, err := kafka.Join(t.Context(), o, func([]int32) {})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// What came in once is read again by where it is, and by nothing else.
func TestRecordIsReadAgain(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	produce(t, c, "first", "second", "third")
	g := join(t, options(cluster))
	defer g.Leave(context.Background())
	for _, r := range take(t, g, 3) {
		got, err := c.Record(t.Context(), r.Topic, r.Partition, r.Offset, kafka.SHA256(r.Value))
		if err != nil || string(got) != string(r.Value) {
			t.Errorf("read %q, %v; want %q", got, err, r.Value)
		}
		if _, err := c.Record(t.Context(), r.Topic, r.Partition, r.Offset, kafka.SHA256([]byte("other"))); !says(err, problem.BadInput, "is another than the one that came") {
			t.Errorf("other bytes gave %v", err)
		}
		if _, err := c.Record(t.Context(), r.Topic, r.Partition, r.Offset+3, kafka.SHA256(r.Value)); !says(err, problem.BadInput, "is no longer in Kafka") {
			t.Errorf("an offset beyond the end gave %v", err)
		}
	}
}

func says(err error, kind problem.Kind, sentence string) bool {
	got, _ := problem.KindOf(err)
	return err != nil && got == kind && strings.Contains(err.Error(), sentence)
}

func TestDeadLettersAndReplay(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	if err := c.EnsureTopics(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	produce(t, c, "Naomi, not JSON", "Naomi again")
	g := join(t, options(cluster))
	defer g.Leave(context.Background())
	for _, r := range take(t, g, 2) {
		if err := c.DeadLetter(t.Context(), r, "not-json"); err != nil {
			t.Fatal(err)
		}
		g.Mark(r)
	}
	letters, err := c.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 2 || letters[0].Reason != "not-json" || letters[0].Size != len("Naomi again") || letters[0].Replayed || letters[0].Time.IsZero() {
		t.Fatalf("dead letters %+v, %v", letters, err)
	}
	done, err := c.Replay(t.Context(), kafka.Which{IDs: []string{letters[1].ID, "99"}})
	if err != nil || done != (kafka.Replayed{Replayed: 1, Gone: 1}) {
		t.Fatalf("the first replay: %+v, %v", done, err)
	}
	if r := take(t, g, 1)[0]; string(r.Value) != "Naomi, not JSON" || string(r.Key) != "one key, one partition" || len(r.Headers) != 1 || r.Headers[0].Name != "trace" {
		t.Errorf("what was put back is %+v", r)
	}
	done, err = c.Replay(t.Context(), kafka.Which{Reason: "not-json"})
	if err != nil || done != (kafka.Replayed{Replayed: 1, Before: 1}) {
		t.Fatalf("the second replay: %+v, %v", done, err)
	}
	done, err = c.Replay(t.Context(), kafka.Which{})
	if err != nil || done != (kafka.Replayed{Before: 2}) {
		t.Fatalf("the third replay: %+v, %v", done, err)
	}
	if letters, err = c.DeadLetters(t.Context(), 10); err != nil || len(letters) != 2 || !letters[0].Replayed || !letters[1].Replayed {
		t.Errorf("dead letters %+v, %v", letters, err)
	}
}

func TestLag(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	before := time.Now().Add(-time.Second)
	produce(t, c, "1", "2", "3")
	waiting := func() (n int64, oldest time.Time) {
		t.Helper()
		lags, err := c.Lag(t.Context())
		if err != nil || len(lags) != 2 {
			t.Fatalf("lags %+v, %v", lags, err)
		}
		for _, l := range lags {
			n += l.Waiting
			if !l.Oldest.IsZero() {
				oldest = l.Oldest
			}
		}
		return n, oldest
	}
	if n, oldest := waiting(); n != 3 || oldest.Before(before) {
		t.Errorf("%d wait since %v, want 3", n, oldest)
	}
	g := join(t, options(cluster))
	g.Mark(take(t, g, 3)[1])
	if err := g.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := waiting(); n != 1 {
		t.Errorf("%d wait, want 1", n)
	}
}
