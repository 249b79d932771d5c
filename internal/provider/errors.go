package provider

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Reason is why a request failed, in a fixed vocabulary: fit for a result
// column or a metric label, which a provider's own codes are not.
type Reason string

// The reasons, and whether asking again can help.
const (
	// RateLimited: too many requests or tokens. Retryable.
	RateLimited Reason = "rate_limited"
	// ServerError: the provider failed (5xx, or a conflict that passes).
	// Retryable.
	ServerError Reason = "server_error"
	// Timeout: no answer in time. Retryable.
	Timeout Reason = "timeout"
	// Connection: the provider was not reached, or the connection broke.
	// Retryable, unless its certificate is not trusted.
	Connection Reason = pipeline.ConnectionFailure
	// MalformedResponse: an answer without an error that does not read as
	// the protocol says. Retryable.
	MalformedResponse Reason = "malformed_response"
	// QuotaExhausted: no credit left. Permanent.
	QuotaExhausted Reason = "quota_exhausted"
	// Unauthorized: the key was refused. Permanent.
	Unauthorized Reason = "unauthorized"
	// Forbidden: the key is good, the account may not do this. Permanent.
	Forbidden Reason = "forbidden"
	// NotFound: no such model, job or file, or no such endpoint. Permanent,
	// except for a caller who knows that the thing was made a moment ago.
	NotFound Reason = "not_found"
	// TextTooLong: this text does not fit the model; others may. Permanent.
	TextTooLong Reason = "text_too_long"
	// TextFiltered: the provider's content filter refused this text; others
	// may pass. Permanent.
	TextFiltered Reason = "text_filtered"
	// InvalidRequest: the provider refuses the request as it stands.
	// Permanent.
	InvalidRequest Reason = "invalid_request"
)

// Error is a request that failed. Its text is a sentence for an operator. A
// permanent one wraps a [problem.Error] whose kind says who has to act.
type Error struct {
	// Op is what was being done, as a gerund phrase.
	Op string
	// Reason is the cause in a fixed vocabulary.
	Reason Reason
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Code, Type and Param are the provider's own, "" if it gave none or one
	// that is not among those that are known (said.go): a provider may quote
	// a text anywhere.
	Code, Type, Param string
	// RetryAfter is how long the provider asked to wait, 0 if it did not
	// say. It is 0 for permanent errors.
	RetryAfter time.Duration
	// Permanent: asking again will not help.
	Permanent bool

	// noEndpoint: it is the path that was not found, not what it names.
	noEndpoint bool
	// refuses is the parameter that the request can do without and that the
	// provider refuses; "" if it is none.
	refuses string
	// misshapen: a whole answer of another shape than the protocol's.
	misshapen bool
	text      string
	cause     error
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Op + ": " + e.text }

// Unwrap returns the [problem.Error] of a permanent error, and nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

// NotFound reports whether the provider answered 404: a model that is a moment
// old may be found later.
func (e *Error) NotFound() bool { return e.Reason == NotFound }

// AboutText reports whether the provider refused this one text and nothing
// else, so that other texts are worth asking about.
func (e *Error) AboutText() bool { return e.Reason == TextTooLong || e.Reason == TextFiltered }

// Misshapen reports whether a whole answer came that has another shape than the
// protocol's. Unlike one that was cut short, or that a proxy on the way wrote, it
// will come again.
func (e *Error) Misshapen() bool { return e.misshapen }

var errRequestTimeout = errors.New("no answer in time")

// sourceError is a failure on this side (the reader of an upload): not the
// provider's, so no [Error].
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }

// The sentences that tell an operator what to do.
const (
	elsewhere = "set OPENAI_BASE_URL and OPENAI_API_KEY to another OpenAI-compatible provider or to Switchboard's own model server"

	noFineTuning = "the provider at %s does not let this account create fine-tuning jobs (%s). %s. " +
		"Either use a key with that permission, or " + elsewhere
)

