package modelserver

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"
)

// Statuses of a batch, in the order of its life. The first four and cancelling
// are active.
const (
	batchValidating = "validating"
	batchFailed     = "failed"
	batchInProgress = "in_progress"
	batchFinalizing = "finalizing"
	batchCompleted  = "completed"
	batchExpired    = "expired"
	batchCancelling = "cancelling"
	batchCancelled  = "cancelled"
)

// What batches may have, as at OpenAI.
const (
	maxBatchBytes    = 200 << 20
	maxBatchRequests = 50_000
	// completionWindow is the one there is.
	completionWindow  = "24h"
	completionTime    = 24 * time.Hour
	chatEndpoint      = "/v1/chat/completions"
	maxReportedErrors = 20
)

// batch is the record of a batch.
type batch struct {
	ID        string            `json:"id"`
	Owner     string            `json:"owner,omitempty"`
	Status    string            `json:"status"`
	InputFile string            `json:"input_file"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	Errors    []batchError      `json:"errors,omitempty"`
	Counts    requestCounts     `json:"request_counts"`
	// HasOutput and HasErrors tell which of its two files there are.
	HasOutput bool `json:"has_output,omitempty"`
	HasErrors bool `json:"has_errors,omitempty"`
	// The times are in nanoseconds since 1970, 0 if it has not happened.
	Created    int64 `json:"created_ns"`
	Expires    int64 `json:"expires_ns"`
	InProgress int64 `json:"in_progress_ns,omitempty"`
	Finalizing int64 `json:"finalizing_ns,omitempty"`
	Cancelling int64 `json:"cancelling_ns,omitempty"`
	Ended      int64 `json:"ended_ns,omitempty"`
}

func (b batch) key() string    { return b.ID }
func (b batch) born() int64    { return b.Created }
func (b batch) owner() string  { return b.Owner }
func (b batch) status() string { return b.Status }

// active tells whether the batch's input may still be read.
func (b batch) active() bool {
	switch b.Status {
	case batchValidating, batchInProgress, batchFinalizing, batchCancelling:
		return true
	}
	return false
}

// end puts the batch into a status that is final.
func (b *batch) end(status string) {
	b.Status = status
	b.Ended = time.Now().UnixNano()
}

// outputID and errorsID are the ids of a batch's files. They follow from the
// batch's, so that one that is done twice because of a crash has one of each.
func outputID(batchID string) string { return "file-" + derived("output of "+batchID) }
func errorsID(batchID string) string { return "file-" + derived("errors of "+batchID) }

// batchError says what is wrong with the input of a batch.
type batchError struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
	Line    *int    `json:"line"`
}

var batchServerFailure = batchError{
	Code: "server_error", Message: "The server had an error while processing the batch. Its log has the details under the batch's id.",
}

type requestCounts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}

// batchObject is a batch as OpenAI shows it.
type batchObject struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Endpoint         string            `json:"endpoint"`
	Errors           *batchErrors      `json:"errors"`
	InputFileID      string            `json:"input_file_id"`
	CompletionWindow string            `json:"completion_window"`
	Status           string            `json:"status"`
	OutputFileID     *string           `json:"output_file_id"`
	ErrorFileID      *string           `json:"error_file_id"`
	CreatedAt        int64             `json:"created_at"`
	InProgressAt     *int64            `json:"in_progress_at"`
	ExpiresAt        int64             `json:"expires_at"`
	FinalizingAt     *int64            `json:"finalizing_at"`
	CompletedAt      *int64            `json:"completed_at"`
	FailedAt         *int64            `json:"failed_at"`
	ExpiredAt        *int64            `json:"expired_at"`
	CancellingAt     *int64            `json:"cancelling_at"`
	CancelledAt      *int64            `json:"cancelled_at"`
	RequestCounts    requestCounts     `json:"request_counts"`
	Metadata         map[string]string `json:"metadata"`
	Owner            string            `json:"owner,omitempty"`
}

type batchErrors struct {
	Object string       `json:"object"`
	Data   []batchError `json:"data"`
}

func (b batch) object(h *holder) batchObject {
	object := batchObject{
		ID: b.ID, Owner: h.shown(b.Owner), Object: "batch", Endpoint: chatEndpoint, InputFileID: b.InputFile, CompletionWindow: completionWindow,
		Status: b.Status, CreatedAt: seconds(b.Created), ExpiresAt: seconds(b.Expires),
		InProgressAt: optionalTime(b.InProgress), FinalizingAt: optionalTime(b.Finalizing), CancellingAt: optionalTime(b.Cancelling),
		RequestCounts: b.Counts, Metadata: b.Metadata,
	}
	if len(b.Errors) > 0 {
		object.Errors = &batchErrors{Object: "list", Data: b.Errors}
	}
	if b.HasOutput {
		object.OutputFileID = optional(outputID(b.ID))
	}
	if b.HasErrors {
		object.ErrorFileID = optional(errorsID(b.ID))
	}
	switch ended := optionalTime(b.Ended); b.Status {
	case batchCompleted:
		object.CompletedAt = ended
	case batchFailed:
		object.FailedAt = ended
	case batchExpired:
		object.ExpiredAt = ended
	case batchCancelled:
		object.CancelledAt = ended
	}
	return object
}

// batchRequest is the body of a request to create a batch.
type batchRequest struct {
	InputFileID      string            `json:"input_file_id"`
	Endpoint         string            `json:"endpoint"`
	CompletionWindow string            `json:"completion_window"`
	Metadata         map[string]string `json:"metadata"`
}

func (r batchRequest) validate() error {
	switch {
	case r.InputFileID == "":
		return invalid(http.StatusBadRequest, "input_file_id", "missing_required_parameter", "Missing required parameter: 'input_file_id'.")
	case r.Endpoint == "":
		return invalid(http.StatusBadRequest, "endpoint", "missing_required_parameter", "Missing required parameter: 'endpoint'.")
	case r.Endpoint != chatEndpoint:
		return badParam("endpoint", "Invalid 'endpoint': this server answers '%s' in batches.", chatEndpoint)
	case r.CompletionWindow != completionWindow:
		return badParam("completion_window", "Invalid 'completion_window': expected '%s'.", completionWindow)
	}
	return checkMetadata(r.Metadata)
}

func (s *Server) createBatch(w http.ResponseWriter, r *http.Request) error {
	var request batchRequest
	if err := readJSON(w, r, &request); err != nil {
		return err
	}
	if err := request.validate(); err != nil {
		return err
	}
	h := holderOf(r)
	s.creating.Lock()
	defer s.creating.Unlock()
	if err := s.checkFile(r, "input_file_id", request.InputFileID, purposeBatch); err != nil {
		return err
	}
	if active := countActive(s.batches, h.owner); active >= h.limits.ActiveJobs {
		return s.tooMany(w, h, "batches", "%d batches are waiting or running, which is the limit: try again when one has ended.", active)
	}
	now := time.Now()
	b := batch{
		ID: "batch_" + rand.Text(), Owner: h.owner, Status: batchValidating, InputFile: request.InputFileID, Metadata: request.Metadata,
		Created: now.UnixNano(), Expires: now.Add(s.batchTime).UnixNano(),
	}
	if err := s.batches.put(b); err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "batch created", "batch", b.ID)
	s.wakeWorkers()
	writeJSON(w, http.StatusOK, b.object(h))
	return nil
}

func noSuchBatch(id string) *apiError {
	return invalid(http.StatusNotFound, "batch_id", "not_found", "No batch found with id '%.100s'.", id)
}

func (s *Server) getBatch(w http.ResponseWriter, r *http.Request) error {
	b, ok := find(s.batches, r, r.PathValue("id"))
	if !ok {
		return noSuchBatch(r.PathValue("id"))
	}
	writeJSON(w, http.StatusOK, b.object(holderOf(r)))
	return nil
}

func (s *Server) listBatches(w http.ResponseWriter, r *http.Request) error {
	data, more, err := page(r, listed(r, s.batches.newest()), 20, 100)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, as(holderOf(r), batch.object)))
	return nil
}

// cancelBatch lets the worker stop after the requests in its hands; their
// answers are kept.
func (s *Server) cancelBatch(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	b, err := changeOwn(s.batches, r, id, func(b *batch) error {
		switch b.Status {
		case batchCancelling, batchCancelled:
			return errUnchanged
		case batchValidating, batchInProgress:
			b.Status = batchCancelling
			b.Cancelling = time.Now().UnixNano()
			return nil
		}
		return invalid(http.StatusConflict, "", "batch_already_ended", "The batch cannot be cancelled: its status is '%s'.", b.Status)
	})
	switch {
	case err == nil:
		s.log.InfoContext(r.Context(), "batch cancelled", "batch", id)
		s.wakeWorkers()
	case errors.Is(err, errUnchanged):
	case errors.Is(err, errNoRecord):
		return noSuchBatch(id)
	default:
		return err
	}
	writeJSON(w, http.StatusOK, b.object(holderOf(r)))
	return nil
}
