package provider

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/problem"
)

// PurposeBatch is the purpose of files with questions.
const PurposeBatch = string(openai.PurposeBatch)

// The most that one batch may hold (API reference, "Create batch").
const (
	MaxBatchRequests = 50_000
	MaxBatchBytes    = 200 * 1000 * 1000
)

// maxBatchLine bounds the memory for one answer.
const maxBatchLine = 4 << 20

// BatchStatus is where a batch stands, in the protocol's words.
type BatchStatus string

// The states in which a batch stays, and the one on the way to the last. What it
// answered before it expired or was cancelled is in its output.
const (
	BatchCompleted BatchStatus = "completed"
	BatchFailed    BatchStatus = "failed"
	BatchExpired   BatchStatus = "expired"
	BatchCancelled BatchStatus = "cancelled"

	BatchCancelling BatchStatus = "cancelling"
)

// Ended reports whether nothing more will happen.
func (s BatchStatus) Ended() bool {
	return s == BatchCompleted || s == BatchFailed || s == BatchExpired || s == BatchCancelled
}

// Batch is a file of questions that the provider answers within a day.
type Batch struct {
	ID     string
	Status BatchStatus
	// InputFile has the questions, OutputFile the answers and ErrorFile the
	// questions that failed. The latter two are "" where there is none.
	InputFile, OutputFile, ErrorFile string
	// Completed and Failed questions of Total are through.
	Total, Completed, Failed int
	// Code is the provider's reason for refusing the whole batch, if it is one
	// that is known; "" unless it failed.
	Code    string
	Created time.Time
	// Metadata is what [Client.CreateBatch] was given; nil where the
	// provider keeps none.
	Metadata map[string]string
}

// Full reports whether the batch was refused because too much waits already:
// later it will be taken.
func (b Batch) Full() bool {
	return b.Status == BatchFailed && (b.Code == "token_limit_exceeded" || b.Code == "request_limit_exceeded")
}

// Failure returns a problem of kind [problem.Refused] for a batch that the
// provider refused for good, and nil for every other.
func (b Batch) Failure() error {
	if b.Status != BatchFailed || b.Full() {
		return nil
	}
	return problem.New(problem.Refused, "the provider refused the batch %s (%s): look at it on the provider's page, or apply the model with --mode online", b.ID, cmp.Or(b.Code, "it gave no reason that is known"))
}

type wireBatch struct {
	ID          string            `json:"id"`
	Status      BatchStatus       `json:"status"`
	InputFile   string            `json:"input_file_id"`
	OutputFile  string            `json:"output_file_id"`
	ErrorFile   string            `json:"error_file_id"`
	CreatedAt   unixTime          `json:"created_at"`
	Counts      batchCounts       `json:"request_counts"`
	Metadata    map[string]string `json:"metadata"`
	BatchErrors struct {
		Data []struct {
			Code any `json:"code"`
		} `json:"data"`
	} `json:"errors"`
}

type batchCounts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}

func (w wireBatch) batch() Batch {
	b := Batch{
		ID: w.ID, Status: BatchStatus(state(string(w.Status))), InputFile: w.InputFile, OutputFile: w.OutputFile, ErrorFile: w.ErrorFile,
		Total: w.Counts.Total, Completed: w.Counts.Completed, Failed: w.Counts.Failed, Created: w.CreatedAt.Time, Metadata: marks(w.Metadata),
	}
	if len(w.BatchErrors.Data) > 0 {
		b.Code = identifier(w.BatchErrors.Data[0].Code)
	}
	return b
}

// misnamed: an id has not the form of one.
func (w wireBatch) misnamed() bool {
	isWrong := func(id string) bool { return id != "" && !isName(id) }
	return !isName(w.ID) || isWrong(w.InputFile) || isWrong(w.OutputFile) || isWrong(w.ErrorFile)
}

