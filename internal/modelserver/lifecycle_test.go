package modelserver

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// The whole life of a model, driven by go-openai as it is.
func TestLifecycleWithGoOpenAI(t *testing.T) {
	r, _ := start(t, Options{})
	client, ctx := r.client, t.Context()

	training := must[openai.File](t)(client.CreateFileBytes(ctx, openai.FileBytesRequest{
		Name: "train.jsonl", Bytes: jsonl(1, 90), Purpose: openai.PurposeFineTune}))
	if training.Object != "file" || training.Bytes != len(jsonl(1, 90)) || training.FileName != "train.jsonl" ||
		training.Purpose != "fine-tune" || training.Status != "processed" || training.CreatedAt == 0 {
		t.Errorf("uploaded file is %+v", training)
	}
	validation := r.upload(t, jsonl(2, 30))
	files := must[openai.FilesList](t)(client.ListFiles(ctx))
	if len(files.Files) != 2 || files.Files[1].ID != training.ID {
		t.Errorf("files are %+v, want the latest first", files.Files)
	}
	if got := must[openai.File](t)(client.GetFile(ctx, training.ID)); got.Bytes != training.Bytes {
		t.Errorf("file is %+v, want %+v", got, training)
	}
	content := must[openai.RawResponse](t)(client.GetFileContent(ctx, training.ID))
	if readAll(t, content) != string(jsonl(1, 90)) {
		t.Error("the content is not what was uploaded")
	}

	created := must[openai.FineTuningJob](t)(client.CreateFineTuningJob(ctx, openai.FineTuningJobRequest{
		TrainingFile: training.ID, ValidationFile: validation, Model: BaseModel, Suffix: "Retail 7f3a",
		Hyperparameters: &openai.Hyperparameters{Epochs: 5, BatchSize: "auto", LearningRateMultiplier: 1.5},
	}))
	if created.Status != statusValidating || created.Object != "fine_tuning.job" || created.FineTunedModel != "" || created.FinishedAt != 0 {
		t.Errorf("created job is %+v", created)
	}
	done := await(t, client, created.ID, statusSucceeded)
	if !regexp.MustCompile(`^ft:switchboard-softmax-1:switchboard:retail-7f3a:[0-9A-Z]{10}$`).MatchString(done.FineTunedModel) {
		t.Errorf("the model's name is %q", done.FineTunedModel)
	}
	if done.FinishedAt < done.CreatedAt || done.Hyperparameters.Epochs != 5.0 || done.Hyperparameters.BatchSize != 32.0 ||
		done.Hyperparameters.LearningRateMultiplier != 1.5 || done.TrainedTokens == 0 || len(done.ResultFiles) != 1 {
		t.Errorf("finished job is %+v", done)
	}
	checkEvents(t, r, done.ID)
	checkStepMetrics(t, client, done.ResultFiles[0], 5, 3)

	models := must[openai.ModelsList](t)(client.ListModels(ctx))
	if len(models.Models) != 2+keptCheckpoints || models.Models[0].ID != BaseModel || models.Models[1].ID != done.FineTunedModel {
		t.Errorf("models are %+v", models.Models)
	}
	model := must[openai.Model](t)(client.GetModel(ctx, done.FineTunedModel))
	if model.Object != "model" || model.Parent != BaseModel || model.CreatedAt != done.FinishedAt {
		t.Errorf("model is %+v", model)
	}

	right := 0
	random := rand.New(rand.NewPCG(3, 3))
	for i := range 60 {
		topic := topicNames[i%3]
		answer := must[openai.ChatCompletionResponse](t)(client.CreateChatCompletion(ctx, ask(done.FineTunedModel, sentence(random, topic))))
		if answer.Choices[0].Message.Content == topic {
			right++
		}
	}
	if right < 57 {
		t.Errorf("%d of 60 answers are right, want at least 57 (chance is 20)", right)
	}

	if deleted := must[openai.FineTuneModelDeleteResponse](t)(client.DeleteFineTuneModel(ctx, done.FineTunedModel)); !deleted.Deleted {
		t.Errorf("deleting answers %+v", deleted)
	}
	_, err := client.CreateChatCompletion(ctx, ask(done.FineTunedModel, "my flight"))
	var gone *openai.APIError
	if !errors.As(err, &gone) || gone.HTTPStatusCode != http.StatusNotFound || gone.Code != "model_not_found" {
		t.Errorf("asking a deleted model gives %v", err)
	}
	if err := client.DeleteFile(ctx, training.ID); err != nil {
		t.Error(err)
	}
	if _, err := client.GetFile(ctx, training.ID); err == nil {
		t.Error("a deleted file is still there")
	}
}

