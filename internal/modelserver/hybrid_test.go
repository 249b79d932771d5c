package modelserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/encoder"
)

// tinyEncoder is a model for names that tests have. To it, naomi, josh, jose,
// rach and zoe mean the same, and paris means something else.
const tinyEncoder = "../anonymize/ner/testdata/model"

// underRace is set in builds with the race detector, whose pointer checks the
// encoder's matrix products fail.
var underRace bool

func openEncoder(t *testing.T, dir string) *encoder.Encoder {
	t.Helper()
	if underRace {
		t.Skip("the race detector's pointer checks stop the encoder")
	}
	e, err := encoder.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// personsAndPlaces are examples that three names and one place tell apart.
func personsAndPlaces(n int) []byte {
	var file bytes.Buffer
	for i := range n {
		word, label := []string{"naomi", "josh", "jose"}[i%3], "Person"
		if i%2 == 0 {
			word, label = "paris", "Place"
		}
		line, _ := json.Marshal(map[string]any{"messages": []map[string]string{
			{"role": "user", "content": fmt.Sprintf("thanks %s for help %d", word, i%7)}, {"role": "assistant", "content": label},
		}})
		file.Write(append(line, '\n'))
	}
	return file.Bytes()
}

func (r *running) tune(t *testing.T, base string, content []byte) jobObject {
	t.Helper()
	id := r.create(t, map[string]any{"model": base, "training_file": r.upload(t, content), "validation_file": r.upload(t, half(content))}).ID
	await(t, r.client, id, statusSucceeded)
	var done jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+id, nil, &done)
	return done
}

func (r *running) answer(t *testing.T, model, text string) (string, float64) {
	t.Helper()
	answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), openai.ChatCompletionRequest{
		Model: model, LogProbs: true, Messages: []openai.ChatCompletionMessage{{Role: "user", Content: text}},
	}))
	return answer.Choices[0].Message.Content, answer.Choices[0].LogProbs.Content[0].LogProb
}

// half is a file's first half, in whole lines.
func half(content []byte) []byte {
	return content[:bytes.LastIndexByte(content[:len(content)/2], '\n')+1]
}

// A hybrid knows words that no example had, by their meaning.
func TestHybridLearnsFromMeaning(t *testing.T) {
	r, _ := start(t, Options{Encoder: openEncoder(t, tinyEncoder)})
	names := must[openai.ModelsList](t)(r.client.ListModels(t.Context()))
	if len(names.Models) != 2 || names.Models[0].ID != BaseModel || names.Models[1].ID != HybridModel {
		t.Errorf("models are %+v", names.Models)
	}
	done := r.tune(t, HybridModel, personsAndPlaces(200))
	model := *done.FineTunedModel
	if !strings.HasPrefix(model, "ft:"+HybridModel+":switchboard:") {
		t.Errorf("the model is %q", model)
	}
	if info := must[openai.Model](t)(r.client.GetModel(t.Context(), model)); info.Root != HybridModel || info.Parent != HybridModel {
		t.Errorf("the model is %+v", info)
	}
	for text, want := range map[string]string{"thanks zoe for help": "Person", "thanks paris for help": "Place", "zoe": "Person"} {
		if got, _ := r.answer(t, model, text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	// N-grams alone cannot tell: the classes of "zoe" are as likely as in no text.
	plain := *r.tune(t, BaseModel, personsAndPlaces(200)).FineTunedModel
	if _, got := r.answer(t, plain, "zoe"); got < -0.7 || got > -0.69 {
		t.Errorf("by n-grams, a new word has the log-probability %v, want that of one half", got)
	}
	// A batch says the same.
	id := r.createBatch(t, requests(model, 5, func(_ int, line map[string]any) {
		line["body"].(map[string]any)["messages"] = []map[string]string{{"role": "user", "content": "thanks zoe for help"}}
	}))
	output := readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), *r.awaitBatch(t, id, batchCompleted).OutputFileID)))
	_, logprob := r.answer(t, model, "thanks zoe for help")
	written, err := json.Marshal(logprob)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(output, fmt.Sprintf(`"logprob":%s`, written)); got != 5 {
		t.Errorf("%d of 5 answers have the log-probability %v:\n%s", got, logprob, output)
	}
}

