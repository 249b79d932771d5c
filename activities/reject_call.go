package activities

import (
	"cmp"
	"context"

	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// RejectCallInput names a call that cannot be analyzed.
type RejectCallInput struct {
	CallID string              `json:"call_id"`
	Record *pipeline.RecordRef `json:"record,omitempty"`
	// Reason is the kind of what went wrong.
	Reason string `json:"reason"`
}

// RejectCall keeps the event of a call as a dead letter, if it came in by Kafka and is
// there still: sent again, it is analyzed from where it was left.
func (c *Calls) RejectCall(ctx context.Context, in RejectCallInput) error {
	if in.Record == nil || c.Kafka == nil {
		return nil
	}
	r := in.Record
	value, err := c.Kafka.Record(ctx, r.Topic, r.Partition, r.Offset, r.SHA256)
	if _, gone := problem.KindOf(err); gone {
		return nil
	}
	if err != nil {
		return err
	}
	return c.Kafka.DeadLetter(ctx, kafka.Record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: []byte(in.CallID), Value: value, Time: r.Arrived,
	}, cmp.Or(rejections[in.Reason], "gave-up"))
}

// rejections are the kinds of problems as the reasons of dead letters.
var rejections = map[string]string{
	string(problem.BadInput): "bad-input", string(problem.Refused): "refused",
}
