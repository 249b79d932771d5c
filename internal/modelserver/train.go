package modelserver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"switchboard/internal/classifier"
	"switchboard/internal/languagemodel"
)

// maxAttempts is how often a job may be started without an orderly end: a job
// that brings the process down must not do so for ever.
const maxAttempts = 20

// failurePause is how long a worker rests when the disk fails.
const failurePause = 30 * time.Second

var (
	// errUnchanged ends a change that has nothing to do.
	errUnchanged = errors.New("nothing to change")
	// errStopped is the cause of a training that ends because its job was
	// cancelled or paused.
	errStopped = errors.New("the job was cancelled or paused")
)

// worker takes along what there is to do, one thing at a time.
type worker struct {
	// next returns the id of what is to be done next.
	next func() (id string, found bool)
	// process returns an error only if it could not record what happened.
	process func(ctx context.Context, id string) error
	// fail records that something in the server's code went wrong with it.
	fail func(id string) error
	wake chan struct{}
}

// newWorker takes records with the first of the statuses, or the next, by turns
// among their owners.
func newWorker[R work](c *collection[R], process func(context.Context, R) error, fail func(id string) error, statuses ...string) worker {
	var turns turns
	return worker{
		next: func() (string, bool) {
			r, found := nextInTurn(&turns, c.newest(), statuses)
			return r.key(), found
		},
		process: func(ctx context.Context, id string) error {
			r, found := c.get(id)
			if !found {
				return nil
			}
			return process(ctx, r)
		},
		fail: fail,
		wake: make(chan struct{}, 1),
	}
}

func (s *Server) startWorkers(ctx context.Context) {
	failJob := func(id string) error { return s.fail(id, serverFailure) }
	failBatch := func(id string) error { return s.failBatch(id, batchServerFailure) }
	s.workers = []worker{
		newWorker(s.jobs, s.validate, failJob, statusValidating),
		// A job that runs without being trained is one that an earlier
		// process left unfinished.
		newWorker(s.jobs, s.train, failJob, statusRunning, statusQueued),
		newWorker(s.batches, s.validateBatch, failBatch, batchValidating),
		newWorker(s.batches, s.runBatch, failBatch, batchCancelling, batchFinalizing, batchInProgress),
	}
	for _, w := range s.workers {
		s.working.Go(func() { s.work(ctx, w) })
	}
}

// work processes what there is until ctx ends.
func (s *Server) work(ctx context.Context, w worker) {
	for ctx.Err() == nil {
		pause := time.Duration(math.MaxInt64)
		if id, ok := w.next(); ok {
			err := s.protected(ctx, w, id)
			// Somebody else may have ended it meanwhile.
			if err == nil || errors.Is(err, errUnchanged) {
				continue
			}
			s.log.ErrorContext(ctx, "recording work failed", "id", id, "error", err)
			pause = failurePause
		}
		select {
		case <-w.wake:
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// protected turns a panic into a failure of the job or the batch, so that a
// bad one does not take down all others and their server. A panic on one of
// the classifier's own goroutines does end the process: maxAttempts bounds how
// often.
func (s *Server) protected(ctx context.Context, w worker, id string) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			s.log.ErrorContext(ctx, "work panicked", "id", id, "stack", string(debug.Stack()))
			err = w.fail(id)
		}
	}()
	return w.process(ctx, id)
}

func (s *Server) wakeWorkers() {
	for _, w := range s.workers {
		select {
		case w.wake <- struct{}{}:
		default: // it is awake, or about to be
		}
	}
}

// advance changes a job that is neither over nor paused; otherwise the error is
// errUnchanged.
func (s *Server) advance(id string, f func(*job)) error {
	_, err := s.jobs.change(id, func(j *job) error {
		if !j.moving() {
			return errUnchanged
		}
		f(j)
		return nil
	})
	return err
}

func (s *Server) fail(id string, reason jobError) error {
	s.log.Info("fine-tuning job failed", "job", id, "code", reason.Code)
	return s.advance(id, func(j *job) {
		j.end(statusFailed)
		j.Error = &reason
		j.note(event{Level: "error", Type: "message", Message: reason.Message})
	})
}

var serverFailure = jobError{Code: "server_error", Message: "The job failed because of an error in the server. Its log has the details under the job's id."}

// validate checks a job's files and queues it.
func (s *Server) validate(ctx context.Context, j job) error {
	train, validation, failure := s.count(j)
	if failure == nil {
		failure = s.checkSize(ctx, j, train, validation)
	}
	if ctx.Err() != nil {
		return nil // the server closes; the next one does it again
	}
	if failure != nil {
		return s.fail(j.ID, *failure)
	}
	err := s.advance(j.ID, func(j *job) {
		j.Status = statusQueued
		j.PlannedTokens = int64(train.tokens) * int64(j.Epochs)
		j.inform("Files validated, moving job to queued state")
	})
	s.wakeWorkers()
	return err
}

