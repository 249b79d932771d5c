package kafka

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/problem"
)

// Which says which dead letters are put back: those with these ids, else those of
// this reason, else all. Those that are discarded are put back only by their ids.
type Which struct {
	IDs    []string `json:"ids,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// Replayed counts what was done with the dead letters that were asked for.
type Replayed struct {
	// Replayed were put back now. Before were put back at an earlier time, or are
	// discarded: those are left alone.
	Replayed int `json:"replayed"`
	Before   int `json:"before"`
	// Gone cannot be put back: they are no longer in Kafka, there is none of that
	// id, or they are larger than any event may be.
	Gone int `json:"gone"`
}

// Replay puts dead letters back onto the topic of calls as they came: the same key,
// bytes and headers. After each it writes a mark behind it into the topic of dead
// letters, by which the next replay knows to leave it alone. What ends between the
// two, or runs beside another replay, may put one back twice: that is one call all the
// same, as with every event that comes twice. An event that still cannot be used
// becomes a new dead letter.
func (c *Client) Replay(ctx context.Context, which Which) (Replayed, error) {
	var done Replayed
	letters, _, err := c.letters(ctx, 0)
	if err != nil {
		return done, err
	}
	found := map[string]bool{}
	for _, letter := range letters {
		if !which.has(letter) {
			continue
		}
		found[letter.ID] = true
		if letter.Replayed || letter.Discarded && len(which.IDs) == 0 {
			done.Before++
			continue
		}
		switch back, err := c.putBack(ctx, letter); {
		case err != nil:
			return done, err
		case back:
			done.Replayed++
		default:
			done.Gone++
		}
	}
	for _, id := range which.IDs {
		if !found[id] {
			done.Gone++
		}
	}
	return done, nil
}

func (w Which) has(letter DeadLetter) bool {
	if len(w.IDs) > 0 {
		return slices.Contains(w.IDs, letter.ID)
	}
	return w.Reason == "" || w.Reason == letter.Reason
}

// putBack tells false for a letter that cannot be put back.
func (c *Client) putBack(ctx context.Context, letter DeadLetter) (bool, error) {
	offset, err := strconv.ParseInt(letter.ID, 10, 64)
	if err != nil {
		return false, nil
	}
	r, err := c.fetch(ctx, c.options.DeadLetterTopic(), deadLetterPartition, offset)
	if errors.Is(err, errGone) {
		return false, nil
	}
	if err != nil {
		return false, faultOf(ctx, "reading a dead letter", err)
	}
	if len(r.Value) == 0 && letter.Size > 0 {
		return false, nil
	}
	back := toRecord(r)
	err = c.Produce(ctx, c.options.Topic, back.Key, back.Value, withoutOurs(back.Headers))
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, c.mark(ctx, headerReplayed, letter.ID)
}

// mark says of a dead letter what became of it.
func (c *Client) mark(ctx context.Context, what, id string) error {
	return c.produce(ctx, c.large, &kgo.Record{
		Topic: c.options.DeadLetterTopic(), Partition: deadLetterPartition, Headers: []kgo.RecordHeader{{Key: what, Value: []byte(id)}},
	})
}

// Discarded counts what was done with the dead letters that were asked for.
type Discarded struct {
	// Discarded are so now. Before were discarded or put back at an earlier time,
	// and are left alone.
	Discarded int `json:"discarded"`
	Before    int `json:"before"`
	// Gone are no longer in Kafka, or there is none of that id.
	Gone int `json:"gone"`
}

// Discard marks the dead letters with these ids as dealt with. They stay where they
// are.
func (c *Client) Discard(ctx context.Context, ids []string) (Discarded, error) {
	var done Discarded
	letters, _, err := c.letters(ctx, 0)
	if err != nil {
		return done, err
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		at := slices.IndexFunc(letters, func(l DeadLetter) bool { return l.ID == id })
		switch {
		case at < 0:
			done.Gone++
		case letters[at].Replayed || letters[at].Discarded:
			done.Before++
		default:
			if err := c.mark(ctx, headerDiscarded, id); err != nil {
				return done, err
			}
			done.Discarded++
		}
	}
	return done, nil
}
