package modelserver

import (
	"io"
	"net/http"
	"time"
)

// timeouts are how long the server waits for a client, so that one which sends
// or reads a byte now and then holds a connection for a bounded time, and no
// turn among the chat completions.
type timeouts struct {
	// header is for all headers of a request.
	header time.Duration
	// body is for the body of a request; uploads may take upload, but stand
	// still for body only, and fall behind the least rate of the key by no
	// more than that.
	body, upload time.Duration
	// rest is for what is left of a body when the answer is there already.
	rest time.Duration
	// answer is for the client to take a part of the answer.
	answer time.Duration
}

var defaultTimeouts = timeouts{
	header: 10 * time.Second, body: bodyTimeout, upload: uploadTimeout, rest: time.Second, answer: 30 * time.Second,
}

// watch puts an end to a request's waiting: r gets a body that does, and the
// returned writer must be used for its answer.
func (p timeouts) watch(w http.ResponseWriter, r *http.Request) *watchedWriter {
	watched := &watchedWriter{ResponseWriter: w, timeouts: p, connection: http.NewResponseController(w)}
	// The connection may have had an answer before. A recorder in a test has
	// no deadlines, here and below, and needs none.
	_ = watched.connection.SetWriteDeadline(time.Time{})
	if r.Body == nil || r.Body == http.NoBody {
		return watched
	}
	end := time.Now().Add(p.body)
	if r.Method == http.MethodPost && r.URL.Path == "/v1/files" {
		end = time.Now().Add(p.upload)
	}
	watched.body = &watchedBody{ReadCloser: r.Body, connection: watched.connection, timeouts: p, end: end}
	r.Body = watched.body
	return watched
}

// watchedBody sets a deadline for each read.
type watchedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	timeouts   timeouts
	end        time.Time
	done       bool // all of it was read
	// least is what has to come in a second, in bytes; 0 for nothing.
	least int64
	// read is what has come, and waited how long it took: the server's own
	// time is not the client's.
	read   int64
	waited time.Duration
}

// timeLeft is how long the next bytes may take.
func (b *watchedBody) timeLeft(now time.Time) time.Duration {
	left := min(b.timeouts.body, b.end.Sub(now))
	if b.least > 0 {
		earned := time.Duration(float64(b.read) / float64(b.least) * float64(time.Second))
		left = min(left, b.timeouts.body+earned-b.waited)
	}
	return left
}

func (b *watchedBody) Read(p []byte) (int, error) {
	start := time.Now()
	_ = b.connection.SetReadDeadline(start.Add(b.timeLeft(start)))
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	b.waited += time.Since(start)
	if err == io.EOF {
		b.done = true
		// From here on the connection is read to notice that the client has
		// gone, and a deadline would look like that.
		_ = b.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}

// watchedWriter remembers the status, and sets a deadline for each write.
type watchedWriter struct {
	http.ResponseWriter
	timeouts   timeouts
	connection *http.ResponseController
	body       *watchedBody // nil if the request has none
	status     int
}

func (w *watchedWriter) WriteHeader(status int) {
	w.status = status
	if w.body != nil && !w.body.done {
		// net/http reads what is left of a body before it answers, for as
		// long as it takes.
		_ = w.connection.SetReadDeadline(time.Now().Add(w.timeouts.rest))
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	_ = w.connection.SetWriteDeadline(time.Now().Add(w.timeouts.answer))
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