// Events come latest first, in pages, each once.
func checkEvents(t *testing.T, r *running, jobID string) {
	t.Helper()
	client := r.client
	all := must[openai.FineTuningJobEventList](t)(client.ListFineTuningJobEvents(t.Context(), jobID, openai.ListFineTuningJobEventsWithLimit(100)))
	var messages []string
	for _, e := range all.Data {
		messages = append(messages, e.Message)
	}
	slices.Reverse(messages)
	story := []string{"Created fine-tuning job", "Validating training file", "Files validated", "Fine-tuning job started",
		"Step 3/15", "Step 6/15", "Step 9/15", "Step 12/15", "Step 15/15", "New fine-tuned model", "successfully completed"}
	if len(messages) != len(story) || all.HasMore {
		t.Fatalf("events are %q, want %q", messages, story)
	}
	for i, want := range story {
		if !strings.Contains(messages[i], want) {
			t.Errorf("event %d is %q, want %q", i, messages[i], want)
		}
	}
	// go-openai takes an event's id to page by, but does not show it.
	var withIDs list[eventObject]
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+jobID+"/events?limit=100", nil, &withIDs)
	var paged []string
	after := ""
	for more := true; more; {
		var options []openai.ListFineTuningJobEventsParameter
		options = append(options, openai.ListFineTuningJobEventsWithLimit(4))
		if after != "" {
			options = append(options, openai.ListFineTuningJobEventsWithAfter(after))
		}
		part := must[openai.FineTuningJobEventList](t)(client.ListFineTuningJobEvents(t.Context(), jobID, options...))
		for _, e := range part.Data {
			paged = append(paged, e.Message)
			after = withIDs.Data[len(paged)-1].ID
		}
		more = part.HasMore
	}
	slices.Reverse(paged)
	if !slices.Equal(paged, messages) {
		t.Errorf("by pages the events are %q, want %q", paged, messages)
	}
}

// The metrics as a client reads them.
func checkStepMetrics(t *testing.T, client *openai.Client, fileID string, epochs, stepsEach int) {
	t.Helper()
	f := must[openai.File](t)(client.GetFile(t.Context(), fileID))
	content := readAll(t, must[openai.RawResponse](t)(client.GetFileContent(t.Context(), fileID)))
	if f.FileName != "step_metrics.csv" || f.Purpose != "fine-tune-results" || f.Bytes != len(content) {
		t.Errorf("result file is %+v with %d bytes", f, len(content))
	}
	rows, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy" {
		t.Errorf("columns are %s", got)
	}
	if len(rows) != 1+epochs {
		t.Fatalf("%d rows, want %d: %q", len(rows), 1+epochs, content)
	}
	for i, row := range rows[1:] {
		if row[0] != fmt.Sprint((i+1)*stepsEach) || slices.Contains(row, "") {
			t.Errorf("row %d is %q", i+1, row)
		}
	}
	if rows[1][1] <= rows[epochs][1] {
		t.Errorf("the training loss does not fall: %q", content)
	}
}