// count reads a job's files through without keeping what is in them: how much
// memory the training takes is known before it is taken.
func (s *Server) count(j job) (train, validation census, failure *jobError) {
	err := s.readFile(j.TrainingFile, &train)
	if err == nil {
		err = train.check()
	}
	if err != nil {
		return train, validation, s.fileFailure(j.ID, "training_file", err)
	}
	if j.ValidationFile == "" {
		return train, validation, nil
	}
	err = s.readFile(j.ValidationFile, &validation)
	if err == nil && validation.examples == 0 {
		err = &fileProblem{"it has no examples"}
	}
	if err != nil {
		return train, validation, s.fileFailure(j.ID, "validation_file", err)
	}
	return train, validation, nil
}

// checkSize refuses a job that would take more memory than a training may, or
// more tokens than the owner's key may have in training.
func (s *Server) checkSize(ctx context.Context, j job, train, validation census) *jobError {
	needed, failure := s.memory(ctx, j, train, validation)
	if failure != nil {
		return failure
	}
	if needed > s.options.MaxTrainingBytes && j.Card != nil {
		return &jobError{Code: codeMemory, Message: fmt.Sprintf(
			"Training %s in batches of %d would take about %s of memory, and the server gives a training at most %s: take a smaller model, or ask who runs the server for more (-max-training).",
			j.Model, j.BatchSize, humanize.IBytes(uint64(needed)), humanize.IBytes(uint64(s.options.MaxTrainingBytes)))}
	}
	if needed > s.options.MaxTrainingBytes {
		return s.fileFailure(j.ID, "training_file", &fileProblem{fmt.Sprintf(
			"training on its %d examples would take about %s of memory, and the server gives a training at most %s: leave examples out or shorten them",
			train.examples, humanize.IBytes(uint64(needed)), humanize.IBytes(uint64(s.options.MaxTrainingBytes)))})
	}
	limit := s.limitsOf(j.Owner).TrainingTokens
	if limit == 0 {
		return nil
	}
	others, own := s.tokensInTraining(j.Owner), int64(train.tokens)*int64(j.Epochs)
	if others+own <= limit {
		return nil
	}
	return &jobError{Code: codeTrainingTokens, Param: optional("training_file"), Message: fmt.Sprintf(
		"The job would train %d tokens (those of the training file times the epochs), beside %d of the key's other jobs, and the key may have %d in training: wait for the others to end, or train fewer examples or epochs.",
		own, others, limit)}
}

// memory estimates what a training takes of it, at most.
func (s *Server) memory(ctx context.Context, j job, train, validation census) (int64, *jobError) {
	if j.Card != nil {
		return s.languageMemory(ctx, j, train.textBytes+validation.textBytes, len(train.labels))
	}
	width := 0
	if j.Model == HybridModel && s.options.Encoder != nil {
		width = max(s.options.Encoder.Width(), 0)
	}
	return classifier.TrainingMemory(train.distinct, validation.distinct, train.distinctBytes+validation.distinctBytes, len(train.labels), width), nil
}

// read returns the examples of a job's files. The trainer of a language model takes
// lines.
func (s *Server) read(j job) (train, validation examples, failure *jobError) {
	train.asLines, validation.asLines = j.Card != nil, j.Card != nil
	err := s.readFile(j.TrainingFile, &train)
	if err == nil {
		err = checkTraining(train)
	}
	if err != nil {
		return train, validation, s.fileFailure(j.ID, "training_file", err)
	}
	if j.ValidationFile == "" {
		return train, validation, nil
	}
	if err = s.readFile(j.ValidationFile, &validation); err != nil {
		return train, validation, s.fileFailure(j.ID, "validation_file", err)
	}
	return train, validation, nil
}

func (s *Server) readFile(id string, to learner) error {
	content, err := s.disk.root.Open(contentPath(id))
	if errors.Is(err, os.ErrNotExist) {
		return &fileProblem{"it was deleted"}
	}
	if err != nil {
		return err
	}
	defer content.Close()
	return eachExample(content, to)
}

func (s *Server) fileFailure(jobID, param string, err error) *jobError {
	var bad *fileProblem
	if !errors.As(err, &bad) {
		s.log.Error("reading a file failed", "job", jobID, "error", err)
		return &serverFailure
	}
	return &jobError{
		Code:    "invalid_" + param,
		Message: fmt.Sprintf("The job failed due to an invalid %s: %s.", strings.ReplaceAll(param, "_", " "), bad),
		Param:   &param,
	}
}

