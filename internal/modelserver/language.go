package modelserver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchboard/internal/classifier"
	"switchboard/internal/languagemodel"
	"switchboard/internal/problem"
)

// What "auto" asks of a training that starts from a language model.
const (
	languageEpochs = 3
	languageBatch  = 8
)

// languageTurns is how many completions may ask language models at once: enough for
// a full pass, and another that waits.
const languageTurns = 32

// card tells what a language model is.
type card struct {
	// Name is the base model's, Kind "causal" or "encoder".
	Name    string             `json:"name"`
	Kind    languagemodel.Kind `json:"kind"`
	Licence string             `json:"licence"`
	SHA256  string             `json:"sha256"`
}

func cardOf(b languagemodel.Base) *card {
	return &card{Name: b.Name, Kind: b.Kind, Licence: b.Licence, SHA256: b.SHA256}
}

// checkNames refuses a language model with the name of a base model that every
// server has.
func checkNames(models *languagemodel.Models) error {
	for _, name := range models.Names() {
		if name == BaseModel || name == HybridModel {
			return problem.Input("a language model is named %s, which is the name of one of the server's own base models: give it another", name)
		}
	}
	return nil
}

// absent refuses what is asked of a base model that is registered and not there.
func (s *Server) absent(model string) error {
	if _, there := s.options.LanguageModels.Base(model); there || !slices.Contains(s.options.LanguageModels.Names(), model) {
		return nil
	}
	return invalid(http.StatusBadRequest, "model", "model_not_available",
		"The language model %s is registered on the server, but not available: its log says why. Use another, or ask who runs the server.", model)
}

// auto is what a job gets that leaves the choice of its hyperparameters.
func (s *Server) auto(model string) hyperparameters {
	if _, ok := s.options.LanguageModels.Base(model); ok {
		return hyperparameters{Epochs: languageEpochs, BatchSize: languageBatch, RateMultiplier: 1}
	}
	return hyperparameters{Epochs: classifier.DefaultEpochs, BatchSize: classifier.DefaultBatchSize, RateMultiplier: 1}
}

// turns is the queue in which a question to a model waits.
func (s *Server) turns(model string) *queue {
	if m, ok := s.models.has(model); ok && m.card != nil {
		return s.languageChats
	}
	return s.chats
}

// lacks says what a job cannot be trained without, and is not there; nil if nothing.
func (s *Server) lacks(j job) *jobError {
	if j.Model == HybridModel && s.options.Encoder == nil {
		return &noEncoder
	}
	if j.Card == nil {
		return nil
	}
	if base, ok := s.options.LanguageModels.Base(j.Model); !ok || base.SHA256 != j.Card.SHA256 {
		return &jobError{Code: codeNoBase, Message: fmt.Sprintf(
			"The job starts from the language model %s (SHA-256 %s), and the server was started again without it: start it with -language-models and that model, and create the job again.", j.Model, j.Card.SHA256[:12])}
	}
	return nil
}

const (
	codeNoBase = "base_model_missing"
	codeMemory = "out_of_memory"
)

// Memory that training a language model takes: of Python and its libraries, of the
// weights, and of what is kept for each token of a pass while it learns. That is 2 MB
// in a model of 135 million parameters, and grows with the square root of these, as
// width times depth does.
const (
	trainerBytes     = 1 << 30
	causalWeights    = 4     // bytes a parameter
	encoderWeights   = 4 * 4 // with gradients and what the optimizer knows
	tokenBytes       = 2 << 20
	tokenParameters  = 135_000_000
	exampleCopyBytes = 8 // a byte of text, here and in the trainer's tokens
	// A pass takes so many tokens on a processor, or one text's with its labels.
	passTokens  = 1024
	framing     = 32
	labelTokens = 1
)

// languageMemory estimates what a training from a language model takes of the
// machine's memory: on a GPU, what passes through it.
func (s *Server) languageMemory(ctx context.Context, j job, textBytes, labels int) (int64, *jobError) {
	if failure := s.lacks(j); failure != nil {
		return 0, failure
	}
	facts, err := s.options.LanguageModels.Check(ctx, j.Model)
	var failed languagemodel.Failure
	switch {
	case ctx.Err() != nil:
		return 0, nil // which the caller sees
	case errors.As(err, &failed):
		return 0, &jobError{Code: failed.Code, Message: "The job cannot be trained: " + failed.Error() + "."}
	case err != nil:
		s.log.ErrorContext(ctx, "checking a language model failed", "job", j.ID, "error", err)
		return 0, &serverFailure
	}
	return trainingMemory(facts, j.Card.Kind, j.BatchSize, labels, textBytes), nil
}

