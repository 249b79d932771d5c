package modelserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/pipelistener"
)

// plain sends a body as it is.
func (r *running) plain(t *testing.T, method, path, body string) (status int, answer string) {
	t.Helper()
	status, raw := r.raw(t, method, path, testKey, "application/json", strings.NewReader(body))
	return status, string(raw)
}

// requests makes a batch's lines: n questions to a model, of which change may
// change one.
func requests(model string, n int, change func(i int, line map[string]any)) []byte {
	random := rand.New(rand.NewPCG(5, 5))
	var b bytes.Buffer
	for i := range n {
		line := map[string]any{
			"custom_id": fmt.Sprint("row-", i), "method": "POST", "url": "/v1/chat/completions",
			"body": map[string]any{
				"model": model, "logprobs": true,
				"messages": []map[string]string{{"role": "user", "content": sentence(random, topicNames[i%3])}},
			},
		}
		if change != nil {
			change(i, line)
		}
		text, _ := json.Marshal(line)
		b.Write(append(text, '\n'))
	}
	return b.Bytes()
}

func (r *running) uploadBatch(t *testing.T, content []byte) string {
	t.Helper()
	return must[openai.File](t)(r.client.CreateFileBytes(t.Context(), openai.FileBytesRequest{
		Name: "batch.jsonl", Bytes: content, Purpose: "batch",
	})).ID
}

func (r *running) createBatch(t *testing.T, content []byte) string {
	t.Helper()
	created := must[openai.BatchResponse](t)(r.client.CreateBatch(t.Context(), openai.CreateBatchRequest{
		InputFileID: r.uploadBatch(t, content), Endpoint: openai.BatchEndpointChatCompletions, CompletionWindow: "24h",
		Metadata: map[string]any{"run": "one"},
	}))
	if created.Status != batchValidating || created.Object != "batch" || created.Metadata["run"] != "one" {
		t.Errorf("created batch is %+v", created)
	}
	return created.ID
}

func (r *running) awaitBatch(t *testing.T, id string, statuses ...string) openai.BatchResponse {
	t.Helper()
	for ; ; time.Sleep(10 * time.Millisecond) {
		b := must[openai.BatchResponse](t)(r.client.RetrieveBatch(t.Context(), id))
		if slices.Contains(statuses, b.Status) {
			return b
		}
		if b.CompletedAt != nil || b.FailedAt != nil || b.ExpiredAt != nil || b.CancelledAt != nil {
			t.Fatalf("the batch is %s, want one of %v", b.Status, statuses)
		}
	}
}

// results reads a batch's file by custom id, and the ids in their order.
func (r *running) results(t *testing.T, id *string) (byID map[string]batchResult, order []string) {
	t.Helper()
	byID = map[string]batchResult{}
	if id == nil {
		return byID, nil
	}
	lines := bufio.NewScanner(strings.NewReader(r.content(t, *id)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var result batchResult
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			t.Fatal(err)
		}
		byID[result.CustomID] = result
		order = append(order, result.CustomID)
	}
	return byID, order
}

func (r *running) content(t *testing.T, id string) string {
	t.Helper()
	return readAll(t, must[openai.RawResponse](t)(r.client.GetFileContent(t.Context(), id)))
}

