// Package provider is the client of the service that fine-tunes and runs
// models: OpenAI, Azure OpenAI, any OpenAI-compatible trainer, or the
// project's own model server. The OpenAI wire protocol is the interface; which
// service speaks it is a matter of [Options].
//
// Requests go through go-openai where it covers the protocol and through a
// small typed extension where it does not (lists with paging, job metadata,
// method and error, uploads that stream). Both share one HTTP path, so every
// failure becomes an [*Error] by the same rules, and every request counts
// against the same limits.
//
// # Nothing is retried here
//
// A method asks once. An [*Error] says whether asking again can help
// (Permanent) and when (RetryAfter); the durable layer above decides. Two
// layers of retries multiply, and the inner one hides its failures.
//
// # Limits
//
// One [Client] is one budget: at most MaxConcurrent requests at a time and at
// most RequestsPerMinute in any minute, whoever in the process makes them.
// When the provider answers "too many requests" and says until when, the whole
// client holds new requests until then.
//
// # Once, although asked twice
//
// A request whose answer is lost may have been carried out. Before uploading,
// [Client.FindFile] finds the file an earlier attempt left behind; before
// creating a job, [Client.FindJob] finds the job.
//
// # Personal data
//
// A provider may quote what it was sent, in a message and in any other field.
// None of its free text leaves this package, in errors or in values: said.go
// decides what does.
package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/config"
)

// What Options means by zero.
const (
	// DefaultBaseURL is OpenAI's own service.
	DefaultBaseURL = "https://api.openai.com/v1"
	// DefaultRequestTimeout bounds one request, see [Options].
	DefaultRequestTimeout = config.DefaultRequestTimeout
	// DefaultMaxConcurrent is the number of requests at a time.
	DefaultMaxConcurrent = config.DefaultMaxConcurrent
)

// maxBody bounds what is read of one JSON answer. The largest are lists of
// files and jobs, some hundred bytes an entry.
const maxBody = 64 << 20

// Client talks to one provider. It is safe for concurrent use; share one per
// process, because the limits are its own.
type Client struct {
	opt     Options
	profile profile
	base    string
	host    string // scheme and host of base, for error messages
	http    *http.Client
	openai  *openai.Client
	limit   *limiter
	leftOut leftOut
	// guessing is held while one text finds out what a model is asked without.
	guessing sync.Mutex
}

// New makes a client. It sends nothing. Its errors are those of
// [Options.Validate].
func New(o Options) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Go keeps two idle connections to a host by default: with 64 requests
	// at a time nearly every request would open a connection of its own.
	transport.MaxIdleConnsPerHost = o.MaxConcurrent
	transport.MaxIdleConns = o.MaxConcurrent

	c := &Client{
		opt:   o,
		base:  strings.TrimRight(o.BaseURL, "/"),
		http:  &http.Client{Transport: transport, CheckRedirect: sameHost},
		limit: newLimiter(o.MaxConcurrent, o.RequestsPerMinute),
	}
	u, _ := url.Parse(c.base)
	c.host, c.profile = u.Scheme+"://"+u.Host, profileOf(u)

	config := openai.DefaultConfig("") // the key is the doer's
	config.BaseURL = c.base
	config.HTTPClient = doer{c}
	c.openai = openai.NewClientWithConfig(config)
	return c, nil
}

// errRedirected ends a request that is sent on to another host.
var errRedirected = errors.New("the request is redirected to another host")

// sameHost follows redirections. What was sent with a request, texts and key,
// goes to no other host than the one that was set.
func sameHost(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return errors.New("too many redirections")
	case req.URL.Host == via[0].URL.Host && req.URL.Scheme == via[0].URL.Scheme:
		return nil
	case req.Method != http.MethodGet || via[0].Method != http.MethodGet:
		return errRedirected
	}
	// Downloads may lie elsewhere. Go drops Authorization, and knows no
	// other header with a key.
	for _, p := range profiles {
		if p.keyHeader != "" {
			req.Header.Del(p.keyHeader)
		}
	}
	return nil
}

// Provider names the kind of provider that the client takes this one for, such
// as "Azure OpenAI".
func (c *Client) Provider() string { return c.profile.name }

// call is what one request is about. It travels in the request's context,
// because go-openai stands between the method and the HTTP path.
type call struct {
	// op is what is being done, as a gerund phrase.
	op string
	// about names what is asked for, such as `model "m"`; may be empty.
	about string
	// model is the one that is asked to answer, as its job names it.
	model string
	// private: the provider's message may quote a customer's text.
	private bool
	// fineTunes: a refusal means that fine-tuning is not to be had here.
	fineTunes bool
	// streams: the answer's body is handed on unread.
	streams bool
	// answered is set once a whole answer without an error status was read.
	answered bool
}

type callKey struct{}