type wireBatchRequest struct {
	InputFile string            `json:"input_file_id"`
	Endpoint  string            `json:"endpoint"`
	Window    string            `json:"completion_window"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// CreateBatch has the questions of an uploaded file answered within a day. Ask
// [Client.FindBatch] first: a request whose answer was lost may have created it.
// Metadata is bounded as in [JobRequest].
func (c *Client) CreateBatch(ctx context.Context, inputFile string, metadata map[string]string) (Batch, error) {
	if c.profile.filesTakeTime {
		if err := c.fileReady(ctx, inputFile); err != nil {
			return Batch{}, err
		}
	}
	k := call{op: "creating a batch", about: fmt.Sprintf("file %q", inputFile)}
	return c.batch(ctx, k, http.MethodPost, "/batches", wireBatchRequest{inputFile, string(openai.BatchEndpointChatCompletions), "24h", metadata})
}

// Batch looks a batch up.
func (c *Client) Batch(ctx context.Context, id string) (Batch, error) {
	return c.batch(ctx, aboutBatch("looking up the batch", id), http.MethodGet, batchPath(id), nil)
}

// CancelBatch cancels a batch and returns what it is then. The provider answers
// what is under way; what is answered has to be paid. A batch that has ended
// already is refused, by some providers with a status that looks as if it would
// pass: look it up before asking again.
func (c *Client) CancelBatch(ctx context.Context, id string) (Batch, error) {
	return c.batch(ctx, aboutBatch("cancelling the batch", id), http.MethodPost, batchPath(id)+"/cancel", nil)
}

func aboutBatch(op, id string) call { return call{op: op, about: fmt.Sprintf("batch %q", id)} }

func batchPath(id string) string { return "/batches/" + url.PathEscape(id) }

func (c *Client) batch(ctx context.Context, k call, method, path string, in any) (Batch, error) {
	var w wireBatch
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, method, path, nil, in, &w)
	})
	if err != nil {
		return Batch{}, err
	}
	if w.ID == "" || w.Status == "" {
		return Batch{}, c.malformed(&k, flaw("the batch has no id or no status"))
	}
	if w.misnamed() {
		return Batch{}, c.misnamed(&k, "the batch or one of its files an id")
	}
	return w.batch(), nil
}

// FindBatch returns the newest batch made of this input file that did not fail,
// expire or get cancelled, and that is none of those to leave out. The bool is
// false if there is none.
func (c *Client) FindBatch(ctx context.Context, inputFile string, leaveOut []string) (Batch, bool, error) {
	k := call{op: "listing the provider's batches", about: "list of batches"}
	wire, err := all(ctx, c, k, "/batches", url.Values{"limit": {pageSize}}, func(w wireBatch) string { return w.ID }, onePage[wireBatch](c.profile))
	if err != nil {
		return Batch{}, false, err
	}
	var newest Batch
	for _, w := range wire {
		if w.misnamed() {
			continue
		}
		b := w.batch()
		over := b.Status.Ended() && b.Status != BatchCompleted || b.Status == BatchCancelling
		if b.InputFile != inputFile || over || slices.Contains(leaveOut, b.ID) {
			continue
		}
		if newest.ID == "" || b.Created.After(newest.Created) {
			newest = b
		}
	}
	return newest, newest.ID != "", nil
}

// CanBatch asks for one batch only, to find out whether the provider has them.
// [Missing] tells that it has not.
func (c *Client) CanBatch(ctx context.Context) error {
	_, err := first[struct{}](ctx, c, "listing the provider's batches", "/batches")
	return err
}

// BatchLine returns one line of a batch's input, with its line break: the
// question that [Client.Classify] asks, under an id by which its answer is
// found again. It must not be personal: the provider keeps it.
func (c *Client) BatchLine(id, model, system, text string) ([]byte, error) {
	line, err := json.Marshal(openai.BatchChatCompletionRequest{
		CustomID: id, Method: http.MethodPost, URL: openai.BatchEndpointChatCompletions,
		Body: c.question(model, system, text, c.leftOut.of(model)),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding a line of a batch: %w", err)
	}
	return append(line, '\n'), nil
}

// BatchAnswer is one line of a batch's output or error file.
type BatchAnswer struct {
	// ID is that of the question's line.
	ID     string
	Answer Answer
	// Err is nil if the question was answered, and else an [*Error] like
	// those of [Client.Classify]. One that expired with its batch may be
	// asked again.
	Err error
}

type wireBatchLine struct {
	ID       string `json:"custom_id"`
	Response *struct {
		Status int             `json:"status_code"`
		Body   json.RawMessage `json:"body"`
	} `json:"response"`
	Error *struct {
		Code any `json:"code"`
	} `json:"error"`
}

// ReadBatch reads an output or error file and calls visit for each line. Its
// own errors are of reading: a file that is cut off or no JSON Lines is an
// [*Error] with [MalformedResponse].
func (c *Client) ReadBatch(file io.Reader, model string, visit func(BatchAnswer)) error {
	k := classifying(model)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxBatchLine)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var w wireBatchLine
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			return c.malformed(&k, err)
		}
		a := BatchAnswer{ID: w.ID}
		a.Answer, a.Err = c.batchAnswer(&k, w)
		visit(a)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return c.malformed(&k, flaw("a line is too long"))
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the answers of a batch: %w", err)
	}
	return nil
}

func (c *Client) batchAnswer(k *call, w wireBatchLine) (Answer, error) {
	if w.Response == nil || w.Response.Status == 0 {
		e := &Error{Op: k.op}
		if w.Error == nil {
			return Answer{}, c.malformed(k, flaw("neither an answer nor an error"))
		}
		e.Code = identifier(w.Error.Code)
		if e.Code == "batch_expired" || e.Code == "batch_cancelled" {
			return Answer{}, e.retryable(Timeout, nil, "the batch ended before the question's turn")
		}
		return Answer{}, e.retryable(ServerError, nil, "the provider failed (%s)", cmp.Or(e.Code, "it gave no reason that is known"))
	}
	if w.Response.Status != http.StatusOK {
		return Answer{}, c.statusError(k, w.Response.Status, nil, w.Response.Body)
	}
	if status, found := errorIn(w.Response.Body); found {
		return Answer{}, c.statusError(k, status, nil, w.Response.Body)
	}
	var said wireAnswer
	if err := json.Unmarshal(w.Response.Body, &said); err != nil {
		return Answer{}, c.malformed(k, err)
	}
	return c.answer(k, said)
}
