package speech

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// Error is a request that failed. Its text is a sentence for an operator, and holds no
// word of the recognizer's: it may say what it heard. A permanent one wraps a
// [problem.Error] whose kind says who has to act.
type Error struct {
	// Reason is the cause in the same fixed vocabulary as that of package provider.
	Reason provider.Reason
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// RetryAfter is how long the recognizer asked to wait, 0 if it did not say. It is 0
	// for permanent errors.
	RetryAfter time.Duration
	// Permanent: asking again will not help.
	Permanent bool

	text  string
	cause error
}

// Error returns the sentence.
func (e *Error) Error() string { return "transcribing a recording: " + e.text }

// Unwrap returns the [problem.Error] of a permanent error, and nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) permanent(r provider.Reason, kind problem.Kind, format string, args ...any) *Error {
	e.Reason, e.Permanent, e.RetryAfter = r, true, 0
	e.text = fmt.Sprintf(format, args...)
	e.cause = problem.New(kind, "%s", e.Error())
	return e
}

func (e *Error) retryable(r provider.Reason, format string, args ...any) *Error {
	e.Reason = r
	e.text = fmt.Sprintf(format, args...)
	if e.RetryAfter > 0 {
		e.text += fmt.Sprintf("; it asks to wait for %s", e.RetryAfter.Round(time.Millisecond))
	}
	return e
}

var (
	errRequestTimeout = errors.New("no answer in time")
	errRedirected     = errors.New("the request is redirected to another host")
)

// statusError is the one place where an HTTP status becomes an [Error].
func (c *Client) statusError(status int, header http.Header, body []byte) *Error {
	e := &Error{Status: status, RetryAfter: provider.RetryAfter(header, time.Now())}
	answer := fmt.Sprintf("%d %s", status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized:
		return e.permanent(provider.Unauthorized, problem.BadInput,
			"the recognizer at %s refused the API key (%s): set SWITCHBOARD_SPEECH_KEY to a valid key of it", c.host, answer)
	case status == http.StatusPaymentRequired, outOfQuota(body):
		return e.permanent(provider.QuotaExhausted, problem.Refused,
			"the quota or credit at the recognizer %s is used up (%s): add credit to the account behind SWITCHBOARD_SPEECH_KEY, or raise its limit", c.host, answer)
	case status == http.StatusForbidden:
		return e.permanent(provider.Forbidden, problem.Refused,
			"the recognizer at %s refused access (%s): give the account behind SWITCHBOARD_SPEECH_KEY this permission, or use another key", c.host, answer)
	case status == http.StatusTooManyRequests:
		return e.retryable(provider.RateLimited, "the recognizer's rate limit is reached (%s)", answer)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return e.permanent(provider.NotFound, problem.BadInput,
			"the recognizer at %s has no model %q, or does not know the path %s (%s): check SWITCHBOARD_SPEECH_MODEL, SWITCHBOARD_SPEECH_URL and SWITCHBOARD_SPEECH_SERVER", c.host, c.opt.Model, c.server.path, answer)
	case status == http.StatusRequestTimeout:
		return e.retryable(provider.Timeout, "the recognizer gave up waiting (%s)", answer)
	case status == http.StatusNotImplemented:
		return e.permanent(provider.InvalidRequest, problem.Refused, "the recognizer at %s cannot do what it is asked for (%s)", c.host, answer)
	case status == http.StatusConflict, status == http.StatusTooEarly, status >= 500:
		return e.retryable(provider.ServerError, "the recognizer failed (%s)", answer)
	case status == http.StatusRequestEntityTooLarge:
		return e.permanent(provider.TextTooLong, problem.Refused, "the recognizer at %s takes no file of this size (%s): raise its limit, or convert the recording to WAV or FLAC, which is cut", c.host, answer)
	case status == http.StatusUnsupportedMediaType:
		return e.permanent(provider.InvalidRequest, problem.Refused, "the recognizer at %s cannot read the recording (%s): convert it to WAV or FLAC", c.host, answer)
	case status >= 400:
		return e.permanent(provider.InvalidRequest, problem.Refused, "the recognizer at %s refused the recording (%s)", c.host, answer)
	}
	return e.retryable(provider.MalformedResponse, "the recognizer gave an answer that the protocol does not know (%s)", answer)
}

// outOfQuota tells the 429 that will pass from the one that will not.
func outOfQuota(body []byte) bool {
	var said struct {
		Error struct {
			Code any `json:"code"`
			Type any `json:"type"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &said)
	for _, word := range []any{said.Error.Code, said.Error.Type} {
		if word == "insufficient_quota" || word == "billing_hard_limit_reached" || word == "billing_not_active" {
			return true
		}
	}
	return false
}

// transportError classifies a request that got no whole answer.
func (c *Client) transportError(ctx context.Context, err error) *Error {
	e := &Error{}
	var timeout net.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(context.Cause(ctx), errRequestTimeout), errors.As(err, &timeout) && timeout.Timeout():
		return e.retryable(provider.Timeout, "the recognizer at %s gave no answer within %s", c.host, c.opt.RequestTimeout)
	case errors.As(err, &untrusted):
		return e.permanent(provider.Connection, problem.Environment,
			"the certificate of the recognizer at %s is not trusted (%s): install its certificate authority on this machine, or correct SWITCHBOARD_SPEECH_URL", c.host, problem.Distrusted(untrusted.Err))
	case errors.Is(err, http.ErrSchemeMismatch):
		return e.permanent(provider.Connection, problem.BadInput, "the recognizer at %s speaks http and not https: correct SWITCHBOARD_SPEECH_URL", c.host)
	case errors.Is(err, errRedirected):
		return e.permanent(provider.Connection, problem.BadInput, "the recognizer at %s redirects the request: set SWITCHBOARD_SPEECH_URL to its own address", c.host)
	}
	return e.retryable(provider.Connection, "the connection to the recognizer at %s failed (%s)", c.host, problem.Broken(err))
}

// malformed is an answer that came whole and does not read as the protocol says.
func (c *Client) malformed(why string) *Error {
	e := &Error{Status: http.StatusOK}
	return e.retryable(provider.MalformedResponse, "the recognizer at %s gave a malformed answer (%s)", c.host, why)
}

// unreadable says why an answer cannot be read, and quotes nothing of it.
func unreadable(err error) string {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends early"
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	case errors.As(err, &wrong):
		return fmt.Sprintf("the value at byte %d is of another type than expected", wrong.Offset)
	}
	return "it cannot be read"
}
