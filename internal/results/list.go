package results

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
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
	// From and Until are a range of when calls were stored, of which Until is no
	// part; zero is open.
	From, Until time.Time
	// MinConfidence and MaxConfidence are a range of the answer's confidence, with
	// both ends; nil is open. Calls without a confidence have 0.
	MinConfidence, MaxConfidence *float64
	// Words are to be found in the redacted turns: all of them, in any order,
	// however they are capitalized; the start of a word where a star follows it.
	Words string
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
	query, args, err := s.list(f, cursor, limit)
	if err != nil {
		return Page{}, err
	}
	results, err := list(ctx, s, func(rows *sql.Rows) (Result, error) { return scanResult(rows) }, query, args...)
	if err != nil {
		return Page{}, fmt.Errorf("listing calls: %w", err)
	}
	page := Page{Results: results}
	if len(results) > limit {
		page.Results = results[:limit]
		last := page.Results[limit-1]
		page.Next = encodeCursor(micros(last.StoredAt), last.ID)
	}
	return page, nil
}

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

// list returns the query of a page, with one row more than the page has.
func (s *Store) list(f Filter, cursor string, limit int) (string, []any, error) {
	var c conditions
	from, at, id := " FROM calls c", "c.at", "c.call_id"
	if strings.TrimSpace(f.Words) != "" {
		words := parse(f.Words)
		if len(words) == 0 {
			return "", nil, problem.Input("there is no word to look for; give letters or digits")
		}
		from += s.words.join
		at = s.words.at
		c.add(s.words.match, s.words.query(words))
	}
	anyOf(&c, "c.task", f.Tasks)
	anyOf(&c, "c.channel", f.Channels)
	anyOf(&c, "c.language", f.Languages)
	anyOf(&c, "c.status", f.Statuses)
	anyOf(&c, "c.company", f.Companies)
	anyOf(&c, "c.model", f.Models)
	if !f.From.IsZero() {
		c.add(at+" >= ?", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.add(at+" < ?", micros(f.Until))
	}
	if f.MinConfidence != nil {
		c.add("c.confidence >= ?", *f.MinConfidence)
	}
	if f.MaxConfidence != nil {
		c.add("c.confidence <= ?", *f.MaxConfidence)
	}
	if cursor != "" {
		last, lastID, err := decodeCursor(cursor)
		if err != nil {
			return "", nil, err
		}
		// The first term lets PostgreSQL leave out the partitions of later days.
		c.add(at+" <= ?", last)
		c.add("("+at+", "+id+") < (?, ?)", last, lastID)
	}
	query := "SELECT " + resultColumns + from + c.where() + " ORDER BY " + at + " DESC, " + id + " DESC LIMIT ?"
	return query, append(c.args, limit+1), nil
}

func encodeCursor(at int64, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at, 10) + " " + id))
}

func decodeCursor(cursor string) (at int64, id string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	first, id, found := strings.Cut(string(text), " ")
	if err == nil && found {
		at, err = strconv.ParseInt(first, 10, 64)
	}
	if err != nil || !found || storable(id) != id {
		return 0, "", problem.Input("the cursor is none that a page of calls has given; leave it out for the first page")
	}
	return at, id, nil
}
