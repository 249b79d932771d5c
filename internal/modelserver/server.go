package modelserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"switchboard/internal/problem"
)

// Limits on requests.
const (
	maxJSONBytes = 4 << 20
	// bodyTimeout is how long a JSON body may take to arrive, and how long
	// an upload may stand still; uploadTimeout is for all of an upload.
	bodyTimeout   = 30 * time.Second
	uploadTimeout = time.Hour
)

// Server is the model server. It implements [http.Handler].
type Server struct {
	options Options
	log     *slog.Logger
	keysMu  sync.Mutex // held while holders are replaced
	holders atomic.Pointer[[]*holder]
	chats   *queue
	// languageChats are those that ask a language model: they take turns of their
	// own, because they wait for a pass that they share.
	languageChats *queue
	uploads       uploads
	meters        *meters
	faults        *faults // nil if there are none
	timeouts      timeouts
	mux           *http.ServeMux
	closing       atomic.Bool

	lock     *flock.Flock
	disk     disk
	quota    *quota
	writable *writable
	files    *collection[file]
	jobs     *collection[job]
	batches  *collection[batch]

	models *shelf

	// Two workers take jobs along: one validates files, one trains.
	workers   []worker
	working   sync.WaitGroup
	stop      context.CancelCauseFunc
	batchTime time.Duration // how long a batch may take
	creating  sync.Mutex    // held from counting the active jobs to adding one

	// cancels holds what stops the job that is training.
	cancelMu sync.Mutex
	cancels  map[string]context.CancelCauseFunc
}

// errClosing is the cause of a training that ends because the server does.
var errClosing = errors.New("the model server is closing")

// New opens the data directory and takes up the jobs in it. The errors it
// returns are problems of kind BadInput (options) and Environment (directory).
func New(options Options) (*Server, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	options = options.withDefaults()
	s := &Server{
		options: options, log: options.Logger, cancels: map[string]context.CancelCauseFunc{},
		chats: newQueue(options.MaxChats, options.MaxWaitingChats), languageChats: newQueue(languageTurns, options.MaxWaitingChats),
		meters: newMeters(), faults: newFaults(options.Faults), timeouts: defaultTimeouts, batchTime: completionTime,
	}
	holders := holdersOf(options, nil)
	s.holders.Store(&holders)
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.mux = mux
	if err := s.open(s.load); err != nil {
		return nil, err
	}
	s.watch()
	ctx, stop := context.WithCancelCause(context.Background())
	s.stop = stop
	s.startWorkers(ctx)
	return s, nil
}

// open locks the data directory and reads it with load.
func (s *Server) open(load func() error) error {
	var err error
	if s.disk, err = openDisk(s.options.Dir); err != nil {
		return problem.New(problem.Environment, "the model server cannot use its data directory: %w", err)
	}
	s.lock = flock.New(filepath.Join(s.options.Dir, "lock"))
	switch locked, err := s.lock.TryLock(); {
	case err != nil:
		_ = s.disk.root.Close()
		return problem.New(problem.Environment, "the model server cannot lock its data directory: %w", err)
	case !locked:
		_ = s.disk.root.Close()
		return problem.New(problem.Environment, "another model server uses the data directory %s: stop it, or choose another directory", s.options.Dir)
	}
	if err := load(); err != nil {
		_ = s.release()
		return problem.New(problem.Environment, "the model server cannot read its data directory: %w", err)
	}
	return nil
}

func (s *Server) loadRecords() (err error) {
	if err := s.disk.prepare(); err != nil {
		return err
	}
	if s.files, err = openCollection[file](s.disk, filesDir); err != nil {
		return err
	}
	if s.jobs, err = openCollection[job](s.disk, jobsDir); err != nil {
		return err
	}
	s.batches, err = openCollection[batch](s.disk, batchesDir)
	return err
}

func (s *Server) load() (err error) {
	if err := s.loadRecords(); err != nil {
		return err
	}
	if err := s.sweep(); err != nil {
		return err
	}
	if err := s.adopt(); err != nil {
		return err
	}
	s.quota = newQuota(s.disk, s.options.MaxDiskBytes, s.ownerOf, s.promised)
	s.writable = &writable{disk: s.disk}
	s.models, err = openShelf(s.disk, s.jobs, s.openModel)
	return err
}

func (s *Server) release() error { return errors.Join(s.lock.Unlock(), s.disk.root.Close()) }

// Close stops training and waits until it has stopped. The job in training
// stays as it is and starts over when the directory is next opened. Requests
// must have ended before: see [Server.Serve].
func (s *Server) Close() error {
	s.closing.Store(true)
	s.stop(errClosing)
	s.working.Wait()
	return s.release()
}

// Serve answers requests on a listener until ctx ends; then, after the time to
// drain, waits up to ten seconds for those under way. It closes the listener,
// not the server.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.timeouts.header,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.closing.Store(true)
	select {
	case err := <-failed:
		return err
	case <-time.After(s.options.Drain):
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
