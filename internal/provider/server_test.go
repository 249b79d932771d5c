package provider

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/pipelistener"
)

// faulty is a provider that answers what a test tells it to, over real HTTP.
type faulty struct {
	*httptest.Server
	requests    atomic.Int64
	connections atomic.Int64
}

func serve(t *testing.T, h http.HandlerFunc) *faulty {
	t.Helper()
	f := &faulty{}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		h(w, r)
	}))
	f.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			f.connections.Add(1)
		}
	}
	f.Start()
	t.Cleanup(f.Close)
	return f
}

func client(t *testing.T, f *faulty, o Options) *Client {
	t.Helper()
	o.BaseURL = f.URL + "/v1"
	if o.APIKey == "" {
		o.APIKey = "sk-test"
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 5 * time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// serveInBubble is serve for tests that run in a bubble of synctest, and the client
// beside it. There is no network: the connections are pipes.
func serveInBubble(t *testing.T, o Options, h http.HandlerFunc) (*faulty, *Client) {
	t.Helper()
	l := pipelistener.New()
	f := &faulty{Server: &httptest.Server{URL: "http://provider"}}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		h(w, r)
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	c := client(t, f, o)
	c.http.Transport = &http.Transport{DialContext: l.DialContext}
	return f, c
}

// answer writes a chat completion with one token per log-probability.
func answer(w http.ResponseWriter, text string, logprobs ...float64) {
	tokens := ""
	for i, l := range logprobs {
		if i > 0 {
			tokens += ","
		}
		tokens += fmt.Sprintf(`{"token":"x","logprob":%g,"top_logprobs":[]}`, l)
	}
	fmt.Fprintf(w, `{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":%q},"logprobs":{"content":[%s]},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`, text, tokens)
}

// cutMidBody promises a body and hangs up half-way through it.
func cutMidBody(w http.ResponseWriter) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprint(buf, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"choices\":[")
	buf.Flush()
	conn.Close()
}

// hang never answers. The server notices that the client has gone only once the
// request's body is read.
func hang(r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
