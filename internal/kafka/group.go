package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/problem"
)

const (
	// maxUnpacked bounds the memory that one batch of events takes.
	maxUnpacked = 64 << 20
	// rebalanceTimeout is how long a member may work on what it polled while the
	// group waits for it.
	rebalanceTimeout = time.Minute
	// shareAge is how long the number of partitions counts as known.
	shareAge = 30 * time.Second
)

// Group is one member of the consumer group that takes calls in. A partition stays
// with the member from a Poll to the next Release; what is marked is committed every
// second, when a partition goes to another member, and when the member leaves. One
// goroutine at a time may use it.
type Group struct {
	topic   string
	client  *kgo.Client
	admin   *kadm.Client
	revoked func(partitions []int32)

	mu      sync.Mutex
	own     int // partitions that are this member's
	all     int // partitions there are
	counted time.Time
}

// Join makes a member of the group that the options name. It waits for the first
// answer of a broker, as [Open] does and with the same problems; partitions come
// later. Revoked is called when partitions are no longer this member's, never between
// a Poll and its Release, unless the group has given the member up: the records of
// these that are not marked will come to another.
func Join(ctx context.Context, o Options, revoked func(partitions []int32)) (*Group, error) {
	opts, err := o.client()
	if err != nil {
		return nil, err
	}
	g := &Group{topic: o.Topic, revoked: revoked}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumerGroup(o.Group), kgo.ConsumeTopics(o.Topic),
		// Who reads for the first time, or whose place is deleted, begins with
		// the oldest call there is.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxBytes(16<<20), kgo.MaxDecompressBatchBytes(maxUnpacked),
		kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.SessionTimeout(30*time.Second), kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(time.Second), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(g.assigned), kgo.OnPartitionsRevoked(g.giveUp), kgo.OnPartitionsLost(g.lose),
	)...)
	if err != nil {
		return nil, problem.Input("the settings for Kafka cannot be used together: %w", err)
	}
	if err := ping(ctx, client); err != nil {
		client.Close()
		return nil, err
	}
	g.client, g.admin = client, kadm.NewClient(client)
	return g, nil
}

func (g *Group) assigned(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own += len(partitions[g.topic])
}

// giveUp commits what is marked, while the partitions are still this member's.
func (g *Group) giveUp(ctx context.Context, client *kgo.Client, partitions map[string][]int32) {
	// What is not committed comes once more, to the next member: that is all.
	_ = client.CommitMarkedOffsets(ctx)
	g.lose(ctx, client, partitions)
}

func (g *Group) lose(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	g.mu.Lock()
	g.own -= len(partitions[g.topic])
	g.mu.Unlock()
	g.revoked(partitions[g.topic])
}

// Poll waits for records, and returns at most limit of them, in their order within a
// partition. It returns none when ctx ends. A batch that is too large to be unpacked
// is one record that is [Record.Unread]. An error tells of something that went wrong
// beside the records; the next Poll goes on behind it. Release must follow.
func (g *Group) Poll(ctx context.Context, limit int) ([]Record, error) {
	fetches := g.client.PollRecords(ctx, limit)
	var records []Record
	fetches.EachRecord(func(r *kgo.Record) { records = append(records, toRecord(r)) })
	var err error
	for _, e := range fetches.Errors() {
		var packed *kgo.ErrDecompressTooLarge
		switch {
		case errors.As(e.Err, &packed):
			records = append(records, g.pass(packed))
		case ctx.Err() == nil || !errors.Is(e.Err, ctx.Err()):
			err = faultOf(ctx, "reading calls", e.Err)
		}
	}
	return records, err
}

// pass goes on behind a batch, which the client would come back to for ever.
func (g *Group) pass(batch *kgo.ErrDecompressTooLarge) Record {
	g.client.SetOffsets(map[string]map[int32]kgo.EpochOffset{batch.Topic: {batch.Partition: {Epoch: batch.Epoch, Offset: batch.NextOffset}}})
	return Record{Topic: batch.Topic, Partition: batch.Partition, Offset: batch.NextOffset - 1, Time: time.Now().UTC(), Unread: true, epoch: batch.Epoch}
}

// Release lets the partitions of the last Poll go to other members.
func (g *Group) Release() { g.client.AllowRebalance() }

// Mark says that a record, and all before it in its partition, are done with. It
// passes over a partition that is no longer this member's.
func (g *Group) Mark(r Record) {
	g.client.MarkCommitRecords(&kgo.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, LeaderEpoch: r.epoch})
}

// Share returns which part of the partitions is this member's, from 0 to 1.
func (g *Group) Share(ctx context.Context) (float64, error) {
	g.mu.Lock()
	all, fresh := g.all, time.Since(g.counted) < shareAge
	g.mu.Unlock()
	if !fresh {
		topics, err := g.admin.ListTopics(ctx, g.topic)
		if err == nil {
			err = topics.Error()
		}
		if err != nil {
			return 0, faultOf(ctx, "counting the partitions of topic "+g.topic, err)
		}
		all = len(topics[g.topic].Partitions)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !fresh {
		g.all, g.counted = all, time.Now()
	}
	return min(1, float64(g.own)/float64(max(1, all))), nil
}

// Leave commits what is marked, leaves the group and closes the connection, which is
// done in any case. No Poll may be under way.
func (g *Group) Leave(ctx context.Context) error {
	g.client.AllowRebalance()
	err := g.client.CommitMarkedOffsets(ctx)
	err = errors.Join(err, g.client.LeaveGroupContext(ctx))
	g.client.CloseAllowingRebalance()
	return faultOf(ctx, "leaving the consumer group", err)
}
