package inference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/provider"
)

const (
	// downAfter failures in a row mean that the provider is down and not
	// that single questions fail. As many as are under way by default: one
	// short outage fails them all at once.
	downAfter = 64
	// refusedAfter requests refused in a row, with no answer between them,
	// mean that the request is wrong and not the text in it.
	refusedAfter = 8
	// A rate limit is waited out within the attempt if it asks for no more
	// than shortWait, or longestWait on the last attempt, and up to
	// waitsInVain times with no answer in between. It is not a failure: an
	// attempt a second would use all of them up.
	shortWait   = 10 * time.Second
	longestWait = 5 * time.Minute
	waitsInVain = 5
	firstWait   = 4 * time.Second // without Retry-After; doubles
)

// question is one text to ask about, for every example that has it.
type question struct {
	text string
	rows []int // indexes of examples
	err  *provider.Error
}

// reply is what became of a question.
type reply struct {
	q         *question
	answer    provider.Answer
	company   string // "" unless the answer is a label
	questions int
	prompt    int
	tokens    int
	took      time.Duration
	err       error
}

// run is one attempt. All of its state belongs to the goroutine of run.run:
// askers and the writer only get and send values.
type run struct {
	c        Classifier
	o        Options
	examples []dataset.Example
	labels   answers
	progress func(Progress)

	out         Outcome
	predictions []dataset.Prediction // by example; Status "" is none yet
	unsaved     []dataset.Prediction

	queue    []*question // to be asked
	underway int
	failed   []*question // failed in a way that may pass
	refused  []*question // refused, and not yet clear whether for their text

	failures int  // in a row
	answered bool // in this attempt or an earlier one
	longest  *provider.Error

	pausedUntil time.Time
	waits       int // in a row, with no answer in between

	stop context.CancelFunc // ends the turn of questions not yet sent
	end  error              // why the attempt ends early

	unsavable bool // saving failed: what comes in now is asked again
}

func newRun(c Classifier, o Options, examples []dataset.Example, from Resume) *run {
	r := &run{
		c: c, o: o, examples: examples,
		labels:      answersOf(o.Labels),
		progress:    func(Progress) {},
		predictions: make([]dataset.Prediction, len(examples)),
	}
	r.out.Rows = len(examples)
	r.out.NextChunk = from.NextChunk
	known := r.resume(from.Done)
	r.enqueue(known)
	return r
}

// resume takes over what earlier attempts saved and returns their answers by
// text.
func (r *run) resume(done []dataset.Prediction) map[string]dataset.Prediction {
	byID := make(map[int64]dataset.Prediction, len(done))
	for _, p := range slices.Backward(done) { // the first of two stays
		byID[p.ConversationID] = p
	}
	known := map[string]dataset.Prediction{}
	for i, e := range r.examples {
		p, ok := byID[e.ID]
		if !ok || p.Status == "" {
			continue
		}
		r.predictions[i] = p
		r.out.Resumed++
		if p.Status == dataset.Classified || p.Status == dataset.Invalid {
			known[e.Text] = p
			r.answered = true
		}
	}
	return known
}

// enqueue makes a question of every text that is left, and settles what needs
// no asking.
func (r *run) enqueue(known map[string]dataset.Prediction) {
	asked := map[string]*question{}
	for i, e := range r.examples {
		if r.predictions[i].Status != "" {
			continue
		}
		if strings.TrimSpace(e.Text) == "" {
			r.settle(i, dataset.Prediction{Company: dataset.Unknown, Status: dataset.Empty})
			continue
		}
		if p, ok := known[e.Text]; ok {
			p.PromptTokens, p.AnswerTokens, p.LatencyMS = 0, 0, 0
			r.settle(i, p)
			r.out.Reused++
			continue
		}
		if q, ok := asked[e.Text]; ok {
			q.rows = append(q.rows, i)
			continue
		}
		q := &question{text: e.Text, rows: []int{i}}
		asked[e.Text] = q
		r.queue = append(r.queue, q)
	}
}

// settle gives example i its prediction.
func (r *run) settle(i int, p dataset.Prediction) {
	p.ConversationID = r.examples[i].ID
	r.predictions[i] = p
	r.unsaved = append(r.unsaved, p)
	switch p.Status {
	case dataset.Classified:
		r.out.Classified++
	case dataset.Invalid:
		r.out.Invalid++
	case dataset.Empty:
		r.out.Empty++
	case dataset.Failed:
		r.out.Failed++
	}
}

// settleAll gives every example of a question its prediction. The tokens are
// the first one's: the others cost nothing.
func (r *run) settleAll(q *question, p dataset.Prediction) {
	for n, i := range q.rows {
		if n == 1 {
			p.PromptTokens, p.AnswerTokens, p.LatencyMS = 0, 0, 0
			r.out.Reused += len(q.rows) - 1
		}
		r.settle(i, p)
	}
}

