package activities

import (
	"context"
	"slices"

	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/results"
)

// RetryCalls starts the analysis of calls once more that have no answer, or of which
// the answer is that asking failed. Their events must be in Kafka still. What is left
// of their dead letters is dealt with then.
func (c *Control) RetryCalls(ctx context.Context, in pipeline.RetryCallsInput) (pipeline.RetryCallsResult, error) {
	done := pipeline.RetryCallsResult{Retried: []string{}}
	if c.Kafka == nil {
		return done, noKafka()
	}
	// Those of attempts that are still to fail are not meant.
	letters, _, err := c.Kafka.DeadLetters(ctx, pipeline.PageSize)
	if err != nil {
		return done, err
	}
	for _, id := range in.CallIDs {
		err := c.retryCall(ctx, id)
		switch kind, _ := problem.KindOf(err); {
		case err == nil:
			done.Retried = append(done.Retried, id)
		case kind == problem.BadInput:
			done.Refused = append(done.Refused, pipeline.RefusedCall{CallID: id, Reason: err.Error()})
		default:
			return done, err
		}
	}
	return done, c.discardLetters(ctx, letters, done.Retried)
}

// discardLetters marks those of some calls as dealt with.
func (c *Control) discardLetters(ctx context.Context, letters []kafka.DeadLetter, calls []string) error {
	var ids []string
	for _, l := range letters {
		if !l.Replayed && !l.Discarded && slices.Contains(calls, l.CallID) {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := c.Kafka.Discard(ctx, ids)
	return err
}

func (c *Control) retryCall(ctx context.Context, id string) error {
	r, err := c.Results.Get(ctx, id)
	if err != nil {
		return err
	}
	switch r.Status {
	case results.Redacted, results.Rejected, pipeline.AnswerFailed:
	default:
		return problem.Input("the call %s is answered, and stays as it is", id)
	}
	o := r.Origin
	if o.Source != "kafka" {
		return problem.Input("the call %s did not come by Kafka, where its event would be; one that came from a file is analyzed once more with `starter call`", id)
	}
	if _, err := c.Kafka.Record(ctx, o.Topic, o.Partition, o.Offset, o.SHA256); err != nil {
		return err
	}
	return c.startCall(ctx, pipeline.AnalyzeCallInput{
		CallID: id, Task: r.Task, Audio: r.Audio, Stored: true,
		Record: &pipeline.RecordRef{Topic: o.Topic, Partition: o.Partition, Offset: o.Offset, SHA256: o.SHA256, Arrived: o.Produced},
	})
}

// startCall starts an analysis as the intake does, also where an earlier one came to
// its end.
func (c *Control) startCall(ctx context.Context, in pipeline.AnalyzeCallInput) error {
	started, err := request.Analyze(ctx, c.Server, in, true)
	if err == nil && !started {
		return problem.Input("the call %s is being analyzed", in.CallID)
	}
	return err
}
