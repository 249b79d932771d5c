package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ahead is how many days after a call's own have their partitions when it is
// stored: making one waits for nobody then.
const ahead = 3

// partitions remembers of which days PostgreSQL has them.
type partitions struct {
	mu   sync.Mutex
	days map[string]bool
}

// ensure makes the partitions of a moment's day and of those after it, unless they
// are there. SQLite has none.
func (p *partitions) ensure(ctx context.Context, s *Store, at time.Time) error {
	if !s.base.Postgres() {
		return nil
	}
	day := at.UTC().Truncate(24 * time.Hour)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.days[day.Format(time.DateOnly)] {
		return nil
	}
	for n := range ahead + 1 {
		if err := s.makePartitions(ctx, day.AddDate(0, 0, n)); err != nil {
			return fmt.Errorf("making the partitions of %s: %w", day.AddDate(0, 0, n).Format(time.DateOnly), err)
		}
	}
	p.days = map[string]bool{day.Format(time.DateOnly): true}
	return nil
}

func (p *partitions) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.days = nil
}

// partitionsLock is the advisory lock of whoever makes partitions.
const partitionsLock = 0x5357_4250 // "SWBP"

// makePartitions attaches new tables rather than creating partitions: whoever reads
// or writes calls need not wait for that.
func (s *Store) makePartitions(ctx context.Context, day time.Time) error {
	return s.change(ctx, func(t tx) error {
		if _, err := t.exec(ctx, "SELECT pg_advisory_xact_lock(?)", partitionsLock); err != nil {
			return err
		}
		for _, table := range []string{"calls", "transcripts"} {
			name := table + day.Format("_20060102")
			var there bool
			if err := t.row(ctx, "SELECT to_regclass(?) IS NOT NULL", name).Scan(&there); err != nil {
				return err
			}
			if there {
				continue
			}
			for _, statement := range []string{
				fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", name, table),
				fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)", table, name, micros(day), micros(day.AddDate(0, 0, 1))),
			} {
				if _, err := t.exec(ctx, statement); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// noPartition tells the error of a row that no partition takes.
func noPartition(err error) bool {
	var failed *pgconn.PgError
	return errors.As(err, &failed) && failed.Code == "23514"
}

// partitionDays returns the days of which there are partitions, as they are named,
// the oldest first.
func (s *Store) partitionDays(ctx context.Context) ([]int64, error) {
	names, err := list(ctx, s, func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) },
		"SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = to_regclass('calls') ORDER BY relname")
	days := []int64{}
	for _, name := range names {
		if day, err := time.Parse("calls_20060102", name); err == nil {
			days = append(days, micros(day))
		}
	}
	return days, err
}

func (s *Store) oldestPartition(ctx context.Context) (sql.NullInt64, error) {
	days, err := s.partitionDays(ctx)
	if err != nil || len(days) == 0 {
		return sql.NullInt64{}, err
	}
	return sql.NullInt64{Int64: days[0], Valid: true}, nil
}

func (s *Store) partitionsBefore(ctx context.Context, end int64) ([]string, error) {
	days, err := s.partitionDays(ctx)
	var names []string
	for _, begin := range days {
		if begin+day <= end {
			names = append(names, partitionsOf(begin)...)
		}
	}
	return names, err
}

func partitionsOf(begin int64) []string {
	suffix := fromMicros(begin).Format("_20060102")
	return []string{"calls" + suffix, "transcripts" + suffix}
}

// dropDay removes a day's partitions, and what belongs to their calls. Whoever reads
// or stores calls waits for it; it waits for them, but not for ever.
func (s *Store) dropDay(ctx context.Context, begin int64, also []AlsoExpired) (Erased, error) {
	var erased Erased
	err := s.change(ctx, func(t tx) error {
		erased = Erased{Partitions: partitionsOf(begin)}
		if _, err := t.exec(ctx, "SET LOCAL lock_timeout = '10s'"); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "SELECT pg_advisory_xact_lock(?)", partitionsLock); err != nil {
			return err
		}
		if err := t.expireRange(ctx, begin, begin+day, &erased); err != nil {
			return err
		}
		erased.Calls = int64(len(erased.CallIDs))
		if err := t.row(ctx, "SELECT COUNT(*) FROM transcripts WHERE at >= ? AND at < ?", begin, begin+day).Scan(&erased.Transcripts); err != nil {
			return err
		}
		erased.Words = erased.Transcripts
		for _, name := range erased.Partitions {
			if _, err := t.exec(ctx, "DROP TABLE IF EXISTS "+name); err != nil {
				return err
			}
		}
		return t.keepExpired(ctx, erased.Calls, also)
	})
	return erased, err
}
