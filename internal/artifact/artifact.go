// Package artifact keeps what runs leave behind: immutable files in one blob
// store, each known by its path, size and SHA-256.
//
// A store is any URL that gocloud.dev/blob opens: a folder (file://), s3://,
// gs://, azblob:// or mem://. A file appears whole or not at all: it is
// written under a temporary name and renamed when it is closed. Whoever reads
// a file by its [Ref] gets the bytes that were written, or an error.
package artifact

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/gcsblob" // gs://
	_ "gocloud.dev/blob/memblob" // mem://
	_ "gocloud.dev/blob/s3blob"  // s3://
	"gocloud.dev/gcerrors"

	"switchboard/internal/config"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Ref names one file of a store and what is in it.
type Ref = pipeline.Ref

// RefOf returns the reference to a file with this content.
func RefOf(path string, content []byte, rows int64) Ref {
	sum := sha256.Sum256(content)
	return Ref{Path: path, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(content)), Rows: rows}
}

// ErrNotFound is returned for a path that the store does not have.
var ErrNotFound = errors.New("no such artifact")

// Store is an open blob store. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	root   string
}

// Open opens the store at a URL; a plain path is a folder, created if need be.
// An unknown scheme is a problem of kind BadInput.
func Open(ctx context.Context, root string) (*Store, error) {
	if dir, ok := config.Folder(root); ok {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("resolving the artifacts folder %s: %w", dir, err)
		}
		// Temporary files lie beside their targets, so that the rename
		// stays within one file system. Metadata files would double the
		// number of files for nothing that we read. Raw tweets lie here:
		// other users of the machine are kept out.
		bucket, err := fileblob.OpenBucket(abs, &fileblob.Options{CreateDir: true, NoTempDir: true, DirFileMode: 0o700, Metadata: fileblob.MetadataDontWrite})
		if err != nil {
			return nil, problem.New(problem.Environment, "the artifacts folder %s cannot be used: %w", abs, err)
		}
		return &Store{bucket: bucket, root: abs}, nil
	}
	bucket, err := blob.OpenBucket(ctx, root)
	if err != nil {
		return nil, problem.Input("the artifacts URL %q cannot be opened: %w; use a folder, or a URL that starts with file://, s3://, gs://, azblob:// or mem://", root, err)
	}
	return &Store{bucket: bucket, root: strings.TrimSuffix(root, "/")}, nil
}

// idPath is where a store keeps its own id.
const idPath = "store-id"

// ID returns what tells this store from every other, by whichever path or URL it
// was opened. The first call for a new store draws it, and so writes there.
func (s *Store) ID(ctx context.Context) (string, error) {
	id, err := s.ReadPath(ctx, idPath)
	if !errors.Is(err, ErrNotFound) {
		return string(id), err
	}
	w, err := s.bucket.NewWriter(ctx, idPath, &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: true, BeforeWrite: closed})
	if err != nil {
		return "", fmt.Errorf("creating %s: %w", idPath, err)
	}
	_, err = io.WriteString(w, rand.Text())
	if closed := w.Close(); err == nil {
		err = closed
	}
	// Another process may have been first; its id counts.
	if err != nil && gcerrors.Code(err) != gcerrors.FailedPrecondition {
		return "", fmt.Errorf("writing %s: %w", idPath, err)
	}
	id, err = s.ReadPath(ctx, idPath)
	return string(id), err
}

// Close releases the store's connections.
func (s *Store) Close() error { return s.bucket.Close() }

// URL returns where a path of the store can be found by a person: a file's
// absolute path, or a URL.
func (s *Store) URL(path string) string {
	root, query, found := strings.Cut(s.root, "?")
	if !found {
		return root + "/" + path
	}
	return strings.TrimSuffix(root, "/") + "/" + path + "?" + query
}

// Create starts a file. It appears under path when the writer is closed
// without error; if ctx ends first, it never does. A file that is already
// there is replaced as a whole.
func (s *Store) Create(ctx context.Context, path string) (*Writer, error) {
	ctx, cancel := context.WithCancel(ctx)
	w, err := s.bucket.NewWriter(ctx, path, &blob.WriterOptions{ContentType: "application/octet-stream", BeforeWrite: closed})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("creating %s: %w", path, err)
	}
	return &Writer{w: w, cancel: cancel, hash: sha256.New(), ref: Ref{Path: path}}, nil
}

// closed makes the file of a folder its owner's alone, before anything is in it
// and whatever the umask. What is no file of this machine has no mode.
func closed(as func(any) bool) error {
	var file *os.File
	if !as(&file) {
		return nil
	}
	return file.Chmod(0o600)
}

// Writer writes one artifact and knows its hash. It is for one goroutine.
type Writer struct {
	w      *blob.Writer
	cancel context.CancelFunc
	hash   hash.Hash
	ref    Ref
}

// Write adds bytes.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.hash.Write(p[:n])
	w.ref.Bytes += int64(n)
	return n, err
}

