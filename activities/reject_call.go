package activities

import (
	"cmp"
	"context"

	"switchboard/internal/call"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// RejectCallInput names a call that cannot be analyzed.
type RejectCallInput struct {
	CallID string              `json:"call_id"`
	Record *pipeline.RecordRef `json:"record,omitempty"`
	// Reason is the kind of what went wrong.
	Reason string `json:"reason"`
}

// RejectCall stores that a call was given up, and keeps its event as a dead letter if
// it came in by Kafka and is there still: sent again, it is analyzed from where it was
// left. One that was erased meanwhile leaves nothing.
func (c *Calls) RejectCall(ctx context.Context, in RejectCallInput) error {
	if erased, err := c.Results.Removed(ctx, in.CallID); err != nil || erased {
		return err
	}
	reason := cmp.Or(rejections[in.Reason], gaveUp)
	value, err := c.lastEvent(ctx, in.Record)
	if err != nil {
		return err
	}
	if err := c.Results.Reject(ctx, rejected(in, value), reason); err != nil || value == nil {
		return err
	}
	r := in.Record
	return c.Kafka.DeadLetter(ctx, kafka.Record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: []byte(in.CallID), Value: value, Time: r.Arrived,
	}, reason)
}

// lastEvent reads the event once more; nil where it is gone, or came by a file.
func (c *Calls) lastEvent(ctx context.Context, r *pipeline.RecordRef) ([]byte, error) {
	if r == nil || c.Kafka == nil {
		return nil, nil
	}
	value, err := c.Kafka.Record(ctx, r.Topic, r.Partition, r.Offset, r.SHA256)
	if _, gone := problem.KindOf(err); gone {
		return nil, nil
	}
	return value, err
}

// rejected is what is known of a call besides what was said in it. Of an event that
// is gone only the id is.
func rejected(in RejectCallInput, value []byte) results.Call {
	stored := results.Call{ID: in.CallID}
	e, err := call.Parse(value)
	if err != nil || e.ID != in.CallID {
		return stored
	}
	stored.Task, stored.Channel, stored.Language, stored.ReceivedAt = cmp.Or(e.Task, pipeline.DefaultTask), e.Channel, e.Language, e.ReceivedAt
	stored.Audio, stored.Origin = len(e.Turns) == 0, origin(in.Record)
	return stored
}

// origin is that of a record.
func origin(r *pipeline.RecordRef) results.Origin {
	return results.Origin{Source: "kafka", Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, SHA256: r.SHA256, Produced: r.Arrived}
}

// gaveUp is the reason of what nobody could foresee.
const gaveUp = "gave-up"

// rejections are the kinds of problems as the reasons of dead letters.
var rejections = map[string]string{
	string(problem.BadInput): "bad-input", string(problem.Refused): "refused",
}
