package languagemodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// gathering is how long the first of several texts waits for others.
	gathering = 5 * time.Millisecond
	// startTime is how long a base may take to be read, and answerTime how long a
	// pass through it.
	startTime  = 15 * time.Minute
	answerTime = 5 * time.Minute
	// maxRest is the longest that a child which died is left alone before it is
	// started again. It begins with a second, and doubles with each death.
	maxRest = 5 * time.Minute
	// maxPending is how many texts may wait for one base.
	maxPending = 1024
)

// How many texts one pass through a model takes: on a processor more would make each
// wait longer and none come sooner.
const (
	batchOnCPU = 8
	batchOnGPU = 32
)

// Unavailable is an answer that asks to come back.
type Unavailable struct {
	// After is when to try again.
	After time.Duration
	Cause error
}

func (u Unavailable) Error() string {
	return fmt.Sprintf("the language model cannot be asked now: %v", u.Cause)
}

// Unwrap returns the cause.
func (u Unavailable) Unwrap() error { return u.Cause }

// Answer asks an adapter of a base about a text: one log-probability for each of its
// labels, in their order, which make a distribution. Adapter is the absolute path of
// its folder, and labels is how many it has.
//
// The base is read when it is first asked, and forgotten when nobody has asked it for
// some minutes. The error is [Unavailable] if the child died or too many wait, a
// [Failure] if the adapter is at fault, or the context's.
func (m *Models) Answer(ctx context.Context, base, adapter string, labels int, text string) ([]float64, error) {
	r, err := m.respondent(base)
	if err != nil {
		return nil, err
	}
	q := &question{adapter: adapter, text: text, labels: labels, answer: make(chan answer, 1)}
	if err := r.ask(q); err != nil {
		return nil, err
	}
	select {
	case a := <-q.answer:
		return a.logs, a.err
	case <-ctx.Done():
		r.forget(q)
		return nil, ctx.Err()
	}
}

func (m *Models) respondent(name string) (*respondent, error) {
	base, ok := m.Base(name)
	if !ok {
		return nil, Failure{Code: codeBadModel}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, Unavailable{After: time.Second, Cause: errClosed}
	}
	r := m.asked[name]
	if r == nil {
		r = &respondent{base: base, program: m.program, log: m.log, idle: m.idle, more: make(chan struct{}, 1)}
		m.asked[name] = r
	}
	return r, nil
}

// question is a text that somebody waits for the answer to.
type question struct {
	adapter, text string
	labels        int
	answer        chan answer // has room for the one that comes
}

type answer struct {
	logs []float64
	err  error
}

// respondent answers for a base, by a child that lives while it is asked.
type respondent struct {
	base    Base
	program program
	log     *slog.Logger
	idle    time.Duration
	more    chan struct{} // has an entry after a question was added

	mu      sync.Mutex
	closed  bool
	pending []*question
	running bool
	child   *child // nil unless it runs
	gone    chan struct{}
	// deaths counts children that died without an answer in between; until is when
	// the next may be started.
	deaths int
	until  time.Time
}

// ask adds a question, and starts the child if there is none.
func (r *respondent) ask(q *question) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := time.Until(r.until)
	switch {
	case r.closed:
		return Unavailable{After: time.Second, Cause: errClosed}
	case !r.running && rest > 0:
		return Unavailable{After: rest, Cause: ErrEnded}
	case len(r.pending) >= maxPending:
		return Unavailable{After: time.Second, Cause: errors.New("too many wait for it")}
	}
	r.pending = append(r.pending, q)
	if !r.running {
		r.running, r.gone = true, make(chan struct{})
		go r.run(r.gone)
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
	return nil
}

// forget drops a question that nobody waits for any more. One that is in work is
// answered to nobody.
func (r *respondent) forget(q *question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.pending {
		if other == q {
			r.pending = append(r.pending[:i:i], r.pending[i+1:]...)
			return
		}
	}
}

// close ends the child and answers who waits.
func (r *respondent) close() {
	r.mu.Lock()
	r.closed = true
	c, gone := r.child, r.gone
	r.mu.Unlock()
	if c != nil {
		c.kill()
	}
	if gone != nil {
		<-gone
	}
}

// run lets a child answer until nobody asks any more. If it dies, all who wait are
// told.
func (r *respondent) run(gone chan struct{}) {
	defer close(gone)
	for {
		err := r.serve()
		if r.settled(err) {
			return
		}
	}
}