// The same job gives the same model, and says how far it is.
func TestHybridIsDeterministic(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, Encoder: openEncoder(t, tinyEncoder)})
	var models [][]byte
	for range 2 {
		done := r.tune(t, HybridModel, personsAndPlaces(200))
		content, err := os.ReadFile(filepath.Join(dir, modelPath(done.ID)))
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, content)
		events := must[openai.FineTuningJobEventList](t)(r.client.ListFineTuningJobEvents(t.Context(), done.ID, openai.ListFineTuningJobEventsWithLimit(100)))
		var encoded []string
		for _, e := range events.Data {
			if strings.HasPrefix(e.Message, "Encoded ") {
				encoded = append(encoded, e.Message)
			}
		}
		// Of the 299 lines of both files 56 differ.
		if len(encoded) < 2 || encoded[0] != "Encoded 56 of 56 texts" {
			t.Errorf("events tell %q", encoded)
		}
	}
	if !bytes.Equal(models[0], models[1]) {
		t.Error("the second time it is another model")
	}
}

// A hybrid asked where its encoder is not says so, and answers as before once the
// encoder is back.
func TestHybridNeedsItsEncoder(t *testing.T) {
	dir := t.TempDir()
	right := openEncoder(t, tinyEncoder)
	r, stop := start(t, Options{Dir: dir, Encoder: right})
	model := *r.tune(t, HybridModel, personsAndPlaces(100)).FineTunedModel
	want, logprob := r.answer(t, model, "thanks zoe")
	stop()

	other := t.TempDir()
	if err := os.CopyFS(other, os.DirFS(tinyEncoder)); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(other, "config.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(other, "config.json"), append(config, '\n'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		encoder *encoder.Encoder
		want    string
	}{
		"none":    {nil, "runs without an encoder: start it with -encoder"},
		"another": {openEncoder(t, other), "runs with the encoder "},
	} {
		r, stop := start(t, Options{Dir: dir, Encoder: c.encoder})
		_, err := r.client.CreateChatCompletion(t.Context(), ask(model, "thanks zoe"))
		var e *openai.APIError
		if !errors.As(err, &e) || e.HTTPStatusCode != http.StatusServiceUnavailable || e.Code != "encoder_missing" ||
			!strings.Contains(e.Message, c.want) || !strings.Contains(e.Message, right.Name()[:12]) {
			t.Errorf("%s: %v", name, err)
		}
		stop()
	}
	if got := shortName(right.Name() + " first"); got != right.Name()[:12]+" first" {
		t.Errorf("an encoder that pools otherwise is named %q", got)
	}
	r, _ = start(t, Options{Dir: dir, Encoder: right})
	if got, again := r.answer(t, model, "thanks zoe"); got != want || again != logprob {
		t.Errorf("with its encoder back it answers %q at %v, before %q at %v", got, again, want, logprob)
	}
}

// Without an encoder there is no hybrid, and a job that waited for one fails.
func TestNoHybridWithoutAnEncoder(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	file := r.upload(t, personsAndPlaces(100))
	status, answer := r.plain(t, "POST", "/v1/fine_tuning/jobs", fmt.Sprintf(`{"model":%q,"training_file":%q}`, HybridModel, file))
	if status != http.StatusBadRequest || !strings.Contains(answer, "use "+BaseModel) {
		t.Errorf("a job is answered with %d %s", status, answer)
	}
	if _, err := r.client.GetModel(t.Context(), HybridModel); err == nil {
		t.Error("the hybrid is there")
	}
	stop()

	r, stop = start(t, Options{Dir: dir, Encoder: openEncoder(t, tinyEncoder)})
	first := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 3000)), "hyperparameters": map[string]any{"n_epochs": 50}}).ID
	second := r.create(t, map[string]any{"model": HybridModel, "training_file": file}).ID
	stop() // while the first one trains
	r, _ = start(t, Options{Dir: dir})
	must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), first))
	await(t, r.client, second, statusFailed)
	var failed jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+second, nil, &failed)
	if failed.Error == nil || failed.Error.Code != "encoder_missing" || !strings.Contains(failed.Error.Message, "-encoder") {
		t.Errorf("the job says %+v", failed.Error)
	}
}
