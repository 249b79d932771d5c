package kafka

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/internal/problem"
)

// Record is one record of a topic.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	// Key, Value and Headers are nil where there are none.
	Key, Value []byte
	Headers    []Header
	// Time is the record's own: when it was produced, or when the broker took it,
	// as the topic is set up.
	Time time.Time
	// Unread is set where the record is in a batch that unpacks to more than
	// memory is given to it, and that ends with this offset. There is nothing else
	// of it.
	Unread bool

	epoch int32 // of the partition's leader, for a commit
}

// Header is a name and a value beside a record's key and value.
type Header struct {
	Name  string
	Value []byte
}

// SHA256 returns that of a value, as [Client.Record] wants it: in hexadecimal
// digits.
func SHA256(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:])
}

// Record reads the value of one record again, and checks that its SHA-256 is the one
// given. A record that is no longer there, or is another, is a problem of kind
// BadInput: to ask again helps nobody. Everything else may pass.
func (c *Client) Record(ctx context.Context, topic string, partition int32, offset int64, sum string) ([]byte, error) {
	r, err := c.fetch(ctx, topic, partition, offset)
	switch {
	case errors.Is(err, errGone):
		return nil, problem.Input("the event at offset %d of partition %d of topic %s is no longer in Kafka: the topic keeps its records for too short a time; send the call again", offset, partition, topic)
	case err != nil:
		return nil, faultOf(ctx, "reading an event again", err)
	case SHA256(r.Value) != sum:
		return nil, problem.Input("the event at offset %d of partition %d of topic %s is another than the one that came: the topic was made anew since; send the call again", offset, partition, topic)
	}
	return r.Value, nil
}

// errGone is a record that a partition no longer has, or does not have.
var errGone = errors.New("the record is gone")

// place is where the records of a topic are.
type place struct {
	id      [16]byte
	leaders map[int32]int32 // by partition
}

// moved are the answers of a broker that a partition has left, or not yet got.
var moved = []error{
	kerr.NotLeaderForPartition, kerr.UnknownTopicID, kerr.InconsistentTopicID, kerr.FencedLeaderEpoch,
	kerr.UnknownLeaderEpoch, kerr.LeaderNotAvailable, kerr.ReplicaNotAvailable, kerr.KafkaStorageError,
}

// fetch reads the record at an offset; where there is none, the error is errGone.
func (c *Client) fetch(ctx context.Context, topic string, partition int32, offset int64) (*kgo.Record, error) {
	p, err := c.fetchBatch(ctx, topic, partition, offset)
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	found, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: offset, Topic: topic, Partition: partition, IsolationLevel: kgo.ReadCommitted(),
	}, p, decompressor, nil)
	if len(found.Records) > 0 && found.Records[0].Offset == offset {
		return found.Records[0], nil
	}
	if found.Err != nil {
		return nil, found.Err
	}
	return nil, errGone
}

// fetchBatch reads the batch that an offset is in, with one request to the leader of
// its partition. Where that one has changed, it looks for the new one, for as long as a
// request may take.
func (c *Client) fetchBatch(ctx context.Context, topic string, partition int32, offset int64) (*kmsg.FetchResponseTopicPartition, error) {
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		p, err := c.fetchOnce(limited, topic, partition, offset)
		if err == nil {
			return p, nil
		}
		c.forget(topic)
		if !passes(err) {
			return nil, err
		}
		select {
		case <-limited.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

// passes tells a fault after which the record may be found elsewhere, or again: all
// but what a broker is sure of.
func passes(err error) bool {
	for _, m := range moved {
		if errors.Is(err, m) {
			return true
		}
	}
	var broker *kerr.Error
	return !errors.As(err, &broker) || broker.Retriable && !errors.Is(err, kerr.UnknownTopicOrPartition)
}

func (c *Client) fetchOnce(ctx context.Context, topic string, partition int32, offset int64) (*kmsg.FetchResponseTopicPartition, error) {
	at, err := c.place(ctx, topic)
	if err != nil {
		return nil, err
	}
	leader, ok := at.leaders[partition]
	if !ok {
		return nil, kerr.UnknownTopicOrPartition
	}
	answer, err := fetchRequest(topic, at.id, partition, offset).RequestWith(ctx, c.client.Broker(int(leader)))
	if err != nil {
		return nil, err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return nil, err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 || answer.Topics[0].Partitions[0].Partition != partition {
		return nil, errors.New("the answer is about something else")
	}
	p := &answer.Topics[0].Partitions[0]
	return p, kerr.ErrorForCode(p.ErrorCode)
}

// decompressor has no bound of its own. What is read here was taken in before, by a
// [Group] that has one, or was written by this package.
var decompressor = kgo.DefaultDecompressor()

// fetchRequest asks for the batch that an offset is in: a broker answers with one
// whole batch even where that is more than what was asked for.
func fetchRequest(topic string, id [16]byte, partition int32, offset int64) *kmsg.FetchRequest {
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = partition, offset, 1
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID, t.Partitions = topic, id, []kmsg.FetchRequestTopicPartition{p}
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MinBytes, r.MaxBytes, r.IsolationLevel, r.SessionEpoch = -1, 0, 1, 1, -1
	r.Topics = []kmsg.FetchRequestTopic{t}
	return r
}

// place returns where a topic's records are. It is asked for once, and again when
// that was found wrong.
func (c *Client) place(ctx context.Context, topic string) (place, error) {
	c.mu.Lock()
	known, ok := c.places[topic]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	all, err := c.admin.Metadata(ctx, topic)
	if err != nil {
		return place{}, err
	}
	t := all.Topics[topic]
	if t.Err != nil {
		return place{}, t.Err
	}
	found := place{id: t.ID, leaders: map[int32]int32{}}
	for _, p := range t.Partitions {
		if p.Err == nil {
			found.leaders[p.Partition] = p.Leader
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places[topic] = found
	return found, nil
}

func (c *Client) forget(topic string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.places, topic)
}