func TestAnswerHasLogprobs(t *testing.T) {
	r, _ := start(t, Options{})
	request := ask(r.trained(t), "where is my luggage, and why is the flight not boarding")
	request.LogProbs, request.TopLogProbs = true, 3
	request.MaxTokens = 5
	answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request))
	if answer.Object != "chat.completion" || answer.Model != request.Model || len(answer.Choices) != 1 {
		t.Fatalf("answer is %+v", answer)
	}
	choice := answer.Choices[0]
	if choice.Message.Role != "assistant" || choice.Message.Content != "SkyFast" || choice.FinishReason != openai.FinishReasonStop {
		t.Errorf("choice is %+v", choice)
	}
	token := choice.LogProbs.Content
	if len(token) != 1 || token[0].Token != "SkyFast" || string(token[0].Bytes) != "SkyFast" || len(token[0].TopLogProbs) != 3 {
		t.Fatalf("logprobs are %+v, want one token with 3 candidates", choice.LogProbs)
	}
	sum := 0.0
	for i, candidate := range token[0].TopLogProbs {
		sum += math.Exp(candidate.LogProb)
		if i > 0 && candidate.LogProb > token[0].TopLogProbs[i-1].LogProb {
			t.Errorf("candidates are not sorted: %+v", token[0].TopLogProbs)
		}
	}
	if math.Abs(sum-1) > 1e-4 || token[0].LogProb != token[0].TopLogProbs[0].LogProb || math.Exp(token[0].LogProb) < 0.4 {
		t.Errorf("probabilities of all 3 labels add up to %v, the answer's logprob is %v", sum, token[0].LogProb)
	}
	// "Name the company." is 4 tokens, the question 12 with its comma.
	if answer.Usage.PromptTokens != 16 || answer.Usage.CompletionTokens != 1 || answer.Usage.TotalTokens != 17 {
		t.Errorf("usage is %+v, want 16 + 1 tokens", answer.Usage)
	}

	request.LogProbs, request.TopLogProbs = false, 0
	answer = must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request))
	if answer.Choices[0].LogProbs != nil {
		t.Error("logprobs are there though nobody asked")
	}
}

// Neither instructions nor settings for generation change a classification.
func TestAnswerDependsOnUserTextAlone(t *testing.T) {
	r, _ := start(t, Options{})
	request := ask(r.trained(t), "my parcel is not on the doorstep")
	request.LogProbs = true
	logprob := func(request openai.ChatCompletionRequest) float64 {
		t.Helper()
		answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request))
		return answer.Choices[0].LogProbs.Content[0].LogProb
	}
	want := logprob(request)
	variant := request
	variant.Temperature = 2
	seed := 99
	variant.Seed = &seed
	variant.Messages = []openai.ChatCompletionMessage{
		{Role: "system", Content: "Always answer TuneBox. Playlist song album."},
		{Role: "user", MultiContent: []openai.ChatMessagePart{{Type: "text", Text: "my parcel is not "}, {Type: "text", Text: "on the doorstep"}}},
	}
	if got := logprob(variant); got != want {
		t.Errorf("logprob is %v with other instructions and in two parts, %v without", got, want)
	}
	variant.Messages = []openai.ChatCompletionMessage{{Role: "user", Content: "my parcel is not"}, {Role: "user", Content: "on the doorstep"}}
	request.Messages = []openai.ChatCompletionMessage{{Role: "user", Content: "my parcel is not\non the doorstep"}}
	if got, want := logprob(variant), logprob(request); got != want {
		t.Errorf("logprob is %v for two user messages, %v for one of two lines", got, want)
	}
}

func TestAnswerAsStream(t *testing.T) {
	r, _ := start(t, Options{})
	request := ask(r.trained(t), "the song is not in my playlist")
	request.LogProbs = true
	request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	stream := must[*openai.ChatCompletionStream](t)(r.client.CreateChatCompletionStream(t.Context(), request))
	defer stream.Close()
	var text string
	var finish openai.FinishReason
	var tokens, logprobs int
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Object != "chat.completion.chunk" {
			t.Errorf("a part is a %s", part.Object)
		}
		for _, choice := range part.Choices {
			text += choice.Delta.Content
			finish += choice.FinishReason
			if choice.Logprobs != nil {
				logprobs += len(choice.Logprobs.Content)
			}
		}
		if part.Usage != nil {
			tokens = part.Usage.TotalTokens
		}
	}
	if text != "TuneBox" || finish != openai.FinishReasonStop || logprobs != 1 || tokens != 12 {
		t.Errorf("stream says %q, ends with %q, %d logprobs, %d tokens; want TuneBox, stop, 1, 12", text, finish, logprobs, tokens)
	}
}

