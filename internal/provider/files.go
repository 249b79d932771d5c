package provider

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/problem"
)

// PurposeFineTune is the purpose of files that a fine-tuning reads.
const PurposeFineTune = string(openai.PurposeFineTune)

// File is a file at the provider.
type File struct {
	ID string
	// Name is what it was uploaded as, in the provider's words: it is for
	// comparing, not for showing.
	Name string
	// Bytes is its size.
	Bytes int64
	// Purpose is what it was uploaded for, such as [PurposeFineTune].
	Purpose string
	// Status is "uploaded", "processed" or "error", and "pending" or
	// "running" where reading it takes the provider time; providers that
	// dropped the field leave it empty.
	Status string
	// Created is zero if the provider does not say.
	Created time.Time
}

type wireFile struct {
	ID        string   `json:"id"`
	Name      string   `json:"filename"`
	Bytes     int64    `json:"bytes"`
	Purpose   string   `json:"purpose"`
	Status    string   `json:"status"`
	CreatedAt unixTime `json:"created_at"`
}

func (w wireFile) file() File {
	return File{ID: w.ID, Name: name(w.Name), Bytes: w.Bytes, Purpose: name(w.Purpose), Status: state(w.Status), Created: w.CreatedAt.Time}
}

// usable: whether a job can read the file, now or soon.
func (f File) usable() bool {
	return f.Status == "processed" || f.Status == "uploaded" || f.Status == "" || f.inProcess()
}

// inProcess: whether the provider is still reading the file.
func (f File) inProcess() bool { return f.Status == "pending" || f.Status == "running" }

// Files lists the account's files of a purpose, all pages of them; "" lists
// those of every purpose.
func (c *Client) Files(ctx context.Context, purpose string) ([]File, error) {
	query := url.Values{}
	if purpose != "" {
		query.Set("purpose", purpose)
	}
	wire, err := all(ctx, c, call{op: "listing the provider's files"}, "/files", query, func(w wireFile) string { return w.ID }, onePage[wireFile](c.profile))
	if err != nil {
		return nil, err
	}
	var files []File
	for _, w := range wire {
		// Servers that do not know the filter send everything.
		if (purpose == "" || w.Purpose == purpose) && isName(w.ID) {
			files = append(files, w.file())
		}
	}
	return files, nil
}

// mostCandidates bounds how many files of one name and size are downloaded to
// find the one with the right content.
const mostCandidates = 8

// FindFile returns the newest file of a purpose that has this name, that a job
// can read, and whose content is the one with this size in bytes and this
// SHA-256 in hexadecimal digits, so that an upload whose answer was lost is not
// repeated. A name is anybody's to give: the content is downloaded and compared.
// The bool is false if there is none, and where the provider does not give the
// content: what cannot be verified is not taken.
func (c *Client) FindFile(ctx context.Context, name string, size int64, sum, purpose string) (File, bool, error) {
	files, err := c.Files(ctx, purpose)
	if err != nil {
		return File{}, false, err
	}
	length := size + int64(len(c.profile.preamble()))
	files = slices.DeleteFunc(files, func(f File) bool { return f.Name != name || f.Bytes != length || !f.usable() })
	slices.SortStableFunc(files, func(a, b File) int { return b.Created.Compare(a.Created) })
	for _, f := range files[:min(len(files), mostCandidates)] {
		same, err := c.holds(ctx, f.ID, size, sum)
		if err != nil || same {
			return f, same, err
		}
	}
	return File{}, false, nil
}

// anySize stands for a size that is not known.
const anySize = -1

// maxLook bounds what is read of a file of unknown size: more than any provider
// takes.
const maxLook = 8 * gigabyte