// Close makes the file appear.
func (w *Writer) Close() error {
	defer w.cancel()
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("finishing %s: %w", w.ref.Path, err)
	}
	w.ref.SHA256 = hex.EncodeToString(w.hash.Sum(nil))
	return nil
}

// Abort gives the file up; nothing of it remains. After Close it does nothing,
// so it can be deferred.
func (w *Writer) Abort() {
	w.cancel()
	_ = w.w.Close() // a cancelled writer removes its temporary file and reports the cancellation
}

// Ref describes the finished file; call it after Close. Rows is what the
// caller knows about the content.
func (w *Writer) Ref(rows int64) Ref {
	ref := w.ref
	ref.Rows = rows
	return ref
}

// Copy stores the file that ref names under another path too, and returns the
// reference to the copy. It fails, and leaves nothing, if the file's bytes are
// not those that were written; it wraps [ErrNotFound] if there is no such file.
func (s *Store) Copy(ctx context.Context, ref Ref, path string) (Ref, error) {
	r, err := s.Reader(ctx, ref.Path)
	if err != nil {
		return Ref{}, err
	}
	defer r.Close()
	w, err := s.Create(ctx, path)
	if err != nil {
		return Ref{}, err
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return Ref{}, fmt.Errorf("copying %s: %w", ref.Path, err)
	}
	if got := hex.EncodeToString(w.hash.Sum(nil)); got != ref.SHA256 {
		return Ref{}, changed(ref, got)
	}
	if err := w.Close(); err != nil {
		return Ref{}, err
	}
	return w.Ref(ref.Rows), nil
}

// changed is the failure for a file with other bytes than were written.
func changed(ref Ref, got string) error {
	return problem.New(problem.Environment, "the artifact %s was changed after it was written: its SHA-256 is %s, expected %s; start the run again", ref.Path, got, ref.SHA256)
}

// Write stores a small file at once.
func (s *Store) Write(ctx context.Context, path string, content []byte) (Ref, error) {
	w, err := s.Create(ctx, path)
	if err != nil {
		return Ref{}, err
	}
	defer w.Abort()
	if _, err := w.Write(content); err != nil {
		return Ref{}, fmt.Errorf("writing %s: %w", path, err)
	}
	if err := w.Close(); err != nil {
		return Ref{}, err
	}
	return w.Ref(0), nil
}

// WriteJSON stores a value as indented JSON.
func (s *Store) WriteJSON(ctx context.Context, path string, value any) (Ref, error) {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return Ref{}, fmt.Errorf("encoding %s: %w", path, err)
	}
	return s.Write(ctx, path, append(content, '\n'))
}

// Read returns the whole file that ref names. A file whose bytes are not those
// that were written is an error.
func (s *Store) Read(ctx context.Context, ref Ref) ([]byte, error) {
	content, err := s.ReadPath(ctx, ref.Path)
	if err != nil {
		return nil, err
	}
	if got := RefOf(ref.Path, content, ref.Rows).SHA256; got != ref.SHA256 {
		return nil, changed(ref, got)
	}
	return content, nil
}

// ReadJSON reads the file that ref names into value.
func (s *Store) ReadJSON(ctx context.Context, ref Ref, value any) error {
	content, err := s.Read(ctx, ref)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return fmt.Errorf("decoding %s: %w", ref.Path, err)
	}
	return nil
}

// ReadPath returns the whole file at a path, unchecked. It wraps [ErrNotFound]
// if there is none.
func (s *Store) ReadPath(ctx context.Context, path string) ([]byte, error) {
	r, err := s.Reader(ctx, path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var buf bytes.Buffer
	// A buffer that grows leaves several times the file behind.
	if sized, ok := r.(interface{ Size() int64 }); ok && sized.Size() > 0 {
		buf.Grow(int(sized.Size()) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return buf.Bytes(), nil
}

// ReadPathJSON reads the file at a path into value, unchecked. It wraps
// [ErrNotFound] if there is none.
func (s *Store) ReadPathJSON(ctx context.Context, path string, value any) error {
	content, err := s.ReadPath(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return fmt.Errorf("decoding %s: %w", path, err)
	}
	return nil
}

// Reader streams the file at a path, unchecked. It wraps [ErrNotFound] if
// there is none.
func (s *Store) Reader(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, path, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("opening %s: %w", path, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return r, nil
}

// List returns the paths below a folder, sorted.
func (s *Store) List(ctx context.Context, dir string) ([]string, error) {
	var paths []string
	it := s.bucket.List(&blob.ListOptions{Prefix: strings.TrimSuffix(dir, "/") + "/"})
	for {
		obj, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return paths, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", dir, err)
		}
		// What a killed process was writing is no artifact.
		if !strings.HasSuffix(obj.Key, ".tmp") {
			paths = append(paths, obj.Key)
		}
	}
}

// Delete removes a file; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, path string) error {
	if err := s.bucket.Delete(ctx, path); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("deleting %s: %w", path, err)
	}
	return nil
}
