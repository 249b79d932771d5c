package activities

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/kafka"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// left tells where something of erased calls may be left. The events of all of them
// came before a moment.
func (c *Control) left(ctx context.Context, e *results.Erased, latest time.Time) ([]pipeline.NotErased, error) {
	left := []pipeline.NotErased{}
	for _, look := range []func(context.Context, *results.Erased, time.Time) ([]pipeline.NotErased, error){
		c.leftInTopics, c.leftInDeadLetters, c.leftInModels, c.leftInRuns,
	} {
		some, err := look(ctx, e, latest)
		if err != nil {
			return nil, err
		}
		left = append(left, some...)
	}
	var byWorkflow int64
	for _, r := range e.Ranges {
		byWorkflow += r.Calls
	}
	if byWorkflow > 0 {
		left = append(left, pipeline.NotErased{Place: pipeline.Histories, Name: c.namespace(), Calls: byWorkflow})
	}
	return left, nil
}

func (c *Control) namespace() string {
	if c.Server == nil {
		return ""
	}
	return c.Server.Namespace
}

// leftInTopics asks until when Kafka keeps the events. Those that are gone are none.
func (c *Control) leftInTopics(ctx context.Context, e *results.Erased, latest time.Time) ([]pipeline.NotErased, error) {
	calls := map[string]int64{}
	for _, r := range e.Ranges {
		calls[r.Topic] += r.Calls
	}
	var left []pipeline.NotErased
	for _, topic := range slices.Sorted(maps.Keys(calls)) {
		l := pipeline.NotErased{Place: pipeline.InputTopic, Name: topic, Calls: calls[topic]}
		if c.Kafka != nil {
			// The calls are erased by now: where Kafka does not tell, nobody knows until
			// when their events are kept, which is no reason to report nothing.
			if kept, err := c.Kafka.Retention(ctx, topic); err == nil && kept.For > 0 {
				l.Until = latest.Add(kept.For)
			}
		}
		if l.Until.IsZero() || l.Until.After(time.Now()) {
			left = append(left, l)
		}
	}
	return left, nil
}

// leftInDeadLetters looks for events that could not be used at first.
func (c *Control) leftInDeadLetters(ctx context.Context, e *results.Erased, _ time.Time) ([]pipeline.NotErased, error) {
	if c.Kafka == nil || len(e.CallIDs) == 0 {
		return nil, nil
	}
	letters, _, err := c.Kafka.DeadLetters(ctx, mostLetters)
	if kafka.NoTopic(err) {
		return nil, nil // nothing was ever given up
	}
	if err != nil {
		return nil, err
	}
	erased, of := setOf(e.CallIDs), map[string]bool{}
	for _, l := range letters {
		if erased[l.CallID] {
			of[l.CallID] = true
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	return []pipeline.NotErased{{Place: pipeline.DeadLetters, Name: c.Kafka.Options().DeadLetterTopic(), Calls: int64(len(of))}}, nil
}

// mostLetters is how many dead letters are looked at.
const mostLetters = 1000

// leftInModels looks for models that were trained on the calls, and for retrainings
// that asked models about them. Where the calls are not known by id, all such are told.
func (c *Control) leftInModels(ctx context.Context, e *results.Erased, _ time.Time) (left []pipeline.NotErased, err error) {
	tasks, err := c.Models.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range tasks {
		models, err := c.Models.Task(name).Models(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range models {
			left, err = c.mentioned(ctx, left, e, layout.Of(m.WorkflowID, m.RunID).LearnedCalls(), pipeline.NotErased{Place: pipeline.TrainedModel, Name: m.ID})
			if err != nil {
				return nil, err
			}
		}
		retrainings, err := c.Models.Task(name).Retrainings(ctx, pipeline.PageSize)
		if err != nil {
			return nil, err
		}
		for _, r := range retrainings {
			left, err = c.mentioned(ctx, left, e, layout.Run(r.Run).HeldCallIDs(), pipeline.NotErased{Place: pipeline.JudgedFiles, Name: r.Run})
			if err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// mentioned adds a place if the list of ids beside it has erased calls.
func (c *Control) mentioned(ctx context.Context, left []pipeline.NotErased, e *results.Erased, list string, place pipeline.NotErased) ([]pipeline.NotErased, error) {
	var ids []string
	err := c.Store.ReadPathJSON(ctx, list, &ids)
	if errors.Is(err, artifact.ErrNotFound) {
		return left, nil // it has none, or its folder was deleted
	}
	if err != nil {
		return nil, err
	}
	if len(e.CallIDs) == 0 {
		if e.Calls > 0 && len(ids) > 0 {
			left = append(left, place)
		}
		return left, nil
	}
	erased := setOf(e.CallIDs)
	for _, id := range ids {
		if erased[id] {
			place.Calls++
		}
	}
	if place.Calls > 0 {
		left = append(left, place)
	}
	return left, nil
}

// leftInRuns tells the runs over a dataset that conversations are of.
func (c *Control) leftInRuns(_ context.Context, e *results.Erased, _ time.Time) ([]pipeline.NotErased, error) {
	calls := map[string]int64{}
	for _, id := range e.CallIDs {
		// The id of a call has no slash, see package call.
		if i := strings.LastIndexByte(id, '/'); i > 0 {
			calls[id[:i]]++
		}
	}
	var left []pipeline.NotErased
	for _, run := range slices.Sorted(maps.Keys(calls)) {
		left = append(left, pipeline.NotErased{Place: pipeline.RunFiles, Name: run, Calls: calls[run]})
	}
	return left, nil
}
