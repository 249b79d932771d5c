package kafka_test

import (
	"context"
	"fmt"
	"slices"
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
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
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
	letters, more, err := c.DeadLetters(t.Context(), 10)
	if err != nil || more || len(letters) != 2 || letters[0].At.Before(letters[0].Time) || letters[0].Reason != "not-json" || letters[0].Size != len("Naomi again") || letters[0].Replayed || letters[0].Time.IsZero() {
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
	if letters, _, err = c.DeadLetters(t.Context(), 10); err != nil || len(letters) != 2 || !letters[0].Replayed || !letters[1].Replayed {
		t.Errorf("dead letters %+v, %v", letters, err)
	}
}

// letter makes a dead letter of an event.
func letter(t *testing.T, c *kafka.Client, event string, at time.Time, reason string) {
	t.Helper()
	if err := c.DeadLetter(t.Context(), kafka.Record{Topic: "calls", Value: []byte(event), Time: at}, reason); err != nil {
		t.Fatal(err)
	}
}

// Dead letters are listed as they became so, each with its call; marks, however many,
// hide none.
func TestDeadLettersAreListedNewestFirst(t *testing.T) {
	c := open(t, options(broker(t)))
	if err := c.EnsureTopics(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	const n = 20
	for i := range n {
		// The later it is given up, the older the event.
		letter(t, c, fmt.Sprintf(`{"call_id":"c-%d","task":"airlines"}`, i), time.Now().Add(-time.Duration(i)*time.Hour), "refused")
	}
	list := func(limit int) (ids []string, more bool) {
		t.Helper()
		letters, more, err := c.DeadLetters(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range letters {
			if l.Task != "airlines" || time.Since(l.At) > time.Hour {
				t.Errorf("%+v", l)
			}
			ids = append(ids, l.CallID)
		}
		return ids, more
	}
	for range 2 { // the second time with a mark for each behind them
		if ids, more := list(3); !slices.Equal(ids, []string{"c-19", "c-18", "c-17"}) || !more {
			t.Errorf("the newest are %v, and more: %v", ids, more)
		}
		if ids, more := list(n); len(ids) != n || more {
			t.Errorf("all are %v, and more: %v", ids, more)
		}
		if _, err := c.Replay(t.Context(), kafka.Which{}); err != nil {
			t.Fatal(err)
		}
	}
}

// What is discarded is dealt with: only who names it puts it back.
func TestDiscard(t *testing.T) {
	c := open(t, options(broker(t)))
	if err := c.EnsureTopics(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	for _, reason := range []string{"refused", "not-json", "refused", "refused"} {
		letter(t, c, "{}", time.Now(), reason)
	}
	discard := func(want kafka.Discarded, ids ...string) {
		t.Helper()
		if done, err := c.Discard(t.Context(), ids); err != nil || done != want {
			t.Errorf("discarding %v: %+v, %v; want %+v", ids, done, err, want)
		}
	}
	replay := func(which kafka.Which, want kafka.Replayed) {
		t.Helper()
		if done, err := c.Replay(t.Context(), which); err != nil || done != want {
			t.Errorf("replaying %+v: %+v, %v; want %+v", which, done, err, want)
		}
	}
	discard(kafka.Discarded{Discarded: 2, Gone: 1}, "0", "1", "1", "99")
	discard(kafka.Discarded{Before: 1}, "0")
	letters, _, err := c.DeadLetters(t.Context(), 9)
	if err != nil || len(letters) != 4 || letters[0].Discarded || letters[1].Discarded || !letters[2].Discarded || !letters[3].Discarded {
		t.Errorf("%+v, %v", letters, err)
	}
	replay(kafka.Which{Reason: "refused"}, kafka.Replayed{Replayed: 2, Before: 1})
	replay(kafka.Which{}, kafka.Replayed{Before: 4})
	replay(kafka.Which{IDs: []string{"1"}}, kafka.Replayed{Replayed: 1})
	discard(kafka.Discarded{Before: 1}, "2")
}

// Who takes calls in is seen as long as it does.
func TestMembers(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	members := func(want int) {
		t.Helper()
		if n, err := c.Members(t.Context()); err != nil || n != want {
			t.Errorf("%d members, %v; want %d", n, err, want)
		}
	}
	members(0)
	g := join(t, options(cluster))
	produce(t, c, "1")
	take(t, g, 1)
	members(1)
	if err := g.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	members(0)
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
