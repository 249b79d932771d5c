package tweet

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"switchboard/internal/problem"
)

// batchRows is how many rows pass from the parser to the column builder at
// once, and how often progress is told and cancellation looked for.
const batchRows = 512

// Load reads the whole table in r into columns. Name and kind are those of
// [NewRows] and [Check]. It calls progress, if not nil, with the number of
// rows read so far, every few hundred rows, from its own goroutine.
//
// A row's anomalies are counted in the table's report. What is no table of
// tweets, a table without rows, and a training table without any company is
// refused with a [problem.BadInput]. When ctx is cancelled Load returns its
// error once the read it waits for returns.
//
// One goroutine parses while another builds columns, so Load uses two cores.
func Load(ctx context.Context, r io.Reader, name string, kind Kind, progress func(rows int64)) (*Table, error) {
	rows, err := NewRows(r, name)
	if err != nil {
		return nil, err
	}
	at, err := rows.columns(kind)
	if err != nil {
		return nil, err
	}
	if kind != Training {
		at.author = -1
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan *batch, 4)
	free := make(chan *batch, cap(batches)+2)
	var parseErr error
	go func() {
		defer close(batches)
		parseErr = parse(ctx, rows, at, batches, free)
	}()
	b := newBuilder(at)
	for batch := range batches {
		b.add(batch)
		if progress != nil {
			progress(int64(b.rows))
		}
		select {
		case free <- batch:
		default:
		}
	}
	if parseErr != nil {
		return nil, parseErr
	}
	if err := rows.needRows(); err != nil {
		return nil, err
	}
	if kind == Training && len(b.names) == 0 {
		return nil, problem.Input("%s names no company: author_id holds a company's handle where a company writes and a number where a customer does, and here no row has a handle; without companies there is nothing to learn", name)
	}
	table := b.finish()
	if rows.bom {
		table.Report.AddFile(ByteOrderMark)
	}
	if rows.crlf {
		table.Report.AddFile(CRLF)
	}
	return table, nil
}

// batch holds some rows' fields of the columns that matter, row after row.
type batch struct {
	rows   []row
	uneven []int
}

// row is the part of a record that the columns are built from. A column that
// the table lacks is empty.
type row struct {
	id, author, inbound, created, text, responses, parent string
}

// parse reads rows into batches until the end of the file, an error, or ctx
// is cancelled.
func parse(ctx context.Context, rows *Rows, at columns, batches chan<- *batch, free <-chan *batch) error {
	for {
		var b *batch
		select {
		case b = <-free:
			b.rows, b.uneven = b.rows[:0], b.uneven[:0]
		default:
			b = &batch{rows: make([]row, 0, batchRows)}
		}
		err := b.fill(rows, at)
		if err != nil && err != io.EOF {
			return err
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err == io.EOF {
			return ctx.Err()
		}
	}
}

func (b *batch) fill(rows *Rows, at columns) error {
	for len(b.rows) < batchRows {
		record, err := rows.Next()
		if err != nil {
			return err
		}
		if rows.uneven {
			b.uneven = append(b.uneven, len(b.rows))
		}
		field := func(i int) string {
			if i < 0 {
				return ""
			}
			return record[i]
		}
		b.rows = append(b.rows, row{
			id: field(at.id), author: field(at.author), inbound: field(at.inbound), created: field(at.created),
			text: field(at.text), responses: field(at.responses), parent: field(at.parent),
		})
	}
	return nil
}

// builder turns rows into the columns of a table.
type builder struct {
	at        columns
	table     *Table
	rows      int
	names     []string
	byName    map[string]int32
	responded []int64

	ids       *array.Int64Builder
	companies *array.Int32Builder
	created   *array.TimestampBuilder
	texts     *array.StringBuilder
	parents   *array.Int64Builder
	responses *array.ListBuilder
	// indices are the company columns of finished chunks, which become
	// dictionary arrays once all companies are known.
	indices []arrow.Array
}

func newBuilder(at columns) *builder {
	mem := memory.DefaultAllocator
	return &builder{
		at:        at,
		table:     &Table{},
		byName:    make(map[string]int32),
		ids:       array.NewInt64Builder(mem),
		companies: array.NewInt32Builder(mem),
		created:   array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Second}),
		texts:     array.NewStringBuilder(mem),
		parents:   array.NewInt64Builder(mem),
		responses: array.NewListBuilder(mem, arrow.PrimitiveTypes.Int64),
	}
}

