package modelserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxBatchLine bounds one line of a batch's input: the longest text in JSON.
const maxBatchLine = maxLineBytes

// batchLine is one request of a batch.
type batchLine struct {
	CustomID string          `json:"custom_id"`
	Method   string          `json:"method"`
	URL      string          `json:"url"`
	Body     json.RawMessage `json:"body"`
}

// eachRequest calls visit with the lines of a batch's input.
func (s *Server) eachRequest(b batch, visit func(number int, line []byte) error) error {
	f, ok := s.files.get(b.InputFile)
	if !ok {
		return os.ErrNotExist
	}
	content, err := s.disk.root.Open(f.content())
	if err != nil {
		return err
	}
	defer content.Close()
	return eachLine(content, maxBatchLine, visit)
}

// changeBatch changes a batch that is still active; otherwise the error is
// errUnchanged.
func (s *Server) changeBatch(id string, f func(*batch)) error {
	_, err := s.batches.change(id, func(b *batch) error {
		if !b.active() {
			return errUnchanged
		}
		f(b)
		return nil
	})
	return err
}

func (s *Server) failBatch(id string, reasons ...batchError) error {
	s.log.Info("batch failed", "batch", id, "code", reasons[0].Code)
	return s.changeBatch(id, func(b *batch) {
		b.Errors = reasons
		b.end(batchFailed)
	})
}

// validateBatch reads the input once before anything is answered: a batch with
// a line that cannot be a request fails as a whole.
func (s *Server) validateBatch(_ context.Context, b batch) error {
	v := batchValidation{ids: map[string]bool{}}
	err := s.eachRequest(b, v.line)
	var long longLineError
	switch {
	case errors.As(err, &long):
		v.wrong(int(long), "invalid_json_line", "", "This line is longer than %d bytes.", maxBatchLine)
	case errors.Is(err, errTooMany):
	case err != nil:
		s.log.Error("reading a batch's input failed", "batch", b.ID, "error", err)
		return s.failBatch(b.ID, batchServerFailure)
	case v.count == 0 && len(v.problems) == 0:
		v.problems = append(v.problems, batchError{Code: "empty_file", Message: "The input file has no requests."})
	}
	if len(v.problems) > 0 {
		return s.failBatch(b.ID, v.problems...)
	}
	defer s.wakeWorkers() // another one goes on
	return s.changeBatch(b.ID, func(b *batch) {
		b.Counts.Total = v.count
		if b.Status == batchValidating { // not cancelled meanwhile
			b.Status = batchInProgress
			b.InProgress = time.Now().UnixNano()
		}
	})
}

// batchValidation collects what is wrong with an input.
type batchValidation struct {
	ids      map[string]bool
	model    string
	count    int
	problems []batchError
}

// errTooMany ends the reading of an input that is wrong enough already.
var errTooMany = errors.New("too much is wrong")

func (v *batchValidation) wrong(line int, code, param, format string, args ...any) {
	v.problems = append(v.problems, batchError{Code: code, Message: fmt.Sprintf(format, args...), Param: optional(param), Line: &line})
}

// line never repeats what is in it.
func (v *batchValidation) line(number int, text []byte) error {
	if v.count++; v.count > maxBatchRequests {
		v.wrong(number, "too_many_requests", "", "The input has more than %d requests: cut it into several files.", maxBatchRequests)
		return errTooMany
	}
	var line batchLine
	var body struct {
		Model  string `json:"model"`
		Stream bool   `json:"stream"`
	}
	switch err := json.Unmarshal(text, &line); {
	case err != nil:
		v.wrong(number, "invalid_json_line", "", "This line is not parseable as valid JSON, or its fields have other types than expected.")
	case line.CustomID == "":
		v.wrong(number, "missing_required_parameter", "custom_id", "Missing required parameter: 'custom_id'.")
	case v.ids[line.CustomID]:
		v.wrong(number, "duplicate_custom_id", "custom_id", "The custom_id of this request is that of an earlier one.")
	case line.Method != http.MethodPost:
		v.wrong(number, "invalid_method", "method", "The method must be POST.")
	case line.URL != chatEndpoint:
		v.wrong(number, "mismatched_endpoint", "url", "The URL must be that of the batch: %s.", chatEndpoint)
	case json.Unmarshal(line.Body, &body) != nil:
		v.wrong(number, "invalid_request", "body", "The body must be the JSON object of a chat completion.")
	case body.Model == "":
		v.wrong(number, "missing_required_parameter", "body.model", "Missing required parameter: 'model'.")
	case body.Stream:
		v.wrong(number, "invalid_request", "body.stream", "A request in a batch cannot be streamed.")
	case v.model != "" && v.model != body.Model:
		v.wrong(number, "mismatched_model", "body.model", "All requests of a batch are for one model: that of the first line.")
	default:
		v.ids[line.CustomID], v.model = true, body.Model
	}
	if len(v.problems) >= maxReportedErrors {
		return errTooMany
	}
	return nil
}

