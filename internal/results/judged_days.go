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
	c := daysOf(q)
	days, err := s.judgedDays(ctx, &c)
	if err == nil {
		err = s.addUp(ctx, days)
	}
	if err != nil {
		return nil, err
	}
	var all []review.Part
	for _, d := range days {
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
	var c conditions
	c.add("sums = ''")
	days, err := s.judgedDays(ctx, &c)
	if err != nil {
		return err
	}
	return s.addUp(ctx, days)
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

// judgedDays returns days by their tasks, the oldest first.
func (s *Store) judgedDays(ctx context.Context, c *conditions) ([]judgedDay, error) {
	days, err := list(ctx, s, func(rows *sql.Rows) (d judgedDay, err error) {
		var sums string
		if err := rows.Scan(&d.task, &d.day, &d.changes, &sums); err != nil || sums == "" {
			return d, err
		}
		return d, json.Unmarshal([]byte(sums), &d.sums)
	}, "SELECT task, day, changes, sums FROM judged_days"+c.where()+" ORDER BY task, day", c.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the sums of judgements: %w", err)
	}
	return days, nil
}

// daysAtOnce is of how many days judgements are read together: each question and each
// change costs more than a day's judgements do.
const daysAtOnce = 28

// addUp adds up those of some days, ordered by task and day, that are not.
func (s *Store) addUp(ctx context.Context, days []judgedDay) error {
	for len(days) > 0 {
		n := 0
		for n < min(len(days), daysAtOnce) && days[n].sums == nil && days[n].task == days[0].task {
			n++
		}
		if n > 0 {
			if err := s.addUpRun(ctx, days[:n]); err != nil {
				return err
			}
		}
		days = days[max(n, 1):]
	}
	return nil
}

// addUpRun adds up days of one task between which no day is added up already. The sums
// of each are kept unless somebody has said something about it meanwhile.
func (s *Store) addUpRun(ctx context.Context, days []judgedDay) error {
	first, last := days[0].day, days[len(days)-1].day
	calls, err := s.Judged(ctx, QualityQuery{Task: days[0].task, From: fromMicros(first), Until: fromMicros(last + day)})
	if err != nil {
		return err
	}
	parts := map[int64][]review.Part{}
	for _, p := range review.PartsOf(calls) {
		parts[micros(p.Day)] = append(parts[micros(p.Day)], p)
	}
	err = s.change(ctx, func(t tx) error {
		for i := range days {
			d := &days[i]
			d.sums = append([]review.Part{}, parts[d.day]...)
			sums, err := json.Marshal(d.sums)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, "UPDATE judged_days SET sums = ? WHERE task = ? AND day = ? AND changes = ?", string(sums), d.task, d.day, d.changes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping the sums of judgements from %s on: %w", fromMicros(first).Format(time.DateOnly), err)
	}
	return nil
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
	if t.s.base.Postgres() { // in the order in which others change several days: neither waits for the other
		if _, err := t.exec(ctx, "SELECT 1 FROM judged_days WHERE day >= ? AND day < ? ORDER BY task, day FOR UPDATE", begin, end); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, "UPDATE judged_days SET changes = changes + 1, sums = '' WHERE day >= ? AND day < ?", begin, end); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM judged_days WHERE day >= ? AND day < ?
		AND NOT EXISTS (SELECT 1 FROM judgements j WHERE j.task = judged_days.task AND j.call_at >= judged_days.day AND j.call_at < judged_days.day + ?)`, begin, end, day)
	return err
}