// reserve makes room for a chunk, so that no column has to double while it is
// built. Texts and responses get what the last chunk needed and an eighth.
func (b *builder) reserve() {
	b.ids.Reserve(chunkRows)
	b.companies.Reserve(chunkRows)
	b.created.Reserve(chunkRows)
	b.texts.Reserve(chunkRows)
	b.parents.Reserve(chunkRows)
	b.responses.Reserve(chunkRows)
	if n := len(b.table.chunks); n > 0 {
		last := b.table.chunks[n-1]
		b.texts.ReserveData(len(last.texts.ValueBytes()) * 9 / 8)
		b.responses.ValueBuilder().Reserve(last.responses.ListValues().Len() * 9 / 8)
	}
}

func (b *builder) add(batch *batch) {
	uneven := batch.uneven
	for i := range batch.rows {
		if b.rows%chunkRows == 0 {
			b.cut()
			b.reserve()
		}
		id := b.id(batch.rows[i].id)
		if len(uneven) > 0 && uneven[0] == i {
			b.table.Report.Add(UnevenRow, id)
			uneven = uneven[1:]
		}
		b.row(id, &batch.rows[i])
		b.rows++
	}
}

func (b *builder) row(id int64, r *row) {
	b.ids.UnsafeAppend(id)
	b.text(id, r.text)
	b.author(id, r.author)
	b.inbound(id, r.inbound)
	b.time(id, r.created)
	if id < 0 {
		// Nobody can answer this tweet, and by its own answers it would
		// take part in a thread that its id cannot be told in.
		b.parents.AppendNull()
		b.responses.Append(true)
		return
	}
	b.parent(id, r.parent)
	b.answers(id, r.responses)
}

func (b *builder) id(s string) int64 {
	id, form := parseID(s)
	switch form {
	case fractional:
		b.table.Report.Add(FractionalID, id)
	case damaged:
		b.table.Report.Add(DamagedID, id)
	case absent, unreadable:
		id = -int64(b.rows) - 1
		b.table.Report.Add(UnreadableID, id)
	}
	return id
}

func (b *builder) text(id int64, s string) {
	b.texts.Append(s)
	report := &b.table.Report
	switch bareness(s) {
	case blank:
		report.Add(EmptyText, id)
	case linksOnly:
		report.Add(BareText, id)
	}
	if strings.IndexByte(s, '\n') >= 0 {
		report.Add(MultilineText, id)
	}
	if hasEntity(s) {
		report.Add(HTMLEntity, id)
	}
}

func (b *builder) author(id int64, s string) {
	if b.at.author < 0 || isCustomer(s) {
		b.companies.AppendNull()
		return
	}
	s = strings.TrimPrefix(strings.TrimSpace(s), "@")
	company, ok := b.byName[s]
	switch {
	case ok:
	case isCustomer(s):
		b.companies.AppendNull()
		return
	case !isHandle(s):
		b.table.Report.Add(UnreadableAuthor, id)
		b.companies.AppendNull()
		return
	default:
		// A copy, so that the name does not hold on to its whole row.
		s = strings.Clone(s)
		company = int32(len(b.names))
		b.names = append(b.names, s)
		b.byName[s] = company
	}
	b.companies.UnsafeAppend(company)
}

