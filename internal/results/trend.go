package results

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// Dimension is what counts are told apart by.
type Dimension string

// The dimensions that counts by hour have.
const (
	ByTask    Dimension = "task"
	ByCompany Dimension = "company"
	ByStatus  Dimension = "status"
)

// Step is how much time one count covers. Days are those of UTC.
type Step time.Duration

// The steps of a trend.
const (
	Hourly = Step(time.Hour)
	Daily  = Step(24 * time.Hour)
)

// TrendQuery says which answered calls are counted, and how. Fields that are empty
// do not count.
type TrendQuery struct {
	Tasks, Companies []string
	Statuses         []Status
	// Kind is that of the calls; empty is any.
	Kind Kind
	// From and Until are a range of hours, by when calls were stored: the hour in
	// which From lies is part of it as a whole, that in which Until lies as well,
	// unless it begins with it. Zero is open.
	From, Until time.Time
	// Step is that of the points; 0 is [Hourly].
	Step Step
	// By has a point for each value of a dimension; empty is one for all.
	By Dimension
}

// Point counts the answered calls of one step.
type Point struct {
	// Start is when the step begins.
	Start time.Time `json:"start"`
	// Value is the dimension's; empty if there is no dimension, and as the company
	// of calls without an answer.
	Value string `json:"value,omitempty"`
	Count
}

// Count sums up answered calls.
type Count struct {
	Calls int64 `json:"calls"`
	// Confidence is the mean; 0 if there are no calls.
	Confidence float64 `json:"confidence"`
	Latency    Latency `json:"latency"`
}

// Trend returns counts by hour or day, the oldest first, those of one step by the
// dimension's value. Steps without calls have no point.
func (s *Store) Trend(ctx context.Context, q TrendQuery) ([]Point, error) {
	query, args, err := q.query()
	if err != nil {
		return nil, err
	}
	points, err := list(ctx, s, scanPoint, query, args...)
	if err != nil {
		return nil, fmt.Errorf("counting calls: %w", err)
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Value, b.Value)) })
	return points, nil
}

func (q *TrendQuery) query() (string, []any, error) {
	var step int64
	switch q.Step {
	case 0, Hourly:
		step = hour
	case Daily:
		step = 24 * hour
	default:
		return "", nil, problem.Input("calls are counted by hour or by day")
	}
	value := "''"
	switch q.By {
	case "":
	case ByTask, ByCompany, ByStatus:
		value = string(q.By)
	default:
		return "", nil, problem.Input("calls are counted by task, company or status")
	}
	from, args := q.source(step)
	return fmt.Sprintf("SELECT hour - hour %% %d AS start, %s AS value, %s FROM %s GROUP BY 1, 2 HAVING SUM(calls) > 0", step, value, summed, from), args, nil
}

// source returns the counts of a query: those of whole days by day, if hours are not
// told apart, and those of the hours before and after them.
func (q *TrendQuery) source(step int64) (string, []any) {
	hours := q.conditions()
	if step < day {
		return "call_hours" + hours.where(), hours.args
	}
	first, end := q.From.UTC(), q.Until.UTC().Truncate(24*time.Hour)
	if !q.From.IsZero() {
		first = first.Truncate(time.Hour).Add(24*time.Hour - time.Microsecond).Truncate(24 * time.Hour)
	}
	if !q.Until.IsZero() && !first.Before(end) {
		return "call_hours" + hours.where(), hours.args
	}
	days, before, after := *q, *q, *q
	days.From, days.Until, before.Until, after.From = first, end, first, end
	c := days.conditions()
	from, args := "SELECT * FROM call_days"+c.where(), c.args
	if !q.From.IsZero() {
		c := before.conditions()
		from, args = from+" UNION ALL SELECT * FROM call_hours"+c.where(), append(args, c.args...)
	}
	if !q.Until.IsZero() {
		c := after.conditions()
		from, args = from+" UNION ALL SELECT * FROM call_hours"+c.where(), append(args, c.args...)
	}
	return "(" + from + ") AS counts", args
}