// batchChunk is how many requests are answered before the batch is looked at
// again: whether it was cancelled, or its time is over.
const batchChunk = 256

// recordEvery is the time between two records of how far a batch is.
const recordEvery = time.Second

// runBatch answers a batch, or what was asked of it before it was cancelled or
// its time was over. After a crash it is done again from its first line, with
// the same output under the same names.
func (s *Server) runBatch(ctx context.Context, b batch) error {
	run, err := s.newBatchRun(b)
	if err != nil {
		return s.batchBroken(b, err)
	}
	defer run.discard()
	var lines []batchLine
	err = s.eachRequest(b, func(_ int, text []byte) error {
		var line batchLine
		if err := json.Unmarshal(text, &line); err != nil {
			return err // it was validated
		}
		if lines = append(lines, line); len(lines) < batchChunk {
			return nil
		}
		err := run.answer(ctx, lines)
		lines = lines[:0]
		return err
	})
	if err == nil {
		err = run.answer(ctx, lines)
	}
	switch {
	case ctx.Err() != nil:
		return nil // the server closes; the next one does it again
	case err != nil && !errors.Is(err, errStopped):
		return s.batchBroken(b, err)
	}
	return run.finish()
}

func (s *Server) batchBroken(b batch, err error) error {
	s.log.Error("running a batch failed", "batch", b.ID, "error", err)
	var refused *apiError
	if errors.As(err, &refused) {
		return s.failBatch(b.ID, batchError{Code: *refused.Code, Message: refused.Message})
	}
	return s.failBatch(b.ID, batchServerFailure)
}

// batchRun is a batch under way: its two files, which nobody sees yet.
type batchRun struct {
	s              *Server
	batch          batch
	output, errors *batchFile
	counts         requestCounts
	end            string // the status that it will have
	recorded       time.Time
}

// batchFile is a file that grows.
type batchFile struct {
	*temporary
	buffer *bufio.Writer
	bytes  int64
}

func (s *Server) newBatchFile() (*batchFile, error) {
	t, err := s.disk.temporary()
	if err != nil {
		return nil, err
	}
	return &batchFile{temporary: t, buffer: bufio.NewWriterSize(t, 1<<16)}, nil
}

func (f *batchFile) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	f.bytes += int64(len(text)) + 1
	_, err = f.buffer.Write(append(text, '\n'))
	return err
}

func (s *Server) newBatchRun(b batch) (*batchRun, error) {
	output, err := s.newBatchFile()
	if err != nil {
		return nil, err
	}
	failures, err := s.newBatchFile()
	if err != nil {
		output.discard()
		return nil, err
	}
	end := batchCompleted
	if b.Status == batchCancelling {
		end = batchCancelled
	}
	return &batchRun{s: s, batch: b, output: output, errors: failures, end: end, counts: requestCounts{Total: b.Counts.Total}, recorded: time.Now()}, nil
}

func (r *batchRun) discard() {
	r.output.discard()
	r.errors.discard()
}

// batchResult is a line of a batch's files.
type batchResult struct {
	ID       string         `json:"id"`
	CustomID string         `json:"custom_id"`
	Response *batchResponse `json:"response"`
	Error    *batchFailure  `json:"error"`
}

type batchResponse struct {
	StatusCode int    `json:"status_code"`
	RequestID  string `json:"request_id"`
	Body       any    `json:"body"`
}

type batchFailure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

var expired = batchFailure{Code: "batch_expired", Message: "This request could not be executed before the completion window expired."}

