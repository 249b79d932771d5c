package activities

import (
	"context"
	"runtime"

	"switchboard/internal/anonymize"
	"switchboard/internal/call"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
	"switchboard/internal/text"
)

// RedactCallInput says where the event of a call is.
type RedactCallInput struct {
	CallID string              `json:"call_id"`
	Task   string              `json:"task"`
	Event  string              `json:"event,omitempty"`
	Record *pipeline.RecordRef `json:"record,omitempty"`
}

// RedactCallResult says what became of the call's text; none of it is here.
type RedactCallResult struct {
	Outcome pipeline.CallOutcome `json:"outcome"`
	// Status is [pipeline.AnswerNoSpeech] where nobody spoke: that is the answer.
	Status pipeline.AnswerStatus `json:"status,omitempty"`
	// Turns and Spans count what was stored, and what was replaced in it.
	Turns int              `json:"turns"`
	Spans map[string]int64 `json:"spans,omitempty"`
	// Clearance is that of the stored turns.
	pipeline.Clearance
}

// open is whether the call waits for its answer.
func (r RedactCallResult) open() bool { return r.Outcome == pipeline.CallStored && r.Status == "" }

// RedactCall reads the event of a call, replaces what names or identifies a person
// in its turns, and stores them. The words of the caller are in this process's
// memory alone. Without a passed evaluation of the anonymizer on calls nothing is
// stored: that is a problem of kind Refused.
//
// What an attempt before this one has stored is not redacted again.
func (c *Calls) RedactCall(ctx context.Context, in RedactCallInput) (RedactCallResult, error) {
	if before, ok, err := c.before(ctx, in); ok || err != nil {
		return before, err
	}
	origin, e, err := c.event(ctx, in)
	if err != nil {
		return RedactCallResult{}, err
	}
	_, result, err := c.redact(ctx, in, origin, e, false)
	return result, err
}

// before returns what is stored under the call's id; false if nothing is, or if that
// cannot be told without reading the event.
func (c *Calls) before(ctx context.Context, in RedactCallInput) (RedactCallResult, bool, error) {
	if in.Record == nil {
		return RedactCallResult{}, false, nil
	}
	stored, err := c.Results.Call(ctx, in.CallID)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return RedactCallResult{}, false, nil
	}
	switch {
	case err != nil:
		return RedactCallResult{}, false, err
	case stored.Origin.SHA256 != in.Record.SHA256:
		return RedactCallResult{Outcome: pipeline.CallTaken}, true, nil
	case stored.Status != results.Redacted:
		return RedactCallResult{Outcome: pipeline.CallAnswered}, true, nil
	}
	clearance, err := c.clearance(ctx)
	return RedactCallResult{Outcome: pipeline.CallStored, Turns: len(stored.Turns), Spans: stored.Spans, Clearance: clearance}, true, err
}

// redact stores the turns of an event without what names a person, and returns them as
// they are stored.
func (c *Calls) redact(ctx context.Context, in RedactCallInput, origin results.Origin, e call.Event, audio bool) ([]results.Turn, RedactCallResult, error) {
	clearance, err := c.clearance(ctx)
	if err != nil {
		return nil, RedactCallResult{}, err
	}
	turns := make([]anonymize.Turn, len(e.Turns))
	for i, t := range e.Turns {
		turns[i] = anonymize.Turn{Side: t.Side, Text: text.Clean(t.Text)}
	}
	redacted, err := c.anonymize(ctx, turns)
	if err != nil {
		return nil, RedactCallResult{}, err
	}
	stored := results.Call{
		ID: e.ID, Task: in.Task, Channel: e.Channel, Language: e.Language, ReceivedAt: e.ReceivedAt,
		Origin: origin, Audio: audio, Spans: map[string]int64{}, Anonymizer: clearance.Anonymizer,
	}
	for i, r := range redacted {
		stored.Turns = append(stored.Turns, results.Turn{Side: e.Turns[i].Side, Text: r.Text, Start: e.Turns[i].Start, End: e.Turns[i].End})
		for _, s := range r.Spans {
			stored.Spans[s.Kind]++
		}
	}
	result := RedactCallResult{Turns: len(stored.Turns), Spans: stored.Spans, Clearance: clearance}
	if audio && len(stored.Turns) == 0 {
		stored.Status, result.Status = results.NoSpeech, results.NoSpeech
	}
	outcome, err := c.Results.SaveRedacted(ctx, stored)
	if err == nil && outcome == results.Same { // by an anonymizer that may have been another
		stored, err = c.Results.Call(ctx, e.ID)
	}
	result.Outcome = outcomes[outcome]
	return stored.Turns, result, err
}

// anonymize redacts one call. As many are redacted at a time as the machine is good
// for, and the others in their order: side by side all of them would be late.
func (c *Calls) anonymize(ctx context.Context, turns []anonymize.Turn) ([]anonymize.Result, error) {
	c.start.Do(func() { c.redacting = make(chan struct{}, runtime.NumCPU()+2) })
	select {
	case c.redacting <- struct{}{}:
		defer func() { <-c.redacting }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	redacted, err := c.Anonymizer.Calls(ctx, [][]anonymize.Turn{turns})
	if err != nil {
		return nil, err
	}
	return redacted[0], nil
}

// outcomes are those of the database as a workflow knows them: one that waits for its
// answer is like one that is new.
var outcomes = map[results.Outcome]pipeline.CallOutcome{
	results.Stored: pipeline.CallStored, results.Same: pipeline.CallStored,
	results.Answered: pipeline.CallAnswered, results.Other: pipeline.CallTaken,
}

// event reads the event, and checks that it is the one that was announced.
func (c *Calls) event(ctx context.Context, in RedactCallInput) (results.Origin, call.Event, error) {
	if in.Record != nil {
		return c.recorded(ctx, in)
	}
	src, e, err := readCall(ctx, in.Event)
	if err != nil {
		return results.Origin{}, call.Event{}, err
	}
	if e.ID != in.CallID {
		return results.Origin{}, call.Event{}, problem.Input("%s is the event of another call than %s; start the run of that one", src.name, in.CallID)
	}
	return results.Origin{Source: "file", SHA256: src.sum()}, e, nil
}

// recorded reads the event from Kafka once more: it has never been anywhere else.
func (c *Calls) recorded(ctx context.Context, in RedactCallInput) (results.Origin, call.Event, error) {
	if c.Kafka == nil {
		return results.Origin{}, call.Event{}, noKafka()
	}
	r := in.Record
	value, err := c.Kafka.Record(ctx, r.Topic, r.Partition, r.Offset, r.SHA256)
	if err != nil {
		return results.Origin{}, call.Event{}, err
	}
	e, err := call.Parse(value)
	if err != nil {
		return results.Origin{}, call.Event{}, err
	}
	if e.ID != in.CallID {
		return results.Origin{}, call.Event{}, problem.Input("the record is the event of another call than %s", in.CallID)
	}
	return results.Origin{Source: "kafka", Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, SHA256: r.SHA256, Produced: r.Arrived}, e, nil
}
