package results

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/review"
)

// FromRun is the source of conversations that a run over a dataset has stored: people
// look at them as they do at calls.
const FromRun = "run"

// Kind tells calls from conversations of datasets.
type Kind string

// The kinds; the empty one means both.
const (
	Calls         Kind = "calls"
	Conversations Kind = "conversations"
)

// Kind is that of the call.
func (c *Call) Kind() Kind {
	if c.Origin.Source == FromRun {
		return Conversations
	}
	return Calls
}

// source is what holds of the column source of the calls of a kind. It is written as the
// indexes have it.
func (k Kind) source(column string) string {
	if k == Conversations {
		return column + " = '" + FromRun + "'"
	}
	return column + " <> '" + FromRun + "'"
}

// Conversation is a conversation of a dataset with its answer.
type Conversation struct {
	Call   Call
	Answer Prediction
}

// MostConversations is how many conversations are stored at once.
const MostConversations = 200

// SaveConversations stores conversations of a dataset with their answers, all of them
// or none. They are drawn into the sample and counted in their hour as calls are, but
// not published: nobody has sent them. Those whose ids are used stay as they are, and
// are not counted among the stored; of the rest, changed is how many come with another
// text than the conversation of their id has. More than [MostConversations] are an
// error.
func (s *Store) SaveConversations(ctx context.Context, list []Conversation) (stored, changed int, err error) {
	if len(list) > MostConversations {
		return 0, 0, fmt.Errorf("storing conversations: %d are too many at once", len(list))
	}
	samples := make([]review.Sample, len(list))
	for i := range list {
		c := &list[i]
		c.Call.Origin.Source = FromRun
		c.Answer.CallID = c.Call.ID
		if err := c.Call.validate(); err != nil {
			return 0, 0, fmt.Errorf("storing a conversation: %w", err)
		}
		if err := c.Answer.validate(); err != nil {
			return 0, 0, fmt.Errorf("storing a conversation: %w", err)
		}
		if samples[i], err = s.draw(ctx, &c.Answer); err != nil {
			return 0, 0, fmt.Errorf("storing conversations: %w", err)
		}
	}
	err = s.changeToday(ctx, func(t tx, now time.Time) error {
		stored, changed = 0, 0
		for i := range list {
			// No two calls have one moment.
			outcome, err := t.saveConversation(ctx, &list[i], samples[i], now.Add(time.Duration(i)*time.Microsecond))
			if err != nil {
				return err
			}
			switch outcome {
			case Stored:
				stored++
			case Other:
				changed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("storing conversations: %w", err)
	}
	return stored, changed, nil
}

func (t tx) saveConversation(ctx context.Context, c *Conversation, sample review.Sample, now time.Time) (Outcome, error) {
	outcome, err := t.saveRedacted(ctx, &c.Call, now)
	if err != nil || outcome != Stored {
		return outcome, err
	}
	var at int64
	if err := t.row(ctx, "SELECT at FROM call_ids WHERE call_id = ?", c.Call.ID).Scan(&at); err != nil {
		return outcome, err
	}
	_, err = t.answer(ctx, at, &c.Answer, sample)
	return outcome, err
}
