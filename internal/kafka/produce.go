package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/problem"
)

// Produce writes one record, and returns when all replicas that count have it. A
// repeated attempt of the client does not write it twice; a repeated call does. Key
// and headers may be nil. Without a value it tells that there is nothing under its key
// any more: a compacted topic drops what it has of it. A record that the brokers find too large is a problem of
// kind BadInput; everything else may pass.
func (c *Client) Produce(ctx context.Context, topic string, key, value []byte, headers []Header) error {
	return c.produce(ctx, c.client, &kgo.Record{Topic: topic, Key: key, Value: value, Headers: ofHeaders(headers)})
}

func (c *Client) produce(ctx context.Context, by *kgo.Client, r *kgo.Record) error {
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := by.ProduceSync(limited, r).FirstErr()
	if errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) {
		return problem.Input("a record of %d bytes is larger than topic %s takes; raise max.message.bytes of the topic, or send less", len(r.Key)+len(r.Value), r.Topic)
	}
	return faultOf(ctx, "writing to topic "+r.Topic, err)
}

func ofHeaders(headers []Header) []kgo.RecordHeader {
	var hs []kgo.RecordHeader
	for _, h := range headers {
		hs = append(hs, kgo.RecordHeader{Key: h.Name, Value: h.Value})
	}
	return hs
}

func toRecord(r *kgo.Record) Record {
	out := Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value, Time: r.Timestamp.UTC().Round(time.Millisecond), epoch: r.LeaderEpoch}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, Header{h.Key, h.Value})
	}
	return out
}
