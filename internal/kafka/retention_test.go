package kafka_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/kafka"
)

func TestTopicsTellHowLongTheyKeepRecords(t *testing.T) {
	c := broker(t, kfake.SeedTopics(-1, "unset"))
	k := open(t, options(c))
	if err := k.EnsureTopics(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, -1, map[string]*string{"retention.ms": kadm.StringPtr("86400000")}, "a-day"); err != nil {
		t.Fatal(err)
	}
	o := k.Options()
	for topic, want := range map[string]kafka.Retention{
		"a-day":             {Known: true, For: 24 * time.Hour},
		o.DeadLetterTopic(): {Known: true},
		o.ClassifiedTopic(): {Known: true},
	} {
		if got, err := k.Retention(t.Context(), topic); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", topic, got, err, want)
		}
	}
	if _, err := k.Retention(t.Context(), "nowhere"); err == nil {
		t.Error("a topic that is not there keeps records")
	}
}

func TestNoValueIsATombstone(t *testing.T) {
	c := broker(t)
	k := open(t, options(c))
	if err := k.EnsureTopics(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	topic := k.Options().ClassifiedTopic()
	if err := k.Produce(t.Context(), topic, []byte("call-1"), []byte("{}"), nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Produce(t.Context(), topic, []byte("call-1"), nil, nil); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for len(records) < 2 {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		records = append(records, fetches.Records()...)
	}
	if last := records[1]; string(last.Key) != "call-1" || last.Value != nil {
		t.Errorf("the last record of the call is %q: %q", last.Key, last.Value)
	}
}
