package modelserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/pipelistener"
)

// A client that trickles gets an answer or a closed connection in a bounded
// time, and others are served meanwhile.
func TestSlowClientsAreSentAway(t *testing.T) {
	inBubble(t, Options{MaxChats: 1}, slowClientsAreSentAway)
}

func slowClientsAreSentAway(t *testing.T, r *running, listener *pipelistener.Listener) {
	r.timeouts = timeouts{header: 2 * time.Second, body: 2 * time.Second, upload: 6 * time.Second, rest: time.Second, answer: 2 * time.Second}
	model := r.trained(t)
	post := func(path, key, contentType string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 100000\r\n\r\n", path, key, contentType)
	}
	const part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
	var clients sync.WaitGroup
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
		clients.Go(func() {
			connection := must[net.Conn](t)(listener.DialContext(t.Context(), "tcp", "server"))
			defer connection.Close()
			begin := time.Now()
			clients.Go(func() {
				_, err := io.WriteString(connection, test.head)
				for err == nil && !test.silent {
					time.Sleep(200 * time.Millisecond)
					_, err = io.WriteString(connection, "x")
				}
			})
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			switch {
			case test.want == 0:
				if err == nil && response.StatusCode != http.StatusRequestTimeout && response.StatusCode != http.StatusBadRequest {
					t.Errorf("%s: answer is %s, want none", name, response.Status)
				}
			case err != nil:
				t.Errorf("%s: no answer: %v", name, err)
			case response.StatusCode != test.want:
				t.Errorf("%s: answer is %s, want %d", name, response.Status, test.want)
			}
			// And then the connection ends.
			_, _ = io.Copy(io.Discard, connection)
			longest := 4 * time.Second // for a body or headers, the rest of a body, and for closing
			if name == "an upload that trickles" {
				longest = 8 * time.Second
			}
			if took := time.Since(begin); took > longest {
				t.Errorf("%s: the connection was open for %s", name, took)
			}
		})
	}
	clients.Go(func() {
		for range 50 {
			if response, e := r.do(t, "POST", "/v1/chat/completions", testKey, ask(model, "my flight")); response.StatusCode != 200 {
				t.Errorf("others are not served: %d %+v", response.StatusCode, e)
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	clients.Wait()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// A client that asks on and on without reading the answers keeps no turn among
// the chat completions.
func TestClientThatDoesNotReadHoldsNothing(t *testing.T) {
	inBubble(t, Options{MaxChats: 1}, clientThatDoesNotReadHoldsNothing)
}

func clientThatDoesNotReadHoldsNothing(t *testing.T, r *running, listener *pipelistener.Listener) {
	r.timeouts.answer = time.Minute // it is to be there during all of the test
	model := r.trained(t)
	request := ask(model, "my flight")
	request.Stream = true // then the answer leaves while it is made
	body := string(must[[]byte](t)(json.Marshal(request)))
	connection := must[net.Conn](t)(listener.DialContext(t.Context(), "tcp", "server"))
	defer connection.Close()
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
	inBubble(t, Options{}, timeoutsAreForThoseWhoStall)
}

func timeoutsAreForThoseWhoStall(t *testing.T, r *running, _ *pipelistener.Listener) {
	r.timeouts.body = 300 * time.Millisecond
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

// A server that is to end says that it is not ready while it still serves, and
// ends when those who ask had the time to go elsewhere.
func TestDrains(t *testing.T) {
	inBubble(t, Options{Drain: time.Hour}, func(t *testing.T, r *running, _ *pipelistener.Listener) {
		listener := pipelistener.New()
		client := &http.Client{Transport: &http.Transport{DialContext: listener.DialContext, DisableKeepAlives: true}}
		ready := func() int {
			response, err := client.Get("http://server/readyz")
			if err != nil {
				return 0
			}
			_ = response.Body.Close()
			return response.StatusCode
		}
		ctx, interrupt := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Serve(ctx, listener) }()
		if got := ready(); got != http.StatusOK {
			t.Errorf("before the end readiness is %d", got)
		}
		begin := time.Now()
		interrupt()
		time.Sleep(59 * time.Minute)
		if got := ready(); got != http.StatusServiceUnavailable {
			t.Errorf("before the hour is over readiness is %d", got)
		}
		if err := <-done; err != nil || time.Since(begin).Truncate(time.Second) != time.Hour {
			t.Errorf("the server ended with %v after %s", err, time.Since(begin))
		}
		if got := ready(); got != 0 {
			t.Errorf("after the end readiness is %d", got)
		}
	})
}
