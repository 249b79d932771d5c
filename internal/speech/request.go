package speech

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/provider"
)

// maxBody bounds what is read of an answer: two hours of speech with every token are a
// few megabytes.
const maxBody = 16 << 20

// question is one file, and what is known of it.
type question struct {
	file []byte
	// extension is what its name ends in, which servers go by.
	extension string
	// language is that of the speech in ISO 639-1, "" if it is not known.
	language string
}

// pieceID tells pieces of recordings apart by their content.
type pieceID [sha256.Size]byte

func (q question) id() pieceID {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", q.language)
	h.Write(q.file)
	return pieceID(h.Sum(nil))
}

// hear asks for one file, or returns what was heard of it before. A server that refuses
// to say more than the text is asked for that alone.
func (c *Client) hear(ctx context.Context, q question, seen *seen) (answer, error) {
	id := q.id()
	seen.add(id)
	if known, ok := c.heard.Get(id); ok {
		return known, nil
	}
	format := c.format()
	a, err := c.ask(ctx, q, format)
	var refused *Error
	if format != jsonFormat && errors.As(err, &refused) && refused.Permanent && refused.Reason == provider.InvalidRequest {
		if a, err = c.ask(ctx, q, jsonFormat); err == nil {
			c.textOnly.Store(true)
		} else {
			err = refused
		}
	}
	if err == nil {
		c.heard.Add(id, a)
	}
	return a, err
}

const jsonFormat = string(openai.AudioResponseFormatJSON)

// format is the response_format that is asked for.
func (c *Client) format() string {
	if c.textOnly.Load() {
		return jsonFormat
	}
	return c.server.format
}

// ask sends one request. An error is an [*Error], or wraps the cause of ctx.
func (c *Client) ask(ctx context.Context, q question, format string) (answer, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return answer{}, fmt.Errorf("transcribing a recording: %w", context.Cause(ctx))
	}
	defer func() { <-c.slots }()
	request := openai.AudioRequest{
		Model: c.opt.Model, FilePath: "recording" + q.extension, Reader: bytes.NewReader(q.file),
		Format: openai.AudioResponseFormat(format), Language: q.language,
	}
	if request.Language == "" {
		request.Language = c.server.anyLanguage
	}
	if c.server.chunking != "" {
		request.ChunkingStrategy = c.server.chunking
	}
	if c.server.languageField != "" {
		request.Language = "" // the doer's
	}
	timed, cancel := context.WithTimeoutCause(ctx, c.opt.RequestTimeout, errRequestTimeout)
	defer cancel()
	x := exchange{language: q.language}
	_, err := c.openai.CreateTranscription(context.WithValue(timed, exchangeKey{}, &x), request)
	var failed *Error
	switch {
	case ctx.Err() != nil:
		return answer{}, fmt.Errorf("transcribing a recording: %w", context.Cause(ctx))
	case errors.As(err, &failed):
		return answer{}, failed
	case err != nil:
		return answer{}, (&Error{}).retryable(provider.InvalidRequest, "the request could not be made")
	}
	return c.read(x.body)
}

// read decodes an answer.
func (c *Client) read(body []byte) (answer, error) {
	var w wireAnswer
	if err := json.Unmarshal(body, &w); err != nil {
		return answer{}, c.malformed(unreadable(err))
	}
	if w.failed() {
		return answer{}, c.statusError(http.StatusBadRequest, nil, body)
	}
	if w.Text == nil && w.Segments == nil {
		return answer{}, c.malformed("it has no text")
	}
	a := answer{segments: w.heard()}
	if c.server.hears {
		a.language = w.heardLanguage()
	}
	return a, nil
}

// exchange is what go-openai does not carry between a question and its HTTP request.
type exchange struct {
	language string
	body     []byte
}

type exchangeKey struct{}

// doer is the HTTP path of go-openai, which makes the form of a request and knows less
// of the protocol than there is: one language, and answers without speakers, of which it
// reads nothing if one field is of another type. So the doer adds to the form, and the
// answer goes to whoever asked, while go-openai gets an empty one.
type doer struct{ c *Client }

// Do returns an [*Error] for a request that failed and for an answer with an error
// status.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	req.URL.Path = strings.TrimSuffix(req.URL.Path, protocolPath) + d.c.server.path
	if d.c.opt.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+d.c.opt.APIKey)
	} else {
		req.Header.Del("Authorization")
	}
	x := req.Context().Value(exchangeKey{}).(*exchange)
	if field := d.c.server.languageField; field != "" && x.language != "" {
		if err := addField(req, field, x.language); err != nil {
			return nil, (&Error{}).retryable(provider.InvalidRequest, "the request could not be made")
		}
	}
	resp, err := d.c.http.Do(req) //nolint:gosec // a setting names the host, and redirects are not followed
	if err != nil {
		return nil, d.c.transportError(req.Context(), err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, d.c.transportError(req.Context(), err)
	}
	if len(body) > maxBody {
		return nil, d.c.malformed(fmt.Sprintf("it is larger than %d bytes", maxBody))
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return nil, d.c.statusError(resp.StatusCode, resp.Header, body)
	}
	x.body = body
	resp.Body = io.NopCloser(strings.NewReader("{}"))
	return resp, nil
}

// addField adds a field to the form of a request.
func addField(req *http.Request, name, value string) error {
	_, parameters, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	form, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	end := []byte("--" + parameters["boundary"] + "--\r\n")
	var more bytes.Buffer
	w := multipart.NewWriter(&more)
	if err := errors.Join(w.SetBoundary(parameters["boundary"]), w.WriteField(name, value), w.Close()); err != nil {
		return err
	}
	form = append(bytes.TrimSuffix(form, end), more.Bytes()...)
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(form)), int64(len(form))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(form)), nil }
	return nil
}
