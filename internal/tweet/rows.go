package tweet

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/internal/problem"
)

// Rows reads a table of tweets row by row, every column as it stands. The
// n-th row it gives is the row that every other part of the program calls
// number n, from 0.
type Rows struct {
	name   string
	csv    *csv.Reader
	guard  *guard
	header []string
	record []string
	// nextLine is the line on which the next row starts, unless blank lines
	// come first.
	nextLine int
	rows     int64
	uneven   bool
	bom      bool
	crlf     bool
	cr       bool
	// line is where the latest row starts.
	line int
}

// NewRows starts to read a table. A name that ends in .gz or .zst says that r
// is compressed; otherwise the name serves the errors only. The header is
// read at once, and what is no such table is refused with a
// [problem.BadInput].
func NewRows(r io.Reader, name string) (*Rows, error) {
	g, err := guarded(r, name)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(g, readSize)
	rows := &Rows{name: name, guard: g, nextLine: 1}
	if err := rows.start(in); err != nil {
		return nil, err
	}
	if rows.cr {
		in = bufio.NewReaderSize(&crLines{r: in}, readSize)
	}
	// in is larger than what csv.NewReader would make, so it is used as it
	// is, and InputOffset counts from behind the byte order mark.
	rows.csv = csv.NewReader(in)
	rows.csv.FieldsPerRecord = -1
	rows.csv.ReuseRecord = true
	header, err := rows.read()
	if errors.Is(err, io.EOF) {
		return nil, problem.Input("%s holds blank lines only: %s", name, wanted)
	}
	if err != nil {
		return nil, err
	}
	rows.header = slices.Clone(header)
	return rows, nil
}

// Header returns the names of the columns as they stand, without a byte order
// mark.
func (r *Rows) Header() []string { return r.header }

// Next returns the next row, with as many fields as the header has: a row
// with fewer ends in empty ones, of a row with more the rest is left out. The
// slice is reused by the next call, its strings are not. At the end of the
// file the error is io.EOF; a row that cannot be read is a
// [problem.BadInput].
//
// Line ends inside a field are given as \n, as RFC 4180 readers do.
func (r *Rows) Next() ([]string, error) {
	record, err := r.read()
	if err != nil {
		return nil, err
	}
	if r.rows == math.MaxInt32 {
		return nil, problem.Input("%s, line %d: the table has more than %d rows: cut it into several", r.name, r.nextLine, math.MaxInt32)
	}
	r.rows++
	r.uneven = len(record) != len(r.header)
	if !r.uneven {
		return record, nil
	}
	if r.joined(record) {
		return nil, problem.Input("%s, line %d: from here on lines end with CR alone, as on old Macs, and above they do not: save the file with one kind of line end", r.name, r.line)
	}
	r.record = append(r.record[:0], record[:min(len(record), len(r.header))]...)
	for len(r.record) < len(r.header) {
		r.record = append(r.record, "")
	}
	return r.record, nil
}

// joined tells whether a record is several, which CRs alone separate.
func (r *Rows) joined(record []string) bool {
	if len(record) < 2*len(r.header)-1 {
		return false
	}
	// The last field of a row and the first of the next one are one.
	return strings.IndexByte(record[len(r.header)-1], '\r') >= 0
}

// RepeatsHeader returns a function that tells whether a row that Next gave is
// the header once more, which is no tweet.
func (r *Rows) RepeatsHeader() func(row []string) bool {
	id, text := -1, -1
	for i, name := range r.header {
		switch strings.ToLower(columnOf(name)) {
		case "tweet_id":
			id = i
		case "text":
			text = i
		}
	}
	return func(row []string) bool {
		return id >= 0 && text >= 0 && isHeader(row[id], row[text])
	}
}

// read returns the next record, checked to be UTF-8.
func (r *Rows) read() ([]string, error) {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.problem(err)
	}
	r.guard.rowStart = r.csv.InputOffset()
	for i, field := range record {
		if !utf8.ValidString(field) {
			return nil, r.notUTF8(i, field)
		}
		if r.guard.nul && strings.IndexByte(field, 0) >= 0 {
			return nil, r.nul(i, field)
		}
	}
	r.line, _ = r.csv.FieldPos(0)
	last := len(record) - 1
	line, _ := r.csv.FieldPos(last)
	r.nextLine = line + 1 + strings.Count(record[last], "\n")
	return record, nil
}

func (r *Rows) problem(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return readProblem(r.name, r.nextLine, err)
	}
	if parse.StartLine != parse.Line {
		return problem.Input("%s, line %d, column %d: broken quoting in the row that starts on line %d: every quote (\") that is opened must be closed, and a quote inside a field be doubled", r.name, parse.Line, parse.Column, parse.StartLine)
	}
	return problem.Input("%s, line %d, column %d: broken quoting: a field with a quote (\") in it must be quoted as a whole, its quotes doubled", r.name, parse.Line, parse.Column)
}