// stoppable returns a context that [Server.stopTraining] ends. It must be made
// in the change that makes the job run, as the change that stops it ends the
// context: then nothing meant for one training reaches the next.
func (s *Server) stoppable(ctx context.Context, id string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.cancelMu.Lock()
	defer s.cancelMu.Unlock()
	s.cancels[id] = cancel
	return ctx, func() {
		s.cancelMu.Lock()
		defer s.cancelMu.Unlock()
		delete(s.cancels, id)
		cancel(nil)
	}
}

// stopTraining reports whether there was one to stop.
func (s *Server) stopTraining(id string) bool {
	s.cancelMu.Lock()
	defer s.cancelMu.Unlock()
	cancel, ok := s.cancels[id]
	if ok {
		cancel(errStopped)
	}
	return ok
}

// train makes a job's model.
func (s *Server) train(ctx context.Context, j job) error {
	if j.Attempts >= maxAttempts {
		return s.fail(j.ID, jobError{Code: "server_error", Message: fmt.Sprintf(
			"Training was started %d times and ended each time with the server: it is given up.", j.Attempts)})
	}
	release := func() {}
	defer func() { release() }()
	defer s.dropDoneState(j.ID)
	if err := s.advance(j.ID, func(j *job) {
		ctx, release = s.stoppable(ctx, j.ID)
		if j.Status == statusRunning {
			j.inform("Fine-tuning job started again after a restart of the server")
		} else {
			j.inform("Fine-tuning job started")
		}
		j.Status = statusRunning
		j.Attempts++
	}); err != nil {
		return err
	}
	start := time.Now()
	defer s.meters.trained(start)
	if failure := s.lacks(j); failure != nil {
		return s.fail(j.ID, *failure)
	}
	if failure := s.fate(ctx, j.ID); failure != nil {
		return s.fail(j.ID, *failure)
	}
	train, validation, failure := s.read(j)
	if failure != nil {
		return s.fail(j.ID, *failure)
	}
	made, err := s.learn(ctx, j, train, validation)
	if err != nil {
		return s.learnedNothing(ctx, j, err)
	}
	if err := s.finish(j, made); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "fine-tuning job succeeded", "job", j.ID, "examples", train.lines, "distinct", len(train.rows),
		"classes", made.classes, "duration", time.Since(start).Round(time.Millisecond))
	return nil
}

// learnedNothing settles a job whose training ended with err: one that the end of the server
// interrupts goes on later and has not used up an attempt.
func (s *Server) learnedNothing(ctx context.Context, j job, err error) error {
	var encoding encodingError
	var failed languagemodel.Failure
	switch {
	case errors.Is(err, errClosing):
		return s.advance(j.ID, func(j *job) { j.Attempts-- })
	case errors.Is(err, errStopped):
		return nil
	case errors.As(err, &encoding):
		s.log.ErrorContext(ctx, "encoding examples failed", "job", j.ID, "error", err)
		return s.fail(j.ID, serverFailure)
	case errors.As(err, &failed):
		return s.fail(j.ID, jobError{Code: failed.Code, Message: "Training failed: " + failed.Error() + "."})
	case j.Card != nil:
		s.log.ErrorContext(ctx, "training a language model failed", "job", j.ID, "error", err)
		return s.fail(j.ID, serverFailure)
	}
	param := "training_file"
	return s.fail(j.ID, jobError{Code: "training_failed", Message: "Training failed: " + err.Error() + ".", Param: &param})
}

// result is what a training gives.
type result struct {
	model   keepable
	adapter string // the SHA-256 of a language model's adapter
	best    int    // the step that this is of, for a language model
	classes int
	last    snapshots
	results string
	epochs  int // trained; fewer than asked for if training stops early
	tokens  int
}

// learn fits a model to the examples of a job.
func (s *Server) learn(ctx context.Context, j job, train, validation examples) (made result, err error) {
	if j.Card != nil {
		return s.learnLanguage(ctx, j, train, validation)
	}
	options := classifier.Options{Epochs: j.Epochs, BatchSize: j.BatchSize, LearningRateMultiplier: j.RateMultiplier, Seed: uint64(j.Seed)}
	if j.Model == HybridModel {
		options.Encoder = s.options.Encoder.Name()
		if err := s.encode(ctx, j.ID, train.rows, validation.rows); err != nil {
			return result{}, err
		}
	}
	results := strings.Builder{}
	results.WriteString(resultsHeader)
	start := time.Now()
	options.OnEpoch = func(e classifier.Epoch) {
		made.epochs = e.Number
		m := metricsOf(e)
		results.WriteString(m.csv())
		made.last.add(linear{Model: e.Model()}, m)
		left := time.Since(start) / time.Duration(e.Number) * time.Duration(e.Of-e.Number)
		s.recordEpoch(j.ID, m, left)
	}
	model, err := classifier.Train(ctx, train.rows, validation.rows, options)
	if err != nil {
		return result{}, err
	}
	made.model, made.classes = linear{Model: model}, len(model.Labels())
	made.results, made.tokens = results.String(), train.tokens*made.epochs
	return made, nil
}

