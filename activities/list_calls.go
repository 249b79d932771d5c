package activities

import (
	"context"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
	"switchboard/internal/seal"
)

// ListCalls lists the latest calls of a task, page by page. Whom they are for is sealed
// for whoever asks.
func (c *Control) ListCalls(ctx context.Context, in pipeline.ListCallsInput) (pipeline.SealedCalls, error) {
	if err := pipeline.CheckTask(in.Task); err != nil {
		return pipeline.SealedCalls{}, err
	}
	page, err := c.Results.List(ctx, results.Filter{
		Tasks: []string{in.Task}, Statuses: in.Statuses, Companies: in.Companies, Channels: in.Channels, From: in.From, Until: in.Until,
	}, in.Cursor, in.Limit)
	if err != nil {
		return pipeline.SealedCalls{}, err
	}
	totals, err := c.Results.Totals(ctx, []string{in.Task}, time.Time{}, time.Time{})
	if err != nil {
		return pipeline.SealedCalls{}, err
	}
	list := pipeline.CallList{Calls: []pipeline.StoredCall{}, Answered: totals.Answered, Waiting: totals.Waiting, Rejected: totals.Rejected, Next: page.Next}
	for _, r := range page.Results {
		list.Calls = append(list.Calls, storedCall(r))
	}
	sealed, err := seal.Seal(in.Key, pipeline.CallsPurpose, list)
	return pipeline.SealedCalls{Sealed: sealed}, err
}

// storedCall is a call as lists show it.
func storedCall(r results.Result) pipeline.StoredCall {
	s := pipeline.StoredCall{
		CallID: r.ID, Channel: r.Channel, Language: r.Language, ReceivedAt: r.ReceivedAt, StoredAt: r.StoredAt.Truncate(time.Second), Audio: r.Audio,
	}
	if p := r.Prediction; p != nil {
		s.Company, s.Confidence, s.Status, s.ErrorCode, s.Model = p.Company, p.Confidence, p.Status, p.ErrorCode, p.Model
		if p.Status != results.Rejected {
			s.AnsweredAt = p.At
		}
	}
	if r.Latency >= 0 {
		took := r.Latency.Seconds()
		s.AnswerSeconds = &took
	}
	return s
}