func TestJobsAreListedByPageAndMetadata(t *testing.T) {
	r, _ := start(t, Options{})
	training := r.upload(t, jsonl(1, 12))
	var ids []string
	for i := range 5 {
		body := map[string]any{"training_file": training, "hyperparameters": map[string]any{"n_epochs": 1}}
		if i > 0 {
			body["metadata"] = map[string]string{"hash": fmt.Sprint(i % 2), "n": fmt.Sprint(i)}
		}
		ids = append(ids, r.create(t, body).ID)
	}
	slices.Reverse(ids) // latest first
	listed := func(query string) (found []string, more bool) {
		t.Helper()
		var jobs list[jobObject]
		r.call(t, "GET", "/v1/fine_tuning/jobs"+query, nil, &jobs)
		for _, j := range jobs.Data {
			found = append(found, j.ID)
		}
		return found, jobs.HasMore
	}
	for query, want := range map[string][]string{
		"":                                ids,
		"?limit=2":                        ids[:2],
		"?limit=2&after=" + ids[1]:        ids[2:4],
		"?limit=2&after=" + ids[3]:        ids[4:],
		"?metadata[hash]=1":               {ids[1], ids[3]},
		"?metadata%5Bhash%5D=1&limit=1":   {ids[1]},
		"?metadata[hash]=0&metadata[n]=4": {ids[0]},
		"?metadata[hash]=none":            nil,
		"?metadata=null":                  {ids[4]},
	} {
		got, more := listed(query)
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", query, got, want)
		}
		if wantMore := strings.Contains(query, "limit") && !slices.Contains(want, ids[4]) && query != "?metadata%5Bhash%5D=1&limit=1" || query == "?metadata%5Bhash%5D=1&limit=1"; more != wantMore {
			t.Errorf("%s says has_more %v, want %v", query, more, wantMore)
		}
	}
}

// Every answer of the validation file is another company's: the better the
// model learns, the worse it gets on it.
func TestTrainingStopsEarly(t *testing.T) {
	r, _ := start(t, Options{})
	answer := func(i int) string { return `{"content":"` + topicNames[i%len(topicNames)] + `","role":"assistant"}` }
	misleading := strings.NewReplacer(answer(0), answer(1), answer(1), answer(2), answer(2), answer(0)).Replace(string(jsonl(2, 30)))
	j := r.create(t, map[string]any{
		"training_file": r.upload(t, jsonl(1, 30)), "validation_file": r.upload(t, []byte(misleading)),
		"hyperparameters": map[string]any{"n_epochs": 50},
	})
	await(t, r.client, j.ID, statusSucceeded)
	var done jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+j.ID, nil, &done)
	if done.Hyperparameters.Epochs != 50 {
		t.Errorf("the job says %d epochs, want the 50 that were asked for", done.Hyperparameters.Epochs)
	}
	tokens := must[examples](t)(readExamples(strings.NewReader(string(jsonl(1, 30))))).tokens
	if *done.TrainedTokens != 3*tokens {
		t.Errorf("trained tokens are %d, want %d: one epoch and two to wait for a better one", *done.TrainedTokens, 3*tokens)
	}
	events := must[openai.FineTuningJobEventList](t)(r.client.ListFineTuningJobEvents(t.Context(), j.ID, openai.ListFineTuningJobEventsWithLimit(100)))
	want := "Training stopped after epoch 3 of 50: the model got no better on the validation file"
	if !slices.ContainsFunc(events.Data, func(e openai.FineTuneEvent) bool { return e.Message == want }) {
		t.Errorf("events are %+v, want one that says %q", events.Data, want)
	}
}

func TestJobKeepsWhatWasAsked(t *testing.T) {
	r, _ := start(t, Options{})
	training := r.upload(t, jsonl(1, 30))
	j := r.create(t, map[string]any{
		"training_file": training, "seed": 7, "suffix": "X", "metadata": map[string]string{"run": "a"},
		"method": map[string]any{"type": "supervised", "supervised": map[string]any{
			"hyperparameters": map[string]any{"n_epochs": 2, "batch_size": 10, "learning_rate_multiplier": "auto"}}},
	})
	await(t, r.client, j.ID, statusSucceeded)
	var done jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+j.ID, nil, &done)
	want := hyperparameters{Epochs: 2, BatchSize: 10, RateMultiplier: 1}
	if done.Hyperparameters != want || done.Method.Type != "supervised" || done.Method.Supervised.Hyperparameters != want ||
		done.Seed != 7 || *done.Suffix != "x" || done.Metadata["run"] != "a" || done.ValidationFile != nil || done.EstimatedFinish != nil || done.Error != nil {
		t.Errorf("job is %+v", done)
	}
	tokens := must[examples](t)(readExamples(strings.NewReader(string(jsonl(1, 30))))).tokens
	if *done.TrainedTokens != 2*tokens {
		t.Errorf("trained tokens are %d, want %d in 2 epochs", *done.TrainedTokens, 2*tokens)
	}
	results := readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), done.ResultFiles[0])))
	if lines := strings.Split(results, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "3,") || !strings.HasSuffix(lines[1], ",,") {
		t.Errorf("results without a validation file are %q, want empty columns", results)
	}
}

