package modelserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"switchboard/internal/encoder"
	"switchboard/internal/languagemodel"
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

const requestIDHeader = "X-Request-Id"

// Options configure a [Server].
type Options struct {
	// Dir is the data directory. It is made if it is missing, and belongs
	// to one server at a time.
	Dir string
	// Keys are API keys that are accepted, without limits. At least one is
	// needed, here or among NamedKeys: a server without keys would give the
	// training texts to whoever asks.
	Keys []string
	// NamedKeys are API keys with a name and limits: see [ReadKeys].
	NamedKeys []Key
	// MaxFileBytes bounds one uploaded file; 0 means 512 MiB, as at OpenAI.
	MaxFileBytes int64
	// MaxActiveJobs bounds the jobs of a key that are waiting, running or
	// paused, of which one trains at a time; 0 means 16. One more is answered
	// with 429.
	MaxActiveJobs int
	// MaxTrainingBytes bounds the memory of a training, as it is estimated
	// before it starts; 0 means 4 GiB. A job that needs more fails.
	MaxTrainingBytes int64
	// MaxChats bounds the chat completions in work at once; 0 means as many
	// as Go uses processors. MaxWaitingChats bounds those of a key that wait
	// for their turn; 0 means 1024. One more is answered with 503.
	MaxChats, MaxWaitingChats int
	// MaxDiskBytes bounds the data directory: uploads, jobs and models; 0 sets
	// no bound. What would go over it is refused with 413.
	MaxDiskBytes int64
	// Drain is how long the server goes on after it was told to stop, while
	// it says that it is not ready: time for a load balancer to notice.
	Drain time.Duration
	// Encoder makes [HybridModel] available, which learns from its sentence
	// embeddings too; nil means none. It has to outlive the server.
	Encoder *encoder.Encoder
	// LanguageModels are further base models, each under its own name; nil means
	// none. They have to outlive the server.
	LanguageModels *languagemodel.Models
	// Faults go wrong on purpose; nil means none. They are for tests.
	Faults *Faults
	// Logger gets job starts and ends as information, failures as errors
	// and requests for debugging; nil means [slog.Default].
	Logger *slog.Logger
}

// Validate reports the first option that cannot be used.
func (o Options) Validate() error {
	switch {
	case o.Dir == "":
		return problem.Input("the model server has no data directory: set one")
	case len(o.Keys)+len(o.NamedKeys) == 0:
		return problem.Input("the model server has no API key: set at least one, such as the output of \"openssl rand -hex 24\"")
	case slices.ContainsFunc(o.Keys, func(k string) bool { return !usable(k) }):
		return problem.Input("an API key of the model server is empty or has blanks around it: remove them")
	case o.MaxFileBytes < 0:
		return problem.Input("the largest file size is %d bytes: give a number above 0", o.MaxFileBytes)
	case o.MaxActiveJobs < 0:
		return problem.Input("the number of active jobs is %d: give a number above 0", o.MaxActiveJobs)
	case o.MaxTrainingBytes < 0:
		return problem.Input("the memory of a training is %d bytes: give a number above 0", o.MaxTrainingBytes)
	case o.MaxChats < 0 || o.MaxWaitingChats < 0:
		return problem.Input("the numbers of chat completions in work and waiting are %d and %d: give numbers above 0", o.MaxChats, o.MaxWaitingChats)
	case o.MaxDiskBytes < 0:
		return problem.Input("the quota of the disk is %d bytes: give a number above 0", o.MaxDiskBytes)
	case o.Drain < 0:
		return problem.Input("the time to drain is %v: give a time above 0", o.Drain)
	}
	if err := checkNames(o.LanguageModels); err != nil {
		return err
	}
	for i, k := range o.NamedKeys {
		if slices.ContainsFunc(o.Keys, func(key string) bool { return key == k.Name || sha256.Sum256([]byte(key)) == k.sum() }) {
			return problem.Input("API key %d with a name is, or is named like, one without: take that one away", i+1)
		}
	}
	return validateKeys(o.NamedKeys)
}

