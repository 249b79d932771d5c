package modelserver

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"switchboard/internal/problem"
)

// Faults are things that go wrong on purpose, so that clients can be tested
// against them. The same plan and the same order of requests give the same
// faults.
type Faults struct {
	// Seed decides what happens with a probability.
	Seed uint64 `json:"seed"`
	// Requests are tried in their order; the first that strikes is the one
	// that counts.
	Requests []RequestFault `json:"requests"`
	// Jobs are tried in their order when the training of a job starts.
	Jobs []JobFault `json:"jobs"`
	// ModelDelay is how long a new model stays unknown after its job has
	// succeeded. A restart of the server ends it.
	ModelDelay Duration `json:"model_delay"`

	file string // it was read from
}

// Chance says when a fault strikes: always, unless one of its fields is set.
type Chance struct {
	// First strikes the first so many of what the rule is about.
	First int `json:"first"`
	// Probability strikes each with this probability.
	Probability float64 `json:"probability"`
}

// RequestFault is a fault of the requests to one route. It comes after key and
// limits were looked at. Latency may stand alone or with one of the others.
type RequestFault struct {
	Chance
	// Route is a path as the server's own table has it, such as
	// "/v1/files/{id}", or "*" for all of them below /v1. Method is empty for
	// all methods.
	Route  string `json:"route"`
	Method string `json:"method"`

	Latency Duration `json:"latency"`
	// Status answers with this status, 400 to 599, and does nothing.
	// RetryAfter goes with it.
	Status     int      `json:"status"`
	RetryAfter Duration `json:"retry_after"`
	// Cut ends the connection: at one of the Cut constants.
	Cut string `json:"cut"`
	// Malformed does what was asked and answers with half of the body, as if
	// that were all.
	Malformed bool `json:"malformed"`
}

// Where a connection can be cut.
const (
	// CutBefore: nothing is done.
	CutBefore = "before"
	// CutHeaders: what was asked is done, and nothing is answered.
	CutHeaders = "headers"
	// CutBody: what was asked is done, and the answer breaks off in the
	// middle.
	CutBody = "body"
)

// JobFault is a fault of a job, instead of its training: it fails with a code,
// or goes on until it is cancelled.
type JobFault struct {
	Chance
	Fail    string `json:"fail"`
	Endless bool   `json:"endless"`
}

// Duration is a [time.Duration] that JSON has as text, such as "1.5s".
type Duration time.Duration

// UnmarshalText reads what [time.ParseDuration] does, except below 0.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 {
		return fmt.Errorf("%.32q is no duration such as \"300ms\" or \"2s\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// ReadFaults reads a plan from a JSON file. The errors are problems of kind
// BadInput that name the file and the rule. Routes are checked by [New].
func ReadFaults(path string) (*Faults, error) {
	var plan Faults
	if err := readStrict(path, &plan); err != nil {
		return nil, problem.Input("%s is no plan of faults: %w", path, err)
	}
	if err := plan.validate(nil); err != nil {
		return nil, problem.Input("%s: %w", path, err)
	}
	plan.file = path
	return &plan, nil
}

// check validates a plan with the routes there are.
func (f Faults) check(routes map[string]methods) error {
	err := f.validate(routes)
	if err == nil || f.file == "" {
		return err
	}
	return problem.Input("%s: %w", f.file, err)
}

// validate checks the plan; routes are checked if some are given.
func (f Faults) validate(routes map[string]methods) error {
	for i, rule := range f.Requests {
		if err := rule.validate(routes); err != nil {
			return problem.Input("request fault %d: %w", i+1, err)
		}
	}
	for i, rule := range f.Jobs {
		if err := rule.validate(); err != nil {
			return problem.Input("job fault %d: %w", i+1, err)
		}
	}
	return nil
}

func (c Chance) validate() error {
	switch {
	case c.First < 0 || c.Probability < 0 || c.Probability > 1:
		return problem.Input("first must be at least 0, and probability from 0 to 1")
	case c.First > 0 && c.Probability > 0:
		return problem.Input("it has both first and probability: choose one")
	}
	return nil
}

func (f RequestFault) validate(routes map[string]methods) error {
	if err := f.Chance.validate(); err != nil {
		return err
	}
	byMethod, known := routes[f.Route]
	effects := 0
	for _, is := range []bool{f.Status != 0, f.Cut != "", f.Malformed} {
		if is {
			effects++
		}
	}
	switch {
	case f.Route == "":
		return problem.Input("it has no route: give a path such as /v1/chat/completions, or *")
	case effects > 1:
		return problem.Input("it has more than one of status, cut and malformed: choose one")
	case effects == 0 && f.Latency == 0:
		return problem.Input("it does nothing: give latency, status, cut or malformed")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return problem.Input("its status is %d: give one from 400 to 599", f.Status)
	case f.RetryAfter != 0 && f.Status == 0:
		return problem.Input("it has retry_after without a status")
	case f.Cut != "" && !slices.Contains([]string{CutBefore, CutHeaders, CutBody}, f.Cut):
		return problem.Input("its cut is %.32q: give %s, %s or %s", f.Cut, CutBefore, CutHeaders, CutBody)
	case routes == nil || f.Route == "*":
		return nil
	case !known:
		return problem.Input("there is no route %.64q: routes are written as in docs/reference.md, such as /v1/files/{id}", f.Route)
	case f.Method != "" && byMethod[f.Method] == nil:
		return problem.Input("the route %s has no method %.16q", f.Route, f.Method)
	}
	return nil
}

func (f JobFault) validate() error {
	if err := f.Chance.validate(); err != nil {
		return err
	}
	if (f.Fail != "") == f.Endless {
		return problem.Input("it needs either fail, with a code such as server_error, or endless")
	}
	return nil
}

// faults is a plan at work.
type faults struct {
	plan Faults

	mu       sync.Mutex
	requests []dice
	jobs     []dice
	fates    map[string]*JobFault // by job; nil for none
}

// dice decides for one rule.
type dice struct {
	Chance
	random *rand.Rand
	count  int
}

func newFaults(plan *Faults) *faults {
	if plan == nil {
		return nil
	}
	f := &faults{plan: *plan, fates: map[string]*JobFault{}}
	for i, rule := range plan.Requests {
		f.requests = append(f.requests, newDice(rule.Chance, plan.Seed, uint64(i)))
	}
	for i, rule := range plan.Jobs {
		f.jobs = append(f.jobs, newDice(rule.Chance, plan.Seed, 1<<32+uint64(i)))
	}
	return f
}

// newDice gives each rule a sequence of its own, so that one rule more does
// not change what the others do.
func newDice(c Chance, seed, rule uint64) dice {
	return dice{Chance: c, random: rand.New(rand.NewPCG(seed, rule))} //nolint:gosec // faults repeat from a seed
}

func (d *dice) strikes() bool {
	d.count++
	switch {
	case d.First > 0:
		return d.count <= d.First
	case d.Probability > 0:
		return d.random.Float64() < d.Probability
	}
	return true
}

// request returns the fault of a request, if it has one.
func (f *faults) request(pattern, method string) (RequestFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, rule := range f.plan.Requests {
		if rule.Route != "*" && rule.Route != pattern || rule.Method != "" && rule.Method != method {
			continue
		}
		if f.requests[i].strikes() {
			return rule, true
		}
	}
	return RequestFault{}, false
}

// job returns the fate of a job, which stays the same when it is paused and
// resumed; nil if it is trained.
func (f *faults) job(id string) *JobFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fate, ok := f.fates[id]; ok {
		return fate
	}
	f.fates[id] = nil
	for i := range f.plan.Jobs {
		if f.jobs[i].strikes() {
			f.fates[id] = &f.plan.Jobs[i]
			break
		}
	}
	return f.fates[id]
}