// settled puts down that a child ended, and reports whether that is all: somebody may
// have asked just when it was no longer needed.
func (r *respondent) settled(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.child = nil
	if err == nil && len(r.pending) > 0 {
		return false
	}
	r.running = false
	if err == nil {
		return true
	}
	r.deaths++
	rest := min(time.Second<<min(r.deaths-1, 10), maxRest)
	r.until = time.Now().Add(rest)
	if !r.closed {
		r.log.Error("a language model's child ended", "name", r.base.Name, "reason", err, "again_after", rest)
	}
	for _, q := range r.pending {
		q.answer <- answer{err: Unavailable{After: rest, Cause: err}}
	}
	r.pending = nil
	return true
}

func (r *respondent) serve() error {
	c, err := r.program.start(r.log, "answer", "--base", r.base.Path, "--kind", string(r.base.Kind), "--threads", strconv.Itoa(threads()))
	if err != nil {
		return err
	}
	defer c.end(0)
	r.mu.Lock()
	r.child = c
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return errClosed
	}
	most, err := r.ready(c)
	if err != nil {
		return err
	}
	for id := 1; ; id++ {
		batch, err := r.gather(c, most)
		if len(batch) == 0 {
			return err
		}
		if err := r.pass(c, id, batch); err != nil {
			for _, q := range batch {
				q.answer <- answer{err: Unavailable{After: time.Second, Cause: err}}
			}
			return err
		}
	}
}

// ready waits until the child has read its base, and returns how many texts it takes
// at once.
func (r *respondent) ready(c *child) (most int, err error) {
	late := time.AfterFunc(startTime, c.kill)
	defer late.Stop()
	var said struct{ Type, Code, Device string }
	if err := c.next(&said); err != nil {
		return 0, err
	}
	switch said.Type {
	case "ready":
	case gaveUp:
		return 0, failure(said.Code)
	default:
		return 0, errProtocol
	}
	r.log.Info("language model loaded", "name", r.base.Name, "device", deviceOf(said.Device))
	if strings.HasPrefix(said.Device, "cuda") {
		return batchOnGPU, nil
	}
	return batchOnCPU, nil
}

// gather waits for questions, and for a little time for more, and takes those of a
// pass: they are all for the adapter of the one that waits longest. It returns none
// if nobody has asked for the idle time, and an error if the child is gone.
func (r *respondent) gather(c *child, most int) ([]*question, error) {
	idle := time.NewTimer(r.idle)
	defer idle.Stop()
	for {
		if batch := r.take(most); len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-c.ended:
			return nil, ErrEnded
		case <-idle.C:
			return nil, nil
		case <-r.more:
		}
		time.Sleep(gathering)
	}
}

// take takes up to so many of those who wait.
func (r *respondent) take(most int) (batch []*question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rest []*question
	for _, q := range r.pending {
		if len(batch) < most && (len(batch) == 0 || q.adapter == batch[0].adapter) {
			batch = append(batch, q)
		} else {
			rest = append(rest, q)
		}
	}
	r.pending = rest
	return batch
}

// pass asks the child about a batch and gives everybody the answer. The error says
// that the child is of no use any more; then nobody was answered.
func (r *respondent) pass(c *child, id int, batch []*question) error {
	request := struct {
		ID      int      `json:"id"`
		Adapter string   `json:"adapter"`
		Texts   []string `json:"texts"`
	}{ID: id, Adapter: batch[0].adapter}
	for _, q := range batch {
		request.Texts = append(request.Texts, q.text)
	}
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	late := time.AfterFunc(answerTime, c.kill)
	defer late.Stop()
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return ErrEnded
	}
	var said struct {
		ID    int         `json:"id"`
		Logs  [][]float64 `json:"log_probabilities"`
		Error string      `json:"error"`
	}
	if err := c.next(&said); err != nil {
		return err
	}
	if said.ID != id {
		return errProtocol
	}
	if said.Error != "" {
		for _, q := range batch {
			q.answer <- answer{err: failure(said.Error)}
		}
		return nil
	}
	if len(said.Logs) != len(batch) {
		return errProtocol
	}
	for i, q := range batch {
		if !distribution(said.Logs[i], q.labels) {
			return errProtocol
		}
	}
	r.mu.Lock()
	r.deaths = 0
	r.mu.Unlock()
	for i, q := range batch {
		q.answer <- answer{logs: said.Logs[i]}
	}
	return nil
}

// near is how far from 1 the probabilities of a text may add up.
const near = 1e-5

// distribution tells whether numbers are the logarithms of a distribution over so
// many labels.
func distribution(logs []float64, labels int) bool {
	if len(logs) != labels {
		return false
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l)
	}
	return math.Abs(sum-1) <= near // false for what is no number
}
