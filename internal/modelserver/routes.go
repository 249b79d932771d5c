package modelserver

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"runtime/debug"
	"time"
)

const requestIDHeader = "X-Request-Id"

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
