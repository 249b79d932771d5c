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
	letters, more, err := c.Kafka.DeadLetters(ctx, min(max(in.Limit, 1), pipeline.PageSize))
	for _, l := range letters {
		list.DeadLetters = append(list.DeadLetters, pipeline.DeadLetter{
			ID: l.ID, Reason: l.Reason, CallID: l.CallID, Task: l.Task, At: l.Time, DeadAt: l.At, Bytes: l.Size, Replayed: l.Replayed, Discarded: l.Discarded,
		})
	}
	list.More = more
	return list, err
}

// ReplayDeadLetters sends dead letters again.
func (c *Control) ReplayDeadLetters(ctx context.Context, in pipeline.ReplayDeadLettersInput) (pipeline.ReplayDeadLettersResult, error) {
	if c.Kafka == nil {
		return pipeline.ReplayDeadLettersResult{}, noKafka()
	}
	if len(in.IDs) == 0 && in.Reason == "" && !in.All {
		return pipeline.ReplayDeadLettersResult{}, nil
	}
	done, err := c.Kafka.Replay(ctx, kafka.Which{IDs: in.IDs, Reason: in.Reason})
	return pipeline.ReplayDeadLettersResult{Replayed: done.Replayed, Before: done.Before, Gone: done.Gone}, err
}

// DiscardDeadLetters marks dead letters as dealt with.
func (c *Control) DiscardDeadLetters(ctx context.Context, in pipeline.DiscardDeadLettersInput) (pipeline.DiscardDeadLettersResult, error) {
	if c.Kafka == nil {
		return pipeline.DiscardDeadLettersResult{}, noKafka()
	}
	done, err := c.Kafka.Discard(ctx, in.IDs)
	return pipeline.DiscardDeadLettersResult{Discarded: done.Discarded, Before: done.Before, Gone: done.Gone}, err
}
