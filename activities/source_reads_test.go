package activities

import (
	"context"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"

	"switchboard/internal/pipeline"
)

// countedFile is a bucket with one file, that counts how often it is read.
type countedFile struct {
	driver.Bucket
	content string
	read    atomic.Int64
}

func (f *countedFile) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return blob.NewBucket(f), nil
}

func (f *countedFile) NewRangeReader(context.Context, string, int64, int64, *driver.ReaderOptions) (driver.Reader, error) {
	f.read.Add(1)
	return countedReader{io.NopCloser(strings.NewReader(f.content)), int64(len(f.content))}, nil
}

func (f *countedFile) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }
func (f *countedFile) Close() error                       { return nil }

type countedReader struct {
	io.ReadCloser
	size int64
}

func (r countedReader) Attributes() *driver.ReaderAttributes {
	return &driver.ReaderAttributes{Size: r.size}
}
func (countedReader) As(any) bool { return false }

// A file may be large and far away. It is read once where nothing can be taken over, and
// once more than that only where something might.
func TestFileIsReadOnce(t *testing.T) {
	file := &countedFile{content: tweets(200)}
	blob.DefaultURLMux().RegisterBucket("counted", file)
	l := newLab(t)
	for _, c := range []struct {
		name   string
		force  bool
		before func()
		reads  int64
		reused bool
	}{
		{"met for the first time", false, func() {}, 1, false},
		{"the same once more", false, func() {}, 1, true},
		{"forced", true, func() {}, 1, false},
		{"after that", false, func() {}, 1, true},
		{"changed", false, func() { file.content = tweets(201) }, 2, false},
	} {
		c.before()
		file.read.Store(0)
		var staged StageConversationsResult
		l.must(l.data.StageConversations, StageConversationsInput{
			Dataset: "counted://far/tweets.csv", Kind: pipeline.Training, MaxTweets: 64, Dir: c.name, Force: c.force,
		}, &staged)
		if got := file.read.Load(); got != c.reads || staged.Reused != c.reused {
			t.Errorf("%s: the file was read %d times, want %d; taken over: %v, want %v", c.name, got, c.reads, staged.Reused, c.reused)
		}
	}
}