func TestBatchAnswersLikeSingleRequests(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	const n = 700 // more than a chunk
	input := requests(model, n, func(i int, line map[string]any) {
		if i == 5 { // no user message
			line["body"].(map[string]any)["messages"] = []map[string]string{{"role": "system", "content": "x"}}
		}
	})
	done := r.awaitBatch(t, r.createBatch(t, input), batchCompleted)
	if done.RequestCounts != (openai.BatchRequestCounts{Total: n, Completed: n - 1, Failed: 1}) || done.InputFileID == "" ||
		done.CompletedAt == nil || done.InProgressAt == nil || done.FinalizingAt == nil || *done.ExpiresAt-done.CreatedAt != 24*3600 {
		t.Errorf("the batch ended as %+v", done)
	}
	output, order := r.results(t, done.OutputFileID)
	failures, _ := r.results(t, done.ErrorFileID)
	if len(output) != n-1 || order[0] != "row-0" || order[5] != "row-6" || order[n-2] != fmt.Sprint("row-", n-1) {
		t.Fatalf("%d answers, in the order %v", len(output), order[:min(8, len(order))])
	}
	if bad := failures["row-5"]; len(failures) != 1 || bad.Response.StatusCode != http.StatusBadRequest || !strings.Contains(fmt.Sprint(bad.Response.Body), "no user message") {
		t.Errorf("the failures are %+v", failures)
	}

	lines := strings.Split(strings.TrimSpace(string(input)), "\n")
	for _, i := range []int{0, 6, 301, n - 1} {
		var line struct{ Body json.RawMessage }
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		status, single := r.plain(t, "POST", "/v1/chat/completions", string(line.Body))
		if status != http.StatusOK {
			t.Fatalf("asking alone: %d %s", status, single)
		}
		if got, want := choices(t, output[fmt.Sprint("row-", i)].Response.Body), choices(t, json.RawMessage(single)); got != want {
			t.Errorf("row %d: the batch says %s, a single request %s", i, got, want)
		}
	}
}

// choices is what an answer says, without its id and time.
func choices(t *testing.T, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Choices, Usage any }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answer)
}

func TestBatchIsRefusedAsAWholeWhereALineIsNoRequest(t *testing.T) {
	r, _ := start(t, Options{})
	set := func(at int, key string, value any) func(int, map[string]any) {
		return func(i int, line map[string]any) {
			if i == at {
				line[key] = value
			}
		}
	}
	for name, test := range map[string]struct {
		input []byte
		line  int
		code  string
	}{
		"no JSON":             {append(requests("m", 2, nil), "{not json\n"...), 3, "invalid_json_line"},
		"no id":               {requests("m", 3, set(1, "custom_id", "")), 2, "missing_required_parameter"},
		"the same id twice":   {requests("m", 3, set(2, "custom_id", "row-0")), 3, "duplicate_custom_id"},
		"another method":      {requests("m", 3, set(0, "method", "GET")), 1, "invalid_method"},
		"another endpoint":    {requests("m", 3, set(0, "url", "/v1/embeddings")), 1, "mismatched_endpoint"},
		"no model":            {requests("", 3, nil), 1, "missing_required_parameter"},
		"two models":          {requests("m", 3, set(2, "body", map[string]any{"model": "other"})), 3, "mismatched_model"},
		"a stream":            {requests("m", 3, set(1, "body", map[string]any{"model": "m", "stream": true})), 2, "invalid_request"},
		"a body of text":      {requests("m", 3, set(1, "body", "hello")), 2, "invalid_request"},
		"nothing but a blank": {[]byte(" \n"), 0, "empty_file"},
		"a line without end":  {bytes.Repeat([]byte("x"), maxBatchLine+1), 1, "invalid_json_line"},
	} {
		t.Run(name, func(t *testing.T) {
			b := r.awaitBatch(t, r.createBatch(t, test.input), batchFailed)
			if b.Errors == nil || len(b.Errors.Data) == 0 || b.Errors.Data[0].Code != test.code || b.FailedAt == nil || b.OutputFileID != nil {
				t.Fatalf("the batch ended as %+v with %+v", b, b.Errors)
			}
			if line := b.Errors.Data[0].Line; test.line > 0 && (line == nil || *line != test.line) {
				t.Errorf("line %v is blamed, want %d", line, test.line)
			}
			if strings.Contains(b.Errors.Data[0].Message, "hello") {
				t.Errorf("the message quotes the input: %s", b.Errors.Data[0].Message)
			}
		})
	}
}

