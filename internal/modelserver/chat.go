package modelserver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strings"
	"time"

	"switchboard/internal/classifier"
)

const maxTopLogprobs = 20

// leastLogprob stands for the logarithm of zero, as at OpenAI.
const leastLogprob = -9999.0

// fingerprint tells which base model a fine-tuned one comes from.
func fingerprint(model string) string {
	_, rest, _ := strings.Cut(model, ":")
	base, _, _ := strings.Cut(rest, ":")
	return "fp_" + base
}

// chatRequest is the body of a request for an answer. What it does not name is
// ignored.
type chatRequest struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Logprobs            bool            `json:"logprobs"`
	TopLogprobs         int             `json:"top_logprobs"`
	Temperature         *float64        `json:"temperature"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	N                   *int            `json:"n"`
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options"`
	ResponseFormat      *responseFormat `json:"response_format"`
	Tools               []struct{}      `json:"tools"`
	Functions           []struct{}      `json:"functions"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

func (r chatRequest) validate() error {
	switch {
	case r.Model == "":
		return invalid(http.StatusBadRequest, "model", "missing_required_parameter", "Missing required parameter: 'model'.")
	case len(r.Messages) == 0:
		return invalid(http.StatusBadRequest, "messages", "missing_required_parameter", "Missing required parameter: 'messages'.")
	case r.TopLogprobs < 0 || r.TopLogprobs > maxTopLogprobs:
		return badParam("top_logprobs", "Invalid 'top_logprobs': expected an integer from 0 to %d.", maxTopLogprobs)
	case r.TopLogprobs > 0 && !r.Logprobs:
		return badParam("top_logprobs", "Invalid 'top_logprobs': it needs 'logprobs' to be true.")
	case r.Temperature != nil && (*r.Temperature < 0 || *r.Temperature > 2):
		return badParam("temperature", "Invalid 'temperature': expected a number from 0 to 2.")
	case r.MaxTokens != nil && *r.MaxTokens < 1:
		return badParam("max_tokens", "Invalid 'max_tokens': expected an integer of at least 1.")
	case r.MaxCompletionTokens != nil && *r.MaxCompletionTokens < 1:
		return badParam("max_completion_tokens", "Invalid 'max_completion_tokens': expected an integer of at least 1.")
	case r.N != nil && *r.N != 1:
		return badParam("n", "Invalid 'n': a classifier has one answer, so that only 1 is supported.")
	case len(r.Tools) > 0:
		return unsupported("tools")
	case len(r.Functions) > 0:
		return unsupported("functions")
	}
	for i, m := range r.Messages {
		switch m.Role {
		case roleSystem, roleDeveloper, roleUser, roleAssistant:
		default:
			param := fmt.Sprintf("messages[%d].role", i)
			return badParam(param, "Invalid '%s': supported are 'system', 'developer', 'user' and 'assistant'.", param)
		}
	}
	return nil
}

func unsupported(param string) *apiError {
	return invalid(http.StatusBadRequest, param, "unsupported_parameter", "Unsupported parameter: '%s'. A classifier answers with one of its labels and nothing else.", param)
}

// completion is an answer, whole or a part of a stream.
type completion struct {
	ID                string   `json:"id"`
	Object            string   `json:"object"`
	Created           int64    `json:"created"`
	Model             string   `json:"model"`
	Choices           []choice `json:"choices"`
	Usage             *usage   `json:"usage,omitempty"`
	SystemFingerprint string   `json:"system_fingerprint"`
}

type choice struct {
	Index        int       `json:"index"`
	Message      *answer   `json:"message,omitempty"`
	Delta        *answer   `json:"delta,omitempty"`
	Logprobs     *logprobs `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

// answer is the assistant's message. Its fields stay out of a stream's parts
// where they are empty.
type answer struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content,omitempty"`
}

type logprobs struct {
	Content []tokenLogprob `json:"content"`
}

// tokenLogprob is the answer as a token: a label is one.
type tokenLogprob struct {
	candidate
	Top []candidate `json:"top_logprobs"`
}

type candidate struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logprob"`
	// Bytes are the token's in UTF-8, as numbers: a []byte would become
	// base64.
	Bytes []int `json:"bytes"`
}

func candidateOf(token string, probability float64) candidate {
	c := candidate{Token: token, Logprob: leastLogprob, Bytes: make([]int, len(token))}
	if probability > 0 {
		c.Logprob = math.Log(probability)
	}
	for i := range len(token) {
		c.Bytes[i] = int(token[i])
	}
	return c
}

