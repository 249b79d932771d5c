package modelserver

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"time"
)

// jobRoom is kept free for each job that is waiting or running: what it writes
// at its end is not known before, but is at most a model of 64 MB and as many
// for each of three checkpoints. A job that was accepted is not to fail for
// want of room.
const jobRoom = 256 << 20

// usageAge is how old the figure of the disk's use may be. Nothing is refused
// because of an old one.
const usageAge = 2 * time.Second

// quota bounds the size of the data directory. What is used is what the files
// have, measured anew now and then, so that it cannot drift away from the
// truth; uploads under way, which are not files yet, are added.
type quota struct {
	disk  disk
	limit int64 // 0 is none
	// promised returns the room for jobs that are under way.
	promised func() int64

	mu        sync.Mutex
	used      int64 // with what is promised
	files     int64 // without
	measured  time.Time
	uploading int64
}

// usage is the size of all files but those for the moment.
func (q *quota) usage() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.measured) > usageAge {
		q.measure()
	}
	return q.files
}

func (q *quota) over() bool {
	return q.limit > 0 && q.usage() > q.limit
}

// measure must be called with the lock held. What cannot be read counts as
// nothing: it is a file that has just gone, or a disk that refuses writes too.
func (q *quota) measure() {
	q.files = 0
	_ = fs.WalkDir(q.disk.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case entry.IsDir() && name == tempDir:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		if info, err := entry.Info(); err == nil {
			q.files += info.Size()
		}
		return nil
	})
	q.used = q.files + q.promised()
	q.measured = time.Now()
}

// upload sets room for n more bytes of an upload aside.
func (q *quota) upload(n int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.measured) > usageAge {
		q.measure()
	}
	if !q.fits(n) {
		q.measure() // something may have been deleted
	}
	if !q.fits(n) {
		return q.refusal("file")
	}
	q.uploading += n
	return nil
}

func (q *quota) fits(n int64) bool {
	return q.limit == 0 || q.used+q.uploading+n <= q.limit
}

// uploaded gives the room of an upload back: it has become a file, or has not.
func (q *quota) uploaded(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.uploading -= n
	q.measured = time.Time{}
}

// job refuses one more job if its models may not fit. It must be called before
// the job has a record.
func (q *quota) job() error {
	if q.limit == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.measure()
	if !q.fits(jobRoom) {
		return q.refusal("training_file")
	}
	q.used += jobRoom // until the next measuring, which finds the job's record
	return nil
}

// refusal has status 413. 507 would say the same, but clients repeat what
// fails with 5xx, as they do with 429, and waiting frees nothing: somebody has
// to delete files or models first.
func (q *quota) refusal(param string) *apiError {
	return invalid(http.StatusRequestEntityTooLarge, param, "disk_quota_exceeded",
		"There is no room left: %d of %d bytes are in use or kept free for jobs. Delete files or models that are no longer needed.", q.used+q.uploading, q.limit)
}

// promised is the room for all jobs that are under way.
func (s *Server) promised() int64 {
	var room int64
	for _, j := range s.jobs.newest() {
		if j.active() {
			room += jobRoom
		}
	}
	return room
}

// metered is an upload's body that takes its room from the quota as it
// arrives, because its length is not always told. What is told and does not
// fit is refused at once.
type metered struct {
	io.ReadCloser
	quota *quota
	taken int64
}

// meter must be called for an upload, and done on what it returns.
func (s *Server) meter(r *http.Request) (*metered, error) {
	m := &metered{ReadCloser: r.Body, quota: s.quota}
	if s.quota.limit == 0 {
		return m, nil
	}
	told := max(r.ContentLength, 0)
	if err := s.quota.upload(told); err != nil {
		return nil, err
	}
	s.quota.uploaded(told)
	r.Body = m
	return m, nil
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if n > 0 {
		if refused := m.quota.upload(int64(n)); refused != nil {
			return 0, refused
		}
		m.taken += int64(n)
	}
	return n, err
}

// done gives the room back.
func (m *metered) done() {
	if m.quota.limit > 0 {
		m.quota.uploaded(m.taken)
	}
}

// unready says why the server should get no requests, nil if it should.
// Starting needs no reason of its own: before the directory is open nobody
// answers.
func (s *Server) unready() error {
	switch {
	case s.closing.Load():
		return errClosing
	case s.quota.over():
		return errors.New("the data directory is over its quota")
	}
	return s.writable.check()
}

// writable finds out whether the disk takes files, at most once in usageAge:
// everybody may ask.
type writable struct {
	disk disk

	mu  sync.Mutex
	at  time.Time
	err error
}

func (p *writable) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > usageAge {
		p.err = p.disk.try()
		p.at = time.Now()
	}
	if p.err != nil {
		return errors.New("the data directory takes no files")
	}
	return nil
}

// try writes a file and removes it.
func (d disk) try() error {
	file, err := d.temporary()
	if err != nil {
		return err
	}
	defer file.discard()
	if _, err := file.WriteString("writable"); err != nil {
		return err
	}
	return file.Sync()
}
