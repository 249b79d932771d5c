package results

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// Filter says which calls are meant. Of a field with several values any will do;
// fields that are empty do not count, and of the others all have to hold.
type Filter struct {
	Tasks, Channels, Languages []string
	Statuses                   []Status
	Companies, Models          []string
	// Kind is that of the calls; empty is any.
	Kind Kind
	// From and Until are a range of when calls were stored, of which Until is no
	// part; zero is open.
	From, Until time.Time
	// MinConfidence and MaxConfidence are a range of the answer's confidence, with
	// both ends; nil is open. Calls without a confidence have 0.
	MinConfidence, MaxConfidence *float64
	// Below is a confidence that the answer's is less than; nil is open.
	Below *float64
	// Named means calls in which the model named a label, whatever the threshold made
	// of it.
	Named bool
	// Words are to be found in the redacted turns: all of them, in any order,
	// however they are capitalized; the start of a word where a star follows it.
	Words string
	// Reviewed tells the calls that somebody judges from those that nobody does, and
	// Sampled those of the random sample from the others; nil is both.
	Reviewed, Sampled *bool
	// JudgedLabels are what most people say that a call is about, and Right tells the
	// calls of which they say what the model was sure of from those of which they say
	// something else; nil is both, and calls without such a label.
	JudgedLabels []string
	Right        *bool
	// Disputed means calls of which as many people say one thing as another, and Settled
	// those of which most people who judged them say the same.
	Disputed, Settled bool
	// Reviewers are the ids of accounts of which one judges the call. Against means
	// calls of which one of them, or anybody if none is named, says something else
	// than the model was sure of.
	Reviewers []string
	Against   bool
	// People is by how many people at least a call is judged; 0 is any.
	People int
}

// Page is a part of a list.
type Page struct {
	// Results have no turns, no spans, and no SHA-256 of the event; [Store.Get] has
	// them.
	Results []Result `json:"results"`
	// Next is the cursor of the page after this one; empty if it is the last.
	Next string `json:"next,omitempty"`
}

// MaxPage is the largest page.
const MaxPage = 500

// List returns the calls that a filter means, newest first, at most limit, which
// is at most [MaxPage]. The cursor is empty for the first page, or an earlier
// page's Next: calls that come in meanwhile move nothing from one page to another.
// Another cursor, and words of which none can be looked for, are problems of kind
// BadInput.
func (s *Store) List(ctx context.Context, f Filter, cursor string, limit int) (Page, error) {
	limit = min(max(limit, 1), MaxPage)
	if cursor != "" {
		last, err := decodeCursor(cursor)
		if err != nil {
			return Page{}, err
		}
		if f.Until.IsZero() || last.Before(f.Until) {
			f.Until = last
		}
	}
	words := parse(f.Words)
	if len(words) == 0 && strings.TrimSpace(f.Words) != "" {
		return Page{}, problem.Input("there is no word to look for; give letters or digits")
	}
	// One more than the page has tells whether there is another.
	results, err := s.find(ctx, f, words, limit+1)
	if err != nil {
		return Page{}, fmt.Errorf("listing calls: %w", err)
	}
	page := Page{Results: results}
	if len(results) > limit {
		page.Results = results[:limit]
		page.Next = encodeCursor(page.Results[limit-1].StoredAt)
	}
	return page, nil
}

func (s *Store) find(ctx context.Context, f Filter, words []word, limit int) ([]Result, error) {
	f, some, err := s.narrow(ctx, f)
	if err != nil || !some {
		return []Result{}, err
	}
	if len(words) > 0 {
		return s.search(ctx, f, words, limit)
	}
	moments, few, err := s.rare(ctx, f)
	if err != nil || few {
		return s.ofMoments(ctx, f, nil, moments, limit, err)
	}
	query, args := s.query(f, nil, limit)
	return list(ctx, s, scanRow, query, args...)
}

