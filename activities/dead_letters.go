package activities

import (
	"context"

	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
)

// ListDeadLetters lists the latest events that could not be taken in or analyzed.
func (c *Control) ListDeadLetters(ctx context.Context, in pipeline.ListDeadLettersInput) (pipeline.DeadLetterList, error) {
	list := pipeline.DeadLetterList{DeadLetters: []pipeline.DeadLetter{}}
	if c.Kafka == nil {
		return list, noKafka()
	}
	letters, err := c.Kafka.DeadLetters(ctx, min(max(in.Limit, 1), pipeline.PageSize))
	for _, l := range letters {
		list.DeadLetters = append(list.DeadLetters, pipeline.DeadLetter{ID: l.ID, Reason: l.Reason, At: l.Time, Bytes: l.Size, Replayed: l.Replayed})
	}
	return list, err
}

// ReplayDeadLetters sends dead letters again.
func (c *Control) ReplayDeadLetters(ctx context.Context, in pipeline.ReplayDeadLettersInput) (pipeline.ReplayDeadLettersResult, error) {
	if c.Kafka == nil {
		return pipeline.ReplayDeadLettersResult{}, noKafka()
	}
	if len(in.IDs) == 0 && !in.All {
		return pipeline.ReplayDeadLettersResult{}, nil
	}
	done, err := c.Kafka.Replay(ctx, kafka.Which{IDs: in.IDs})
	return pipeline.ReplayDeadLettersResult{Replayed: done.Replayed, Before: done.Before, Gone: done.Gone}, err
}
