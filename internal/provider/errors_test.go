package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/problem"
)

// private is in every message of the fault server: it stands for a customer's
// text that a provider quotes.
const private = "my order 4711 never came"

func TestErrors(t *testing.T) {
	object := func(code, typ string) string {
		return fmt.Sprintf(`{"error":{"message":%q,"type":%q,"param":null,"code":%q}}`, private, typ, code)
	}
	classify := func(ctx context.Context, c *Client) error {
		_, err := c.Classify(ctx, "m-1", "system", "text")
		return err
	}
	create := func(ctx context.Context, c *Client) error {
		_, err := c.CreateJob(ctx, JobRequest{BaseModel: "m-1", TrainingFile: "file-1"})
		return err
	}
	job := func(ctx context.Context, c *Client) error {
		_, err := c.Job(ctx, "ftjob-1")
		return err
	}
	model := func(ctx context.Context, c *Client) error {
		_, err := c.Model(ctx, "m-1")
		return err
	}
	upload := func(ctx context.Context, c *Client) error {
		_, err := c.UploadFile(ctx, "a.jsonl", strings.NewReader("{}"), 2, PurposeFineTune)
		return err
	}

	for _, tc := range []struct {
		name   string
		call   func(context.Context, *Client) error
		status int
		header http.Header
		body   string
		want   Error
		kind   problem.Kind // of permanent errors
		says   string
		again  int // further requests that find out what the answer means
	}{
		{name: "rate limit with seconds", call: classify, status: 429, header: http.Header{"Retry-After": {"2"}}, body: object("rate_limit_exceeded", "requests"),
			want: Error{Reason: RateLimited, Code: "rate_limit_exceeded", Type: "requests", RetryAfter: 2 * time.Second},
			says: "classifying a conversation: the provider's rate limit is reached (429 rate_limit_exceeded); it asks to wait for 2s"},
		{name: "rate limit with milliseconds", call: classify, status: 429, header: http.Header{"Retry-After-Ms": {"150"}, "Retry-After": {"1"}}, body: object("rate_limit_exceeded", "tokens"),
			want: Error{Reason: RateLimited, Code: "rate_limit_exceeded", Type: "tokens", RetryAfter: 150 * time.Millisecond}},
		{name: "rate limit without a header", call: classify, status: 429, body: object("rate_limit_exceeded", ""),
			want: Error{Reason: RateLimited, Code: "rate_limit_exceeded"},
			says: "classifying a conversation: the provider's rate limit is reached (429 rate_limit_exceeded)"},
		{name: "rate limit with a page of HTML", call: classify, status: 429, body: "<html>slow down</html>",
			want: Error{Reason: RateLimited}, says: "(429 Too Many Requests)"},
		{name: "quota", call: classify, status: 429, header: http.Header{"Retry-After": {"2"}}, body: object("insufficient_quota", "insufficient_quota"),
			want: Error{Reason: QuotaExhausted, Code: "insufficient_quota", Type: "insufficient_quota", Permanent: true}, kind: problem.Refused,
			says: "add credit or raise the limit of the account behind OPENAI_API_KEY"},
		{name: "quota by type", call: classify, status: 429, body: object("", "insufficient_quota"),
			want: Error{Reason: QuotaExhausted, Type: "insufficient_quota", Permanent: true}, kind: problem.Refused},
		{name: "wrong key", call: classify, status: 401, body: object("invalid_api_key", "invalid_request_error"),
			want: Error{Reason: Unauthorized, Code: "invalid_api_key", Type: "invalid_request_error", Permanent: true}, kind: problem.BadInput,
			says: "refused the API key (401 invalid_api_key): set OPENAI_API_KEY"},
		{name: "wrong key on a job", call: job, status: 401, body: `{"error":{"message":"bad key sk-test"}}`,
			want: Error{Reason: Unauthorized, Permanent: true}, kind: problem.BadInput, says: "(401 Unauthorized)"},
		{name: "job creation forbidden", call: create, status: 403, body: object("permission_denied", "invalid_request_error"),
			want: Error{Reason: Forbidden, Code: "permission_denied", Type: "invalid_request_error", Permanent: true}, kind: problem.Refused,
			says: "2027-01-06"},
		{name: "job creation forbidden, what to do", call: create, status: 403,
			want: Error{Reason: Forbidden, Permanent: true}, kind: problem.Refused, says: "set OPENAI_BASE_URL and OPENAI_API_KEY to another OpenAI-compatible provider or to Switchboard's own model server"},
		{name: "model forbidden", call: classify, status: 403, body: object("model_not_found", ""),
			want: Error{Reason: Forbidden, Code: "model_not_found", Permanent: true}, kind: problem.Refused, says: `refused access to model "m-1"`},
		{name: "no such model", call: classify, status: 404, body: object("model_not_found", "invalid_request_error"),
			want: Error{Reason: NotFound, Code: "model_not_found", Type: "invalid_request_error", Permanent: true}, kind: problem.BadInput,
			says: `has no model "m-1" (404 model_not_found): check the name`},
		{name: "no such model, by a 400", call: classify, status: 400, body: object("model_not_found", ""),
			want: Error{Reason: NotFound, Code: "model_not_found", Permanent: true}, kind: problem.BadInput},
		{name: "no such model, bare error object", call: model, again: 1, status: 404, body: `{"object":"error","message":"no model","type":"NotFoundError","code":404}`,
			want: Error{Reason: NotFound, Code: "404", Type: "NotFoundError", Permanent: true}, kind: problem.BadInput, says: "(404 NotFoundError)"},
		{name: "no such base model", call: create, status: 404, body: object("model_not_found", ""),
			want: Error{Reason: NotFound, Code: "model_not_found", Permanent: true}, kind: problem.BadInput, says: `has no base model "m-1"`},
		{name: "no fine-tuning here", call: create, status: 404, body: `{"detail":"Not Found"}`,
			want: Error{Reason: NotFound, Permanent: true}, kind: problem.Refused, says: "offers no fine-tuning"},
		{name: "wrong base URL", call: upload, status: 404, body: "404 page not found",
			want: Error{Reason: NotFound, Permanent: true}, kind: problem.BadInput, says: "check that OPENAI_BASE_URL is right"},
		// Which one is not said: the first question to a model is asked again
		// without those that servers refuse most.
		{name: "refused parameter", call: classify, again: 3, status: 400, body: object("unsupported_parameter", "invalid_request_error"),
			want: Error{Reason: InvalidRequest, Code: "unsupported_parameter", Type: "invalid_request_error", Permanent: true}, kind: problem.Refused},
		{name: "text too long", call: classify, status: 400, body: object("context_length_exceeded", ""),
			want: Error{Reason: TextTooLong, Code: "context_length_exceeded", Permanent: true}, kind: problem.Refused},
		{name: "text too long, said in words", call: classify, status: 400, body: `{"error":{"message":"This model's maximum context length is 100 tokens","code":400}}`,
			want: Error{Reason: TextTooLong, Code: "400", Permanent: true}, kind: problem.Refused},
		{name: "text filtered", call: classify, status: 400, body: object("content_filter", ""),
			want: Error{Reason: TextFiltered, Code: "content_filter", Permanent: true}, kind: problem.Refused},
		{name: "refused training file", call: create, status: 400, body: `{"error":{"message":"training_file: line 3 is no chat","code":"invalid_training_file"}}`,
			want: Error{Reason: InvalidRequest, Code: "invalid_training_file", Permanent: true}, kind: problem.Refused,
			says: `refused the request to base model "m-1" (400 invalid_training_file)`},
		{name: "upload too large", call: upload, status: 413, want: Error{Reason: InvalidRequest, Permanent: true}, kind: problem.Refused},
		{name: "server error", call: classify, status: 500, body: object("", "server_error"),
			want: Error{Reason: ServerError, Type: "server_error"}, says: "the provider failed (500 server_error)"},
		{name: "overloaded", call: classify, status: 503, header: http.Header{"Retry-After": {"3"}},
			want: Error{Reason: ServerError, RetryAfter: 3 * time.Second}},
		{name: "conflict", call: job, status: 409, want: Error{Reason: ServerError}},
		{name: "their timeout", call: classify, status: 408, want: Error{Reason: Timeout}},
		{name: "code that is a sentence", call: classify, status: 500, body: object(private, private), want: Error{Reason: ServerError}, says: "(500 another code)"},
		{name: "error that is a string", call: job, status: 500, body: `{"error":"boom"}`, want: Error{Reason: ServerError}, says: "the provider failed (500 Internal Server Error)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for name, values := range tc.header {
					w.Header()[name] = values
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			})
			err := tc.call(t.Context(), client(t, f, Options{}))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			got := Error{Reason: e.Reason, Status: e.Status, Code: e.Code, Type: e.Type, RetryAfter: e.RetryAfter, Permanent: e.Permanent}
			tc.want.Status = tc.status
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %q, want it to say %q", err, tc.says)
			}
			if kind, _ := problem.KindOf(err); kind != tc.kind {
				t.Errorf("got kind %q, want %q", kind, tc.kind)
			}
			if strings.Contains(err.Error(), "4711") {
				t.Errorf("the error quotes a customer: %q", err)
			}
			if strings.Contains(err.Error(), "sk-test") {
				t.Errorf("the error holds the key: %q", err)
			}
			if n := f.requests.Load(); n != 1+int64(tc.again) {
				t.Errorf("the client asked %d times, want %d", n, 1+tc.again)
			}
		})
	}
}