func TestBatchRequestsThatAreRefused(t *testing.T) {
	r, _ := start(t, Options{})
	training, input := r.upload(t, jsonl(1, 30)), r.uploadBatch(t, requests("m", 1, nil))
	for name, test := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"no file":             {`{"endpoint": "/v1/chat/completions", "completion_window": "24h"}`, 400, "input_file_id"},
		"no such file":        {`{"input_file_id": "file-x", "endpoint": "/v1/chat/completions", "completion_window": "24h"}`, 400, "no such file"},
		"a training file":     {`{"input_file_id": "` + training + `", "endpoint": "/v1/chat/completions", "completion_window": "24h"}`, 400, "purpose is not 'batch'"},
		"another endpoint":    {`{"input_file_id": "` + input + `", "endpoint": "/v1/embeddings", "completion_window": "24h"}`, 400, "endpoint"},
		"another window":      {`{"input_file_id": "` + input + `", "endpoint": "/v1/chat/completions", "completion_window": "1h"}`, 400, "24h"},
		"metadata of numbers": {`{"input_file_id": "` + input + `", "endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": {"a": 1}}`, 400, "metadata"},
	} {
		if status, body := r.plain(t, "POST", "/v1/batches", test.body); status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for _, path := range []string{"/v1/batches/batch_x", "/v1/batches/batch_x/cancel"} {
		method := "GET"
		if strings.HasSuffix(path, "cancel") {
			method = "POST"
		}
		if status, body := r.plain(t, method, path, ""); status != 404 || !strings.Contains(body, "No batch found") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if _, err := r.client.CreateFileBytes(t.Context(), openai.FileBytesRequest{Name: "batch.txt", Bytes: []byte("{}"), Purpose: "batch"}); err == nil || !strings.Contains(err.Error(), ".jsonl") {
		t.Errorf("uploading a batch.txt: %v", err)
	}
}

func TestBatchesAreListedInPages(t *testing.T) {
	r, _ := start(t, Options{})
	var ids []string
	for range 3 {
		ids = append(ids, r.createBatch(t, requests("ft:none", 1, nil)))
	}
	var page struct {
		Data    []struct{ ID string }
		HasMore bool `json:"has_more"`
	}
	_, body := r.plain(t, "GET", "/v1/batches?limit=2", "")
	if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Data) != 2 || !page.HasMore || page.Data[0].ID != ids[2] {
		t.Errorf("the first page is %s", body)
	}
	_, body = r.plain(t, "GET", "/v1/batches?limit=2&after="+page.Data[1].ID, "")
	if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Data) != 1 || page.HasMore || page.Data[0].ID != ids[0] {
		t.Errorf("the second page is %s", body)
	}
	// A model that is not there is no reason to refuse a batch: each request
	// fails by itself.
	b := r.awaitBatch(t, ids[0], batchCompleted)
	failures, _ := r.results(t, b.ErrorFileID)
	if b.OutputFileID != nil || b.RequestCounts.Failed != 1 || failures["row-0"].Response.StatusCode != 404 {
		t.Errorf("asking a model that is not there ended as %+v", b)
	}
}

func TestBatchIsCancelled(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	// A batch that is cancelled before its first chunk is in work has no
	// answers; on a busy machine that may happen, again and again it does not.
	for attempt := 1; ; attempt++ {
		b := r.cancelledBatch(t, model)
		if b.RequestCounts.Completed == 0 && b.OutputFileID == nil && attempt < 10 {
			continue
		}
		if output, _ := r.results(t, b.OutputFileID); len(output) != batchChunk || b.RequestCounts.Completed != batchChunk || b.CancelledAt == nil {
			t.Errorf("%d answers of the cancelled batch %+v, want those of the chunk that was in work", len(output), b)
		}
		if again := must[openai.BatchResponse](t)(r.client.CancelBatch(t.Context(), b.ID)); again.Status != batchCancelled {
			t.Errorf("cancelling what is cancelled answers %+v", again)
		}
		break
	}
	done := r.awaitBatch(t, r.createBatch(t, requests(model, 1, nil)), batchCompleted)
	if _, err := r.client.CancelBatch(t.Context(), done.ID); err == nil || !strings.Contains(err.Error(), "cannot be cancelled") {
		t.Errorf("cancelling what is done: %v", err)
	}
}