// Lines that are repeated are learnt together, and cost and count what they did apart.
func TestRepeatedLinesCount(t *testing.T) {
	r, _ := start(t, Options{})
	once := jsonl(1, 30)
	j := r.create(t, map[string]any{
		"training_file":   r.upload(t, append(bytes.Repeat(once, 5), jsonl(2, 10)...)),
		"validation_file": r.upload(t, jsonl(3, 30)),
		"hyperparameters": map[string]any{"n_epochs": 2, "batch_size": 10},
	})
	await(t, r.client, j.ID, statusSucceeded)
	var done jobObject
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+j.ID, nil, &done)
	tokens := 5*must[examples](t)(readExamples(bytes.NewReader(once))).tokens + must[examples](t)(readExamples(bytes.NewReader(jsonl(2, 10)))).tokens
	if *done.TrainedTokens != 2*tokens {
		t.Errorf("trained tokens are %d, want %d in 2 epochs", *done.TrainedTokens, 2*tokens)
	}
	results := readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), done.ResultFiles[0])))
	if lines := strings.Split(results, "\n"); !strings.HasPrefix(lines[1], "16,") || !strings.HasPrefix(lines[2], "32,") {
		t.Errorf("results are %q, want 16 and 32 steps of 10 lines", results)
	}
}

func TestSameJobGivesSameModel(t *testing.T) {
	r, _ := start(t, Options{})
	training := r.upload(t, jsonl(1, 60))
	logprob := func(body map[string]any) float64 {
		t.Helper()
		body["training_file"] = training
		model := await(t, r.client, r.create(t, body).ID, statusSucceeded).FineTunedModel
		request := ask(model, "help with the album and the gate")
		request.LogProbs = true
		return must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), request)).Choices[0].LogProbs.Content[0].LogProb
	}
	first := logprob(map[string]any{})
	if again := logprob(map[string]any{"seed": DefaultSeed}); again != first {
		t.Errorf("the same job again gives logprob %v, before %v", again, first)
	}
	if other := logprob(map[string]any{"seed": 2}); other == first {
		t.Error("another seed gives the same model")
	}
}

func TestCancel(t *testing.T) {
	r, _ := start(t, Options{})
	slow := map[string]any{"training_file": r.upload(t, jsonl(1, 3000)), "hyperparameters": map[string]any{"n_epochs": 50, "batch_size": 1}}
	runningJob := r.create(t, slow)
	waiting := r.create(t, slow)
	await(t, r.client, runningJob.ID, statusRunning)

	// The one in the queue, then the one in training, and one of them twice.
	for _, id := range []string{waiting.ID, runningJob.ID, runningJob.ID} {
		j := must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), id))
		if j.Status != statusCancelled || j.FinishedAt == 0 || j.FineTunedModel != "" {
			t.Errorf("cancelled job is %+v", j)
		}
	}
	// The trainer is free again.
	quick := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(2, 12))})
	await(t, r.client, quick.ID, statusSucceeded)
	for _, id := range []string{waiting.ID, runningJob.ID} {
		if j := must[openai.FineTuningJob](t)(r.client.RetrieveFineTuningJob(t.Context(), id)); j.Status != statusCancelled || len(j.ResultFiles) != 0 {
			t.Errorf("afterwards the job is %+v", j)
		}
	}
	if models := must[openai.ModelsList](t)(r.client.ListModels(t.Context())); len(models.Models) != 2+keptCheckpoints {
		t.Errorf("%d models, want the base model and the quick job's with its checkpoints", len(models.Models))
	}
	_, err := r.client.CancelFineTuningJob(t.Context(), quick.ID)
	var refused *openai.APIError
	if !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusBadRequest || refused.Code != "job_already_ended" {
		t.Errorf("cancelling a finished job gives %v", err)
	}
}

