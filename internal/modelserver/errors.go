package modelserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// apiError is an error as OpenAI puts it: a status code and a body of message,
// type, param and code.
type apiError struct {
	status  int
	after   time.Duration // when to try again; 0 does not say
	Message string        `json:"message"`
	Type    string        `json:"type"`
	Param   *string       `json:"param"`
	Code    *string       `json:"code"`
}

func (e *apiError) Error() string { return e.Message }

// The values of Type that OpenAI uses.
const (
	typeInvalidRequest = "invalid_request_error"
	typeRequests       = "requests" // too many of them
	typeTokens         = "tokens"   // too many of them
	typeServer         = "server_error"
)

// invalid is a request that has to be changed before it can succeed. Param
// names the part to change; param and code may be empty.
func invalid(status int, param, code, format string, args ...any) *apiError {
	return &apiError{
		status:  status,
		Message: fmt.Sprintf(format, args...),
		Type:    typeInvalidRequest,
		Param:   optional(param),
		Code:    optional(code),
	}
}

// badParam is the commonest of them: status 400 and the code "invalid_value".
func badParam(param, format string, args ...any) *apiError {
	return invalid(http.StatusBadRequest, param, "invalid_value", format, args...)
}

// optional returns nil for the empty string, which JSON shows as null.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// writeError answers with err, or with a server error that keeps err to the
// log if it is not an [apiError].
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var answer *apiError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &answer):
	case errors.As(err, &tooLarge):
		answer = invalid(http.StatusRequestEntityTooLarge, "", "request_too_large",
			"The request is too large: at most %d bytes are accepted.", tooLarge.Limit)
	case r.Context().Err() != nil:
		return // nobody is left to hear it
	default:
		s.log.ErrorContext(r.Context(), "request failed", "request", w.Header().Get(requestIDHeader), "route", r.Pattern, "error", err)
		answer = &apiError{
			status:  http.StatusInternalServerError,
			Message: "The server had an error while processing your request. Its log has the details under the request id.",
			Type:    typeServer,
			Code:    optional("internal_error"),
		}
	}
	if answer.after > 0 {
		retryAfter(w.Header(), answer.after)
	}
	writeJSON(w, answer.status, map[string]*apiError{"error": answer})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	// Every value is one of this package's own types, which always encode.
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client's connection: nothing to do about it here
}
