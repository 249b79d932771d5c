package tweet

import (
	"strings"
	"unicode"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// builder turns rows into the columns of a table.
type builder struct {
	at        columns
	labelled  bool
	table     *Table
	rows      int
	reader    idReader
	authors   authors
	responded []int64
	// unsure are ids with a second meaning.
	unsure []unsureID
	// larges counts ids of more digits than a floating-point number has, and
	// zeros those of them that end in zeros.
	larges int64
	zeros  Report

	ids       *array.Int64Builder
	companies *array.Int32Builder
	created   *array.TimestampBuilder
	texts     *array.StringBuilder
	parents   *array.Int64Builder
	responses *array.ListBuilder
	lines     []int32
	writers   []uint64
	// indices are the authors of finished chunks, which become dictionary
	// arrays once the companies among them are known.
	indices []arrow.Array
}

// unsureID is an id whose meaning is known only when the whole table was read:
// 1.000 may be 1 or a thousand.
type unsureID struct {
	column, chunk, at int
	row               int32
	other             int64
}

// The columns that ids stand in.
const (
	idColumn = iota
	parentColumn
	responsesColumn
)

func newBuilder(at columns, kind Kind) *builder {
	mem := memory.DefaultAllocator
	return &builder{
		at:        at,
		labelled:  kind == Training,
		table:     &Table{},
		authors:   authors{told: at.inbound >= 0, byName: make(map[string]int32)},
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
	b.lines = make([]int32, 0, chunkRows)
	b.writers = nil
	if b.at.author >= 0 {
		b.writers = make([]uint64, 0, chunkRows)
	}
	if n := len(b.table.chunks); n > 0 {
		last := b.table.chunks[n-1]
		b.texts.ReserveData(len(last.texts.ValueBytes()) * 9 / 8)
		b.responses.ValueBuilder().Reserve(last.responses.ListValues().Len() * 9 / 8)
	}
}

func (b *builder) add(batch *batch) {
	if b.rows == 0 {
		b.learn(batch.rows)
	}
	uneven := batch.uneven
	for i := range batch.rows {
		if b.rows%chunkRows == 0 {
			b.cut()
			b.reserve()
		}
		r := &batch.rows[i]
		isUneven := len(uneven) > 0 && uneven[0] == i
		if isUneven {
			uneven = uneven[1:]
		}
		b.lines = append(b.lines, r.line)
		if r.id != "" && r.id[0]-'0' > 9 && isHeader(r.id, r.text) {
			b.header(r)
		} else {
			b.row(r, isUneven)
		}
		b.rows++
	}
}

// learn looks for a prefix of the ids, the commonest first.
func (b *builder) learn(rows []row) {
	for atLeast, column := range []func(*row) string{
		func(r *row) string { return r.id },
		func(r *row) string { return r.parent },
		func(r *row) string { first, _, _ := strings.Cut(r.responses, ","); return first },
	} {
		var cells []string
		for i := range rows {
			if cell := column(&rows[i]); cell != "" {
				cells = append(cells, cell)
			}
		}
		if b.reader.prefix == "" {
			// A single parent with something before it may be any mistake.
			b.reader.learn(cells, 1+min(1, atLeast))
		}
	}
}

// isHeader tells whether a row is the header once more.
func isHeader(id, text string) bool {
	return strings.EqualFold(columnOf(id), "tweet_id") && strings.EqualFold(columnOf(text), "text")
}

// columnOf is the name in a header's field.
func columnOf(field string) string {
	return strings.TrimFunc(field, func(c rune) bool { return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) })
}

// header adds a row that is no tweet.
func (b *builder) header(r *row) {
	id := -int64(b.rows) - 1
	b.table.Report.Add(RepeatedHeader, id)
	b.table.headers = append(b.table.headers, int32(b.rows))
	b.ids.UnsafeAppend(id)
	b.texts.Append(r.text)
	b.companies.AppendNull()
	if b.at.author >= 0 {
		b.writers = append(b.writers, 0)
	}
	b.created.AppendNull()
	b.parents.AppendNull()
	b.responses.Append(true)
}

func (b *builder) row(r *row, uneven bool) {
	id := b.id(r.id)
	if uneven {
		b.table.Report.Add(UnevenRow, id)
	}
	b.ids.UnsafeAppend(id)
	b.text(id, r.text)
	b.author(id, r, uneven)
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
		lines:     b.lines,
		writers:   b.writers,
	})
}

func (b *builder) finish() *Table {
	b.cut()
	t := b.table
	t.rows = b.rows
	t.ids.of = int64(b.rows - len(t.headers))
	b.settleIDs()
	if 20*b.zeros.Count(RoundedID) > b.larges {
		t.Report.merge(b.zeros)
	}
	var index []int32
	t.companies, t.guessed, index = b.authors.decide(b.inboundRows, b.oddAuthor)
	for i := range b.indices {
		if !isIdentity(index) {
			b.indices[i] = settle(b.indices[i], index)
		}
	}
	t.name(b.indices)
	return t
}

// isIdentity tells that every index stays what it is.
func isIdentity(index []int32) bool {
	for i, to := range index {
		if int32(i) != to {
			return false
		}
	}
	return true
}

// settleIDs decides what the ids mean whose form alone does not tell: as the
// others of the table do.
func (b *builder) settleIDs() {
	for _, u := range b.unsure {
		c := &b.table.chunks[u.chunk]
		values, kinds := c.ids.Int64Values(), idKinds
		switch u.column {
		case parentColumn:
			values, kinds = c.parents.Int64Values(), parentKinds
		case responsesColumn:
			values, kinds = c.responses.ListValues().(*array.Int64).Int64Values(), responseKinds
		}
		// A comma separates thousands unless told otherwise, a point does
		// not; so the other meaning of a comma is the smaller number.
		byComma := u.other < values[u.at]
		form := fractional
		if byComma && !b.reader.commaFractions || !byComma && b.reader.dotGroups {
			form = damaged
		}
		if byComma == (form == fractional) {
			values[u.at] = u.other
		}
		if u.column != responsesColumn {
			b.table.Report.Add(kinds[form], b.table.ID(u.row))
		}
	}
}

// inboundRows returns how many rows say of each author that a customer wrote
// them.
func (b *builder) inboundRows(names []string) []int64 {
	n := make([]int64, len(names))
	byHash := make(map[uint64]int, len(names))
	for i, name := range names {
		byHash[hashOf(name)] = i
	}
	for c, chunk := range b.table.chunks {
		for i, writer := range chunk.writers {
			if at, ok := byHash[writer]; ok && b.indices[c].IsNull(i) {
				n[at]++
			}
		}
	}
	return n
}

// oddAuthor counts an anomaly of n rows, of which the first is given.
func (b *builder) oddAuthor(kind string, n int64, first int32) {
	if n == 0 {
		return
	}
	b.table.Report.add(kind, n, b.table.ID(first))
	if kind == UnreadableAuthor {
		b.table.authors.bad += n - 1
		b.table.authors.add(unreadable, first)
	}
}
