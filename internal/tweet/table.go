package tweet

import (
	"hash/maphash"
	"html"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// chunkRows is how many rows a chunk of columns has; the last may have fewer.
// A power of two, so that finding a row's chunk is cheap.
const chunkRows = 1 << 15

// chunk holds some rows as Arrow columns.
type chunk struct {
	ids *array.Int64
	// companies is null where a customer wrote.
	companies *array.Dictionary
	// created is null where it is not known.
	created *array.Timestamp
	texts   *array.String
	// parents is null where the tweet answers none.
	parents   *array.Int64
	responses *array.List
	// lines are the lines on which the rows start.
	lines []int32
	// writers tell authors apart; nil if the table names none.
	writers []uint64
}

// Table holds a table of tweets as Arrow columns, cut into chunks so that
// reading never has to copy what was read before. It is immutable but for its
// report and [Table.Demote], and may be read from several goroutines at once.
type Table struct {
	// Report lists what was odd about the table.
	Report Report

	chunks    []chunk
	rows      int
	companies []string
	guessed   []bool
	// headers are the rows that repeat the header.
	headers []int32
	// ids, replies and authors tell how much of these columns can be used;
	// replies are those of parents and lists of answers.
	ids, replies, authors usage
}

// Rows returns how many rows the table has, at least 1.
func (t *Table) Rows() int { return t.rows }

// Headers returns the rows that repeat the header and are no tweets, in their
// order; usually none.
func (t *Table) Headers() []int32 { return t.headers }

// Line returns the line of the file on which a row starts, from 1.
func (t *Table) Line(row int32) int { return int(t.chunks[row/chunkRows].lines[row%chunkRows]) }

// Content is equal for two rows if their text and author are, whatever blanks,
// escapes and a data frame did to them. It differs from process to process.
func (t *Table) Content(row int32) [2]uint64 {
	var author uint64
	if writers := t.chunks[row/chunkRows].writers; writers != nil {
		author = writers[row%chunkRows]
	}
	var h maphash.Hash
	h.SetSeed(contentSeed)
	for word := range strings.FieldsSeq(html.UnescapeString(t.Text(row))) {
		_, _ = h.WriteString(word)
		_ = h.WriteByte(' ')
	}
	return [2]uint64{author, h.Sum64()}
}

var contentSeed = maphash.MakeSeed()

// Companies returns the names of the authors that are companies, in the
// order in which they first appear; none in a production table.
func (t *Table) Companies() []string { return t.companies }

// Guessed tells whether nothing but its name says that an author is a company:
// none of its rows has an inbound that can be read.
func (t *Table) Guessed(company int32) bool { return t.guessed[company] }

// Demote makes customers of companies, by their index, and counts their tweets
// as an anomaly of a kind. It must not be called while others read the table.
func (t *Table) Demote(customer []bool, kind string) {
	index := make([]int32, len(t.companies))
	var companies []string
	var guessed []bool
	for i, name := range t.companies {
		if customer[i] {
			index[i] = -1
			continue
		}
		index[i] = int32(len(companies))
		companies, guessed = append(companies, name), append(guessed, t.guessed[i])
	}
	if len(companies) == len(t.companies) {
		return
	}
	for row := range int32(t.rows) {
		if company := t.Company(row); company >= 0 && customer[company] {
			t.Report.Add(kind, t.ID(row))
		}
	}
	t.companies, t.guessed = companies, guessed
	indices := make([]arrow.Array, len(t.chunks))
	for i, c := range t.chunks {
		indices[i] = settle(c.companies.Indices(), index)
	}
	t.name(indices)
}

// name makes the column of companies of their indices.
func (t *Table) name(indices []arrow.Array) {
	names := array.NewStringBuilder(memory.DefaultAllocator)
	names.AppendValues(t.companies, nil)
	dictionary := names.NewArray()
	for i := range t.chunks {
		t.chunks[i].companies = array.NewDictionaryArray(
			&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
			indices[i], dictionary)
	}
}

// Company returns the index in Companies of a row's author, -1 for a customer
// and where the author is not known.
func (t *Table) Company(row int32) int32 {
	companies := t.chunks[row/chunkRows].companies
	at := int(row % chunkRows)
	if companies.IsNull(at) {
		return -1
	}
	return int32(companies.GetValueIndex(at))
}

// Text returns a row's text as it stands in the table. The string shares the
// column's memory.
func (t *Table) Text(row int32) string {
	return t.chunks[row/chunkRows].texts.Value(int(row % chunkRows))
}

// ID returns a row's tweet id; where none could be read, -(row+1).
func (t *Table) ID(row int32) int64 {
	return t.chunks[row/chunkRows].ids.Value(int(row % chunkRows))
}

// IDs returns the tweet ids of all rows. It makes a new slice, as do Parents,
// Times and Responses.
func (t *Table) IDs() []int64 {
	ids := make([]int64, 0, t.rows)
	for _, c := range t.chunks {
		ids = append(ids, c.ids.Int64Values()...)
	}
	return ids
}

// Parents returns the ids of the tweets that the rows answer, -1 for none.
func (t *Table) Parents() []int64 {
	parents := make([]int64, 0, t.rows)
	for _, c := range t.chunks {
		for i, parent := range c.parents.Int64Values() {
			if c.parents.IsNull(i) {
				parent = -1
			}
			parents = append(parents, parent)
		}
	}
	return parents
}

// NoTime stands for a time that is not known.
const NoTime = -1 << 63

// Times returns when the rows were written, in seconds since 1970, [NoTime]
// where that is not known.
func (t *Table) Times() []int64 {
	times := make([]int64, 0, t.rows)
	for _, c := range t.chunks {
		for i, created := range c.created.TimestampValues() {
			seconds := int64(created)
			if c.created.IsNull(i) {
				seconds = NoTime
			}
			times = append(times, seconds)
		}
	}
	return times
}

// Responses returns the ids of the tweets that answer the rows: those of row
// i are ids[starts[i]:starts[i+1]].
func (t *Table) Responses() (starts []int64, ids []int64) {
	starts = make([]int64, 1, t.rows+1)
	n := 0
	for _, c := range t.chunks {
		n += c.responses.ListValues().Len()
	}
	ids = make([]int64, 0, n)
	for _, c := range t.chunks {
		base := int64(len(ids))
		for _, offset := range c.responses.Offsets()[1:] {
			starts = append(starts, base+int64(offset))
		}
		ids = append(ids, c.responses.ListValues().(*array.Int64).Int64Values()...)
	}
	return starts, ids
}
