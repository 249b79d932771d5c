package tweet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"switchboard/internal/problem"
)

const (
	// readSize is how much is read from the file at once.
	readSize = 256 << 10
	// maxRow bounds a row. A tweet is a few hundred bytes and its list of
	// answers a few thousand; more means a quote that is never closed.
	maxRow = 1 << 20
	// A table of tweets compresses to a third of its size, and to a tenth if
	// its texts come back often. A file that gives more than maxRatio times
	// its size, after freeOutput bytes that are let through in any case, was
	// made to fill the memory.
	maxRatio   = 100
	freeOutput = 32 << 20
	// maxOutput bounds what a compressed file may give in all: eight times
	// the largest known table.
	maxOutput = 4 << 30
	// maxWindow is the largest window that the zstd command uses unless told
	// otherwise on both ends.
	maxWindow = 128 << 20
)

var (
	errRowTooLong = errors.New("row too long")
	errBomb       = errors.New("it decompresses to far more than a table of tweets would")
	errDamaged    = errors.New("it is damaged, cut short or of another format than its name says")
)

// guard hands on what it reads until a row, or the whole of a compressed
// file, becomes longer than it may.
type guard struct {
	r io.Reader
	// compressed is what the decompressor reads; nil if there is none.
	compressed *source
	// out is how much was handed on so far, rowStart where the row that is
	// being read begins.
	out, rowStart int64
	// nul tells that a NUL byte was handed on.
	nul bool
}

func (g *guard) Read(p []byte) (int, error) {
	if g.out-g.rowStart > maxRow+readSize {
		return 0, errRowTooLong
	}
	n, err := g.r.Read(p)
	g.out += int64(n)
	g.nul = g.nul || bytes.IndexByte(p[:n], 0) >= 0
	if g.compressed == nil {
		return n, err
	}
	if g.out > maxOutput || g.out > freeOutput && g.out/maxRatio > g.compressed.n {
		return 0, errBomb
	}
	if err != nil && err != io.EOF && g.compressed.err == nil {
		// The bytes came, but they make no sense.
		return n, fmt.Errorf("%w (%w)", errDamaged, err)
	}
	return n, err
}

// source counts what is read from it and keeps its error.
type source struct {
	r   io.Reader
	n   int64
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != io.EOF {
		s.err = err
	}
	return n, err
}

// lazyGzip puts off reading the header of a gzip file until the first Read,
// so that its errors are met where all others are.
type lazyGzip struct {
	r     io.Reader
	unzip *gzip.Reader
}

func (l *lazyGzip) Read(p []byte) (int, error) {
	if l.unzip == nil {
		unzip, err := gzip.NewReader(l.r)
		if err != nil {
			return 0, err
		}
		l.unzip = unzip
	}
	return l.unzip.Read(p)
}

// guarded decompresses r as name's ending says.
func guarded(r io.Reader, name string) (*guard, error) {
	compressed := &source{r: r}
	switch lower := strings.ToLower(name); {
	case strings.HasSuffix(lower, ".gz"):
		return &guard{r: &lazyGzip{r: compressed}, compressed: compressed}, nil
	case strings.HasSuffix(lower, ".zst"):
		// With a concurrency of 1 there is no goroutine to be closed.
		unzip, err := zstd.NewReader(compressed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("making a zstd decoder: %w", err)
		}
		return &guard{r: unzip, compressed: compressed}, nil
	}
	return &guard{r: r}, nil
}

const byteOrderMark = "\ufeff"

// start looks at a file's first bytes: it refuses what is not text, skips byte
// order marks, of which two tools may each have put one, and notes how lines
// end.
func (r *Rows) start(in *bufio.Reader) error {
	first, err := in.Peek(firstBytes)
	if len(first) == 0 {
		if err == io.EOF {
			return problem.Input("%s is empty: %s", r.name, wanted)
		}
		return readProblem(r.name, 1, err)
	}
	if what := sniff(first); what != "" {
		return problem.Input("%s, line 1, column 1: this is %s, not a table of tweets: %s", r.name, what, wanted)
	}
	for bytes.HasPrefix(first, []byte(byteOrderMark)) {
		if _, err := in.Discard(len(byteOrderMark)); err != nil {
			return err
		}
		r.bom, first = true, first[len(byteOrderMark):]
	}
	switch end := lineEnd(first); end {
	case "\r\n":
		r.crlf = true
	case "\r":
		r.cr = true
	}
	return nil
}

// firstBytes is how much of a file is looked at before it is read.
const firstBytes = 4096

// lineEnd returns what ends the first line that is not blank; "" if nothing
// does.
func lineEnd(first []byte) string {
	quoted, blank := false, true
	for i, c := range first {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted || c != '\n' && c != '\r':
		case c == '\n' && i > 0 && first[i-1] == '\r':
			return "\r\n"
		case c == '\n' && !blank:
			return "\n"
		case c == '\r' && i+1 < len(first) && first[i+1] != '\n':
			return "\r"
		}
		blank = blank && (c == '\n' || c == '\r')
	}
	return ""
}

// crLines makes a CR that ends a line, as on old Macs, a line feed. Those in
// quotes belong to a text.
type crLines struct {
	r      io.Reader
	quoted bool
}

func (c *crLines) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := range p[:n] {
		switch p[i] {
		case '"':
			c.quoted = !c.quoted
		case '\r':
			if !c.quoted {
				p[i] = '\n'
			}
		}
	}
	return n, err
}

const wanted = "give a CSV file in UTF-8 (.csv, .csv.gz or .csv.zst) whose first line names the columns"

// sniff names the format that a file's first bytes are a sign of, "" if they
// may be CSV.
func sniff(first []byte) string {
	for _, format := range []struct{ magic, what string }{
		{"PAR1", "a Parquet file"},
		{"PK\x03\x04", "a ZIP archive or an Excel workbook"},
		{"\x1f\x8b", "a gzip file whose name does not end in .gz"},
		{"\x28\xb5\x2f\xfd", "a zstd file whose name does not end in .zst"},
		{"\xff\xfe", "text in UTF-16"},
		{"\xfe\xff", "text in UTF-16"},
		{"%PDF", "a PDF file"},
	} {
		if bytes.HasPrefix(first, []byte(format.magic)) {
			return format.what
		}
	}
	if zeros := bytes.Count(first, []byte{0}); 5*zeros > 2*len(first) {
		return "text in UTF-16 or a binary file"
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte(byteOrderMark)), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[")):
		return "JSON"
	case bytes.HasPrefix(text, []byte("<")):
		return "HTML or XML"
	}
	return ""
}

// readProblem says what an error, met while reading the row that starts on
// line, means to whoever gave the file.
func readProblem(name string, line int, err error) error {
	switch {
	case errors.Is(err, errRowTooLong):
		return problem.Input("%s, line %d: the row that starts here is longer than %d KiB, and no tweet is: a quote (\") in it is probably never closed, or lines end with CR alone", name, line, maxRow>>10)
	case errors.Is(err, errBomb):
		return problem.Input("%s, line %d: reading stopped because %w (over %d times its size, or over %d GiB): decompress the file and look at it", name, line, err, maxRatio, maxOutput>>30)
	case errors.Is(err, errDamaged):
		return problem.Input("%s, line %d: the compressed file cannot be read: %w: copy it or compress it again", name, line, err)
	}
	return fmt.Errorf("reading %s: %w", name, err)
}
