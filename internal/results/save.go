package results

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/review"
)

// Outcome is what became of an event that was to be stored.
type Outcome string

const (
	// Stored: the call is new. It waits for its answer, unless it is [NoSpeech],
	// which is its answer.
	Stored Outcome = "stored"
	// Same: the very same event, by its SHA-256, was stored before and waits for
	// its answer: an attempt is repeated, or the event came twice. So does a call
	// whose answer is that asking failed.
	Same Outcome = "same"
	// Answered: the very same event was stored and answered before. There is
	// nothing left to do.
	Answered Outcome = "answered"
	// Other: another event has used the call's id, for good. There is nothing to
	// do with this one.
	Other Outcome = "other"
)

// SaveRedacted stores a call whose turns are redacted, unless its id is used. The
// first event with an id wins for good; of the same event at another offset the
// first one's origin stays. A call of status [NoSpeech] is answered, counted and
// laid into the outbox with it; any other waits for [Store.SavePrediction]. One that
// was [Rejected] is new where the same event comes again.
func (s *Store) SaveRedacted(ctx context.Context, c Call) (Outcome, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("storing a call: %w", err)
	}
	var outcome Outcome
	err := s.changeToday(ctx, func(t tx, at time.Time) (err error) {
		outcome, err = t.saveRedacted(ctx, &c, at)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("storing the call %s: %w", c.ID, err)
	}
	return outcome, nil
}

// changeToday runs f in a transaction, with a moment for whose day there are
// partitions.
func (s *Store) changeToday(ctx context.Context, f func(t tx, at time.Time) error) error {
	at := s.now()
	save := func(t tx) error { return f(t, at) }
	err := s.partitions.ensure(ctx, s, at)
	if err == nil {
		err = s.change(ctx, save)
	}
	if noPartition(err) { // somebody has dropped it
		s.partitions.forget()
		if err = s.partitions.ensure(ctx, s, at); err == nil {
			err = s.change(ctx, save)
		}
	}
	return err
}

func (t tx) saveRedacted(ctx context.Context, c *Call, now time.Time) (Outcome, error) {
	sum, err := hex.DecodeString(c.Origin.SHA256)
	if err != nil {
		return "", err
	}
	at := micros(now)
	first, err := t.exec(ctx, "INSERT INTO call_ids (call_id, sha256, at) VALUES (?, ?, ?) ON CONFLICT (call_id) DO NOTHING", c.ID, sum, at)
	switch {
	case err != nil:
		return "", err
	case first == 0:
		outcome, err := t.known(ctx, c.ID, sum)
		if err != nil || outcome != givenUp {
			return outcome, err
		}
		if err := t.moveTo(ctx, c.ID, at); err != nil {
			return "", err
		}
	}
	if at, err = t.insert(ctx, c, at); err != nil {
		return "", err
	}
	if c.Status == NoSpeech {
		_, err = t.answer(ctx, at, &Prediction{CallID: c.ID, Status: NoSpeech}, review.Sample{})
	}
	return Stored, err
}

// known tells what a call's id was used for.
func (t tx) known(ctx context.Context, id string, sum []byte) (Outcome, error) {
	var first []byte
	var at int64
	if err := t.row(ctx, "SELECT sha256, at FROM call_ids WHERE call_id = ?", id).Scan(&first, &at); err != nil {
		return "", err
	}
	if !bytes.Equal(first, sum) {
		return Other, nil
	}
	var status Status
	err := t.row(ctx, "SELECT status FROM calls WHERE at = ? AND call_id = ?", at, id).Scan(&status)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it was kept as long as it was to be
		return Answered, nil
	case err != nil:
		return "", err
	case status == Redacted, status == pipeline.AnswerFailed:
		return Same, nil
	case status == Rejected:
		return givenUp, nil
	}
	return Answered, nil
}

// insert stores a call at a moment, or at the first after it that no other call has,
// which it returns.
func (t tx) insert(ctx context.Context, c *Call, at int64) (int64, error) {
	turns, err := json.Marshal(c.Turns)
	if err != nil {
		return 0, err
	}
	spans, err := json.Marshal(c.Spans)
	if err != nil {
		return 0, err
	}
	for taken := true; taken; {
		inserted, err := t.insertAt(ctx, c, at)
		if err != nil {
			return 0, err
		}
		if taken = inserted == 0; taken {
			at++
			if _, err := t.exec(ctx, "UPDATE call_ids SET at = ? WHERE call_id = ?", at, c.ID); err != nil {
				return 0, err
			}
		}
	}
	return at, t.s.words.store(ctx, t, at, c.ID, string(turns), string(spans), wordsOf(c.Turns))
}