// inject answers a request by its handler, or with what the plan has for it.
func (s *Server) inject(w http.ResponseWriter, r *http.Request, handler func(http.ResponseWriter, *http.Request) error) error {
	if s.faults == nil {
		return handler(w, r)
	}
	fault, ok := s.faults.request(r.Pattern, r.Method)
	if !ok {
		return handler(w, r)
	}
	select {
	case <-time.After(time.Duration(fault.Latency)):
	case <-r.Context().Done():
		return r.Context().Err()
	}
	switch {
	case fault.Status != 0:
		return fault.refuse(w.Header())
	case fault.Cut == CutBefore:
		panic(http.ErrAbortHandler)
	case fault.Cut == "" && !fault.Malformed:
		return handler(w, r)
	}
	whole := &recorded{ResponseWriter: w, status: http.StatusOK}
	if err := handler(whole, r); err != nil {
		s.writeError(whole, r, err)
	}
	fault.spoil(w, whole)
	return nil
}

// refuse is what the status asks for, in OpenAI's shape.
func (f RequestFault) refuse(header http.Header) *apiError {
	if f.RetryAfter != 0 {
		retryAfter(header, time.Duration(f.RetryAfter))
	}
	e := &apiError{status: f.Status, Type: typeInvalidRequest, Code: optional("injected_fault"), Message: "This failure was asked for by the server's plan of faults."}
	switch {
	case f.Status == http.StatusTooManyRequests:
		e.Type, e.Code = typeRequests, optional("rate_limit_exceeded")
	case f.Status >= 500:
		e.Type = typeServer
	}
	return e
}

// recorded keeps an answer back.
type recorded struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorded) FlushError() error           { return nil }
func (r *recorded) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(r.ResponseWriter).SetReadDeadline(at)
}

// spoil sends of an answer what the fault leaves.
func (f RequestFault) spoil(w http.ResponseWriter, whole *recorded) {
	if f.Cut == CutHeaders {
		panic(http.ErrAbortHandler)
	}
	body := whole.body.Bytes()
	half := body[:len(body)/2]
	announced := len(body)
	if f.Malformed {
		announced = len(half)
	}
	w.Header().Set("Content-Length", strconv.Itoa(announced))
	w.WriteHeader(whole.status)
	_, _ = w.Write(half)
	if f.Cut == CutBody {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// fate is what the plan has for a job that is to be trained: the reason it
// fails for, or nil. For an endless job it returns when ctx ends.
func (s *Server) fate(ctx context.Context, id string) *jobError {
	if s.faults == nil {
		return nil
	}
	switch fault := s.faults.job(id); {
	case fault == nil:
		return nil
	case fault.Endless:
		<-ctx.Done()
		return nil
	default:
		return &jobError{Code: fault.Fail, Message: "The job failed because the server's plan of faults asked for it."}
	}
}

// shelve makes a job's model known, after the delay of the plan if there is
// one.
func (s *Server) shelve(j job) {
	if s.faults == nil || s.faults.plan.ModelDelay == 0 {
		s.models.add(j)
		return
	}
	time.AfterFunc(time.Duration(s.faults.plan.ModelDelay), func() { s.models.add(j) })
}
