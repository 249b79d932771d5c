package modelserver

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"switchboard/internal/languagemodel"
)

// jobRoom is kept free for each job that is waiting or running: what it writes
// at its end is not known before, but is at most a model of 64 MB and as many
// for each of three checkpoints. A job that was accepted is not to fail for
// want of room.
const jobRoom = 256 << 20

// encoderRoom is the same for a language model that is trained whole: its weights
// after each of a few epochs, and the state that training goes on from.
const encoderRoom = 2 << 30

// room is what is kept free for a job.
func (j job) room() int64 {
	if j.Card != nil && j.Card.Kind == languagemodel.Encoder {
		return encoderRoom
	}
	return jobRoom
}

// usageAge is how old the figure of the disk's use may be. Nothing is refused
// because of an old one.
const usageAge = 2 * time.Second

// quota bounds the size of the data directory, and of what each key has in it.
// What is used is what the files have, measured anew now and then, so that it
// cannot drift away from the truth; uploads under way, which are not files yet,
// are added.
type quota struct {
	disk  disk
	limit int64 // of all; 0 is none
	// ownerOf returns whose a file is.
	ownerOf func(name string) string
	// promised returns the room for jobs that are under way, by owner.
	promised func() map[string]int64

	mu       sync.Mutex
	used     int64            // with what is promised
	usedBy   map[string]int64 // by owner
	files    int64            // without what is promised
	measured time.Time
	// uploading is what uploads under way have, uploadingBy by owner.
	uploading   int64
	uploadingBy map[string]int64
}

func newQuota(d disk, limit int64, ownerOf func(name string) string, promised func() map[string]int64) *quota {
	return &quota{disk: d, limit: limit, ownerOf: ownerOf, promised: promised, uploadingBy: map[string]int64{}}
}

// bounds tells whether there is anything to bound for a holder.
func (q *quota) bounds(h *holder) bool { return q.limit > 0 || h.limits.Bytes > 0 }

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
	q.files, q.usedBy = 0, map[string]int64{}
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
			q.usedBy[q.ownerOf(name)] += info.Size()
		}
		return nil
	})
	q.used = q.files
	for owner, room := range q.promised() {
		q.used += room
		q.usedBy[owner] += room
	}
	q.measured = time.Now()
}

// upload sets room for n more bytes of an upload aside.
func (q *quota) upload(h *holder, n int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.bounds(h) {
		q.uploading += n
		q.uploadingBy[h.owner] += n
		return nil
	}
	if time.Since(q.measured) > usageAge {
		q.measure()
	}
	if q.refusal(h, n, "file") != nil {
		q.measure() // something may have been deleted
	}
	if refused := q.refusal(h, n, "file"); refused != nil {
		return refused
	}
	q.uploading += n
	q.uploadingBy[h.owner] += n
	return nil
}

// uploaded gives the room of an upload back: it has become a file, or has not.
func (q *quota) uploaded(h *holder, n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.uploading -= n
	if q.uploadingBy[h.owner] -= n; q.uploadingBy[h.owner] == 0 {
		delete(q.uploadingBy, h.owner)
	}
	q.measured = time.Time{}
}

// job refuses one more job if its models may not fit. It must be called before
// the job has a record.
func (q *quota) job(h *holder, room int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.bounds(h) {
		return nil
	}
	q.measure()
	if refused := q.refusal(h, room, "training_file"); refused != nil {
		return refused
	}
	// Until the next measuring, which finds the job's record.
	q.used += room
	q.usedBy[h.owner] += room
	return nil
}

// refusal returns an [apiError] if n bytes more are too many, and nil if not. It
// has status 413. 507 would say the same, but clients repeat what fails with 5xx,
// as they do with 429, and waiting frees nothing: somebody has to delete files or
// models first. How much others have is told to nobody.
func (q *quota) refusal(h *holder, n int64, param string) error {
	own := q.usedBy[h.owner] + q.uploadingBy[h.owner]
	switch {
	case h.limits.Bytes > 0 && own+n > h.limits.Bytes:
		return invalid(http.StatusRequestEntityTooLarge, param, codeQuota,
			"There is no room left for this key: %d of its %d bytes are in use or kept free for jobs. Delete files or models that are no longer needed.", own, h.limits.Bytes)
	case q.limit > 0 && q.used+q.uploading+n > q.limit:
		return invalid(http.StatusRequestEntityTooLarge, param, codeQuota,
			"There is no room left on the server. Delete files or models that are no longer needed, or ask who runs it for more.")
	}
	return nil
}

const codeQuota = "disk_quota_exceeded"

// promised is the room for all jobs that are under way.
func (s *Server) promised() map[string]int64 {
	room := map[string]int64{}
	for _, j := range s.jobs.newest() {
		if j.active() {
			room[j.Owner] += j.room()
		}
	}
	return room
}

// ownerOf returns whose a file under the data directory is; empty if nobody's.
func (s *Server) ownerOf(name string) string {
	dir, rest, _ := strings.Cut(name, "/")
	id, _, _ := strings.Cut(rest, "/")
	id, _, _ = strings.Cut(id, ".")
	switch dir {
	case filesDir:
		f, _ := s.files.get(id)
		return f.Owner
	case jobsDir, modelsDir, trainingDir:
		j, _ := s.jobs.get(id)
		return j.Owner
	case batchesDir:
		b, _ := s.batches.get(id)
		return b.Owner
	}
	return ""
}

// metered is an upload's body that takes its room from the quota as it
// arrives, because its length is not always told. What is told and does not
// fit is refused at once.
type metered struct {
	io.ReadCloser
	quota  *quota
	holder *holder
	taken  int64
}

// meter must be called for an upload, and done on what it returns.
func (s *Server) meter(r *http.Request) (*metered, error) {
	m := &metered{ReadCloser: r.Body, quota: s.quota, holder: holderOf(r)}
	told := max(r.ContentLength, 0)
	if err := s.quota.upload(m.holder, told); err != nil {
		return nil, err
	}
	s.quota.uploaded(m.holder, told)
	r.Body = m
	return m, nil
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if n > 0 {
		if refused := m.quota.upload(m.holder, int64(n)); refused != nil {
			return 0, refused
		}
		m.taken += int64(n)
	}
	return n, err
}

// done gives the room back.
func (m *metered) done() { m.quota.uploaded(m.holder, m.taken) }

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
