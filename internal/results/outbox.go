package results

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Message is what is to be published about a call.
type Message struct {
	ID int64
	// Key is the call's id.
	Key string
	// Value is a [Classified], in the same bytes whenever it is published. It is nil
	// where there is no answer any more, because the call was removed.
	Value []byte
}

// Lease is how long a relay has messages for itself.
const Lease = time.Minute

// Unpublished takes up to limit messages to publish, the oldest first. For a
// [Lease] no other relay gets them; after that, somebody does, unless they are
// [Store.Published]. So each is published at least once, and twice where a relay
// was slow or died.
func (s *Store) Unpublished(ctx context.Context, limit int) ([]Message, error) {
	now := s.now()
	var some bool
	t := s.direct()
	if err := t.row(ctx, "SELECT EXISTS (SELECT 1 FROM call_outbox WHERE taken < ?)", micros(now)).Scan(&some); err != nil {
		return nil, fmt.Errorf("looking for unpublished answers: %w", err)
	}
	if !some {
		return nil, nil // without a write, which most looks would be
	}
	skip := ""
	if s.base.Postgres() {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var messages []Message
	err := s.change(ctx, func(t tx) error {
		rows, err := t.Rows(ctx, "UPDATE call_outbox SET taken = ? WHERE id IN (SELECT id FROM call_outbox WHERE taken < ? ORDER BY id LIMIT ?"+skip+") RETURNING id, call_id, value",
			micros(now.Add(Lease)), micros(now), limit)
		if err != nil {
			return err
		}
		messages, err = scanMessages(rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("taking unpublished answers: %w", err)
	}
	slices.SortFunc(messages, func(a, b Message) int { return int(a.ID - b.ID) })
	return messages, nil
}

func scanMessages(rows *sql.Rows) (messages []Message, err error) {
	defer rows.Close()
	for rows.Next() {
		var m Message
		if err := rows.Scan(&m.ID, &m.Key, &m.Value); err != nil {
			return nil, err
		}
		if len(m.Value) == 0 {
			m.Value = nil
		}
		messages = append(messages, m)
	}
	return messages, rows.Err()
}

// Published takes messages out of the outbox for good.
func (s *Store) Published(ctx context.Context, ids []int64) error {
	for some := range slices.Chunk(ids, 500) {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		err := s.change(ctx, func(t tx) error {
			_, err := t.exec(ctx, "DELETE FROM call_outbox WHERE id IN ("+placeholders(len(args))+")", args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("taking published answers out of the outbox: %w", err)
		}
	}
	return nil
}

// Backlog returns how many messages are still to be published.
func (s *Store) Backlog(ctx context.Context) (int64, error) {
	var n int64
	t := s.direct()
	if err := t.row(ctx, "SELECT COUNT(*) FROM call_outbox").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting unpublished answers: %w", err)
	}
	return n, nil
}

func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