// cancelledBatch cancels a batch whose first chunk waits for its turns.
func (r *running) cancelledBatch(t *testing.T, model string) openai.BatchResponse {
	t.Helper()
	hold := occupy(r.Server)
	id := r.createBatch(t, requests(model, 2*batchChunk, nil))
	r.awaitBatch(t, id, batchInProgress)
	input := must[openai.BatchResponse](t)(r.client.RetrieveBatch(t.Context(), id)).InputFileID
	if err := r.client.DeleteFile(t.Context(), input); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("deleting the input of a batch under way: %v", err)
	}
	for range 2 {
		b := must[openai.BatchResponse](t)(r.client.CancelBatch(t.Context(), id))
		// Without a chunk in work nothing is waited for.
		endedAtOnce := b.Status == batchCancelled && b.RequestCounts.Completed == 0
		if b.Status != batchCancelling && !endedAtOnce || b.CancellingAt == nil {
			t.Errorf("cancelling answers %+v", b)
		}
	}
	hold()
	return r.awaitBatch(t, id, batchCancelled)
}

// occupy takes all turns among the chat completions, until it is let go.
func occupy(s *Server) (release func()) {
	n := s.chats.size
	for range n {
		turn, _ := s.chats.line("", math.MaxInt)
		<-turn
	}
	return func() {
		for range n {
			s.chats.leave()
		}
	}
}

func TestBatchThatTakesTooLongExpires(t *testing.T) {
	inBubble(t, Options{}, batchThatTakesTooLongExpires)
}

func batchThatTakesTooLongExpires(t *testing.T, r *running, _ *pipelistener.Listener) {
	model := r.trained(t)
	hold := occupy(r.Server)
	id := r.createBatch(t, requests(model, batchChunk+10, nil))
	time.Sleep(25 * time.Hour)
	hold()
	b := r.awaitBatch(t, id, batchExpired)
	output, _ := r.results(t, b.OutputFileID)
	failures, _ := r.results(t, b.ErrorFileID)
	if len(output) != batchChunk || len(failures) != 10 || b.ExpiredAt == nil || b.RequestCounts.Failed != 10 {
		t.Fatalf("%d answers and %d failures of the expired batch %+v", len(output), len(failures), b)
	}
	for _, f := range failures {
		if f.Response != nil || f.Error == nil || f.Error.Code != "batch_expired" {
			t.Errorf("a request that came too late has %+v", f)
		}
	}
}

// A server that is killed at any moment and started again ends with the same
// output, once.
func TestBatchSurvivesSIGKILL(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	dir := t.TempDir()
	r, kill := spawn(t, dir)
	id := r.createBatch(t, requests(r.trained(t), 6000, nil))
	random := rand.New(rand.NewPCG(4, 4))
	ended := []string{batchCompleted, batchFailed, batchExpired, batchCancelled}
	for range 4 {
		time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond)
		kill()
		r, kill = spawn(t, dir)
	}
	b := r.awaitBatch(t, id, ended...)
	if b.Status != batchCompleted || b.RequestCounts.Completed != 6000 {
		t.Fatalf("it ended as %+v", b)
	}
	first := r.content(t, *b.OutputFileID)
	if n := strings.Count(first, "\n"); n != 6000 {
		t.Errorf("%d lines of output", n)
	}
	kill()
	r, kill = spawn(t, dir)
	defer kill()
	if again := r.content(t, *b.OutputFileID); again != first {
		t.Error("after another restart the output is another")
	}
	files := must[openai.FilesList](t)(r.client.ListFiles(t.Context()))
	outputs := 0
	for _, f := range files.Files {
		if f.Purpose == purposeBatchOutput {
			outputs++
		}
	}
	if outputs != 1 {
		t.Errorf("there are %d outputs", outputs)
	}
}