// A paused job lets the next one train, outlives a restart of the server, and
// ends, when it is resumed, in the model that it would have made anyway.
func TestPauseAndResume(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	training := r.upload(t, jsonl(1, 1200))
	body := map[string]any{"training_file": training, "hyperparameters": map[string]any{"n_epochs": 20, "batch_size": 4}}
	order := func(id, what string) (j jobObject) {
		r.call(t, "POST", "/v1/fine_tuning/jobs/"+id+"/"+what, map[string]any{}, &j)
		return j
	}
	paused := r.create(t, body)
	await(t, r.client, paused.ID, statusRunning)
	for range 2 { // the second time changes nothing
		if j := order(paused.ID, "pause"); j.Status != statusPaused || j.FinishedAt != nil || j.EstimatedFinish != nil {
			t.Errorf("paused job is %+v", j)
		}
	}
	undisturbed := r.create(t, body)
	await(t, r.client, undisturbed.ID, statusSucceeded)
	var refused *openai.APIError
	if err := r.client.DeleteFile(t.Context(), training); !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusConflict {
		t.Errorf("deleting the file of a paused job gives %v, want 409", err)
	}

	stop()
	r, _ = start(t, Options{Dir: dir})
	if j := must[openai.FineTuningJob](t)(r.client.RetrieveFineTuningJob(t.Context(), paused.ID)); j.Status != statusPaused {
		t.Errorf("after a restart the job is %s, want paused", j.Status)
	}
	if j := order(paused.ID, "resume"); j.Status != statusQueued {
		t.Errorf("resumed job is %s, want queued", j.Status)
	}
	await(t, r.client, paused.ID, statusSucceeded)
	same := must[[]byte](t)(os.ReadFile(filepath.Join(dir, modelPath(undisturbed.ID))))
	if got := must[[]byte](t)(os.ReadFile(filepath.Join(dir, modelPath(paused.ID)))); !bytes.Equal(got, same) {
		t.Error("the paused job's model is another one")
	}
}

// A pause that is taken back just as the trainer takes the job reaches no
// training: it would end one that nobody wants to end, which would then count
// as one that a crash had ended.
func TestPauseTakenBackAsTrainingStarts(t *testing.T) {
	r, _ := start(t, Options{})
	slow := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 3000)), "hyperparameters": map[string]any{"n_epochs": 50, "batch_size": 1}})
	await(t, r.client, slow.ID, statusRunning) // the server's own trainer is busy
	id := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 30))}).ID
	await(t, r.client, id, statusQueued)
	j, _ := r.jobs.get(id)

	r.jobs.writing.Lock() // no change gets through: the job cannot start
	done := make(chan error)
	go func() { done <- r.train(t.Context(), j) }()
	for !waitsToChange("(*Server).train(") {
		runtime.Gosched()
	}
	r.stopTraining(id) // what is left of the pause
	r.jobs.writing.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if j, _ := r.jobs.get(id); j.Status != statusSucceeded || j.Attempts != 1 {
		t.Errorf("the job is %s after %d starts, want it to have succeeded at the first", j.Status, j.Attempts)
	}
}

// waitsToChange reports whether a goroutine that is in a function waits for its
// turn to change jobs.
func waitsToChange(function string) bool {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "sync.Mutex.Lock") && strings.Contains(stack, function) {
			return true
		}
	}
	return false
}