// do runs one request: it waits for the client's limits, bounds the request's
// time and turns whatever goes wrong into an [*Error]. A cancelled ctx yields
// an error that wraps ctx's cause and is no *Error.
func (c *Client) do(ctx context.Context, k call, send func(ctx context.Context) error) error {
	release, err := c.limit.acquire(ctx, c.opt.RequestTimeout)
	if err != nil {
		return c.notSent(k, err)
	}
	defer release()

	timed, cancel := context.WithTimeoutCause(ctx, c.opt.RequestTimeout, errRequestTimeout)
	defer cancel()
	return c.finish(ctx, timed, &k, send)
}

// doStreaming is do for requests that may take as long as bytes keep moving.
// The request's context ends when moved has not been called for the request
// timeout, or with stop. The caller must call stop when the body is done with;
// the slot is taken until then.
func (c *Client) doStreaming(ctx context.Context, k call, send func(ctx context.Context, moved func()) error) (stop func(), err error) {
	release, err := c.limit.acquire(ctx, c.opt.RequestTimeout)
	if err != nil {
		return nil, c.notSent(k, err)
	}
	watched, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(c.opt.RequestTimeout, func() { cancel(errRequestTimeout) })
	stop = func() {
		stall.Stop()
		cancel(nil)
		release()
	}
	err = c.finish(ctx, watched, &k, func(ctx context.Context) error {
		return send(ctx, func() { stall.Reset(c.opt.RequestTimeout) })
	})
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// finish sends, and classifies the outcome. own is the context that send gets,
// derived from the caller's ctx.
func (c *Client) finish(ctx, own context.Context, k *call, send func(ctx context.Context) error) error {
	err := send(context.WithValue(own, callKey{}, k))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", k.op, context.Cause(ctx))
	}
	var source *sourceError
	if errors.As(err, &source) {
		return fmt.Errorf("%s: %w", k.op, source.err)
	}
	var e *Error
	if !errors.As(err, &e) {
		e = c.answerError(k, err)
	}
	c.limit.hold(e.RetryAfter)
	return e
}

// doer is the HTTP path of every request, go-openai's included. It reads the
// whole body before anybody decodes it: a connection cut in the middle is then
// told from malformed JSON, and the connection can be used again, which a
// decoder that stops before the end of the body prevents.
type doer struct{ c *Client }

// Do returns an [*Error] for a request that failed and for an answer with an
// error status.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	k := req.Context().Value(callKey{}).(*call)
	d.c.authenticate(req)
	resp, err := d.c.http.Do(req) //nolint:gosec // a setting names the host, and redirects do not leave it
	if err != nil {
		return nil, d.c.transportError(req.Context(), k, err)
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 && k.streams {
		return resp, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, d.c.transportError(req.Context(), k, err)
	}
	if len(body) > maxBody {
		return nil, d.c.malformed(k, flaw(fmt.Sprintf("it is larger than %d bytes", maxBody)))
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return nil, d.c.statusError(k, resp.StatusCode, resp.Header, body)
	}
	if status, found := errorIn(body); found {
		return nil, d.c.statusError(k, status, resp.Header, body)
	}
	k.answered = true
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	return resp, nil
}

func (c *Client) authenticate(req *http.Request) {
	switch {
	case c.opt.APIKey == "":
	case c.profile.keyHeader != "":
		req.Header.Set(c.profile.keyHeader, c.opt.APIKey)
	default:
		req.Header.Set("Authorization", "Bearer "+c.opt.APIKey)
	}
}

// request sends one request of the extension and decodes its JSON answer into
// out. in may be nil (no body).
func (c *Client) request(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return c.requestURL(ctx, method, c.base+path, query, in, out)
}

func (c *Client) requestURL(ctx context.Context, method, target string, query url.Values, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return &sourceError{fmt.Errorf("encoding the request: %w", err)}
		}
		body = strings.NewReader(string(b))
	}
	req, err := newRequest(ctx, method, target, query, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.decode(req, out)
}

func newRequest(ctx context.Context, method, target string, query url.Values, body io.Reader) (*http.Request, error) {
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, &sourceError{fmt.Errorf("building the request: %w", err)}
	}
	req.Header.Set("Accept", "application/json")
	return req, nil
}

func (c *Client) decode(req *http.Request, out any) error {
	resp, err := doer{c}.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	err = json.NewDecoder(bytes.NewReader(body)).Decode(out)
	if finite := withoutNaN(body); finite != nil && errors.As(err, new(*json.SyntaxError)) {
		return json.NewDecoder(bytes.NewReader(finite)).Decode(out)
	}
	return err
}

// notFinite are a string, which is left alone, and the numbers that Python writes
// although JSON has none of them.
var notFinite = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?Infinity|NaN`)

// withoutNaN returns a body with null for each number that is not finite, nil if it has
// none.
func withoutNaN(body []byte) []byte {
	found := false
	finite := notFinite.ReplaceAllFunc(body, func(b []byte) []byte {
		if b[0] == '"' {
			return b
		}
		found = true
		return []byte("null")
	})
	if !found {
		return nil
	}
	return finite
}