// rare returns the moments of the calls with a value that few have, if a filter names
// one: false if it does not. Only SQLite is asked: it knows of a column how frequent its
// values are on average, and reads all calls of one that is frequent to find those that
// have a rare one too.
func (s *Store) rare(ctx context.Context, f Filter) (moments []int64, few bool, err error) {
	if s.base.Postgres() {
		return nil, false, nil
	}
	statuses := make([]string, len(f.Statuses))
	for i, status := range f.Statuses {
		statuses[i] = string(status)
	}
	for _, column := range []struct {
		name   string
		values []string
	}{{"company", f.Companies}, {"status", statuses}, {"model", f.Models}, {"language", f.Languages}, {"channel", f.Channels}, {"task", f.Tasks}} {
		if len(column.values) == 0 {
			continue
		}
		var c conditions
		anyOf(&c, column.name, column.values)
		within(&c, "at", f)
		moments, err := list(ctx, s, scanNumber, "SELECT at FROM calls INDEXED BY calls_"+column.name+c.where()+" LIMIT ?", append(c.args, s.few+1)...)
		if moments, few, err := s.atMost(moments, err); err != nil || few {
			return moments, few, err
		}
	}
	return nil, false, nil
}

// narrow keeps of a filter's time only the hours in which the counts know of calls that
// it may mean; false if they know of none. Companies, tasks, statuses and confidences
// that never meet would have every call of one of them read, and those that seldom meet
// most. What waits for its answer has no company, and is not counted.
func (s *Store) narrow(ctx context.Context, f Filter) (narrowed Filter, some bool, err error) {
	if len(f.Companies) == 0 || slices.Contains(f.Companies, "") {
		return f, true, nil
	}
	q := TrendQuery{Tasks: f.Tasks, Companies: f.Companies, Statuses: f.Statuses, Kind: f.Kind, From: f.From, Until: f.Until}
	c := q.conditions()
	if f.MinConfidence != nil {
		c.add("highest >= ?", int64(math.Floor(*f.MinConfidence*millionths)))
	}
	if f.MaxConfidence != nil {
		c.add("lowest <= ?", int64(math.Ceil(*f.MaxConfidence*millionths)))
	}
	hours, err := list(ctx, s, func(rows *sql.Rows) (h [2]sql.NullInt64, err error) { return h, rows.Scan(&h[0], &h[1]) },
		"SELECT MIN(hour), MAX(hour) FROM call_hours"+c.where(), c.args...)
	if err != nil || !hours[0][0].Valid {
		return f, false, err
	}
	first, end := fromMicros(hours[0][0].Int64), fromMicros(hours[0][1].Int64+hour)
	if first.After(f.From) {
		f.From = first
	}
	if f.Until.IsZero() || end.Before(f.Until) {
		f.Until = end
	}
	return f, true, nil
}

// fewCalls is how many calls at most have words that few have, and readAtOnce how many
// of these are read at once.
const fewCalls, readAtOnce = 1000, 250

// search looks for words. Where few calls have them, it takes these calls, and of them
// what else is meant: calls that have no such words, or hardly any, would have all days
// looked through in vain. Where more do, it looks day by day, the newest first, and
// stops when it has enough.
func (s *Store) search(ctx context.Context, f Filter, words []word, limit int) ([]Result, error) {
	moments, few, err := s.words.few(ctx, s, f, words)
	if err != nil || few {
		return s.ofMoments(ctx, f, nil, moments, limit, err)
	}
	moments, few, err = s.rare(ctx, f)
	if err != nil || few {
		return s.ofMoments(ctx, f, words, moments, limit, err)
	}
	return s.searchDays(ctx, f, words, limit)
}

// ofMoments returns the newest of the calls of some moments that a filter and words
// mean, unless these were not to be had.
func (s *Store) ofMoments(ctx context.Context, f Filter, words []word, moments []int64, limit int, err error) ([]Result, error) {
	if err != nil {
		return nil, err
	}
	slices.SortFunc(moments, func(a, b int64) int { return cmp.Compare(b, a) })
	results := []Result{}
	for some := range slices.Chunk(moments, readAtOnce) {
		args := make([]any, len(some))
		for i, at := range some {
			args[i] = at
		}
		f.From, f.Until = fromMicros(some[len(some)-1]), fromMicros(some[0]+1)
		query, args := s.where(f, words, limit-len(results), "c.at IN ("+placeholders(len(args))+")", args...)
		found, err := list(ctx, s, scanRow, query, args...)
		if err != nil {
			return nil, err
		}
		if results = append(results, found...); len(results) >= limit {
			break
		}
	}
	return results, nil
}