func (b *builder) inbound(id int64, s string) {
	if b.at.inbound < 0 || s == "True" || s == "False" {
		return
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "false", "1", "0", "1.0", "0.0", "t", "f", "yes", "no", "y", "n":
		b.table.Report.Add(UnusualInbound, id)
	default:
		b.table.Report.Add(InvalidInbound, id)
	}
}

func (b *builder) time(id int64, s string) {
	if b.at.created < 0 {
		b.created.AppendNull()
		return
	}
	t, ok := parseTime(s)
	if !ok {
		b.table.Report.Add(InvalidCreatedAt, id)
		b.created.AppendNull()
		return
	}
	b.created.UnsafeAppend(arrow.Timestamp(t.Unix()))
}

func (b *builder) parent(id int64, s string) {
	parent, form := parseID(s)
	switch form {
	case absent:
		b.parents.AppendNull()
		return
	case unreadable:
		b.table.Report.Add(UnreadableParent, id)
		b.parents.AppendNull()
		return
	case fractional:
		b.table.Report.Add(FractionalParent, id)
	case damaged:
		b.table.Report.Add(DamagedParent, id)
	}
	b.parents.UnsafeAppend(parent)
}

func (b *builder) answers(id int64, s string) {
	b.responses.Append(true)
	ids, form := appendIDs(b.responded[:0], s)
	b.responded = ids
	b.responses.ValueBuilder().(*array.Int64Builder).AppendValues(ids, nil)
	switch form {
	case fractional:
		b.table.Report.Add(FractionalResponses, id)
	case damaged:
		b.table.Report.Add(AmbiguousResponses, id)
	case unreadable:
		b.table.Report.Add(UnreadableResponses, id)
	}
}

// cut ends a chunk, if one has begun.
func (b *builder) cut() {
	if b.ids.Len() == 0 {
		return
	}
	b.indices = append(b.indices, b.companies.NewArray())
	b.table.chunks = append(b.table.chunks, chunk{
		ids:       b.ids.NewInt64Array(),
		texts:     b.texts.NewStringArray(),
		created:   b.created.NewTimestampArray(),
		parents:   b.parents.NewInt64Array(),
		responses: b.responses.NewListArray(),
	})
}

func (b *builder) finish() *Table {
	b.cut()
	names := array.NewStringBuilder(memory.DefaultAllocator)
	names.AppendValues(b.names, nil)
	dictionary := names.NewArray()
	for i := range b.table.chunks {
		b.table.chunks[i].companies = array.NewDictionaryArray(
			&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
			b.indices[i], dictionary)
	}
	b.table.rows = b.rows
	b.table.companies = b.names
	return b.table
}

// timeLayouts are those in circulation, the original's first.
var timeLayouts = []string{time.RubyDate, time.RFC3339, "2006-01-02 15:04:05Z07:00", time.DateTime}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// bare tells what is left of a text without its mentions and links.
type bare uint8

const (
	something bare = iota
	linksOnly
	blank
)

func bareness(text string) bare {
	left := blank
	for word := range strings.FieldsSeq(text) {
		if word[0] != '@' && !strings.HasPrefix(word, "https://") && !strings.HasPrefix(word, "http://") {
			return something
		}
		left = linksOnly
	}
	return left
}

// hasEntity tells whether a text has an HTML entity such as &amp; or &#39; in
// it.
func hasEntity(text string) bool {
	for {
		amp := strings.IndexByte(text, '&')
		if amp < 0 {
			return false
		}
		text = text[amp+1:]
		end := strings.IndexByte(text[:min(len(text), 10)], ';')
		if end > 0 && strings.Trim(text[:end], entityChars) == "" {
			return true
		}
	}
}

const entityChars = "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isHandle tells whether an author's name can be a company's: 1 to 50 ASCII
// letters, digits, underscores, dots and hyphens. Anything else is a row whose
// columns have slipped, and a piece of its text must not become a label.
func isHandle(s string) bool {
	if len(s) == 0 || len(s) > 50 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
