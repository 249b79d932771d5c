package tweet

import (
	"context"
	"errors"
	"io"

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
