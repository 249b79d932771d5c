package results

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"switchboard/internal/database"
)

// maxExpire is how many calls Expire removes before it stops.
const maxExpire = 1_000_000

// AlsoExpired is [Also] for so many calls that are removed together.
type AlsoExpired func(ctx context.Context, t database.Tx, calls int64) error

// Expire removes the calls of whole days, of UTC, that lie before a moment, the oldest
// first, and what people said about them. Each day goes wholly or, on SQLite, in
// pieces, of which what is done stays done. It stops after a day with which it has
// removed a million calls or more, and says so. A dry run removes nothing and counts
// the calls of all days.
func (s *Store) Expire(ctx context.Context, before time.Time, dryRun bool, also ...AlsoExpired) (Erased, error) {
	end := micros(before.UTC().Truncate(24 * time.Hour))
	erased, err := s.expire(ctx, end, dryRun, also)
	if err != nil {
		return erased, fmt.Errorf("removing old calls: %w", err)
	}
	return erased, nil
}

func (s *Store) expire(ctx context.Context, end int64, dryRun bool, also []AlsoExpired) (Erased, error) {
	if dryRun {
		return s.expired(ctx, end)
	}
	var total Erased
	ranges := []Range{}
	for {
		day, found, err := s.oldestDay(ctx, end)
		if err != nil || !found {
			total.Ranges = joinRanges(ranges)
			return total, err
		}
		if total.Calls >= maxExpire {
			total.Ranges, total.More = joinRanges(ranges), true
			return total, nil
		}
		removed, err := s.expireDay(ctx, day, also)
		if err != nil {
			total.Ranges = joinRanges(ranges)
			return total, err
		}
		total.add(&removed)
		ranges = append(ranges, removed.Ranges...)
	}
}

func (e *Erased) add(o *Erased) {
	e.Calls += o.Calls
	e.Transcripts += o.Transcripts
	e.Words += o.Words
	e.Judgements += o.Judgements
	e.Outbox += o.Outbox
	e.Withdrawn += o.Withdrawn
	e.Partitions = append(e.Partitions, o.Partitions...)
	e.CallIDs = append(e.CallIDs, o.CallIDs...)
}