// trainingMemory is what a training from a base with these facts takes, in bytes.
func trainingMemory(facts languagemodel.Facts, kind languagemodel.Kind, batch, labels, textBytes int) int64 {
	needed := facts.Parameters*causalWeights + trainerBytes + int64(textBytes)*exampleCopyBytes
	if strings.HasPrefix(facts.Device, "cuda") {
		return needed
	}
	row := languagemodel.MaxTokens + framing
	if kind == languagemodel.Encoder {
		needed += facts.Parameters * (encoderWeights - causalWeights)
	} else {
		row += labels * labelTokens
	}
	tokens := min(batch*row, max(passTokens, row))
	growth := math.Sqrt(float64(facts.Parameters) / tokenParameters)
	return needed + int64(float64(tokens)*tokenBytes*growth)
}

// statePath is the folder in which a trainer saves where it is in a job.
func statePath(jobID string) string { return trainingDir + "/" + jobID }

// absolute is where a file or folder under the data directory is, for a child.
func (s *Server) absolute(name string) (string, error) {
	return filepath.Abs(filepath.Join(s.options.Dir, filepath.FromSlash(name)))
}

// dropState removes the state of a job's training.
func (s *Server) dropState(jobID string) {
	if err := s.disk.root.RemoveAll(statePath(jobID)); err != nil {
		s.log.Error("removing the state of a training failed", "job", jobID, "error", err)
	}
}

// dropDoneState removes it unless the training goes on later.
func (s *Server) dropDoneState(jobID string) {
	if j, ok := s.jobs.get(jobID); !ok || !j.active() {
		s.dropState(jobID)
	}
}

// sweepStates removes the states of trainings that will not go on.
func (s *Server) sweepStates() error {
	names, err := s.disk.names(trainingDir, "")
	if err != nil {
		return err
	}
	for _, id := range names {
		if j, ok := s.jobs.get(id); ok && j.active() {
			continue
		}
		if err := s.disk.root.RemoveAll(statePath(id)); err != nil {
			return err
		}
	}
	return nil
}

// trainerTries is how often a trainer is started for a job that ended before it was
// done. It goes on from what it saved.
const trainerTries = 3

// learnLanguage fine-tunes a language model on the examples of a job.
func (s *Server) learnLanguage(ctx context.Context, j job, train, validation examples) (result, error) {
	state, err := s.absolute(statePath(j.ID))
	if err != nil {
		return result{}, err
	}
	run := languageRun{s: s, job: j, epochs: map[int]languagemodel.Report{}}
	asked := languagemodel.Job{
		Base: j.Model, Labels: labelsOf(train), Epochs: j.Epochs, BatchSize: j.BatchSize, RateMultiplier: j.RateMultiplier, Seed: j.Seed,
	}
	known := taught(train.rows, nil)
	held := taught(validation.rows, asked.Labels)
	for try := 1; ; try++ {
		run.start = time.Now()
		err = s.options.LanguageModels.Train(ctx, state, asked, known, held, run.report)
		if !errors.Is(err, languagemodel.ErrEnded) || try == trainerTries {
			break
		}
		s.inform(j.ID, "The trainer ended early and is started again")
	}
	if err != nil {
		return result{}, err
	}
	return run.result(asked.Labels, train.tokens)
}

