package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchboard/internal/database"
	"switchboard/internal/problem"
)

// Erased tells what was removed, or would be.
//
// What stays, always: that an id was used, with the SHA-256 of its event, so that the
// same call cannot come again; and of expired calls the counts. Neither holds any
// text. SQLite overwrites what is removed. What PostgreSQL has freed stays on the disk
// until its vacuum, its log and everybody's backups until they are overwritten.
type Erased struct {
	// Calls, Transcripts, Words (indexed texts), Judgements and Outbox are rows.
	Calls       int64 `json:"calls"`
	Transcripts int64 `json:"transcripts"`
	Words       int64 `json:"words"`
	Judgements  int64 `json:"judgements"`
	Outbox      int64 `json:"outbox"`
	// Withdrawn is how many answers are taken back where they were published, see
	// [Store.Withdraws].
	Withdrawn int64 `json:"withdrawn"`
	// Counted is how many calls were taken out of the counts.
	Counted int64 `json:"counted"`
	// Partitions are the tables that were dropped as a whole.
	Partitions []string `json:"partitions,omitempty"`
	// CallIDs are those of the removed calls, for the tombstones that follow. An answer
	// that was being published just then may be so for one [Lease] more. A dry run of
	// [Store.Expire] leaves them out.
	CallIDs []string `json:"call_ids,omitempty"`
	// Missing are the ids of which there is no call. One that was removed before is
	// among them.
	Missing []string `json:"missing,omitempty"`
	// Events are the records of [Store.Erase]'s calls, which are where they were.
	Events []Event `json:"events,omitempty"`
	// Ranges sum up the records of all removed calls by topic and partition.
	Ranges []Range `json:"ranges,omitempty"`
	// More tells that [Store.Expire] has stopped at its limit: call it again.
	More bool `json:"more,omitempty"`
}