// position returns the line and column of a byte of a field.
func (r *Rows) position(i int, field string, at int) (line, column int) {
	line, column = r.csv.FieldPos(i)
	before := field[:at]
	if newline := strings.LastIndexByte(before, '\n'); newline >= 0 {
		line += strings.Count(before, "\n")
		column, before = 1, before[newline+1:]
	}
	return line, column + len(before)
}

func (r *Rows) nul(i int, field string) error {
	line, column := r.position(i, field, strings.IndexByte(field, 0))
	return problem.Input("%s, line %d, column %d: a NUL byte, which no text has: the file is damaged there, or a binary file, or text in UTF-16: %s", r.name, line, column, wanted)
}

func (r *Rows) notUTF8(i int, field string) error {
	var at int
	for at < len(field) {
		char, size := utf8.DecodeRuneInString(field[at:])
		if char == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	line, column := r.position(i, field, at)
	return problem.Input("%s, line %d, column %d: byte 0x%02x is not UTF-8: save the file in UTF-8 (it is probably in Windows-1252 or Latin-1)", r.name, line, column, field[at])
}

// columns says where a row holds what; -1 for a column the table lacks.
type columns struct {
	id, author, inbound, created, text, responses, parent int
}

// Kind tells what a table is for, and so which columns it must have.
type Kind string

const (
	// Training tables name authors: their companies become the labels.
	Training Kind = "training"
	// Production tables have no authors; an author column is ignored.
	Production Kind = "production"
	// Lookup tables are asked for texts by their ids, and need nothing else.
	Lookup Kind = "lookup"
)

// columns finds the columns that kind needs.
func (r *Rows) columns(kind Kind) (columns, error) {
	at := make(map[string]int, len(r.header))
	for i, name := range r.header {
		name = strings.ToLower(columnOf(name))
		if _, ok := at[name]; ok && slices.Contains(known, name) {
			return columns{}, problem.Input("%s, line 1: column %q is there twice: keep one", r.name, name)
		}
		at[name] = i
	}
	index := func(name string) int {
		if i, ok := at[name]; ok {
			return i
		}
		return -1
	}
	c := columns{
		id:        index("tweet_id"),
		author:    index("author_id"),
		inbound:   index("inbound"),
		created:   index("created_at"),
		text:      index("text"),
		responses: index("response_tweet_id"),
		parent:    index("in_response_to_tweet_id"),
	}
	var missing []string
	if c.id < 0 {
		missing = append(missing, "tweet_id")
	}
	if c.text < 0 {
		missing = append(missing, "text")
	}
	if kind == Training && c.author < 0 {
		missing = append(missing, "author_id")
	}
	if c.parent < 0 && (kind == Training || kind == Production && c.responses < 0) {
		missing = append(missing, "in_response_to_tweet_id")
	}
	if missing == nil {
		return c, nil
	}
	return columns{}, problem.Input("%s, line 1: no column %s, which a %s table needs; %s",
		r.name, strings.Join(missing, ", "), kind, r.found())
}

var known = []string{"tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id"}

// found describes the first line without ever quoting it: only names of columns
// that are known are listed, for the line need not be a header.
func (r *Rows) found() string {
	var names []string
	for _, name := range r.header {
		if name = strings.ToLower(columnOf(name)); slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	if names != nil {
		return fmt.Sprintf("of its %d columns these are known: %s", len(r.header), strings.Join(names, ", "))
	}
	for _, separator := range []struct{ char, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		for _, name := range strings.Split(strings.ToLower(r.header[0]), separator.char) {
			if slices.Contains(known, strings.Trim(columnOf(name), `"'`)) {
				return "its columns are separated by " + separator.name + ": separate them by commas"
			}
		}
	}
	return "its first line names none of the columns a table of tweets has: put a header there"
}

// checkRows is how many rows [Check] looks at.
const checkRows = 100

// Check reads the header and the first rows of a table, and tells what would
// make [Load] refuse it that can be seen there: a nil error is no promise for
// the rest of the file. Name and errors are those of [NewRows].
func Check(r io.Reader, name string, kind Kind) error {
	rows, err := NewRows(r, name)
	if err != nil {
		return err
	}
	if _, err := rows.columns(kind); err != nil {
		return err
	}
	for range checkRows {
		_, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	return rows.needRows()
}

// needRows refuses a table that ended without a row.
func (r *Rows) needRows() error {
	if r.rows > 0 {
		return nil
	}
	return problem.Input("%s has a header but no rows: there is nothing to read", r.name)
}