func joinRanges(ranges []Range) []Range {
	joined := []Range{}
	for _, r := range sortRanges(ranges) {
		if n := len(joined); n > 0 && joined[n-1].Topic == r.Topic && joined[n-1].Partition == r.Partition {
			last := &joined[n-1]
			last.First, last.Last, last.Calls = min(last.First, r.First), max(last.Last, r.Last), last.Calls+r.Calls
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

const day = 24 * hour

// oldestDay returns the day of the oldest call, or on PostgreSQL of the oldest
// partition, if all of it lies before a moment.
func (s *Store) oldestDay(ctx context.Context, end int64) (begin int64, found bool, err error) {
	var oldest sql.NullInt64
	if s.base.Postgres() {
		oldest, err = s.oldestPartition(ctx)
	} else {
		err = s.direct().row(ctx, "SELECT MIN(at) FROM calls").Scan(&oldest)
	}
	if err != nil || !oldest.Valid {
		return 0, false, err
	}
	begin = oldest.Int64 - oldest.Int64%day
	return begin, begin+day <= end, nil
}

func (s *Store) expireDay(ctx context.Context, begin int64, also []AlsoExpired) (Erased, error) {
	if s.base.Postgres() {
		return s.dropDay(ctx, begin, also)
	}
	var total Erased
	ranges := []Range{}
	for {
		removed, err := s.expireSome(ctx, begin, begin+day, also)
		total.add(&removed)
		ranges = append(ranges, removed.Ranges...)
		done := removed.Calls < expireAtOnce
		if err == nil && done {
			err = s.scrub(ctx)
		}
		if err != nil || done {
			total.Ranges = joinRanges(ranges)
			return total, err
		}
	}
}

// expireAtOnce is how many calls SQLite removes in one change, for which whoever
// stores calls has to wait.
const expireAtOnce = 2000

// expireSome removes the oldest calls of a range.
func (s *Store) expireSome(ctx context.Context, begin, end int64, also []AlsoExpired) (Erased, error) {
	var erased Erased
	err := s.change(ctx, func(t tx) error {
		erased = Erased{}
		var last sql.NullInt64
		if err := t.row(ctx, "SELECT MAX(at) FROM (SELECT at FROM calls WHERE at >= ? AND at < ? ORDER BY at LIMIT ?) AS some", begin, end, expireAtOnce).Scan(&last); err != nil || !last.Valid {
			return err
		}
		err := t.overwriting(ctx, func() error { return t.expireRange(ctx, begin, last.Int64+1, &erased) })
		if err != nil {
			return err
		}
		return t.keepExpired(ctx, erased.Calls, also)
	})
	return erased, err
}

func (t tx) keepExpired(ctx context.Context, calls int64, all []AlsoExpired) error {
	if calls == 0 {
		return nil
	}
	for _, also := range all {
		if err := also(ctx, t.Tx, calls); err != nil {
			return err
		}
	}
	return nil
}

// expireRange removes the calls of a range, but for what a dropped partition takes
// with it.
func (t tx) expireRange(ctx context.Context, begin, end int64, erased *Erased) error {
	if err := t.describe(ctx, begin, end, erased); err != nil {
		return err
	}
	const those = " WHERE call_id IN (SELECT call_id FROM calls WHERE at >= ? AND at < ?)"
	statements := []struct {
		removed   *int64
		statement string
	}{
		{&erased.Outbox, "DELETE FROM call_outbox" + those},
		{&erased.Judgements, "DELETE FROM judgements WHERE call_at >= ? AND call_at < ?"},
	}
	if !t.s.base.Postgres() {
		statements = append(statements, []struct {
			removed   *int64
			statement string
		}{
			{&erased.Words, "DELETE FROM transcript_words WHERE rowid >= ? AND rowid < ?"},
			{&erased.Transcripts, "DELETE FROM transcripts WHERE at >= ? AND at < ?"},
			{&erased.Calls, "DELETE FROM calls WHERE at >= ? AND at < ?"},
		}...)
	}
	for _, s := range statements {
		n, err := t.exec(ctx, s.statement, begin, end)
		if err != nil {
			return err
		}
		*s.removed = n
		if s.removed != &erased.Outbox {
			continue
		}
		if erased.Withdrawn, err = t.withdrawRange(ctx, begin, end); err != nil {
			return err
		}
	}
	return t.restateRange(ctx, begin, end)
}

// withdrawRange is withdraw for the calls of a range that are about to be removed.
func (t tx) withdrawRange(ctx context.Context, begin, end int64) (int64, error) {
	if !t.s.Withdraws {
		return 0, nil
	}
	nothing := "X''"
	if t.s.base.Postgres() {
		nothing = "''::bytea"
	}
	return t.exec(ctx, "INSERT INTO call_outbox (call_id, value, taken) SELECT call_id, "+nothing+", CAST(? AS BIGINT) FROM calls WHERE at >= ? AND at < ?"+wasPublished,
		micros(t.s.now().Add(Lease)), begin, end, string(Redacted), string(Rejected), FromRun)
}

// expired counts what lies before a moment.
func (s *Store) expired(ctx context.Context, end int64) (Erased, error) {
	var e Erased
	t := s.direct()
	for _, count := range []struct {
		rows  *int64
		query string
	}{
		{&e.Calls, "SELECT COUNT(*) FROM calls WHERE at < ?"},
		{&e.Transcripts, "SELECT COUNT(*) FROM transcripts WHERE at < ?"},
		{&e.Judgements, "SELECT COUNT(*) FROM judgements WHERE call_at < ?"},
		{&e.Outbox, "SELECT COUNT(*) FROM call_outbox WHERE call_id IN (SELECT call_id FROM calls WHERE at < ?)"},
	} {
		if err := t.row(ctx, count.query, end).Scan(count.rows); err != nil {
			return e, err
		}
	}
	e.Words = e.Transcripts
	if s.Withdraws {
		if err := t.row(ctx, "SELECT COUNT(*) FROM calls WHERE at < ?"+wasPublished, end, string(Redacted), string(Rejected), FromRun).Scan(&e.Withdrawn); err != nil {
			return e, err
		}
	}
	var err error
	e.Ranges, err = list(ctx, s, func(rows *sql.Rows) (r Range, err error) {
		return r, rows.Scan(&r.Topic, &r.Partition, &r.First, &r.Last, &r.Calls)
	}, "SELECT topic, topic_partition, MIN(topic_offset), MAX(topic_offset), COUNT(*) FROM calls WHERE at < ? AND topic <> '' GROUP BY 1, 2", end)
	e.Ranges = sortRanges(e.Ranges)
	if err == nil && s.base.Postgres() {
		e.Partitions, err = s.partitionsBefore(ctx, end)
	}
	return e, err
}