// Event is the record that a call came by.
type Event struct {
	CallID    string `json:"call_id"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Range is where the records of calls lie: the first and the last of them. There are
// others between.
type Range struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	First     int64  `json:"first"`
	Last      int64  `json:"last"`
	Calls     int64  `json:"calls"`
}

// maxErase is how many calls are erased by id at once.
const maxErase = 1000

// AlsoErased is [Also] for each call that is erased.
type AlsoErased func(ctx context.Context, t database.Tx, callID string) error

// Erase removes calls and what people said about them, and takes them out of the
// counts: all of it, or nothing. A dry run removes nothing and tells the same. More than
// 1,000 ids are a problem of kind BadInput. After another error it is safe to erase the
// same calls again: what was not overwritten then is.
func (s *Store) Erase(ctx context.Context, callIDs []string, dryRun bool, also ...AlsoErased) (Erased, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(callIDs)))
	if len(ids) > maxErase {
		return Erased{}, problem.Input("%d calls are too many to erase at once; give at most %d", len(ids), maxErase)
	}
	var erased Erased
	rehearsed := errors.New("nothing is to be removed")
	err := s.change(ctx, func(t tx) error {
		erased = Erased{}
		err := t.overwriting(ctx, func() error { return t.eraseAll(ctx, ids, &erased) })
		if err == nil && dryRun {
			return rehearsed
		}
		for _, keep := range also {
			for _, id := range erased.CallIDs {
				if err == nil {
					err = keep(ctx, t.Tx, id)
				}
			}
		}
		return err
	})
	if err == nil {
		err = s.scrubAfter(ctx, erased)
	}
	if err != nil && !errors.Is(err, rehearsed) {
		return Erased{}, fmt.Errorf("erasing calls: %w", err)
	}
	erased.Ranges = rangesOf(erased.Events)
	return erased, nil
}

// scrubAfter overwrites what was erased, now or at an attempt that came no further.
func (s *Store) scrubAfter(ctx context.Context, e Erased) error {
	before := false
	for _, id := range e.Missing {
		removed, err := s.Removed(ctx, id)
		if err != nil {
			return err
		}
		before = before || removed
	}
	if e.Calls == 0 && !before {
		return nil
	}
	return s.scrub(ctx)
}

func (t tx) eraseAll(ctx context.Context, ids []string, erased *Erased) error {
	var published []string
	var judged []judgedOn
	for _, id := range ids {
		told, of, err := t.erase(ctx, id, erased)
		if err != nil {
			return err
		}
		if told {
			published = append(published, id)
		}
		judged = append(judged, of...)
	}
	if err := t.restateAll(ctx, judged); err != nil {
		return err
	}
	var err error
	erased.Withdrawn, err = t.withdraw(ctx, published)
	return err
}

// erase removes a call, and tells whether whoever reads answers has been told of one,
// or is to be, and which day's judgements are others now.
func (t tx) erase(ctx context.Context, id string, erased *Erased) (published bool, judged []judgedOn, err error) {
	at, err := t.lock(ctx, id)
	if kind, ok := problem.KindOf(err); ok && kind == problem.BadInput {
		erased.Missing = append(erased.Missing, id)
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	r, err := scanResult(t.row(ctx, "SELECT "+resultColumns+" FROM calls c WHERE c.at = ?", at))
	if err != nil {
		return false, nil, err
	}
	before := erased.Judgements
	erased.CallIDs = append(erased.CallIDs, id)
	if o := r.Origin; o.Topic != "" {
		erased.Events = append(erased.Events, Event{id, o.Topic, o.Partition, o.Offset})
	}
	for _, table := range []struct {
		removed   *int64
		statement string
		arg       any
	}{
		{&erased.Words, t.s.words.forget, at},
		{&erased.Transcripts, "DELETE FROM transcripts WHERE at = ?", at},
		{&erased.Judgements, "DELETE FROM judgements WHERE call_id = ?", id},
		{&erased.Outbox, "DELETE FROM call_outbox WHERE call_id = ?", id},
		{new(int64), "DELETE FROM review_claims WHERE call_id = ?", id},
		{&erased.Calls, "DELETE FROM calls WHERE at = ?", at},
	} {
		if table.statement == "" {
			continue
		}
		n, err := t.exec(ctx, table.statement, table.arg)
		if err != nil {
			return false, nil, err
		}
		*table.removed += n
	}
	if erased.Judgements > before {
		judged = []judgedOn{{r.Task, at}}
	}
	if t.s.base.Postgres() { // the words are a column of the transcripts
		erased.Words = erased.Transcripts
	}
	if r.Prediction == nil || r.Status == Rejected {
		return false, judged, nil // it is in no count
	}
	erased.Counted++
	p := r.Prediction
	c := counted{Classified{CallID: r.ID, Task: r.Task, StoredAt: r.StoredAt, Company: p.Company, Status: p.Status, Confidence: p.Confidence}, r.Kind() == Conversations, r.Latency}
	return r.Kind() == Calls, judged, t.uncount(ctx, &c)
}

func rangesOf(events []Event) []Range {
	type place struct {
		topic     string
		partition int32
	}
	ranges := map[place]*Range{}
	for _, e := range events {
		at := place{e.Topic, e.Partition}
		r := ranges[at]
		if r == nil {
			r = &Range{Topic: e.Topic, Partition: e.Partition, First: e.Offset, Last: e.Offset}
			ranges[at] = r
		}
		r.First, r.Last, r.Calls = min(r.First, e.Offset), max(r.Last, e.Offset), r.Calls+1
	}
	all := []Range{}
	for _, r := range ranges {
		all = append(all, *r)
	}
	return sortRanges(all)
}

func sortRanges(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return ranges
}

// withdraw lays into the outbox that there is no answer any more about calls that were
// removed. A relay that has just taken an answer publishes it within its lease, and this
// comes after it.
func (t tx) withdraw(ctx context.Context, ids []string) (int64, error) {
	if !t.s.Withdraws {
		return 0, nil
	}
	taken := micros(t.s.now().Add(Lease))
	for _, id := range ids {
		if _, err := t.exec(ctx, "INSERT INTO call_outbox (call_id, value, taken) VALUES (?, ?, ?)", id, []byte{}, taken); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// wasPublished holds of calls whose answer has been published, or is to be.
const wasPublished = " AND status NOT IN (?, ?) AND source <> ?"

// describe tells the ids and the records of the calls of a range.
func (t tx) describe(ctx context.Context, begin, end int64, erased *Erased) error {
	rows, err := t.Rows(ctx, "SELECT call_id, topic, topic_partition, topic_offset FROM calls WHERE at >= ? AND at < ?", begin, end)
	if err != nil {
		return err
	}
	defer rows.Close()
	events := []Event{}
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.CallID, &e.Topic, &e.Partition, &e.Offset); err != nil {
			return err
		}
		erased.CallIDs = append(erased.CallIDs, e.CallID)
		if e.Topic != "" {
			events = append(events, e)
		}
	}
	erased.Ranges = rangesOf(events)
	return rows.Err()
}

// Removed tells that a call was stored, and was removed since.
func (s *Store) Removed(ctx context.Context, callID string) (bool, error) {
	var removed bool
	err := s.direct().row(ctx, `SELECT NOT EXISTS (SELECT 1 FROM calls c WHERE c.at = i.at AND c.call_id = i.call_id) FROM call_ids i WHERE i.call_id = ?`, callID).Scan(&removed)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for the call %s: %w", callID, err)
	}
	return removed, nil
}