// withDefaults replaces the zeros that stand for something else.
func (o Options) withDefaults() Options {
	o.MaxFileBytes = cmp.Or(o.MaxFileBytes, 512<<20)
	o.MaxActiveJobs = cmp.Or(o.MaxActiveJobs, 16)
	o.MaxTrainingBytes = cmp.Or(o.MaxTrainingBytes, 4<<30)
	o.MaxChats = cmp.Or(o.MaxChats, runtime.GOMAXPROCS(0))
	o.MaxWaitingChats = cmp.Or(o.MaxWaitingChats, 1024)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

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

// methods are the handlers of one path.
type methods map[string]func(http.ResponseWriter, *http.Request) error

// table has what answers each path.
func (s *Server) table() map[string]methods {
	return map[string]methods{
		"/v1/models":                            {"GET": s.listModels},
		"/v1/models/{id}":                       {"GET": s.getModel, "DELETE": s.deleteModel},
		"/v1/files":                             {"GET": s.listFiles, "POST": s.uploadFile},
		"/v1/files/{id}":                        {"GET": s.getFile, "DELETE": s.deleteFile},
		"/v1/files/{id}/content":                {"GET": s.getFileContent},
		"/v1/fine_tuning/jobs":                  {"GET": s.listJobs, "POST": s.createJob},
		"/v1/fine_tuning/jobs/{id}":             {"GET": s.getJob},
		"/v1/fine_tuning/jobs/{id}/cancel":      {"POST": s.cancelJob},
		"/v1/fine_tuning/jobs/{id}/pause":       {"POST": s.pauseJob},
		"/v1/fine_tuning/jobs/{id}/resume":      {"POST": s.resumeJob},
		"/v1/fine_tuning/jobs/{id}/events":      {"GET": s.listEvents},
		"/v1/fine_tuning/jobs/{id}/checkpoints": {"GET": s.listCheckpoints},
		"/v1/chat/completions":                  {"POST": s.complete},
		"/v1/switchboard/explain":               {"POST": s.explain},
		"/v1/batches":                           {"GET": s.listBatches, "POST": s.createBatch},
		"/v1/batches/{id}":                      {"GET": s.getBatch},
		"/v1/batches/{id}/cancel":               {"POST": s.cancelBatch},
		"/healthz":                              {"GET": s.health},
		"/readyz":                               {"GET": s.ready},
		"/metrics":                              {"GET": s.showMetrics},
	}
}

// routes returns what answers each path. The error says which fault of the
// plan names a path that is not there.
func (s *Server) routes() (*http.ServeMux, error) {
	mux, table := http.NewServeMux(), s.table()
	if s.options.Faults != nil {
		if err := s.options.Faults.check(table); err != nil {
			return nil, err
		}
	}
	for pattern, byMethod := range table {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := s.dispatch(w, r, byMethod); err != nil {
				s.writeError(w, r, err)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.writeError(w, r, invalid(http.StatusNotFound, "", "unknown_url", "Invalid URL (%s %s)", r.Method, r.URL.Path))
	})
	return mux, nil
}

func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, byMethod methods) error {
	handler, ok := byMethod[r.Method]
	if !ok {
		for method := range byMethod {
			w.Header().Add("Allow", method)
		}
		return invalid(http.StatusMethodNotAllowed, "", "method_not_supported", "Not allowed to %s on %s.", r.Method, r.URL.Path)
	}
	if r.Pattern == "/healthz" || r.Pattern == "/readyz" {
		// Whoever asks these has no key: a container's runtime, a load
		// balancer. They tell nothing about what is inside.
		return handler(w, r)
	}
	h, err := s.authenticate(w, r)
	if err != nil {
		return err
	}
	exchangeOf(r.Context()).holder = h
	if err := s.admit(w, h); err != nil {
		return err
	}
	if r.Pattern == "/metrics" {
		return handler(w, r)
	}
	if r.Pattern == "/v1/files" && r.Method == http.MethodPost {
		closed, err := s.openUpload(w, r)
		if err != nil {
			return err
		}
		defer closed()
		body, err := s.meter(r)
		if err != nil {
			return err
		}
		defer body.done()
	}
	return s.inject(w, r, handler)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := "req_" + rand.Text()
	w.Header().Set(requestIDHeader, id)
	start := time.Now()
	e := &exchange{holder: &holder{}}
	// A copy of the request: the connection's own goes on with the body that
	// came with it.
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
	watched := s.timeouts.watch(w, r)
	e.body = watched.body
	defer func() {
		recovered := recover()
		if recovered != nil && recovered != http.ErrAbortHandler { //nolint:errorlint // net/http compares alike
			s.log.ErrorContext(r.Context(), "request panicked", "request", id, "route", r.Pattern, "stack", string(debug.Stack()))
			if watched.status == 0 {
				s.writeError(watched, r, errors.New("panic"))
			}
		}
		duration := time.Since(start)
		s.meters.request(r, watched.status, duration)
		// The pattern, not the path: model names may say who is whom.
		s.log.DebugContext(r.Context(), "request", "request", id, "key", e.holder.name, "method", methodOf(r), "route", r.Pattern,
			"status", watched.status, "duration", duration)
		if recovered == http.ErrAbortHandler { //nolint:errorlint // net/http compares alike
			panic(recovered)
		}
	}()
	s.mux.ServeHTTP(watched, r)
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// ready tells whether requests should come here: not while the server closes,
// and not while its disk takes nothing. Health stays well then: a restart would
// not help.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	if err := s.unready(); err != nil {
		retryAfter(w.Header(), time.Second)
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": err.Error()})
		return nil
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	return nil
}