// resultsHeader is the first line of step_metrics.csv.
const resultsHeader = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"

// finish keeps models and results and records the success, in this order: a
// crash in between makes the job start over, and write the same again under
// the same names.
func (s *Server) finish(j job, r result) error {
	if err := s.keep(j, r); err != nil {
		s.log.Error("saving a model failed", "job", j.ID, "error", err)
		return errors.Join(s.drop(j, r), s.fail(j.ID, serverFailure))
	}
	size, err := s.disk.size(modelPath(j.ID))
	if err != nil {
		s.log.Error("looking at the size of a model failed", "job", j.ID, "error", err) // and it is not told
	}
	err = s.advance(j.ID, func(j *job) {
		j.TrainedTokens, j.ModelBytes = r.tokens, size
		j.Checkpoints, j.Adapter, j.Best = r.last.checkpoints(), r.adapter, r.best
		j.end(statusSucceeded)
		if r.epochs < j.Epochs {
			j.inform("Training stopped after epoch %d of %d: the model got no better on the validation file", r.epochs, j.Epochs)
		}
		j.inform("New fine-tuned model created")
		j.inform("The job has successfully completed")
		// Who sees the success must find the models.
		s.shelve(*j)
	})
	if !errors.Is(err, errUnchanged) {
		return err
	}
	// Cancelled or paused at the last moment: the models and the results go.
	return s.drop(j, r)
}

// keep writes models and results, under names that follow from the job's: what
// a crash makes necessary twice is there once.
func (s *Server) keep(j job, r result) error {
	for _, l := range r.last {
		if err := l.model.keep(s.disk, l.path(j.ID)); err != nil {
			return err
		}
	}
	if err := r.model.keep(s.disk, modelPath(j.ID)); err != nil {
		return err
	}
	f := file{ID: resultsID(j.ID), Owner: j.Owner, Filename: "step_metrics.csv", Purpose: purposeResults, Bytes: int64(len(r.results)), Created: time.Now().UnixNano()}
	if err := s.disk.write(f.content(), strings.NewReader(r.results)); err != nil {
		return err
	}
	return s.files.put(f)
}

// drop removes what keep wrote, all or a part of it.
func (s *Server) drop(j job, r result) error {
	err := errors.Join(s.disk.remove(modelPath(j.ID)), s.dropFile(resultsID(j.ID)))
	for _, l := range r.last {
		err = errors.Join(err, s.disk.remove(l.path(j.ID)))
	}
	return err
}

// recordEpoch adds an event, unless the epoch's was recorded before a restart:
// training is deterministic, so it would say the same. Left is how long the rest of
// the training takes.
func (s *Server) recordEpoch(id string, m metrics, left time.Duration) {
	err := s.advance(id, func(j *job) {
		j.EstimatedFinish = time.Now().Add(left).UnixNano()
		if slices.ContainsFunc(j.Events, func(old event) bool { return old.Data != nil && old.Data.Step == m.Step }) {
			return
		}
		message := fmt.Sprintf("Step %d/%d: training loss=%.4f", m.Step, m.TotalSteps, m.TrainLoss)
		if m.ValidLoss != nil {
			message += fmt.Sprintf(", validation loss=%.4f", *m.ValidLoss)
		}
		j.note(event{Level: "info", Type: "metrics", Message: message, Data: &m})
	})
	// Training goes on without the event; its figures are in the results.
	if err != nil && !errors.Is(err, errUnchanged) {
		s.log.Error("recording an epoch failed", "job", id, "error", err)
	}
}

func metricsOf(e classifier.Epoch) metrics {
	return metrics{
		Step: e.Step, TotalSteps: e.Steps, TrainLoss: e.TrainLoss, TrainAccuracy: e.TrainAccuracy,
		ValidLoss: optionalNumber(e.ValidLoss), ValidAccuracy: optionalNumber(e.ValidAccuracy),
	}
}

// optionalNumber returns nil for NaN, which JSON does not know.
func optionalNumber(n float64) *float64 {
	if math.IsNaN(n) {
		return nil
	}
	return &n
}

// csv returns the metrics as a line of step_metrics.csv.
func (m metrics) csv() string {
	number := func(n *float64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatFloat(*n, 'f', 6, 64)
	}
	return fmt.Sprintf("%d,%s,%s,%s,%s\n", m.Step, number(&m.TrainLoss), number(&m.TrainAccuracy), number(m.ValidLoss), number(m.ValidAccuracy))
}
