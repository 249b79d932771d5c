package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"
)

// Event is one line of a job's log, without the provider's own words.
type Event struct {
	// ID is the provider's, or stands for one that has not the form of an id.
	ID      string
	Created time.Time
	// Level is "info", "warn" or "error"; "" where it is another word.
	Level string
	// Message is a sentence that is known, and in place of any other one that
	// says so.
	Message string
	// Type is "message" or "metrics"; may be empty.
	Type string
	// Data holds a metrics event's numbers, such as "train_loss" by "step";
	// nil for others.
	Data map[string]any
}

type wireEvent struct {
	ID        string   `json:"id"`
	CreatedAt unixTime `json:"created_at"`
	Level     word     `json:"level"`
	Message   word     `json:"message"`
	Type      word     `json:"type"`
	Data      any      `json:"data"`
}

func (w wireEvent) event() Event {
	e := Event{
		ID: w.key(), Created: w.CreatedAt.Time, Level: levels.find(string(w.Level)),
		Message: tell(string(w.Message)), Type: kinds.find(string(w.Type)),
	}
	if data, ok := w.Data.(map[string]any); ok {
		e.Data = figures(data)
	}
	if e.Message == "" {
		e.Message = untold(e)
	}
	return e
}

// key is the event's id, or its hash where the id has not the form of one.
func (w wireEvent) key() string {
	if w.ID == "" || isName(w.ID) {
		return w.ID
	}
	sum := sha256.Sum256([]byte(w.ID))
	return "event-" + hex.EncodeToString(sum[:8])
}

// Events returns a job's events, oldest first: those newer than the event with
// id after, or all if after is "" or no longer known. The protocol lists events
// newest first and pages towards the past, so that only what is new is fetched.
func (c *Client) Events(ctx context.Context, jobID, after string) ([]Event, error) {
	isSeen := func(e wireEvent) bool { return after != "" && e.key() == after }
	wire, err := all(ctx, c, aboutJob("listing the fine-tuning job's events", jobID), jobPath(jobID)+"/events",
		url.Values{"limit": {pageSize}}, func(e wireEvent) string { return e.ID },
		func(p []wireEvent) bool { return slices.ContainsFunc(p, isSeen) })
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(wire, isSeen); i >= 0 {
		wire = wire[:i]
	}
	slices.Reverse(wire)
	events := make([]Event, len(wire))
	for i, w := range wire {
		events[i] = w.event()
	}
	return events, nil
}
