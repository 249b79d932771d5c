package modelserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A client that trickles gets an answer or a closed connection in a bounded
// time, and others are served meanwhile.
func TestSlowClientsAreSentAway(t *testing.T) {
	r, _ := start(t, Options{MaxChats: 1})
	r.patience = patience{
		header: 200 * time.Millisecond, body: 200 * time.Millisecond, upload: 600 * time.Millisecond,
		rest: 100 * time.Millisecond, answer: 200 * time.Millisecond,
	}
	model := r.trained(t)
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, listener) }()
	t.Cleanup(func() { stop(); <-served })

	post := func(path, key, contentType string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 100000\r\n\r\n", path, key, contentType)
	}
	const part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
	for name, test := range map[string]struct {
		head   string
		silent bool // after the head; it trickles otherwise
		want   int  // status; 0 is a closed connection
	}{
		"headers that trickle":           {"GET /v1/models HTTP/1.1\r\nX-Long: ", false, 0},
		"headers that stop":              {"GET /v1/models HTTP/1.1\r\n", true, 0},
		"a question that trickles":       {post("/v1/chat/completions", testKey, "application/json"), false, 408},
		"a question that stops":          {post("/v1/chat/completions", testKey, "application/json") + `{"model":`, true, 408},
		"an upload that trickles":        {post("/v1/files", testKey, "multipart/form-data; boundary=b") + part, false, 408},
		"an upload that stops":           {post("/v1/files", testKey, "multipart/form-data; boundary=b") + part, true, 408},
		"a body after a wrong key":       {post("/v1/chat/completions", "wrong", "application/json"), false, 401},
		"a body for an unknown path":     {post("/v1/nothing", testKey, "application/json"), true, 404},
		"a body that nobody reads":       {post("/v1/fine_tuning/jobs/x/cancel", testKey, "application/json"), false, 404},
		"a body to a list of all models": {strings.Replace(post("/v1/models", testKey, "text/plain"), "POST", "GET", 1), true, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection := must[net.Conn](t)(net.Dial("tcp", listener.Addr().String()))
			defer connection.Close()
			if _, err := io.WriteString(connection, test.head); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			defer close(done)
			if !test.silent {
				go func() {
					for {
						select {
						case <-done:
							return
						case <-time.After(20 * time.Millisecond):
							_, _ = io.WriteString(connection, "x")
						}
					}
				}()
			}
			_ = connection.SetReadDeadline(time.Now().Add(20 * time.Second)) // without an end it would be for ever
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			switch {
			case isTimeout(err):
				t.Error("the connection is still open after 20 s")
			case test.want == 0:
				if err == nil && response.StatusCode != http.StatusRequestTimeout && response.StatusCode != http.StatusBadRequest {
					t.Errorf("answer is %s, want none", response.Status)
				}
			case err != nil:
				t.Errorf("no answer: %v", err)
			case response.StatusCode != test.want:
				t.Errorf("answer is %s, want %d", response.Status, test.want)
			}
			if err == nil {
				// And then the connection ends.
				if _, err := io.Copy(io.Discard, response.Body); isTimeout(err) {
					t.Error("the answer has no end")
				}
				if _, err := connection.Read(make([]byte, 1)); isTimeout(err) {
					t.Error("the connection stays open")
				}
			}
		})
	}
	// Those above wait until this function returns: they run beside this.
	t.Run("others are served", func(t *testing.T) {
		t.Parallel()
		for range 50 {
			if response, e := r.do(t, "POST", "/v1/chat/completions", testKey, ask(model, "my flight")); response.StatusCode != 200 {
				t.Errorf("%d %+v", response.StatusCode, e)
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// narrow gives its connections small buffers, so that a client which does not
// read is felt soon.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	connection, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return connection, connection.(*net.TCPConn).SetWriteBuffer(4096)
}

// A client that asks on and on without reading the answers keeps no turn among
// the chat completions.
func TestClientThatDoesNotReadHoldsNothing(t *testing.T) {
	r, _ := start(t, Options{MaxChats: 1})
	r.patience.answer = time.Minute // it is to be there during all of the test
	model := r.trained(t)
	request := ask(model, "my flight")
	request.Stream = true // then the answer leaves while it is made
	body := string(must[[]byte](t)(json.Marshal(request)))
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	web := &http.Server{Handler: r}
	go func() { _ = web.Serve(narrow{listener}) }()
	defer web.Close()

	connection := must[net.Conn](t)(net.Dial("tcp", listener.Addr().String()))
	defer connection.Close()
	if err := connection.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	// It sends until nothing more is taken.
	for {
		_ = connection.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		_, err := fmt.Fprintf(connection, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", testKey, len(body), body)
		if isTimeout(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := r.client.CreateChatCompletion(ctx, ask(model, "my flight")); err != nil {
		t.Errorf("somebody else is not served: %v", err)
	}
}

// An upload may take longer than a body may stand still, as long as it moves.
func TestPatienceIsForThoseWhoMove(t *testing.T) {
	r, _ := start(t, Options{})
	r.patience.body = 300 * time.Millisecond
	content, contentType := uploadForm(t, 20_000)
	reader, writer := io.Pipe()
	go func() {
		for part := range 20 {
			size := len(content) / 20
			end := (part + 1) * size
			if part == 19 {
				end = len(content)
			}
			_, _ = writer.Write(content[part*size : end])
			time.Sleep(50 * time.Millisecond)
		}
		_ = writer.Close()
	}()
	if status, body := r.raw(t, "POST", "/v1/files", testKey, contentType, reader); status != 200 {
		t.Errorf("an upload of a second: %d %s", status, body)
	}
}
