package modelserver

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/languagemodel"
	"switchboard/internal/languagemodel/languagemodeltest"
)

// languageModels loads the tiny models for the real trainer.
func languageModels(t *testing.T, bases ...languagemodel.Base) *languagemodel.Models {
	t.Helper()
	python := languagemodeltest.Python(t)
	models, err := languagemodel.Load(t.Context(), languagemodel.Options{File: languagemodeltest.File(t, bases...), Python: python, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := models.Close(); err != nil {
			t.Error(err)
		}
	})
	return models
}

func slowTrainer(t *testing.T) {
	t.Helper()
	if os.Getenv("SLOW_TESTS") == "" && os.Getenv("REQUIRE_TRAINER") == "" {
		t.Skip("slow: trains with the real trainer; set SLOW_TESTS=1, or run make test-slow")
	}
}

// probabilities are those of all labels, as a completion has them.
func (r *running) probabilities(t *testing.T, model, text string) map[string]float64 {
	t.Helper()
	request := ask(model, text)
	request.LogProbs, request.TopLogProbs = true, 20
	answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request))
	found := map[string]float64{}
	for _, top := range answer.Choices[0].LogProbs.Content[0].TopLogProbs {
		found[top.Token] = math.Exp(top.LogProb)
	}
	return found
}

// The whole life of a language model, by the real trainer: both kinds are listed with
// their cards, trained, asked, batched, and answer as before after a restart.
func TestLanguageModelsLiveLikeOthers(t *testing.T) {
	slowTrainer(t)
	bases := languagemodeltest.Tiny(t)
	models := languageModels(t, bases...)
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir, LanguageModels: models})
	for _, base := range bases {
		t.Run(string(base.Kind), func(t *testing.T) {
			checkBaseCard(t, r, base)
			done := r.tune(t, base.Name, jsonl(1, 60))
			checkLanguageJob(t, r, base, done)
			checkLanguageAnswers(t, r, *done.FineTunedModel)
		})
	}
	if t.Failed() {
		return
	}
	model := *must[list[jobObject]](t)(r.jobsOf(t), nil).Data[0].FineTunedModel
	want := r.probabilities(t, model, "my flight")
	stop()
	r, stop = start(t, Options{Dir: dir, LanguageModels: languageModels(t, bases...)})
	for label, p := range r.probabilities(t, model, "my flight") {
		if math.Abs(p-want[label]) > 1e-6 {
			t.Errorf("after a restart, %s has the probability %v, before %v", label, p, want[label])
		}
	}
	stop()
	checkWithoutBase(t, dir, model, bases)
}

func (r *running) jobsOf(t *testing.T) (jobs list[jobObject]) {
	t.Helper()
	r.call(t, "GET", "/v1/fine_tuning/jobs", nil, &jobs)
	return jobs
}

func checkBaseCard(t *testing.T, r *running, base languagemodel.Base) {
	t.Helper()
	var object map[string]any
	r.call(t, "GET", "/v1/models/"+base.Name, nil, &object)
	if object["name"] != base.Name || object["kind"] != string(base.Kind) || object["licence"] != "Apache-2.0" || object["sha256"] != base.SHA256 {
		t.Errorf("the base is shown as %v", object)
	}
	_, err := r.client.CreateChatCompletion(t.Context(), ask(base.Name, "x"))
	var refused *openai.APIError
	if !errors.As(err, &refused) || refused.Code != "model_not_trained" || !strings.Contains(refused.Message, "a language model") {
		t.Errorf("asking the base gives %v", err)
	}
}

