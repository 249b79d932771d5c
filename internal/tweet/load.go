package tweet

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"
	"unicode"

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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan *batch, 4)
	free := make(chan *batch, cap(batches)+2)
	var parseErr error
	go func() {
		defer close(batches)
		parseErr = parse(ctx, rows, at, batches, free)
	}()
	b := newBuilder(at, kind)
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
	table := b.finish()
	rows.tell(&table.Report)
	if kind == Training && len(table.companies) == 0 {
		return nil, b.noCompany(name)
	}
	return table, nil
}

// tell notes in a report what is unusual about the file.
func (r *Rows) tell(report *Report) {
	if r.bom {
		report.AddFile(ByteOrderMark)
	}
	if r.crlf {
		report.AddFile(CRLF)
	}
	if r.cr {
		report.AddFile(CR)
	}
}

// noCompany says why a table has no company.
func (b *builder) noCompany(name string) error {
	if bad := b.table.authors; bad.bad > 0 {
		return problem.Input("%s names no company: of %s", name, bad.sentence(b.table, "author_id", authorAdvice))
	}
	if b.at.inbound >= 0 {
		return problem.Input("%s names no company: author_id holds a company's handle, and inbound is False, where a company writes, and here no author has more rows that are not inbound than rows that are; without companies there is nothing to learn", name)
	}
	return problem.Input("%s names no company: author_id holds a company's handle where a company writes and a number where a customer does, and here no row has a handle; without companies there is nothing to learn", name)
}

// batch holds some rows' fields of the columns that matter, row after row.
type batch struct {
	rows   []row
	uneven []int
}

// row is the part of a record that the columns are built from. A column that
// the table lacks is empty.
type row struct {
	// line is where the row starts.
	line                                                  int32
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
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		if errors.Is(err, io.EOF) {
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
			line: int32(rows.line),
			id:   field(at.id), author: field(at.author), inbound: field(at.inbound), created: field(at.created),
			text: field(at.text), responses: field(at.responses), parent: field(at.parent),
		})
	}
	return nil
}

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

func (b *builder) id(s string) int64 {
	id, form := b.reader.parse(s)
	b.reader.groups = 0
	if at := strings.IndexAny(s, ", "); form == damaged && at >= 0 {
		b.reader.groups = s[at]
	}
	if form == whole {
		if id > exact {
			b.large(id)
		}
		return id
	}
	if form.readable() && b.reader.other >= 0 {
		b.unsure = append(b.unsure, unsureID{idColumn, len(b.table.chunks), b.ids.Len(), int32(b.rows), b.reader.other})
		return id
	}
	if !form.readable() {
		id = -int64(b.rows) - 1
		b.table.ids.add(form, int32(b.rows))
	}
	if kind := idKinds[form]; kind != "" {
		b.table.Report.Add(kind, id)
	}
	return id
}

// large notes an id that a floating-point number has no room for. Those that
// have been one end in zeros: 17 digits are all that it has, and a spreadsheet
// shows 15.
func (b *builder) large(id int64) {
	b.larges++
	if id >= 1e18 && id%100 == 0 || id%1000 == 0 {
		b.zeros.Add(RoundedID, id)
	}
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

func (b *builder) author(id int64, r *row, uneven bool) {
	s := r.author
	if b.at.author >= 0 {
		b.writers = append(b.writers, hashOf(s))
	}
	role := b.role(id, r.inbound)
	if !b.labelled {
		b.companies.AppendNull()
		return
	}
	if role != fromCompany && isCustomer(s) {
		b.customer(role)
		return
	}
	i := int32(-1)
	if !uneven || role != untold || isHandle(strings.TrimSpace(s)) {
		i = b.authors.find(s, role)
	}
	if i >= 0 {
		b.authors.spellings[i].add(role, int32(b.rows))
	}
	switch {
	case role == fromCustomer:
		if s = strings.TrimSpace(s); s == "" || isNothing(s) {
			b.table.Report.Add(UnreadableAuthor, id)
		}
		b.customer(role)
	case i >= 0:
		b.table.authors.of++
		b.companies.UnsafeAppend(i)
	case isSpelledNumber(s):
		b.customer(role)
	default:
		b.table.authors.of++
		b.table.authors.add(unreadable, int32(b.rows))
		b.table.Report.Add(UnreadableAuthor, id)
		b.companies.AppendNull()
	}
}

// customer adds a row that a customer wrote; which one does not matter.
func (b *builder) customer(r role) {
	if r != fromCustomer {
		b.table.authors.of++
	}
	b.companies.AppendNull()
}

func (b *builder) role(id int64, s string) role {
	if b.at.inbound < 0 {
		return untold
	}
	role, usual := roleOf(s)
	switch {
	case role == untold:
		b.table.Report.Add(InvalidInbound, id)
	case !usual:
		b.table.Report.Add(UnusualInbound, id)
	}
	return role
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
	parent, form := b.reader.parse(s)
	if !form.readable() {
		b.parents.AppendNull()
		b.reply(id, form, parentKinds)
		return
	}
	if form != whole && b.reader.other >= 0 {
		b.unsure = append(b.unsure, unsureID{parentColumn, len(b.table.chunks), b.parents.Len(), int32(b.rows), b.reader.other})
		form = whole
	}
	b.parents.UnsafeAppend(parent)
	b.reply(id, form, parentKinds)
}

func (b *builder) answers(id int64, s string) {
	b.responses.Append(true)
	ids, form := b.reader.appendList(b.responded[:0], s)
	b.responded = ids
	values := b.responses.ValueBuilder().(*array.Int64Builder)
	for _, other := range b.reader.others {
		b.unsure = append(b.unsure, unsureID{responsesColumn, len(b.table.chunks), values.Len() + other.at, int32(b.rows), other.id})
	}
	values.AppendValues(ids, nil)
	b.reply(id, form, responseKinds)
}

// reply counts what was found in one of the two columns that tell replies.
func (b *builder) reply(id int64, form form, kinds [unreadable + 1]string) {
	if form != absent && form != nothing {
		b.table.replies.of++
	}
	if form == rounded || form == unreadable {
		b.table.replies.add(form, int32(b.rows))
	}
	if kind := kinds[form]; kind != "" {
		b.table.Report.Add(kind, id)
	}
}

// What each form of an id is called in the report, by column.
var (
	idKinds = [unreadable + 1]string{
		absent: UnreadableID, fractional: FractionalID, damaged: DamagedID, unusual: UnusualID,
		nothing: UnreadableID, rounded: RoundedID, unreadable: UnreadableID,
	}
	parentKinds = [unreadable + 1]string{
		fractional: FractionalParent, damaged: DamagedParent, unusual: UnusualParent,
		nothing: UnreadableParent, rounded: RoundedParent, unreadable: UnreadableParent,
	}
	responseKinds = [unreadable + 1]string{
		fractional: FractionalResponses, damaged: AmbiguousResponses, unusual: UnusualResponses,
		nothing: UnreadableResponses, rounded: RoundedResponses, unreadable: UnreadableResponses,
	}
)

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