func (q *TrendQuery) conditions() *conditions {
	var c conditions
	anyOf(&c, "task", q.Tasks)
	anyOf(&c, "company", q.Companies)
	anyOf(&c, "status", q.Statuses)
	if q.Kind != "" {
		c.add("conversation = ?", q.Kind == Conversations)
	}
	if !q.From.IsZero() {
		c.add("hour >= ?", micros(q.From.UTC().Truncate(time.Hour)))
	}
	if !q.Until.IsZero() {
		c.add("hour < ?", micros(q.Until))
	}
	return &c
}

// summed adds up the columns of the counts, as whole numbers on either database. What is
// a number of calls fits into 32 bits in one row, which PostgreSQL adds up much faster.
var summed = func() string {
	columns := make([]string, len(sums))
	for i, column := range sums {
		columns[i] = "COALESCE(SUM(CAST(" + column + " AS INTEGER)), 0)"
		if column == "confidence" || column == "latency" {
			columns[i] = "CAST(COALESCE(SUM(" + column + "), 0) AS BIGINT)"
		}
	}
	return strings.Join(columns, ", ")
}()

func scanPoint(rows *sql.Rows) (p Point, err error) {
	var start int64
	p.Count, err = scanCount(rows, &start, &p.Value)
	p.Start = fromMicros(start)
	return p, err
}

// scanCount reads what stands before the sums, and the sums.
func scanCount(row interface{ Scan(...any) error }, before ...any) (c Count, err error) {
	var confidence, latency int64
	columns := slices.Concat(before, []any{&c.Calls, &confidence, &c.Latency.Calls, &latency})
	for i := range c.Latency.Buckets {
		columns = append(columns, &c.Latency.Buckets[i])
	}
	if err := row.Scan(columns...); err != nil {
		return c, err
	}
	if c.Calls > 0 {
		c.Confidence = float64(confidence) / millionths / float64(c.Calls)
	}
	if c.Latency.Calls > 0 {
		c.Latency.Mean = time.Duration(latency/c.Latency.Calls) * time.Microsecond
	}
	return c, nil
}

// Totals counts calls.
type Totals struct {
	// Answered are the answered calls, by status.
	Answered map[Status]int64 `json:"answered"`
	// Waiting are those that are stored and wait for their answer.
	Waiting int64 `json:"waiting"`
	// Rejected are those that were given up.
	Rejected int64 `json:"rejected"`
	// Unpublished are the answers that are still to be published, of all tasks and
	// times.
	Unpublished int64 `json:"unpublished"`
}

// Totals counts the calls of some tasks, or of all if none is named, that were
// stored in a range of hours, see [TrendQuery].
func (s *Store) Totals(ctx context.Context, tasks []string, from, until time.Time) (Totals, error) {
	totals := Totals{Answered: map[Status]int64{}}
	q := TrendQuery{Tasks: tasks, From: from, Until: until}
	source, args := q.source(day)
	counts, err := list(ctx, s, scanPoint, "SELECT 0 AS start, status AS value, "+summed+" FROM "+source+" GROUP BY 1, 2 HAVING SUM(calls) > 0", args...)
	if err != nil {
		return totals, fmt.Errorf("counting calls: %w", err)
	}
	for _, p := range counts {
		totals.Answered[Status(p.Value)] = p.Calls
	}
	if totals.Waiting, err = s.unanswered(ctx, q, Redacted); err != nil {
		return totals, fmt.Errorf("counting calls that wait: %w", err)
	}
	if totals.Rejected, err = s.unanswered(ctx, q, Rejected); err != nil {
		return totals, fmt.Errorf("counting calls that were given up: %w", err)
	}
	totals.Unpublished, err = s.Backlog(ctx)
	return totals, err
}

// unanswered counts calls that are in no hour's counts.
func (s *Store) unanswered(ctx context.Context, q TrendQuery, status Status) (int64, error) {
	var c conditions
	anyOf(&c, "status", []Status{status})
	anyOf(&c, "task", q.Tasks)
	if !q.From.IsZero() {
		c.add("at >= ?", micros(q.From.UTC().Truncate(time.Hour)))
	}
	if !q.Until.IsZero() {
		c.add("at < ?", micros(q.Until.UTC().Add(time.Hour-time.Microsecond).Truncate(time.Hour)))
	}
	counts, err := list(ctx, s, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, "SELECT COUNT(*) FROM calls"+c.where(), c.args...)
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}