// statusError is the one place where an HTTP status becomes an [Error].
func (c *Client) statusError(k *call, status int, header http.Header, body []byte) *Error {
	said := parseErrorBody(body)
	refuses := said.refused(status)
	if said.Param == "" {
		said.Param = refuses // if only a sentence blames it
	}
	e := &Error{Op: k.op, Status: status, Code: said.Code, Type: said.Type, Param: said.Param, noEndpoint: said.aboutEndpoint(status), refuses: refuses}
	answer := said.describe(status)

	switch {
	case status == http.StatusUnauthorized:
		// Never quoted: some servers repeat the key.
		return e.permanent(Unauthorized, problem.BadInput,
			"the provider at %s refused the API key (%s): set OPENAI_API_KEY to a valid key of this provider", c.host, answer)
	case status == http.StatusPaymentRequired, said.outOfQuota():
		return e.permanent(QuotaExhausted, problem.Refused,
			"the provider's quota or credit is used up (%s): add credit or raise the limit of the account behind OPENAI_API_KEY, then start again", answer)
	case status == http.StatusTooManyRequests:
		return e.retryable(RateLimited, header, "the provider's rate limit is reached (%s)", answer)
	case k.fineTunes && status == http.StatusForbidden:
		return e.permanent(Forbidden, problem.Refused, noFineTuning, c.host, answer, sentence(c.profile.forbidden))
	case status == http.StatusForbidden:
		return e.permanent(Forbidden, problem.Refused,
			"the provider at %s refused access%s (%s): give the account behind OPENAI_API_KEY this permission, or use another key", c.host, k.to(), answer)
	case k.fineTunes && e.noEndpoint:
		return e.permanent(NotFound, problem.Refused,
			"the provider at %s offers no fine-tuning (%s): check OPENAI_BASE_URL, or %s", c.host, answer, elsewhere)
	case k.fineTunes && said.untrainable():
		return e.permanent(InvalidRequest, problem.BadInput, "the provider at %s does not fine-tune the %s (%s): %s", c.host, k.about, answer, c.profile.untrainable)
	case k.model != "" && status == http.StatusNotFound && c.profile.serving == servedByDeployment:
		return c.notDeployed(e, k.model, answer)
	case k.about != "" && (status == http.StatusNotFound || said.Code == "model_not_found"):
		return e.permanent(NotFound, problem.BadInput, "the provider at %s has no %s (%s): check the name, and OPENAI_BASE_URL", c.host, k.about, answer)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return e.permanent(NotFound, problem.BadInput,
			"the provider at %s knows no such request (%s): check that OPENAI_BASE_URL is right, it normally ends in /v1", c.host, answer)
	case status == http.StatusRequestTimeout:
		return e.retryable(Timeout, header, "the provider gave up waiting (%s)", answer)
	case status == http.StatusConflict, status == http.StatusTooEarly, status >= 500:
		return e.retryable(ServerError, header, "the provider failed (%s)", answer)
	case k.private && said.tooLong(status):
		return e.permanent(TextTooLong, problem.Refused, "the text is too long for the model (%s)", answer)
	case k.private && said.filtered():
		return e.permanent(TextFiltered, problem.Refused, "the provider's content filter refused the text (%s)", answer)
	case status >= 400:
		return e.permanent(InvalidRequest, problem.Refused, "the provider refused the request%s (%s)", k.to(), answer)
	}
	// Redirects are followed before they get here; what is left is no
	// answer of this protocol.
	return e.retryable(MalformedResponse, header, "the provider gave an answer that the protocol does not know (%s)", answer)
}

// transportError classifies a request that got no whole answer.
func (c *Client) transportError(ctx context.Context, k *call, err error) error {
	var source *sourceError
	if errors.As(err, &source) {
		return source
	}
	e := &Error{Op: k.op}
	var netErr net.Error
	if errors.Is(context.Cause(ctx), errRequestTimeout) || (errors.As(err, &netErr) && netErr.Timeout()) {
		return e.retryable(Timeout, nil, "the provider at %s gave no answer within %s", c.host, c.opt.RequestTimeout)
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return e.permanent(Connection, problem.Environment,
			"the certificate of the provider at %s is not trusted (%s): install its certificate authority on this machine, or correct OPENAI_BASE_URL", c.host, problem.Distrusted(untrusted.Err))
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return e.permanent(Connection, problem.BadInput, "the provider at %s speaks http and not https: correct OPENAI_BASE_URL", c.host)
	}
	if errors.Is(err, errRedirected) {
		return e.permanent(Connection, problem.BadInput, "the provider at %s redirects to another host: set OPENAI_BASE_URL to the provider's own address", c.host)
	}
	return e.retryable(Connection, nil, "the connection to the provider at %s failed (%s)", c.host, problem.Broken(err))
}

// answerError classifies what go-openai or a decoder reports besides failed
// requests.
func (c *Client) answerError(k *call, err error) *Error {
	if k.answered {
		return c.malformed(k, err)
	}
	e := &Error{Op: k.op}
	return e.permanent(InvalidRequest, problem.BadInput, "the request%s cannot be made: check OPENAI_BASE_URL", k.to())
}