func TestErrorsOfTheConnection(t *testing.T) {
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		want    Reason
	}{
		{"no answer in time", func(w http.ResponseWriter, r *http.Request) { hang(r) }, Timeout},
		{"no end of the answer in time", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"choices":`)
			w.(http.Flusher).Flush()
			hang(r)
		}, Timeout},
		{"cut mid-body", func(w http.ResponseWriter, r *http.Request) { cutMidBody(w) }, Connection},
		{"closed without an answer", func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}, Connection},
		{"malformed JSON", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"choices":[{"message":`+private) }, MalformedResponse},
		{"JSON that stops", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"choices":[`) }, MalformedResponse},
		{"another type", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"choices":"`+private+`"}`) }, MalformedResponse},
		{"empty body", func(w http.ResponseWriter, r *http.Request) {}, MalformedResponse},
		{"no choices", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"choices":[]}`) }, MalformedResponse},
	} {
		synctest.Test(t, func(t *testing.T) {
			t.Log(tc.name)
			f, c := serveInBubble(t, Options{RequestTimeout: time.Minute}, tc.handler)
			_, err := c.Classify(t.Context(), "m", "s", "t")
			var e *Error
			if !errors.As(err, &e) || e.Reason != tc.want || e.Permanent {
				t.Fatalf("got %v (%+v), want a retryable %s", err, e, tc.want)
			}
			if strings.Contains(err.Error(), "4711") {
				t.Errorf("the error quotes a customer: %q", err)
			}
			if n := f.requests.Load(); n != 1 {
				t.Errorf("the client asked %d times, want once", n)
			}
		})
	}
}

func TestErrorWhenNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c, err := New(Options{BaseURL: "http://" + l.Addr().String() + "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Models(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Reason != Connection || e.Permanent {
		t.Fatalf("got %v, want a retryable connection error", err)
	}
	if !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("the error does not say where: %q", err)
	}
}

func TestErrorsOfTheScheme(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that fails here on purpose
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, tc := range []struct {
		name, url string
		kind      problem.Kind
	}{
		{"untrusted certificate", secure.URL, problem.Environment},
		{"https for http", strings.Replace(plain.URL, "http:", "https:", 1), problem.BadInput},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New(Options{BaseURL: tc.url})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Models(t.Context())
			if kind, _ := problem.KindOf(err); kind != tc.kind {
				t.Errorf("got %v of kind %q, want %q", err, kind, tc.kind)
			}
		})
	}
}

func TestCancelledCallIsNoProviderError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		hang(r)
	})
	_, err := client(t, f, Options{}).Classify(ctx, "m", "s", "t")
	var e *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Fatalf("got %v, want context.Canceled and no *Error", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", " 0.5 ", 500 * time.Millisecond},
		{"Retry-After", "Sat, 01 Aug 2026 12:00:30 GMT", 30 * time.Second},
		{"Retry-After", "Sat, 01 Aug 2026 11:00:30 GMT", 0},
		{"Retry-After", "Sun, 01 Aug 2027 11:00:30 GMT", maxRetryAfter},
		{"Retry-After", "-3", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "1e300", maxRetryAfter},
		{"Retry-After", "", 0},
		{"Retry-After-Ms", "20", 20 * time.Millisecond},
		{"Retry-After-Ms", "1e12", maxRetryAfter},
	} {
		if got := RetryAfter(http.Header{tc.name: {tc.value}}, now); got != tc.want {
			t.Errorf("%s: %s gives %s, want %s", tc.name, tc.value, got, tc.want)
		}
	}
}

func FuzzParseErrorBody(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"x","type":null,"message":["a"]}}`))
	f.Add([]byte(`{"error":"boom"}`))
	f.Add([]byte(`{"code":404}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := parseErrorBody(body)
		for _, s := range []string{b.Code, b.Type} {
			if len(s) > 64 || strings.ContainsAny(s, " \n\"@") {
				t.Errorf("%q passes as an identifier", s)
			}
		}
	})
}
