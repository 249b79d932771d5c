package dataset

import (
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"switchboard/internal/problem"
)

// rowGroupRows bounds what a writer holds in memory: a row group is buffered,
// compressed, until it is full.
const rowGroupRows = 64 << 10

// codec is shared by all writers and readers: it keeps a pool of encoders and
// decoders, each of which is dear to make.
var codec = &zstd.Codec{Level: zstd.SpeedFastest}

// Writer writes rows of type T, one of the row types of this package, to one
// Parquet file. It is not safe for use by several goroutines at once; several
// writers may run side by side.
type Writer[T any] struct {
	w    *parquet.GenericWriter[T]
	rows int64
}

// NewWriter starts a Parquet file on w, which the caller closes after
// [Writer.Close]. T is a struct whose exported fields carry parquet tags; any
// other type panics.
func NewWriter[T any](w io.Writer) *Writer[T] {
	options := []parquet.WriterOption{
		parquet.Compression(codec),
		parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.DataPageStatistics(false),
	}
	// Nobody looks for rows by value, and a column's smallest and largest
	// values would put texts into the file's footer.
	for _, path := range parquet.SchemaOf(new(T)).Columns() {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	return &Writer[T]{w: parquet.NewGenericWriter[T](w, options...)}
}

// Write appends rows in their order. The rows may be reused once it returns.
func (w *Writer[T]) Write(rows ...T) error {
	n, err := w.w.Write(rows)
	w.rows += int64(n)
	if err != nil {
		return fmt.Errorf("writing parquet rows: %w", err)
	}
	return nil
}

// Close writes what is buffered and the footer: without it the file is
// unreadable. It does not close the underlying writer.
func (w *Writer[T]) Close() error {
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("finishing parquet file: %w", err)
	}
	return nil
}

// Rows returns how many rows were written so far.
func (w *Writer[T]) Rows() int64 { return w.rows }

// ReadAll returns all rows of the Parquet file of size bytes in r, nil for a
// file without rows. A file that is no Parquet file or lacks a column of T that is not
// optional was damaged or written by another version: a [problem.Environment].
func ReadAll[T any](r io.ReaderAt, size int64) ([]T, error) {
	file, err := open[T](r, size)
	if err != nil {
		return nil, err
	}
	if file.NumRows() == 0 {
		return nil, nil
	}
	rows := make([]T, file.NumRows())
	reader := parquet.NewGenericReader[T](file)
	defer reader.Close()
	for n := 0; n < len(rows); {
		read, err := reader.Read(rows[n:])
		n += read
		if n == len(rows) {
			break
		}
		if err == nil && read == 0 {
			err = io.ErrNoProgress
		}
		if err != nil {
			return nil, fmt.Errorf("reading parquet row %d of %d: %w", n, len(rows), err)
		}
	}
	return rows, nil
}

func open[T any](r io.ReaderAt, size int64) (*parquet.File, error) {
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		// The reader's own words quote bytes of the file.
		return nil, problem.New(problem.Environment, "this is not a readable Parquet file: it was cut short or damaged, run the stage that writes it again")
	}
	wanted := parquet.SchemaOf(new(T))
	for _, path := range wanted.Columns() {
		if leaf, _ := wanted.Lookup(path...); leaf.Node.Optional() {
			continue
		}
		if _, ok := file.Schema().Lookup(path...); !ok {
			return nil, problem.New(problem.Environment, "the Parquet file has no column %q, which %s needs: it was written by another stage or version", path[0], reflect.TypeFor[T]().Name())
		}
	}
	return file, nil
}
