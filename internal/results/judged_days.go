package results

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchboard/internal/review"
)

// judgedDay is a day of calls of a task of which people judge some.
type judgedDay struct {
	task    string
	day     int64
	changes int64
	// sums are those of the day's judgements; nil where they have changed since they
	// were added up.
	sums []review.Part
}

// restate notes that what people say about a call of a moment has changed: what was
// added up of its day holds no more. It comes last in a change: days are the same for
// many calls.
func (t tx) restate(ctx context.Context, task string, at int64) error {
	_, err := t.exec(ctx, "INSERT INTO judged_days (task, day, changes, sums) VALUES (?, ?, 1, '') ON CONFLICT (task, day) DO UPDATE SET changes = judged_days.changes + 1, sums = ''",
		task, at-at%day)
	return err
}

// parts returns what people say about the calls of the days of a query, added up. Days
// of which that has changed are added up anew, and kept.
func (s *Store) parts(ctx context.Context, q QualityQuery) ([]review.Part, error) {
	days, err := s.judgedDays(ctx, daysOf(q))
	if err != nil {
		return nil, err
	}
	var all []review.Part
	for _, d := range days {
		if d.sums == nil {
			if d.sums, err = s.addUp(ctx, d); err != nil {
				return nil, err
			}
		}
		for _, p := range d.sums {
			if len(q.Models) > 0 && !slices.Contains(q.Models, p.Model) || q.Kind != "" && p.Conversation != (q.Kind == Conversations) {
				continue
			}
			p.Day = fromMicros(d.day)
			all = append(all, p)
		}
	}
	return all, nil
}

// AddUp adds up what people have said about the calls of each day of which that is not
// done, such as all days after an update: whoever next asks for the [Store.Quality] does
// not wait for it.
func (s *Store) AddUp(ctx context.Context) error {
	var open conditions
	open.add("sums = ''")
	days, err := s.judgedDays(ctx, open)
	for _, d := range days {
		if err == nil {
			_, err = s.addUp(ctx, d)
		}
	}
	return err
}

// daysOf are the days of a query.
func daysOf(q QualityQuery) (c conditions) {
	if q.Task != "" {
		c.add("task = ?", q.Task)
	}
	if !q.From.IsZero() {
		from := micros(q.From)
		c.add("day >= ?", from-from%day)
	}
	if !q.Until.IsZero() {
		c.add("day < ?", micros(q.Until))
	}
	return c
}

func (s *Store) judgedDays(ctx context.Context, c conditions) ([]judgedDay, error) {
	days, err := list(ctx, s, func(rows *sql.Rows) (d judgedDay, err error) {
		var sums string
		if err := rows.Scan(&d.task, &d.day, &d.changes, &sums); err != nil || sums == "" {
			return d, err
		}
		return d, json.Unmarshal([]byte(sums), &d.sums)
	}, "SELECT task, day, changes, sums FROM judged_days"+c.where()+" ORDER BY day, task", c.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the sums of judgements: %w", err)
	}
	return days, nil
}

// addUp adds up a day, and keeps the sums unless somebody has said something meanwhile.
func (s *Store) addUp(ctx context.Context, d judgedDay) ([]review.Part, error) {
	calls, err := s.Judged(ctx, QualityQuery{Task: d.task, From: fromMicros(d.day), Until: fromMicros(d.day + day)})
	if err != nil {
		return nil, err
	}
	parts := review.PartsOf(calls)
	sums, err := json.Marshal(parts)
	if err == nil {
		err = s.change(ctx, func(t tx) error {
			_, err := t.exec(ctx, "UPDATE judged_days SET sums = ? WHERE task = ? AND day = ? AND changes = ?", string(sums), d.task, d.day, d.changes)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("keeping the sums of judgements of %s: %w", fromMicros(d.day).Format(time.DateOnly), err)
	}
	return parts, nil
}

// judgedOn is a call that people judged, of a task.
type judgedOn struct {
	task string
	at   int64
}

// restateAll is restate for several calls, each day once and in one order for everybody.
func (t tx) restateAll(ctx context.Context, calls []judgedOn) error {
	for i := range calls {
		calls[i].at -= calls[i].at % day
	}
	slices.SortFunc(calls, func(a, b judgedOn) int { return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.at, b.at)) })
	for _, c := range slices.Compact(calls) {
		if err := t.restate(ctx, c.task, c.at); err != nil {
			return err
		}
	}
	return nil
}

// restateRange is restate for the calls of a range that were removed. Days of which
// nobody says anything any more are forgotten.
func (t tx) restateRange(ctx context.Context, begin, end int64) error {
	begin -= begin % day
	if _, err := t.exec(ctx, "UPDATE judged_days SET changes = changes + 1, sums = '' WHERE day >= ? AND day < ?", begin, end); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM judged_days WHERE day >= ? AND day < ?
		AND NOT EXISTS (SELECT 1 FROM judgements j WHERE j.task = judged_days.task AND j.call_at >= judged_days.day AND j.call_at < judged_days.day + ?)`, begin, end, day)
	return err
}