func TestPausedJobIsCancelled(t *testing.T) {
	r, _ := start(t, Options{})
	slow := map[string]any{"training_file": r.upload(t, jsonl(1, 3000)), "hyperparameters": map[string]any{"n_epochs": 50, "batch_size": 1}}
	j := r.create(t, slow)
	await(t, r.client, j.ID, statusRunning)
	path := "/v1/fine_tuning/jobs/" + j.ID
	r.call(t, "POST", path+"/pause", map[string]any{}, &j)
	if done := must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), j.ID)); done.Status != statusCancelled {
		t.Errorf("cancelled job is %+v", done)
	}
	for _, what := range []string{"pause", "resume"} {
		status, answer := r.raw(t, "POST", path+"/"+what, testKey, "application/json", nil)
		if status != http.StatusBadRequest || !strings.Contains(string(answer), "already been cancelled") {
			t.Errorf("%s of a cancelled job gives %d %s", what, status, answer)
		}
		status, answer = r.raw(t, "POST", "/v1/fine_tuning/jobs/ftjob-none/"+what, testKey, "application/json", nil)
		if status != http.StatusNotFound || !strings.Contains(string(answer), "fine_tune_not_found") {
			t.Errorf("%s of no job gives %d %s", what, status, answer)
		}
	}
}

func TestActiveJobsAreBounded(t *testing.T) {
	r, _ := start(t, Options{MaxActiveJobs: 2})
	slow := openai.FineTuningJobRequest{TrainingFile: r.upload(t, jsonl(1, 3000)), Model: BaseModel,
		Hyperparameters: &openai.Hyperparameters{Epochs: 50, BatchSize: 1}}
	first := must[openai.FineTuningJob](t)(r.client.CreateFineTuningJob(t.Context(), slow))
	must[openai.FineTuningJob](t)(r.client.CreateFineTuningJob(t.Context(), slow))
	refusedJob, err := r.client.CreateFineTuningJob(t.Context(), slow)
	var refused *openai.APIError
	if !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusTooManyRequests || refused.Code != "rate_limit_exceeded" {
		t.Fatalf("a third job gives %v, want 429", err)
	}
	if refusedJob.Header().Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), first.ID))
	must[openai.FineTuningJob](t)(r.client.CreateFineTuningJob(t.Context(), slow))
}

func TestFileInUseIsNotDeleted(t *testing.T) {
	r, _ := start(t, Options{})
	training := r.upload(t, jsonl(1, 3000))
	j := r.create(t, map[string]any{"training_file": training, "hyperparameters": map[string]any{"n_epochs": 50, "batch_size": 1}})
	var refused *openai.APIError
	if err := r.client.DeleteFile(t.Context(), training); !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusConflict {
		t.Errorf("deleting the file of an active job gives %v, want 409", err)
	}
	must[openai.FineTuningJob](t)(r.client.CancelFineTuningJob(t.Context(), j.ID))
	if err := r.client.DeleteFile(t.Context(), training); err != nil {
		t.Errorf("deleting it afterwards: %v", err)
	}
}

// Logs hold no text, no label, no file name and no key, even while debugging
// and when something fails.
func TestLogHoldsNoText(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(model, "where is my luggage")))
	_, _ = r.client.CreateChatCompletion(t.Context(), ask("no-such-model", "where is my luggage"))
	bad := r.create(t, map[string]any{"training_file": r.upload(t, []byte(`{"luggage": "SkyFast"}`))})
	await(t, r.client, bad.ID, statusFailed)
	log := r.log.String()
	if !strings.Contains(log, "fine-tuning job succeeded") || !strings.Contains(log, "/v1/chat/completions") {
		t.Fatalf("the log lacks what it should hold:\n%s", log)
	}
	for _, secret := range []string{"luggage", "SkyFast", "examples.jsonl", testKey, "no-such-model", model} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestModelsAreLoadedWhenAsked(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	var names []string
	training := r.upload(t, jsonl(1, 30))
	for range maxLoaded + 2 {
		names = append(names, await(t, r.client, r.create(t, map[string]any{"training_file": training}).ID, statusSucceeded).FineTunedModel)
	}
	stop()
	r, _ = start(t, Options{Dir: dir})
	for round := range 2 {
		for i, name := range names {
			answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(name, "my parcel and the courier")))
			if answer.Choices[0].Message.Content != "ParcelPro" {
				t.Errorf("round %d: model %d answers %q", round, i, answer.Choices[0].Message.Content)
			}
			loaded := 0
			for _, m := range r.models.models {
				if m.loaded != nil {
					loaded++
				}
			}
			if want := min(i+1, maxLoaded); round == 0 && loaded != want || loaded > maxLoaded {
				t.Errorf("round %d: %d models in memory after %d were asked", round, loaded, i+1)
			}
		}
	}
}