// logprobsOf gives each token of the answer its probability, and the label's
// also those of the likeliest labels. What the form puts around the label is
// certain.
func logprobsOf(f form, scored []classifier.Scored, top int) *logprobs {
	label := tokenLogprob{candidate: candidateOf(f.token(scored[0].Label), scored[0].Probability), Top: []candidate{}}
	for _, s := range scored[:min(top, len(scored))] {
		label.Top = append(label.Top, candidateOf(f.token(s.Label), s.Probability))
	}
	var l logprobs
	for i, token := range f.around(label.Token) {
		if i == f.place() {
			l.Content = append(l.Content, label)
			continue
		}
		l.Content = append(l.Content, tokenLogprob{candidate: candidateOf(token, 1), Top: []candidate{}})
	}
	return &l
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// reply is the answer to a request, before it is sent whole or in parts.
type reply struct {
	content  string
	logprobs *logprobs // nil if nobody asked
	usage    usage
}

// reply answers a request, of a client that waits or out of a batch. May tells
// whose models are there for it. What is wrong with the request is an
// [apiError].
func (s *Server) reply(ctx context.Context, request chatRequest, may func(owner string) bool) (reply, error) {
	if err := request.validate(); err != nil {
		return reply{}, err
	}
	form, err := request.ResponseFormat.form()
	if err != nil {
		return reply{}, err
	}
	model, text, err := s.asked(request, may)
	if err != nil {
		return reply{}, err
	}
	all, err := model.answer(ctx, text)
	if err != nil {
		return reply{}, err
	}
	scored, err := form.choose(all)
	if err != nil {
		return reply{}, err
	}
	parts := form.around(form.token(scored[0].Label))
	answer := reply{
		content: strings.Join(parts, ""),
		usage:   usage{PromptTokens: promptTokens(request.Messages), CompletionTokens: len(parts)},
	}
	answer.usage.TotalTokens = answer.usage.PromptTokens + answer.usage.CompletionTokens
	if request.Logprobs {
		answer.logprobs = logprobsOf(form, scored, request.TopLogprobs)
	}
	return answer, nil
}

// asked returns the model that a request asks and the text that it asks about. May
// and errors are as in [Server.reply].
func (s *Server) asked(request chatRequest, may func(owner string) bool) (model answerer, text string, err error) {
	if s.isBase(request.Model) {
		what := "the untrained classifier"
		if _, ok := s.options.LanguageModels.Base(request.Model); ok {
			what = "a language model without training"
		}
		return nil, "", invalid(http.StatusBadRequest, "model", "model_not_trained",
			"%s is %s and has no labels to answer with: create a fine-tuning job and ask the model that it makes.", request.Model, what)
	}
	text, asked := userText(request.Messages)
	switch {
	case !asked:
		return nil, "", badParam("messages", "Invalid 'messages': there is no user message to classify.")
	case len(text) > maxTextBytes:
		return nil, "", invalid(http.StatusBadRequest, "messages", "context_length_exceeded", "The user's text has %d bytes: at most %d are possible.", len(text), maxTextBytes)
	}
	if m, ok := s.models.has(request.Model); !ok || !may(m.owner) {
		return nil, "", noSuchModel(request.Model)
	}
	model, err = s.models.get(request.Model)
	if errors.Is(err, fs.ErrNotExist) {
		err = noSuchModel(request.Model)
	}
	return model, text, err
}

// completion is the reply whole, under a name and a time.
func (a reply) completion(id, model string, created int64) completion {
	return completion{
		ID: id, Object: "chat.completion", Created: created, Model: model, SystemFingerprint: fingerprint(model),
		Choices: []choice{{
			Message:      &answer{Role: roleAssistant, Content: a.content},
			Logprobs:     a.logprobs,
			FinishReason: optional("stop"),
		}},
		Usage: &a.usage,
	}
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request) error {
	var request chatRequest
	if err := readJSON(w, r, &request); err != nil {
		return err
	}
	leave, err := s.turns(request.Model).enter(r.Context(), w)
	if err != nil {
		return err
	}
	defer leave() // also if it panics
	answer, err := s.reply(r.Context(), request, holderOf(r).may)
	leave()
	if err != nil {
		return err
	}
	if err := s.spendTokens(w, r, answer.usage); err != nil {
		return err
	}
	id, now := "chatcmpl-"+rand.Text(), time.Now().Unix()
	if request.Stream {
		answer.stream(w, completion{ID: id, Created: now, Model: request.Model, SystemFingerprint: fingerprint(request.Model)}, request.StreamOptions)
		return nil
	}
	writeJSON(w, http.StatusOK, answer.completion(id, request.Model, now))
	return nil
}

// stream sends the reply as server-sent events, in the three parts that
// clients expect: who speaks, what, and that it was all. c is what the parts
// have in common.
func (a reply) stream(w http.ResponseWriter, c completion, options *streamOptions) {
	c.Object = "chat.completion.chunk"
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	send := func(choices []choice, u *usage) {
		c.Choices, c.Usage = choices, u
		part, err := json.Marshal(c)
		if err != nil {
			panic(err) // the types above always encode
		}
		_, _ = fmt.Fprintf(w, "data: %s\n\n", part)
	}
	send([]choice{{Delta: &answer{Role: roleAssistant}}}, nil)
	send([]choice{{Delta: &answer{Content: a.content}, Logprobs: a.logprobs}}, nil)
	send([]choice{{Delta: &answer{}, FinishReason: optional("stop")}}, nil)
	if options != nil && options.IncludeUsage {
		send([]choice{}, &a.usage)
	}
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
	_ = http.NewResponseController(w).Flush()
}
