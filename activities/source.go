package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"switchboard/internal/problem"
)

// source is an input file being read. It hashes the bytes as they pass.
type source struct {
	// name is what errors call the file, and tells its compression.
	name  string
	r     io.ReadCloser
	close func() error
	hash  hash.Hash
	bytes int64
}

// openSource opens a path or a blob URL. A file that cannot be had is a
// problem of kind BadInput.
func openSource(ctx context.Context, dataset string) (*source, error) {
	if p, ok := localPath(dataset); ok {
		return openFile(p)
	}
	u, err := url.Parse(dataset)
	if err != nil {
		return nil, problem.Input("the dataset %q is neither a path nor a URL: %w", dataset, err)
	}
	key := strings.TrimPrefix(u.Path, "/")
	u.Path = ""
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, problem.Input("the dataset %q cannot be opened: %w; give a path, or a URL that starts with file://, s3://, gs:// or azblob://", dataset, err)
	}
	r, err := bucket.NewReader(ctx, key, nil)
	if err == nil {
		return newSource(path.Base(key), r, func() error { return errors.Join(r.Close(), bucket.Close()) }), nil
	}
	_ = bucket.Close() // the error below is the one that matters
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, problem.Input("there is no file %q; check the URL", dataset)
	}
	return nil, fmt.Errorf("opening the dataset: %w", err)
}

// reopenSource opens a file that the run has read before. That it cannot be had
// any more is a problem of kind Environment: what the caller gave was right.
func reopenSource(ctx context.Context, dataset string) (*source, error) {
	src, err := openSource(ctx, dataset)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return nil, problem.New(problem.Environment, "the run has read a file that cannot be read any more: %w; put it back and start the run again, which goes on from what is done", err)
	}
	return src, err
}

func localPath(dataset string) (string, bool) {
	if !strings.Contains(dataset, "://") {
		return dataset, true
	}
	u, err := url.Parse(dataset)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return u.Host + u.Path, true
}

func openFile(p string) (*source, error) {
	info, err := os.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Input("there is no file %s; check the path (the worker opens it, so it must exist on the worker's machine)", p)
	case err == nil && info.IsDir():
		return nil, problem.Input("%s is a folder; name the file in it", p)
	case err == nil && !info.Mode().IsRegular():
		return nil, problem.Input("%s is not a file on disk; name one", p) // a pipe would be waited for without end
	}
	f, err := os.Open(p)
	if errors.Is(err, fs.ErrPermission) {
		return nil, problem.Input("the file %s may not be read; give the worker's user the permission", p)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the dataset: %w", err)
	}
	return newSource(p, f, f.Close), nil
}

func newSource(name string, r io.ReadCloser, close func() error) *source {
	return &source{name: name, r: r, close: close, hash: sha256.New()}
}

// Read reads and hashes.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.hash.Write(p[:n])
	s.bytes += int64(n)
	return n, err
}

// Close closes the file.
func (s *source) Close() error { return s.close() }

// sum returns the SHA-256 of what was read so far, which is the file's once it
// was read to its end.
func (s *source) sum() string { return hex.EncodeToString(s.hash.Sum(nil)) }