// searchDays looks for words day by day, the newest first. Asked for many days at once,
// PostgreSQL reads call after call of them where the index of words would be faster:
// it weighs the two for one day alone.
func (s *Store) searchDays(ctx context.Context, f Filter, words []word, limit int) ([]Result, error) {
	var oldest, newest sql.NullInt64
	if err := s.direct().row(ctx, "SELECT (SELECT MIN(at) FROM calls), (SELECT MAX(at) FROM calls)").Scan(&oldest, &newest); err != nil || !oldest.Valid {
		return []Result{}, err
	}
	first, end := fromMicros(oldest.Int64), fromMicros(newest.Int64+1)
	if f.From.After(first) {
		first = f.From
	}
	if !f.Until.IsZero() && f.Until.Before(end) {
		end = f.Until
	}
	results := []Result{}
	for end.After(first) && len(results) < limit {
		f.From, f.Until = end.Add(-1).UTC().Truncate(24*time.Hour), end
		if f.From.Before(first) {
			f.From = first
		}
		query, args := s.query(f, words, limit-len(results))
		some, err := list(ctx, s, scanRow, query, args...)
		if err != nil {
			return nil, err
		}
		results, end = append(results, some...), f.From
	}
	return results, nil
}

func scanRow(rows *sql.Rows) (Result, error) { return scanResult(rows) }

// conditions collects what has to hold, with its arguments.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// anyOf adds that a column has one of several values.
func anyOf[T ~string](c *conditions, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	c.add(column+" IN ("+placeholders(len(values))+")", args...)
}

func (c *conditions) where() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// query returns the query of the newest calls that a filter and words mean.
func (s *Store) query(f Filter, words []word, limit int) (string, []any) {
	return s.where(f, words, limit, "")
}

// where is a query of which something more holds, if it is not empty.
func (s *Store) where(f Filter, words []word, limit int, more string, args ...any) (string, []any) {
	var c conditions
	if more != "" {
		c.add(more, args...)
	}
	from, at := " FROM calls c", "c.at"
	if len(words) > 0 {
		from, at = from+s.words.join, s.words.at
		c.add(s.words.match, s.words.query(words))
	}
	var seldom conditions
	anyOf(&seldom, "c.task", f.Tasks)
	anyOf(&seldom, "c.channel", f.Channels)
	anyOf(&seldom, "c.language", f.Languages)
	anyOf(&seldom, "c.status", f.Statuses)
	anyOf(&seldom, "c.company", f.Companies)
	anyOf(&seldom, "c.model", f.Models)
	switch {
	case len(words) > 0 || more != "":
	case f.judged():
		from += s.words.judged
	case len(seldom.terms) == 0 && f.MinConfidence == nil && f.MaxConfidence == nil && f.Below == nil:
		from += s.words.kinds[f.Kind]
	}
	for _, term := range seldom.terms {
		c.add(fmt.Sprintf(s.words.seldom, term))
	}
	c.args = append(c.args, seldom.args...)
	for _, column := range slices.Compact([]string{"c.at", at}) { // of both tables only the days that are meant
		within(&c, column, f)
	}
	if f.MinConfidence != nil {
		c.add("c.confidence >= ?", *f.MinConfidence)
	}
	if f.MaxConfidence != nil {
		c.add("c.confidence <= ?", *f.MaxConfidence)
	}
	if f.Below != nil {
		c.add("c.confidence < ?", *f.Below)
	}
	if f.Named {
		c.add("c.named <> ''")
	}
	if f.Kind != "" {
		c.add(f.Kind.source("c.source"))
	}
	f.review(&c)
	return "SELECT " + resultColumns + from + c.where() + " ORDER BY " + at + " DESC LIMIT ?", append(c.args, limit)
}

// within adds the time that a filter means.
func within(c *conditions, column string, f Filter) {
	if !f.From.IsZero() {
		c.add(column+" >= ?", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.add(column+" < ?", micros(f.Until))
	}
}

// A cursor is the moment of the last call of a page.
func encodeCursor(at time.Time) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(micros(at), 10)))
}

func decodeCursor(cursor string) (time.Time, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		var at int64
		if at, err = strconv.ParseInt(string(text), 10, 64); err == nil {
			return fromMicros(at), nil
		}
	}
	return time.Time{}, problem.Input("the cursor is none that a page of calls has given; leave it out for the first page")
}