func (t tx) insertAt(ctx context.Context, c *Call, at int64) (inserted int64, err error) {
	o := c.Origin
	return t.exec(ctx, `INSERT INTO calls (at, call_id, task, channel, language, received, source, topic, topic_partition, topic_offset, produced, audio, anonymizer,
		status, answered, company, model, confidence, threshold, named, runner_up, runner_up_confidence, error_code)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', 0, 0, '', '', 0, '') ON CONFLICT (at) DO NOTHING`,
		at, c.ID, storable(c.Task), storable(c.Channel), storable(c.Language), micros(c.ReceivedAt), storable(o.Source), storable(o.Topic), o.Partition, o.Offset,
		micros(o.Produced), c.Audio, storable(c.Anonymizer), string(Redacted), micros(time.Time{}))
}

// Call returns a call for whoever is to answer it: redacted, with its turns. One
// whose answer is that asking failed waits for another, so that it is [Redacted]
// here. One that is not there, or was [Rejected], so that it has to be stored anew,
// is a problem of kind BadInput.
func (s *Store) Call(ctx context.Context, id string) (Call, error) {
	r, err := s.Get(ctx, id)
	if err != nil {
		return r.Call, err
	}
	switch r.Status {
	case Rejected:
		return Call{}, problem.Input("the call %q was given up; send its event again", id)
	case pipeline.AnswerFailed:
		r.Status = Redacted
	}
	return r.Call, nil
}

// Get returns a call with its turns and its answer. One that is not there is a
// problem of kind BadInput.
func (s *Store) Get(ctx context.Context, id string) (Result, error) {
	r, err := s.get(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, problem.Input("there is no call %q; `starter calls list` shows those there are", id)
	}
	if err != nil {
		return r, fmt.Errorf("reading the call %s: %w", id, err)
	}
	return r, nil
}

func (s *Store) get(ctx context.Context, id string) (Result, error) {
	t := s.direct()
	var at int64
	var sum []byte
	if err := t.row(ctx, "SELECT at, sha256 FROM call_ids WHERE call_id = ?", id).Scan(&at, &sum); err != nil {
		return Result{}, err
	}
	r, err := scanResult(t.row(ctx, "SELECT "+resultColumns+" FROM calls c WHERE c.at = ? AND c.call_id = ?", at, id))
	if err != nil {
		return r, err
	}
	r.Origin.SHA256 = hex.EncodeToString(sum)
	var turns, spans string
	if err := t.row(ctx, "SELECT turns, spans FROM transcripts WHERE at = ? AND call_id = ?", at, id).Scan(&turns, &spans); err != nil {
		return r, err
	}
	return r, cmp.Or(json.Unmarshal([]byte(turns), &r.Turns), json.Unmarshal([]byte(spans), &r.Spans))
}

const resultColumns = `c.at, c.call_id, c.task, c.channel, c.language, c.received, c.source, c.topic, c.topic_partition, c.topic_offset, c.produced, c.audio, c.anonymizer,
	c.status, c.answered, c.company, c.model, c.confidence, c.threshold, c.named, c.runner_up, c.runner_up_confidence, c.error_code,
	c.sampled, c.second, c.held, c.judged, c.label`

func scanResult(row interface{ Scan(...any) error }) (r Result, err error) {
	var at, received, produced, answered int64
	var p Prediction
	if err := row.Scan(&at, &r.ID, &r.Task, &r.Channel, &r.Language, &received, &r.Origin.Source, &r.Origin.Topic, &r.Origin.Partition, &r.Origin.Offset, &produced, &r.Audio, &r.Anonymizer,
		&r.Status, &answered, &p.Company, &p.Model, &p.Confidence, &p.Threshold, &p.Named, &p.RunnerUp, &p.RunnerUpConfidence, &p.ErrorCode,
		&r.Review.Sampled, &r.Review.Second, &r.Review.Held, &r.Review.Judged, &r.Review.Label); err != nil {
		return r, err
	}
	r.StoredAt, r.ReceivedAt, r.Origin.Produced, r.Latency = fromMicros(at), fromMicros(received), fromMicros(produced), -1
	if r.Status != Redacted {
		p.CallID, p.Status, p.At = r.ID, r.Status, fromMicros(answered)
		r.Prediction, r.Latency = &p, latency(r.ReceivedAt, r.Origin.Produced, p.At)
	}
	if r.Status == Rejected {
		r.Latency = -1
	}
	return r, nil
}