// holds tells whether a file has this content, without what this provider's
// files begin with. A provider that does not give it is no error.
func (c *Client) holds(ctx context.Context, id string, size int64, sum string) (bool, error) {
	content, err := c.FileContent(ctx, id)
	var refused *Error
	if errors.As(err, &refused) && refused.Permanent && refused.Reason != Unauthorized {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer content.Close()
	preamble := c.profile.preamble()
	head := make([]byte, len(preamble))
	if _, err := io.ReadFull(content, head); err != nil || string(head) != preamble {
		return false, broke(err)
	}
	hash := sha256.New()
	most := size + 1
	if size == anySize {
		most = maxLook
	}
	n, err := io.Copy(hash, io.LimitReader(content, most))
	return (n == size || size == anySize) && hex.EncodeToString(hash.Sum(nil)) == sum, broke(err)
}

// broke is an error of a download that ended early; a file that is shorter than
// expected is none.
func broke(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// UploadFile uploads size bytes of content under a name. It streams: a file of
// any size needs a constant amount of memory. An error of content is returned
// as it is, wrapped, and is no [*Error]. A file that is larger than the provider
// takes is a problem of kind [problem.BadInput], and nothing is sent.
func (c *Client) UploadFile(ctx context.Context, name string, content io.Reader, size int64, purpose string) (File, error) {
	if mark := c.profile.preamble(); mark != "" {
		content, size = io.MultiReader(strings.NewReader(mark), content), size+int64(len(mark))
	}
	if most := c.profile.maxFile; most > 0 && size > most {
		return File{}, problem.Input("%s has %d bytes, and %s takes files of at most %d: train on less, with a smaller --target-size", name, size, c.profile.name, most)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("purpose", purpose); err != nil {
		return File{}, fmt.Errorf("encoding the upload: %w", err)
	}
	if _, err := w.CreateFormFile("file", name); err != nil {
		return File{}, fmt.Errorf("encoding the upload: %w", err)
	}
	head := bytes.Clone(form.Bytes())
	if err := w.Close(); err != nil {
		return File{}, fmt.Errorf("encoding the upload: %w", err)
	}
	tail := form.Bytes()[len(head):]

	var wire wireFile
	k := call{op: "uploading " + name}
	stop, err := c.doStreaming(ctx, k, func(ctx context.Context, moved func()) error {
		body := io.MultiReader(bytes.NewReader(head), &watchedReader{r: content, left: size, moved: moved}, bytes.NewReader(tail))
		req, err := newRequest(ctx, http.MethodPost, c.base+"/files", nil, body)
		if err != nil {
			return err
		}
		// A known length spares chunked encoding, which not every
		// provider takes.
		req.ContentLength = int64(len(head)) + size + int64(len(tail))
		req.Header.Set("Content-Type", w.FormDataContentType())
		return c.decode(req, &wire)
	})
	if err != nil {
		return File{}, err
	}
	stop()
	if wire.ID == "" {
		return File{}, c.malformed(&k, flaw("the uploaded file has no id"))
	}
	if !isName(wire.ID) {
		return File{}, c.misnamed(&k, "the uploaded file an id")
	}
	return wire.file(), nil
}

// watchedReader tells of every read, and tells a failing or wrongly measured
// source from a failing provider.
type watchedReader struct {
	r     io.Reader
	left  int64
	moved func()
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.left -= int64(n)
	w.moved()
	switch {
	case w.left < 0, err == io.EOF && w.left > 0:
		return 0, &sourceError{errors.New("the file to upload is not of the size that was announced")}
	case err != nil && err != io.EOF:
		return n, &sourceError{fmt.Errorf("reading the file to upload: %w", err)}
	}
	return n, err
}

// FileContent opens a file's content; the caller closes it. Content that the
// provider serves in base64, as OpenAI does with some result files, is decoded.
// Errors while reading are plain: the download has to be started again.
func (c *Client) FileContent(ctx context.Context, id string) (io.ReadCloser, error) {
	if id == "" {
		return nil, problem.Input("a file without an id cannot be downloaded")
	}
	var body *stream
	k := call{op: "downloading a file", about: fmt.Sprintf("file %q", id), streams: true}
	stop, err := c.doStreaming(ctx, k, func(ctx context.Context, moved func()) error {
		raw, err := c.openai.GetFileContent(ctx, url.PathEscape(id))
		if err != nil {
			return err
		}
		body = &stream{ctx: ctx, body: raw, moved: moved}
		body.text = decoded(readerFunc(body.raw))
		return nil
	})
	if err != nil {
		return nil, err
	}
	body.stop = stop
	return body, nil
}

// stream is a download: it keeps its slot until it is closed.
type stream struct {
	ctx   context.Context // ends when bytes stop moving
	body  io.ReadCloser
	text  io.Reader // body, decoded
	moved func()
	stop  func()
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (s *stream) raw(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.moved()
	if err == nil || err == io.EOF {
		return n, err
	}
	if cause := context.Cause(s.ctx); cause != nil {
		return n, fmt.Errorf("downloading a file: %w", cause)
	}
	return n, fmt.Errorf("downloading a file: %w", &download{err})
}

func (s *stream) Read(p []byte) (int, error) { return s.text.Read(p) }

func (s *stream) Close() error {
	err := s.body.Close()
	s.stop()
	return err
}

// decoded undoes base64 if the beginning of r is base64 of text. Nothing in
// the protocol announces it.
func decoded(r io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(r, 4096)
	head, err := buffered.Peek(1024)
	if !isBase64OfText(head, err != nil) {
		return buffered
	}
	return base64.NewDecoder(base64.StdEncoding, buffered)
}

// isBase64OfText reports whether head, the beginning of a file or all of it,
// holds nothing but base64 and stands for text. A CSV of plain words passes the
// first test and fails the second.
func isBase64OfText(head []byte, all bool) bool {
	head = bytes.ReplaceAll(bytes.ReplaceAll(head, []byte("\r"), nil), []byte("\n"), nil)
	if !all {
		head = head[:len(head)/4*4] // what follows completes the rest
	}
	if len(head) == 0 {
		return false
	}
	text := make([]byte, base64.StdEncoding.DecodedLen(len(head)))
	n, err := base64.StdEncoding.Decode(text, head)
	if err != nil {
		return false
	}
	for text = text[:n]; len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 && utf8.FullRune(text) {
			return false
		}
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		text = text[size:]
	}
	return true
}
