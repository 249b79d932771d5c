package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/review"
)

// Classified is what is published about a call, as JSON. No text of the call is in
// it.
type Classified struct {
	CallID     string    `json:"call_id"`
	Task       string    `json:"task"`
	Channel    string    `json:"channel,omitempty"`
	Language   string    `json:"language,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// StoredAt is when the redacted call was stored, AnsweredAt when its answer was.
	StoredAt   time.Time `json:"stored_at"`
	AnsweredAt time.Time `json:"answered_at"`
	// The rest is as in [Prediction].
	Status             Status  `json:"status"`
	Company            string  `json:"company"`
	Confidence         float64 `json:"confidence"`
	Threshold          float64 `json:"threshold"`
	Model              string  `json:"model,omitempty"`
	Named              string  `json:"named,omitempty"`
	RunnerUp           string  `json:"runner_up,omitempty"`
	RunnerUpConfidence float64 `json:"runner_up_confidence,omitempty"`
	ErrorCode          string  `json:"error_code,omitempty"`
}

// SavePrediction stores the answer about a call, counts it in its hour, and lays
// it into the outbox: all of it, once. It returns false where the call has an
// answer, which stays, unless that answer is that asking failed: a later one takes
// its place, also in the counts. A call that is not there is a problem of kind
// BadInput.
func (s *Store) SavePrediction(ctx context.Context, p Prediction) (saved bool, err error) {
	if err := p.validate(); err != nil {
		return false, fmt.Errorf("storing an answer: %w", err)
	}
	sample, err := s.draw(ctx, &p)
	if err != nil {
		return false, fmt.Errorf("storing the answer about the call %s: %w", p.CallID, err)
	}
	err = s.change(ctx, func(t tx) error {
		var at int64
		err := t.row(ctx, "SELECT at FROM call_ids WHERE call_id = ?", p.CallID).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return problem.Input("there is no call %q to answer", p.CallID)
		}
		if err == nil {
			saved, err = t.answer(ctx, at, &p, sample)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("storing the answer about the call %s: %w", p.CallID, err)
	}
	return saved, nil
}

// answer stores the answer about the call of a moment, unless there is one, and
// what follows from it.
func (t tx) answer(ctx context.Context, at int64, p *Prediction, sample review.Sample) (bool, error) {
	now := t.s.now()
	c := Classified{
		CallID: p.CallID, StoredAt: fromMicros(at), AnsweredAt: fromMicros(micros(now)),
		Status: p.Status, Company: storable(p.Company), Confidence: p.Confidence, Threshold: p.Threshold, Model: storable(p.Model),
		Named: storable(p.Named), RunnerUp: storable(p.RunnerUp), RunnerUpConfidence: p.RunnerUpConfidence, ErrorCode: storable(p.ErrorCode),
	}
	var received, produced int64
	var source string
	err := t.row(ctx, `UPDATE calls SET status = ?, answered = ?, company = ?, model = ?, confidence = ?, threshold = ?, named = ?, runner_up = ?, runner_up_confidence = ?, error_code = ?,
		sampled = ?, second = ?, held = ?, turn = ?
		WHERE at = ? AND call_id = ? AND status = ? RETURNING task, channel, language, received, produced, source`,
		string(c.Status), micros(now), c.Company, c.Model, c.Confidence, c.Threshold, c.Named, c.RunnerUp, c.RunnerUpConfidence, c.ErrorCode,
		sample.Sampled, sample.Second, sample.Held, sample.Turn, at, c.CallID, string(Redacted)).
		Scan(&c.Task, &c.Channel, &c.Language, &received, &produced, &source)
	if errors.Is(err, sql.ErrNoRows) {
		if again, err := t.reopen(ctx, at, p); err != nil || !again {
			return false, err
		}
		saved, err := t.answer(ctx, at, p, sample)
		if err == nil && saved {
			err = t.reanswer(ctx, at, &c, sample)
		}
		return saved, err
	}
	if err != nil {
		return false, err
	}
	c.ReceivedAt = fromMicros(received)
	if source != FromRun { // nobody has sent it
		if err := t.layOut(ctx, &c); err != nil {
			return false, err
		}
	}
	// The count comes last: calls of the same hour wait for each other from here.
	return true, t.count(ctx, &counted{c, source == FromRun, latency(c.ReceivedAt, fromMicros(produced), c.AnsweredAt)})
}

// layOut lays an answer into the outbox.
func (t tx) layOut(ctx context.Context, c *Classified) error {
	value, err := json.Marshal(c)
	if err == nil {
		_, err = t.exec(ctx, "INSERT INTO call_outbox (call_id, value, taken) VALUES (?, ?, 0)", c.CallID, value)
	}
	return err
}

// shards is among how many rows the count of one company in one hour is spread.
const shards = 2

const hour = int64(time.Hour / time.Microsecond)

// counted is an answered call as the counts know it.
type counted struct {
	Classified
	// conversation tells that it is one of a dataset, and took is its latency.
	conversation bool
	took         time.Duration
}

// count adds an answered call to its hour and its day.
func (t tx) count(ctx context.Context, c *counted) error {
	for _, table := range countTables {
		if _, err := t.exec(ctx, table.count, c.counts(1, table.step)...); err != nil {
			return err
		}
	}
	return nil
}

// uncount takes an answered call out of its hour and its day.
func (t tx) uncount(ctx context.Context, c *counted) error {
	for _, table := range countTables {
		args := c.counts(-1, table.step)
		if _, err := t.exec(ctx, table.count, args...); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM "+table.name+" WHERE hour = ? AND task = ? AND company = ? AND status = ? AND conversation = ? AND shard = ? AND calls <= 0", args[:6]...); err != nil {
			return err
		}
	}
	return nil
}

// counts are the columns of a count for so many calls like one.
func (c *counted) counts(calls, step int64) []any {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.CallID)) // it never fails
	at := micros(c.StoredAt)
	args := []any{at - at%step, c.Task, c.Company, string(c.Status), c.conversation, int64(h.Sum32() % shards), calls, calls * int64(math.Round(c.Confidence*millionths))}
	var timed int64
	buckets := make([]int64, len(latencyBounds)+1)
	if c.took >= 0 {
		timed = calls
		buckets[bucketOf(c.took)] = calls
	}
	args = append(args, timed, calls*max(c.took, 0).Microseconds())
	for _, n := range buckets {
		args = append(args, n)
	}
	return append(args, int64(math.Floor(c.Confidence*millionths)), int64(math.Ceil(c.Confidence*millionths)))
}

// millionths is the unit of summed confidences.
const millionths = 1e6

// sums are the columns of call_hours that are added up.
var sums = func() []string {
	columns := []string{"calls", "confidence", "timed", "latency"}
	for i := range len(latencyBounds) + 1 {
		columns = append(columns, fmt.Sprintf("latency_%d", i))
	}
	return columns
}()

// countTables are the tables that count calls, in the order in which they are changed.
var countTables = [...]struct {
	name  string
	step  int64
	count string // the statement that adds to it
}{{"call_hours", hour, countIn("call_hours")}, {"call_days", day, countIn("call_days")}}

func countIn(table string) string {
	changes := make([]string, len(sums))
	for i, column := range sums {
		changes[i] = fmt.Sprintf("%s = %s.%s + excluded.%s", column, table, column, column)
	}
	for column, beyond := range map[string]string{"lowest": "<", "highest": ">"} {
		changes = append(changes, fmt.Sprintf("%s = CASE WHEN excluded.%s %s %s.%s THEN excluded.%s ELSE %s.%s END", column, column, beyond, table, column, column, table, column))
	}
	columns := slices.Concat([]string{"hour", "task", "company", "status", "conversation", "shard"}, sums, []string{"lowest", "highest"})
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + placeholders(len(columns)) +
		") ON CONFLICT (hour, task, company, status, conversation, shard) DO UPDATE SET " + strings.Join(changes, ", ")
}
