package results

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/pipeline"
)

// givenUp is the outcome of an event whose call was [Rejected].
const givenUp Outcome = "rejected"

// Reject stores that a call was given up, with the reason, a word, as its error code.
// What is stored of the call stays; one that is not stored gets a row without turns.
// A call that is answered stays as it is, and so does one whose id another event has
// used. Without the SHA-256 of an event the call is meant that waits, if there is one,
// whatever its event.
//
// A call that was given up is in no count and not published. It waits for its answer
// again once [Store.SaveRedacted] gets the same event.
func (s *Store) Reject(ctx context.Context, c Call, reason string) error {
	if c.Origin.SHA256 != "" {
		if err := c.validate(); err != nil {
			return fmt.Errorf("giving up a call: %w", err)
		}
	}
	err := s.changeToday(ctx, func(t tx, now time.Time) error {
		at, err := t.placeOf(ctx, &c, micros(now))
		if err != nil || at == nowhere {
			return err
		}
		_, err = t.exec(ctx, "UPDATE calls SET status = ?, answered = ?, error_code = ? WHERE at = ? AND call_id = ? AND status IN (?, ?)",
			string(Rejected), micros(now), storable(reason), at, c.ID, string(Redacted), string(Rejected))
		return err
	})
	if err != nil {
		return fmt.Errorf("giving up the call %s: %w", c.ID, err)
	}
	return nil
}

// nowhere is the place of a call that is not stored.
const nowhere = int64(-1)

// placeOf returns the moment of a call's row, which it makes where the id was never
// used. Another event's is nowhere.
func (t tx) placeOf(ctx context.Context, c *Call, now int64) (int64, error) {
	if c.Origin.SHA256 != "" {
		sum, err := hex.DecodeString(c.Origin.SHA256)
		if err != nil {
			return nowhere, err
		}
		first, err := t.exec(ctx, "INSERT INTO call_ids (call_id, sha256, at) VALUES (?, ?, ?) ON CONFLICT (call_id) DO NOTHING", c.ID, sum, now)
		switch {
		case err != nil:
			return nowhere, err
		case first > 0:
			return t.insert(ctx, c, now)
		}
		if outcome, err := t.known(ctx, c.ID, sum); err != nil || outcome == Other {
			return nowhere, err
		}
	}
	at := nowhere
	err := t.row(ctx, "SELECT at FROM call_ids WHERE call_id = ?", c.ID).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nowhere, nil
	}
	return at, err
}

// moveTo takes what is stored of a call away, so that it can be stored anew at a
// moment.
func (t tx) moveTo(ctx context.Context, id string, moment int64) error {
	var at int64
	if err := t.row(ctx, "SELECT at FROM call_ids WHERE call_id = ?", id).Scan(&at); err != nil {
		return err
	}
	for _, table := range []string{"calls", "transcripts"} {
		if _, err := t.exec(ctx, "DELETE FROM "+table+" WHERE at = ? AND call_id = ?", at, id); err != nil {
			return err
		}
	}
	if t.s.words.forget != "" {
		if _, err := t.exec(ctx, t.s.words.forget, at); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, "UPDATE call_ids SET at = ? WHERE call_id = ?", moment, id)
	return err
}

// reopen lets a call wait for its answer again that was given up, or whose answer was
// that asking failed. It tells false for any other, and where the new answer is the
// same failure: an attempt is repeated.
func (t tx) reopen(ctx context.Context, at int64, p *Prediction) (bool, error) {
	for _, status := range []Status{pipeline.AnswerFailed, Rejected} {
		c := counted{Classified: Classified{CallID: p.CallID, StoredAt: fromMicros(at), Status: status}}
		var source string
		var received, produced, answered int64
		err := t.row(ctx, `UPDATE calls SET status = ? WHERE at = ? AND call_id = ? AND status = ? AND NOT (status = ? AND model = ? AND error_code = ?)
			RETURNING task, company, confidence, source, received, produced, answered`,
			string(Redacted), at, p.CallID, string(status), string(p.Status), storable(p.Model), storable(p.ErrorCode)).Scan(&c.Task, &c.Company, &c.Confidence, &source, &received, &produced, &answered)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil && status == pipeline.AnswerFailed {
			c.conversation, c.took = source == FromRun, latency(fromMicros(received), fromMicros(produced), fromMicros(answered))
			err = t.uncount(ctx, &c)
		}
		return err == nil, err
	}
	return false, nil
}