// readJSON decodes the body, which must be one JSON value of the right types.
// Unknown fields are ignored: clients are newer than servers.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	if err != nil {
		return readFailure(err)
	}
	err = json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	var detailed *apiError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &detailed):
		return detailed
	case errors.As(err, &wrongType):
		return invalid(http.StatusBadRequest, wrongType.Field, "invalid_type",
			"Invalid type for '%s': expected %s.", wrongType.Field, wrongType.Type)
	default:
		return invalid(http.StatusBadRequest, "", "",
			"We could not parse the JSON body of your request. Send one JSON object, with the header \"Content-Type: application/json\".")
	}
}

// readFailure tells a body that was too slow or cut short from one that was
// too large, which writeError knows.
func readFailure(err error) error {
	var tooLarge *http.MaxBytesError
	var refused *apiError
	switch {
	case errors.As(err, &tooLarge), errors.As(err, &refused):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalid(http.StatusRequestTimeout, "", "request_timeout", "The request's body did not arrive in time.")
	}
	return invalid(http.StatusBadRequest, "", "incomplete_body", "The request's body did not arrive whole.")
}

// page cuts a list, latest first, to what the query's after and limit ask
// for.
func page[R record](r *http.Request, all []R, limit, maxLimit int) (data []R, more bool, err error) {
	query := r.URL.Query()
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return nil, false, badParam("limit", "Invalid 'limit': expected an integer from 1 to %d.", maxLimit)
		}
		limit = n
	}
	if after := query.Get("after"); after != "" {
		at := slices.IndexFunc(all, func(r R) bool { return r.key() == after })
		if at < 0 {
			return nil, false, badParam("after", "Invalid 'after': there is no such object in this list.")
		}
		all = all[at+1:]
	}
	if len(all) > limit {
		return all[:limit], true, nil
	}
	return all, false, nil
}

// list is the answer of every list endpoint. First and last are null if it is
// empty.
type list[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
	HasMore bool    `json:"has_more"`
}

func listOf[R record, T any](page []R, more bool, show func(R) T) list[T] {
	result := list[T]{Object: "list", Data: make([]T, len(page)), HasMore: more}
	for i, r := range page {
		result.Data[i] = show(r)
	}
	if len(page) > 0 {
		result.FirstID, result.LastID = optional(page[0].key()), optional(page[len(page)-1].key())
	}
	return result
}