func checkLanguageJob(t *testing.T, r *running, base languagemodel.Base, done jobObject) {
	t.Helper()
	if done.Hyperparameters.Epochs != languageEpochs || done.Hyperparameters.BatchSize != languageBatch || *done.TrainedTokens == 0 {
		t.Errorf("the job is %+v", done)
	}
	results := readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), done.ResultFiles[0])))
	epochs := strings.Count(results, "\n") - 1
	checkpoints := r.checkpoints(t, done.ID, "")
	if !strings.HasPrefix(results, resultsHeader) || epochs < 1 || len(checkpoints) != min(epochs, keptCheckpoints) {
		t.Errorf("%d checkpoints, and results\n%s", len(checkpoints), results)
	}
	if done.ModelBytes < 1000 {
		t.Errorf("the model is said to have %d bytes", done.ModelBytes)
	}
	if want := leastLoss(t, results); done.BestStep != want {
		t.Errorf("the model is said to be of step %d, and step %d has the least validation loss:\n%s", done.BestStep, want, results)
	}
	var events list[eventObject]
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+done.ID+"/events?limit=100", nil, &events)
	story, figures := "", 0
	for _, e := range events.Data {
		story += e.Message + "\n"
		if e.Data != nil {
			figures++
		}
	}
	if figures != epochs || !strings.Contains(story, "Loaded the base model on ") || !strings.Contains(story, " steps\n") {
		t.Errorf("%d epochs, %d figures in the events\n%s", epochs, figures, story)
	}
	var object map[string]any
	r.call(t, "GET", "/v1/models/"+*done.FineTunedModel, nil, &object)
	if object["licence"] != "Apache-2.0" || object["sha256"] != base.SHA256 || len(fmt.Sprint(object["adapter_sha256"])) != 64 {
		t.Errorf("the model is shown as %v", object)
	}
	r.awaitNoState(t, done.ID)
	checkPrivateFiles(t, filepath.Join(r.options.Dir, modelsDir))
}

// leastLoss is the step with the least validation loss in step_metrics.csv, the
// first of equals.
func leastLoss(t *testing.T, results string) (step int) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(results)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	least := math.Inf(1)
	for _, row := range rows[1:] {
		number, err := strconv.Atoi(row[0])
		loss, other := strconv.ParseFloat(row[3], 64)
		if err := errors.Join(err, other); err != nil {
			t.Fatal(err)
		}
		if loss < least {
			step, least = number, loss
		}
	}
	return step
}

// checkPrivateFiles: what models keep is the server's alone.
func checkPrivateFiles(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", entry.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkLanguageAnswers(t *testing.T, r *running, model string) {
	t.Helper()
	for _, text := range []string{"my flight is late", "", strings.Repeat("a very long text ", 500), "Ärger 😡 \u2028"} {
		sum, best := 0.0, 0.0
		all := r.probabilities(t, model, text)
		for _, p := range all {
			sum += p
			best = max(best, p)
		}
		answer, logprob := r.answer(t, model, text)
		if len(all) != len(topicNames) || math.Abs(sum-1) > 1e-5 || math.Abs(all[answer]-best) > 1e-9 || math.Abs(math.Exp(logprob)-best) > 1e-5 {
			t.Errorf("a text of %d bytes is %q at %v, of %v", len(text), answer, logprob, all)
		}
	}
	schema := fmt.Sprintf(`{"type":"json_schema","json_schema":{"name":"c","schema":{"type":"object","properties":{"c":{"type":"string","enum":[%q]}}}}}`, topicNames[1])
	body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"x"}],"response_format":%s}`, model, schema)
	if status, answer := r.plain(t, "POST", "/v1/chat/completions", body); status != http.StatusOK || !strings.Contains(answer, topicNames[1]) {
		t.Errorf("an enum of one label gives %d %s", status, answer)
	}
	if status, answer := r.plain(t, "POST", "/v1/switchboard/explain", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"x"}]}`, model)); status != http.StatusBadRequest || !strings.Contains(answer, "cannot tell which words decided") {
		t.Errorf("an explanation gives %d %s", status, answer)
	}
	id := r.createBatch(t, requests(model, 40, nil))
	output := readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), *r.awaitBatch(t, id, batchCompleted).OutputFileID)))
	if got := strings.Count(output, `"status_code":200`); got != 40 {
		t.Errorf("%d of 40 requests of a batch are answered:\n%s", got, output)
	}
}

