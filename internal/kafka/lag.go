package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// PartitionLag is what waits in one partition of the topic of calls.
type PartitionLag struct {
	Partition int32 `json:"partition"`
	// Next is the offset of the first event that is not taken in, End that of the
	// event that comes next.
	Next int64 `json:"next"`
	End  int64 `json:"end"`
	// Waiting is how many events are not taken in.
	Waiting int64 `json:"waiting"`
	// Oldest is when the first of them was written; zero if none waits.
	Oldest time.Time `json:"oldest,omitzero"`
}

// Lag returns what waits in each partition, in their order.
func (c *Client) Lag(ctx context.Context) ([]PartitionLag, error) {
	lags, err := c.lag(ctx)
	return lags, faultOf(ctx, "asking how many calls wait", err)
}

func (c *Client) lag(ctx context.Context) ([]PartitionLag, error) {
	topic := c.options.Topic
	starts, err := c.admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, err
	}
	ends, err := c.admin.ListCommittedOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, err
	}
	commits, err := c.admin.FetchOffsets(ctx, c.options.Group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, err
	}
	var lags []PartitionLag
	for p := range int32(len(ends[topic])) {
		// A group that has taken in nothing yet begins at the start, and what is
		// older than the start is gone.
		l := PartitionLag{Partition: p, Next: starts[topic][p].Offset, End: ends[topic][p].Offset}
		if commit, ok := commits.Lookup(topic, p); ok && commit.Err == nil {
			l.Next = max(l.Next, commit.At)
		}
		if l.Waiting = max(0, l.End-l.Next); l.Waiting > 0 {
			if l.Oldest, err = c.oldest(ctx, topic, p, l.Next); err != nil {
				return nil, err
			}
		}
		lags = append(lags, l)
	}
	return lags, nil
}

// oldest returns the time of the first batch from an offset on; zero where it was
// deleted meanwhile.
func (c *Client) oldest(ctx context.Context, topic string, partition int32, offset int64) (time.Time, error) {
	p, err := c.fetchBatch(ctx, topic, partition, offset)
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	var batch kmsg.RecordBatch
	if err := batch.ReadFrom(p.RecordBatches); err != nil {
		return time.Time{}, nil
	}
	return time.UnixMilli(batch.FirstTimestamp).UTC(), nil
}

// Members returns how many intakes take calls in at the moment: those that the
// consumer group has.
func (c *Client) Members(ctx context.Context) (int, error) {
	groups, err := c.admin.DescribeGroups(ctx, c.options.Group)
	if err == nil {
		err = groups.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, faultOf(ctx, "asking who takes calls in", err)
	}
	return len(groups[c.options.Group].Members), nil
}