// answer answers a chunk of requests, on half of the turns that interactive
// requests have, and in the same queue: these are never kept waiting for more
// than what is in work.
func (r *batchRun) answer(ctx context.Context, lines []batchLine) error {
	if err := r.look(); err != nil {
		return err
	}
	results := make([]batchResult, len(lines))
	if r.end == batchExpired {
		for i, line := range lines {
			results[i] = batchResult{ID: r.id(line), CustomID: line.CustomID, Error: &expired}
		}
		return r.write(results)
	}
	group, ctx := errgroup.WithContext(ctx)
	turns := r.s.chats
	if len(lines) > 0 {
		turns = r.s.turns(modelOf(lines[0])) // all lines are for one
	}
	workers := max(1, turns.size/2)
	for w := range workers {
		group.Go(func() error {
			for i := w; i < len(lines); i += workers {
				if err := turns.turn(ctx, r.batch.Owner, func() { results[i] = r.result(ctx, lines[i]) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return r.write(results)
}

// look finds out whether the batch goes on.
func (r *batchRun) look() error {
	now, ok := r.s.batches.get(r.batch.ID)
	switch {
	case !ok || !now.active():
		return errStopped
	case now.Status == batchCancelling:
		r.end = batchCancelled
		return errStopped
	case r.end == batchCompleted && time.Now().UnixNano() > r.batch.Expires:
		r.end = batchExpired
	}
	return nil
}

// id follows from the request, so that a batch that is done twice gives the same
// output.
func (r *batchRun) id(line batchLine) string {
	return "batch_req_" + derived(r.batch.ID+" "+line.CustomID)
}

// may tells whether the batch asks a model of this owner. A batch from before
// there were owners asks what was made then.
func (r *batchRun) may(owner string) bool {
	return owner == r.batch.Owner || r.s.holderFor(r.batch.Owner).may(owner)
}

func (r *batchRun) result(ctx context.Context, line batchLine) batchResult {
	result := batchResult{ID: r.id(line), CustomID: line.CustomID}
	response := batchResponse{StatusCode: http.StatusOK, RequestID: "req_" + derived("request of "+result.ID)}
	var request chatRequest
	answer, err := reply{}, json.Unmarshal(line.Body, &request)
	if err == nil {
		answer, err = r.reply(ctx, request)
	} else {
		err = badParam("body", "The body does not have the types that a chat completion has.")
	}
	var refused *apiError
	switch {
	case err == nil:
		r.s.meters.answered(answer.usage)
		response.Body = answer.completion("chatcmpl-"+derived("answer of "+result.ID), request.Model, seconds(r.batch.InProgress))
	case errors.As(err, &refused):
		response.StatusCode, response.Body = refused.status, map[string]*apiError{"error": refused}
	default:
		r.s.log.Error("answering a request of a batch failed", "batch", r.batch.ID, "error", err)
		response.StatusCode = http.StatusInternalServerError
		response.Body = map[string]*apiError{"error": {Message: batchServerFailure.Message, Type: typeServer, Code: optional("internal_error")}}
	}
	result.Response = &response
	return result
}

// reply answers a request as [Server.reply] does, but comes back as often as it is
// asked to: nobody waits.
func (r *batchRun) reply(ctx context.Context, request chatRequest) (answer reply, err error) {
	for range batchTries {
		answer, err = r.s.reply(ctx, request, r.may)
		var refused *apiError
		if err == nil || !errors.As(err, &refused) || refused.after == 0 {
			return answer, err
		}
		select {
		case <-time.After(refused.after):
		case <-ctx.Done():
			return answer, err
		}
	}
	return answer, err
}

// batchTries is how often a request is made that is asked to come back.
const batchTries = 5

// modelOf is the model that a line asks.
func modelOf(line batchLine) string {
	var body struct {
		Model string `json:"model"`
	}
	_ = json.Unmarshal(line.Body, &body) // it was validated
	return body.Model
}

// write puts results into the file they belong to, in the order of the input.
func (r *batchRun) write(results []batchResult) error {
	for _, result := range results {
		file := r.output
		if result.Error != nil || result.Response.StatusCode != http.StatusOK {
			file = r.errors
			r.counts.Failed++
		} else {
			r.counts.Completed++
		}
		if err := file.line(result); err != nil {
			return err
		}
	}
	if time.Since(r.recorded) < recordEvery {
		return nil
	}
	r.recorded = time.Now()
	err := r.s.changeBatch(r.batch.ID, func(b *batch) { b.Counts = r.counts })
	if errors.Is(err, errUnchanged) {
		return nil // look finds out why
	}
	return err
}

// finish keeps the files and records the end, in this order: a crash in between
// makes the batch start over, and write the same again under the same names.
func (r *batchRun) finish() error {
	id := r.batch.ID
	if r.end == batchCompleted {
		if err := r.s.changeBatch(id, func(b *batch) { b.Status, b.Finalizing = batchFinalizing, time.Now().UnixNano() }); err != nil {
			return err
		}
	}
	owner, bytes := r.s.holderFor(r.batch.Owner), r.output.bytes+r.errors.bytes
	if err := r.s.quota.upload(owner, bytes); err != nil {
		return r.s.batchBroken(r.batch, err)
	}
	defer r.s.quota.uploaded(owner, bytes)
	for _, f := range []struct {
		*batchFile
		id, name string
	}{{r.output, outputID(id), "output"}, {r.errors, errorsID(id), "errors"}} {
		if f.bytes == 0 {
			continue
		}
		if err := r.keep(f.batchFile, f.id, id+"_"+f.name+".jsonl"); err != nil {
			return r.s.batchBroken(r.batch, err)
		}
	}
	err := r.s.changeBatch(id, func(b *batch) {
		b.Counts = r.counts
		b.HasOutput, b.HasErrors = r.output.bytes > 0, r.errors.bytes > 0
		b.end(r.end)
	})
	if err == nil {
		r.s.log.Info("batch ended", "batch", id, "status", r.end, "completed", r.counts.Completed, "failed", r.counts.Failed)
	}
	return err
}

func (r *batchRun) keep(f *batchFile, id, name string) error {
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	record := file{ID: id, Owner: r.batch.Owner, Filename: name, Purpose: purposeBatchOutput, Bytes: f.bytes, Created: time.Now().UnixNano()}
	if err := f.temporary.keep(record.content()); err != nil {
		return err
	}
	return r.s.files.put(record)
}