// checkWithoutBase: where its base is not, a model says which one it was made of, and
// a job that waits for it fails with a sentence.
func checkWithoutBase(t *testing.T, dir, model string, bases []languagemodel.Base) {
	t.Helper()
	other := bases[0]
	other.Name, other.SHA256 = bases[1].Name, strings.Repeat("0", 64) // not what is there
	for name, models := range map[string]*languagemodel.Models{"none": nil, "another": languageModels(t, other)} {
		r, stop := start(t, Options{Dir: dir, LanguageModels: models})
		status, answer := r.plain(t, "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"x"}]}`, model))
		if status != http.StatusServiceUnavailable || !strings.Contains(answer, codeNoBase) || !strings.Contains(answer, "start it with -language-models") {
			t.Errorf("%s: the model answers %d %s", name, status, answer)
		}
		body := fmt.Sprintf(`{"model":%q,"training_file":%q}`, bases[1].Name, r.upload(t, jsonl(1, 30)))
		status, answer = r.plain(t, "POST", "/v1/fine_tuning/jobs", body)
		if status != http.StatusBadRequest || !strings.Contains(answer, "model_not_available") || (models != nil) != strings.Contains(answer, "its log says why") {
			t.Errorf("%s: a job gives %d %s", name, status, answer)
		}
		stop()
	}
}

// A job that is paused saves where it is and goes on from there; one that is cancelled
// leaves nothing; and a server that is closed, or loses the trainer, goes on as well.
func TestLanguageModelTrainingIsInterrupted(t *testing.T) {
	slowTrainer(t)
	bases := languagemodeltest.Tiny(t)
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir, LanguageModels: languageModels(t, bases...)})
	create := func(epochs int) string {
		return r.create(t, map[string]any{"model": bases[0].Name, "training_file": r.upload(t, jsonl(1, 400)), "validation_file": r.upload(t, jsonl(2, 20)),
			"hyperparameters": map[string]any{"n_epochs": epochs, "batch_size": 4}}).ID
	}
	id := create(4)
	r.awaitEvent(t, id, "Step 100/400")
	r.call(t, "POST", "/v1/fine_tuning/jobs/"+id+"/pause", nil, new(jobObject))
	for { // the worker has let go of it
		r.cancelMu.Lock()
		_, training := r.cancels[id]
		r.cancelMu.Unlock()
		if !training {
			break
		}
		time.Sleep(time.Millisecond)
	}
	checkPrivateFiles(t, filepath.Join(dir, trainingDir))
	noTexts(t, filepath.Join(dir, trainingDir))
	r.call(t, "POST", "/v1/fine_tuning/jobs/"+id+"/resume", nil, new(jobObject))
	r.awaitEvent(t, id, "Training goes on after step ")
	stop() // in good order
	r, _ = start(t, Options{Dir: dir, LanguageModels: languageModels(t, bases...)})
	await(t, r.client, id, statusSucceeded)
	steady := create(4)
	await(t, r.client, steady, statusSucceeded)
	if one, other := r.figures(t, id), r.figures(t, steady); one != other {
		t.Errorf("the interrupted job has the figures\n%sthe other one\n%s", one, other)
	}

	id = create(50)
	r.awaitEvent(t, id, "Step 100/5000")
	must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), id))
	r.awaitNoState(t, id)
}

// awaitNoState waits until the state of a training is gone, which it is soon after the
// job has ended. What ends it otherwise is the time that all tests have.
func (r *running) awaitNoState(t *testing.T, id string) {
	t.Helper()
	for {
		if _, err := os.Stat(filepath.Join(r.options.Dir, statePath(id))); os.IsNotExist(err) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A server that is killed takes its trainer with it, and the next one goes on from what
// was saved.
func TestLanguageModelSurvivesSIGKILL(t *testing.T) {
	slowTrainer(t)
	base := languagemodeltest.Tiny(t)[0]
	t.Setenv(childPython, languagemodeltest.Python(t))
	t.Setenv(childModels, languagemodeltest.File(t, base))
	dir := t.TempDir()
	r, kill := spawn(t, dir)
	id := r.create(t, map[string]any{"model": base.Name, "training_file": r.upload(t, jsonl(1, 400)),
		"hyperparameters": map[string]any{"n_epochs": 3, "batch_size": 4}}).ID
	r.awaitEvent(t, id, "Step 100/300")
	kill()
	for trains(t, dir) { // ends with the test's time, if it lives on
		time.Sleep(time.Millisecond)
	}
	r, kill = spawn(t, dir)
	defer kill()
	done := await(t, r.client, id, statusSucceeded)
	for _, told := range []string{"Fine-tuning job started again after a restart", "Training goes on after step "} {
		r.awaitEvent(t, id, told)
	}
	if epochs := strings.Count(r.figures(t, id), "\n") - 1; epochs != 3 {
		t.Errorf("the results have %d epochs, want 3", epochs)
	}
	if got := r.probabilities(t, done.FineTunedModel, "my flight"); len(got) != len(topicNames) {
		t.Errorf("the model answers %v", got)
	}
}

// trains tells whether a process trains with its state in a folder.
func trains(t *testing.T, dir string) bool {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(processes) == 0 {
		t.Skip("this machine does not list its processes")
	}
	for _, process := range processes {
		if line, err := os.ReadFile(process); err == nil && bytes.Contains(line, []byte("--state\x00"+dir)) {
			return true
		}
	}
	return false
}

func (r *running) figures(t *testing.T, id string) string {
	t.Helper()
	var done jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+id, nil, &done)
	return readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), done.ResultFiles[0])))
}