// labelsOf are the labels of examples, ascending.
func labelsOf(e examples) []string {
	labels := make([]string, len(e.rows))
	for i, row := range e.rows {
		labels[i] = row.Label
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// taught are examples for the trainer. Those with a label that is not among the
// known ones are left out: no model could be right about them. Nil knows all.
func taught(rows []classifier.Example, known []string) []languagemodel.Example {
	list := make([]languagemodel.Example, 0, len(rows))
	for _, row := range rows {
		if _, ok := slices.BinarySearch(known, row.Label); ok || known == nil {
			list = append(list, languagemodel.Example{Text: row.Text, Label: row.Label})
		}
	}
	return list
}

// inform adds an event to a job. The job goes on without it.
func (s *Server) inform(id, format string, args ...any) {
	err := s.advance(id, func(j *job) { j.inform(format, args...) })
	if err != nil && !errors.Is(err, errUnchanged) {
		s.log.Error("recording an event failed", "job", id, "error", err)
	}
}

// languageRun is the training of a language model while it goes on.
type languageRun struct {
	s      *Server
	job    job
	start  time.Time
	first  int // step that this run began with
	tenth  int
	noted  time.Time
	epochs map[int]languagemodel.Report
	done   languagemodel.Report
}

// report takes what the trainer tells.
func (r *languageRun) report(told languagemodel.Report) error {
	switch told.Type {
	case languagemodel.Loaded:
		r.s.inform(r.job.ID, "Loaded the base model on %s: %d parameters, of which %d are trained", told.Device, told.Parameters, told.Trainable)
		r.start = time.Now() // what came before is not repeated with each step
	case languagemodel.Resumed:
		r.first = told.Step
		r.s.inform(r.job.ID, "Training goes on after step %d", told.Step)
	case languagemodel.Step:
		r.step(told)
	case languagemodel.Epoch:
		r.epochs[told.Epoch] = told
		m := metricsOfReport(told, r.stepsOf(told))
		r.s.recordEpoch(r.job.ID, m, r.left(m.Step, m.TotalSteps))
	case languagemodel.Done:
		r.done = told
	}
	return nil
}

// stepsOf is how many steps a training has, by its first epoch: all have as many.
func (r *languageRun) stepsOf(told languagemodel.Report) int {
	if told.Steps > 0 {
		return told.Steps
	}
	return told.Step / told.Epoch * r.job.Epochs
}

// left is how long the rest takes, as it has gone so far.
func (r *languageRun) left(step, steps int) time.Duration {
	if step <= r.first {
		return 0
	}
	return time.Duration(float64(time.Since(r.start)) / float64(step-r.first) * float64(steps-step))
}

// recordSteps is the time between two records of how far a training is.
const recordSteps = 5 * time.Second

// step tells every tenth of the way, and now and then when it will end.
func (r *languageRun) step(told languagemodel.Report) {
	if told.Steps < 1 || told.Step > told.Steps {
		return
	}
	tenth := 10 * told.Step / told.Steps
	if tenth == r.tenth && time.Since(r.noted) < recordSteps {
		return
	}
	r.noted = time.Now()
	err := r.s.advance(r.job.ID, func(j *job) {
		j.EstimatedFinish = time.Now().Add(r.left(told.Step, told.Steps)).UnixNano()
		if tenth > r.tenth {
			j.inform("Trained %d of %d steps", told.Step, told.Steps)
		}
	})
	r.tenth = tenth
	if err != nil && !errors.Is(err, errUnchanged) {
		r.s.log.Error("recording a step failed", "job", r.job.ID, "error", err)
	}
}

func metricsOfReport(told languagemodel.Report, steps int) metrics {
	return metrics{
		Step: told.Step, TotalSteps: steps, TrainLoss: told.TrainLoss, TrainAccuracy: told.TrainAccuracy,
		ValidLoss: told.ValidLoss, ValidAccuracy: told.ValidAccuracy,
	}
}

// result is what the training made: the best epoch's adapter, those of the last
// epochs, and all figures.
func (r *languageRun) result(labels []string, tokens int) (made result, err error) {
	var results strings.Builder
	results.WriteString(resultsHeader)
	for number := 1; number <= r.done.Epochs; number++ {
		told, ok := r.epochs[number]
		if !ok {
			return result{}, fmt.Errorf("the trainer told nothing of epoch %d", number)
		}
		m := metricsOfReport(told, r.stepsOf(told))
		results.WriteString(m.csv())
		if number != r.done.Best && number <= r.done.Epochs-keptCheckpoints {
			continue
		}
		one, err := r.s.adapterOf(r.job, told.Adapter, labels)
		if err != nil {
			return result{}, err
		}
		made.last.add(one, m)
		made.last[len(made.last)-1].Adapter = one.record.SHA256
		if number == r.done.Best {
			made.model, made.adapter, made.best = one, one.record.SHA256, m.Step
		}
	}
	made.classes, made.results = len(labels), results.String()
	made.epochs, made.tokens = r.done.Epochs, tokens*r.done.Epochs
	return made, nil
}

// The files of an adapter: what the trainer wrote, and what the server knows of it.
const (
	adapterWeights = "adapter.safetensors"
	adapterAbout   = "adapter.json"
	adapterRecords = "model.json"
)

// adapterRecord is what the server keeps beside an adapter.
type adapterRecord struct {
	Format int  `json:"format"`
	Base   card `json:"base"`
	// Labels are in the order of the log-probabilities.
	Labels []string `json:"labels"`
	// SHA256 is that of the adapter's weights, AboutSHA256 that of what the trainer
	// says of them.
	SHA256      string `json:"sha256"`
	AboutSHA256 string `json:"about_sha256"`
}

// adapter is what a training made, in the folder of its state.
type adapter struct {
	disk   disk
	folder string
	record adapterRecord
}

// adapterOf looks at an adapter that a job's training says it made.
func (s *Server) adapterOf(j job, name string, labels []string) (adapter, error) {
	a := adapter{disk: s.disk, folder: statePath(j.ID) + "/" + name, record: adapterRecord{Format: 1, Base: *j.Card, Labels: labels}}
	about, err := s.disk.root.ReadFile(a.folder + "/" + adapterAbout)
	if err != nil {
		return a, fmt.Errorf("reading an adapter: %w", err)
	}
	var said struct {
		Labels []string `json:"labels"`
	}
	if err := json.Unmarshal(about, &said); err != nil || !slices.Equal(said.Labels, labels) {
		return a, errors.New("reading an adapter: its labels are not those of the job")
	}
	sum := sha256.Sum256(about)
	a.record.AboutSHA256 = hex.EncodeToString(sum[:])
	a.record.SHA256, err = s.disk.sum(a.folder + "/" + adapterWeights)
	return a, err
}

// sum is the SHA-256 of a file.
func (d disk) sum(name string) (string, error) {
	file, err := d.root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// keep copies the adapter: the state stays whole until the job's end is recorded.
func (a adapter) keep(d disk, name string) error {
	record, err := json.MarshalIndent(a.record, "", "  ")
	if err != nil {
		return err
	}
	return d.writeFolder(name, map[string]io.WriterTo{
		adapterRecords: bytes.NewReader(append(record, '\n')),
		adapterWeights: fileIn{d, a.folder + "/" + adapterWeights},
		adapterAbout:   fileIn{d, a.folder + "/" + adapterAbout},
	})
}

// fileIn is the content of a file.
type fileIn struct {
	disk disk
	name string
}

func (f fileIn) WriteTo(w io.Writer) (int64, error) {
	file, err := f.disk.root.Open(f.name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return io.Copy(w, file)
}

// language is a fine-tuned language model.
type language struct {
	models *languagemodel.Models
	folder string // absolute
	record adapterRecord
}

// openAdapter reads what the server knows of an adapter, and holds the adapter
// against it.
func (s *Server) openAdapter(path string) (answerer, error) {
	content, err := fs.ReadFile(s.disk.root.FS(), path+"/"+adapterRecords)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	l := language{models: s.options.LanguageModels}
	if err := json.Unmarshal(content, &l.record); err != nil || len(l.record.Labels) < 2 || l.record.Format != 1 {
		return nil, fmt.Errorf("%s/%s is damaged", path, adapterRecords)
	}
	for file, want := range map[string]string{adapterWeights: l.record.SHA256, adapterAbout: l.record.AboutSHA256} {
		if got, err := s.disk.sum(path + "/" + file); err != nil || got != want {
			return nil, errors.Join(fmt.Errorf("%s/%s is damaged", path, file), err)
		}
	}
	l.folder, err = s.absolute(path)
	return l, err
}

// answer asks the language model's child.
func (l language) answer(ctx context.Context, text string) ([]classifier.Scored, error) {
	base, ok := l.models.Base(l.record.Base.Name)
	if !ok || base.SHA256 != l.record.Base.SHA256 {
		return nil, l.noBase(ok)
	}
	logs, err := l.models.Answer(ctx, base.Name, l.folder, len(l.record.Labels), text)
	var later languagemodel.Unavailable
	switch {
	case errors.As(err, &later):
		return nil, &apiError{
			status: http.StatusServiceUnavailable, after: max(later.After, time.Second), Type: typeServer, Code: optional("language_model_unavailable"),
			Message: "The language model cannot be asked now: its process ended, or too many ask it. Try again later.",
		}
	case err != nil:
		return nil, fmt.Errorf("asking a language model: %w", err)
	}
	scored := make([]classifier.Scored, len(logs))
	for i, logarithm := range logs {
		scored[i].Probability = math.Exp(logarithm)
	}
	for i, label := range l.record.Labels {
		scored[i].Label = label
	}
	slices.SortStableFunc(scored, func(a, b classifier.Scored) int { return cmp.Compare(b.Probability, a.Probability) })
	return scored, nil
}

// noBase is an answer that asks to come back: nothing is wrong with the request.
func (l language) noBase(another bool) *apiError {
	runs := "which the server does not have"
	if another {
		runs = "and the server has another under that name"
	}
	return &apiError{
		status: http.StatusServiceUnavailable, Type: typeServer, Code: optional(codeNoBase),
		Message: fmt.Sprintf("The model was made of the language model %s (SHA-256 %s), %s: start it with -language-models and that one.",
			l.record.Base.Name, l.record.Base.SHA256[:12], runs),
	}
}

func (l language) explain(context.Context, string) ([]classifier.Scored, classifier.Explanation, error) {
	return nil, classifier.Explanation{}, invalid(http.StatusBadRequest, "model", "model_not_explainable",
		"A model made of the language model %s cannot tell which words decided: ask it for its answer with log-probabilities, or ask a model made of %s.", l.record.Base.Name, BaseModel)
}