func (r *run) fail(q *question, reason provider.Reason) {
	for _, i := range q.rows {
		r.settle(i, dataset.Prediction{Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: string(reason)})
	}
}

// run is the attempt. Three kinds of goroutines: this one decides, askers ask,
// a writer saves, so that neither asking nor deciding ever waits for storage.
func (r *run) run(ctx context.Context, save func(int, []dataset.Prediction) error) (Outcome, error) {
	// Questions not yet sent are called off by stop; those sent go on until
	// abandon, which comes a grace period after the end of ctx.
	turn, stop := context.WithCancel(ctx)
	defer stop()
	r.stop = stop
	calls, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(r.o.Grace, abandon) })()

	questions := make(chan *question)
	replies := make(chan reply)
	askers := r.startAskers(provider.WithTurn(calls, turn), questions, replies)
	defer askers.Wait()
	defer close(questions)

	w := startWriter(r.out.NextChunk, save)
	tick := time.NewTicker(min(time.Second, r.o.SaveEvery))
	defer tick.Stop()
	lastSave := time.Now()
	done := ctx.Done()
	for {
		if r.unsavable {
			r.unsaved = nil
		}
		if r.finished() {
			r.conclude()
			if len(r.unsaved) == 0 && !w.busy {
				break
			}
		}
		next, q := r.next(questions)
		chunks, chunk := w.offer(r.unsaved, r.finished() || len(r.unsaved) >= r.o.ChunkRows || time.Since(lastSave) >= r.o.SaveEvery)
		select {
		case next <- q:
			r.queue = r.queue[1:]
			r.underway++
		case a := <-replies:
			r.underway--
			r.take(a)
		case chunks <- chunk:
			w.busy = true
			r.unsaved = nil
			lastSave = time.Now()
		case err := <-w.saved:
			w.busy = false
			r.noteSave(err)
		case <-tick.C:
			r.report()
		case <-done:
			done = nil
			r.endWith(fmt.Errorf("classifying: %w", context.Cause(ctx)))
		}
	}
	w.stop()
	return r.outcome()
}

// startAskers lets as many goroutines ask as there may be requests at a time, until
// questions is closed.
func (r *run) startAskers(ctx context.Context, questions <-chan *question, replies chan<- reply) *sync.WaitGroup {
	var askers sync.WaitGroup
	for range min(r.o.Concurrency, len(r.queue)) {
		askers.Go(func() {
			for q := range questions {
				replies <- r.ask(ctx, q)
			}
		})
	}
	return &askers
}

// next returns the question to be asked now, with a nil channel if there is
// none.
func (r *run) next(questions chan<- *question) (chan<- *question, *question) {
	if r.end != nil || len(r.queue) == 0 || time.Now().Before(r.pausedUntil) {
		return nil, nil
	}
	return questions, r.queue[0]
}

// finished: nothing is under way and nothing will be.
func (r *run) finished() bool {
	return r.underway == 0 && (r.end != nil || len(r.queue) == 0)
}

// endWith ends the attempt early; the first reason counts, unless a final one
// follows.
func (r *run) endWith(err error) {
	if r.end == nil || (isFinal(err) && !isFinal(r.end)) {
		r.end = err
	}
	r.stop()
}

// conclude decides about what has no answer when nothing more will be asked.
// It may be called again.
func (r *run) conclude() {
	if r.end == nil && len(r.refused) > 0 && !r.answered {
		r.endWith(r.refused[0].err)
	}
	if r.end != nil && isFinal(r.end) {
		return
	}
	if r.answered || r.o.LastAttempt {
		r.settleRefused()
	}
	if len(r.failed)+len(r.queue) == 0 {
		return
	}
	if !r.o.LastAttempt {
		if r.end == nil {
			r.end = r.longest
		}
		return
	}
	for _, q := range r.failed {
		r.fail(q, q.err.Reason)
	}
	for _, q := range r.queue { // never asked, or told to wait
		var e *provider.Error
		errors.As(r.end, &e)
		r.fail(q, e.Reason)
	}
	r.failed, r.queue, r.end = nil, nil, nil
}

func (r *run) noteSave(err error) {
	if err != nil {
		r.unsavable = true
		r.endWith(fmt.Errorf("saving answers: %w", err))
		return
	}
	r.out.NextChunk++
	r.report()
}

func (r *run) report() {
	r.progress(Progress{Done: r.done(), Total: r.out.Rows, NextChunk: r.out.NextChunk})
}

func (r *run) done() int {
	return r.out.Resumed + r.out.Classified + r.out.Invalid + r.out.Empty + r.out.Failed
}

func (r *run) outcome() (Outcome, error) {
	r.out.Pending = r.out.Rows - r.done()
	if r.end == nil {
		r.out.Predictions = r.predictions
		return r.out, nil
	}
	err := r.end
	if !isFinal(err) && r.longest != nil {
		err = fmt.Errorf("%d of %d conversations have no answer yet: %w", r.out.Pending, r.out.Rows, r.longest)
	}
	return r.out, err
}