// awaitEvent waits until something has happened to a job. What ends it otherwise is
// the time that all tests have.
func (r *running) awaitEvent(t *testing.T, id, message string) {
	t.Helper()
	for {
		var events list[eventObject]
		r.call(t, "GET", "/v1/fine_tuning/jobs/"+id+"/events?limit=100", nil, &events)
		for _, e := range events.Data {
			if strings.HasPrefix(e.Message, message) {
				return
			}
		}
		var j jobObject
		if r.call(t, "GET", "/v1/fine_tuning/jobs/"+id, nil, &j); j.Status == statusFailed || j.Status == statusCancelled {
			t.Fatalf("the job is %s: %+v", j.Status, j.Error)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// noTexts: what the trainer saves has none of the examples.
func noTexts(t *testing.T, root string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if files++; bytes.Contains(content, []byte("flight")) {
			t.Errorf("%s has words of an example", entry.Name())
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("looked at %d files, %v", files, err)
	}
}

// The estimate of a training's memory lets small models be trained on a processor with
// the server's own limit, and not large ones, whatever the batch; a GPU's is not counted.
func TestMemoryOfLanguageModels(t *testing.T) {
	limit := Options{}.withDefaults().MaxTrainingBytes
	for name, c := range map[string]struct {
		parameters    int64
		device        string
		kind          languagemodel.Kind
		batch, labels int
		fits          bool
	}{
		"135 million":                        {135e6, "cpu", languagemodel.Causal, 8, 57, true},
		"135 million in large batches":       {135e6, "cpu", languagemodel.Causal, 256, 57, true},
		"135 million and 10,000 labels":      {135e6, "cpu", languagemodel.Causal, 1, 10_000, false},
		"an encoder of 23 million":           {23e6, "cpu", languagemodel.Encoder, 8, 1000, true},
		"an encoder of 135 million":          {135e6, "cpu", languagemodel.Encoder, 8, 57, false},
		"a billion":                          {1e9, "cpu", languagemodel.Causal, 1, 2, false},
		"700 million on a GPU":               {7e8, "cuda:NVIDIA", languagemodel.Causal, 256, 1000, true},
		"four billion on a GPU, through RAM": {4e9, "cuda:NVIDIA", languagemodel.Causal, 1, 2, false},
	} {
		facts := languagemodel.Facts{Parameters: c.parameters, Device: c.device}
		if got := trainingMemory(facts, c.kind, c.batch, c.labels, 1<<20); (got <= limit) != c.fits {
			t.Errorf("%s takes %d MiB of %d", name, got>>20, limit>>20)
		}
	}
}

// A language model cannot take the name of one of the server's own.
func TestNamesOfLanguageModels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "models.json")
	content, _ := json.Marshal([]languagemodel.Base{{Name: HybridModel, Path: "x", Kind: languagemodel.Causal, Licence: "MIT", SHA256: strings.Repeat("0", 64)}})
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	models, err := languagemodel.Load(t.Context(), languagemodel.Options{File: file, Python: os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: t.TempDir(), Keys: []string{"k"}, LanguageModels: models}); err == nil || !strings.Contains(err.Error(), "one of the server's own") {
		t.Errorf("the server starts with %v", err)
	}
}