// malformed is an answer that came whole and does not read as the protocol
// says.
func (c *Client) malformed(k *call, err error) *Error {
	e := &Error{Op: k.op, Status: http.StatusOK}
	var wrong *json.UnmarshalTypeError
	var own flaw
	// What is no JSON from its first byte is some proxy's page; what is so only
	// further on is the server's own.
	var syntax *json.SyntaxError
	e.misshapen = errors.As(err, &wrong) || errors.As(err, &own) || errors.As(err, &syntax) && syntax.Offset > 1
	return e.retryable(MalformedResponse, nil, "the provider at %s gave a malformed answer (%s)", c.host, unreadable(err))
}

// misnamed is an answer with an id or a name that has not the form of one. To
// ask again would make the thing again.
func (c *Client) misnamed(k *call, what string) *Error {
	e := &Error{Op: k.op, Status: http.StatusOK}
	return e.permanent(MalformedResponse, problem.Refused,
		"the provider at %s gives %s that is none: expected at most %d letters, digits and : . _ / @ - without blanks", c.host, what, maxName)
}

// notSent classifies a request that the limiter did not let go.
func (c *Client) notSent(k call, err error) error {
	var held errHeld
	if !errors.As(err, &held) {
		return fmt.Errorf("%s: %w", k.op, err)
	}
	e := &Error{Op: k.op, RetryAfter: held.left}
	return e.retryable(RateLimited, nil, "the provider asked to wait for %s more", held.left.Round(time.Second))
}

func (e *Error) permanent(r Reason, kind problem.Kind, format string, args ...any) *Error {
	e.Reason, e.Permanent = r, true
	e.text = fmt.Sprintf(format, args...)
	e.cause = problem.New(kind, "%s", e.Error())
	return e
}

func (e *Error) retryable(r Reason, header http.Header, format string, args ...any) *Error {
	e.Reason = r
	e.text = fmt.Sprintf(format, args...)
	if header != nil {
		e.RetryAfter = RetryAfter(header, time.Now())
	}
	if e.RetryAfter > 0 {
		e.text += fmt.Sprintf("; it asks to wait for %s", e.RetryAfter.Round(time.Millisecond))
	}
	return e
}

// to is " to <what the call is about>", or nothing.
func (k *call) to() string {
	if k.about == "" {
		return ""
	}
	return " to " + k.about
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// outOfQuota tells the 429 that will pass from the one that will not.
func (b errorBody) outOfQuota() bool {
	for _, s := range []string{b.Code, b.Type} {
		switch s {
		case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active":
			return true
		}
	}
	return false
}

// aboutEndpoint tells a missing endpoint from a missing base model or file: of
// the latter a server of this protocol says something, of the former only that
// it does not know the URL.
func (b errorBody) aboutEndpoint(status int) bool {
	switch status {
	case http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented:
		return true
	case http.StatusNotFound:
		said := strings.ToLower(b.Message)
		return b.Code == "unknown_url" ||
			(b.Code == "" || b.Code == strconv.Itoa(status)) && (said == "" || said == "resource not found" || strings.Contains(said, "url"))
	}
	return false
}

// untrainable: the base model is there, and cannot be fine-tuned.
func (b errorBody) untrainable() bool {
	said := strings.ToLower(b.Message)
	return strings.Contains(said, "not support fine-tuning") || strings.Contains(said, "not available for fine-tuning")
}

func (b errorBody) tooLong(status int) bool {
	return status == http.StatusRequestEntityTooLarge ||
		b.Code == "context_length_exceeded" || b.Code == "string_above_max_length" ||
		strings.Contains(strings.ToLower(b.Message), "maximum context length")
}

func (b errorBody) filtered() bool {
	return b.Code == "content_filter" || b.Code == "content_policy_violation"
}

// maxRetryAfter bounds what a header can make anybody wait.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads how long the provider asks to wait: OpenAI's
// retry-after-ms, or Retry-After (RFC 9110, section 10.2.3) in seconds or as a
// date. 0 means that it does not say.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if d, ok := wait(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return d
	}
	value := h.Get("Retry-After")
	if d, ok := wait(value, time.Second); ok {
		return d
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

func wait(value string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsNaN(n) {
		return 0, false
	}
	if n >= maxRetryAfter.Seconds()*float64(time.Second/unit) {
		return maxRetryAfter, true
	}
	return max(time.Duration(n*float64(unit)), 0), true
}
