package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/problem"
)

// maxAnswerTokens bounds an answer. A company's handle has at most 15
// characters; a model that says more than this is not naming one.
const maxAnswerTokens = 32

// Answer is what a model said about one text.
type Answer struct {
	// Text is the answer as the model gave it, untrimmed.
	Text string
	// Confidence is the probability of exactly this answer: e to the sum of
	// its tokens' log-probabilities, between 0 and 1. Of a label that is dressed
	// up (in quotes, behind "Company:") it is at most too small: the dress
	// counts. It is meaningless without HasConfidence.
	Confidence float64
	// HasConfidence is false when the provider sent no log-probabilities.
	HasConfidence bool
	// PromptTokens and AnswerTokens are as the provider counted them, 0 if it
	// did not.
	PromptTokens, AnswerTokens int
}

// Classify asks a model for its answer to one text, with a system prompt that
// says what is wanted, at temperature 0. What the provider refuses and a question
// can do without is left out. Its errors never hold the provider's message. A model
// that the provider does not have (yet) yields an [*Error] with [Error.NotFound];
// where it has to be deployed first, the error says how.
func (c *Client) Classify(ctx context.Context, model, system, text string) (Answer, error) {
	for {
		without := c.leftOut.of(model)
		answer, err := c.ask(ctx, model, system, text, without)
		if err == nil {
			c.leftOut.settle(model)
			return answer, nil
		}
		var refusal *Error
		if !errors.As(err, &refusal) {
			return Answer{}, err
		}
		// Many are asked at a time: what another question was refused for
		// meanwhile, this one was asked with, too.
		if refusal.refuses != "" && !slices.Contains(without, refusal.refuses) {
			c.leftOut.add(model, refusal.refuses)
			continue // without it
		}
		if !refusal.plain() {
			return Answer{}, err
		}
		answer, asked, err := c.guessOnce(ctx, model, system, text, without, err)
		if asked || slices.Equal(c.leftOut.of(model), without) {
			return answer, err
		}
		// Meanwhile it was found out how this model can be asked.
	}
}

// guessOnce guesses unless it is known how a model can be asked, one text at a time:
// many are asked at once, and one of them finds out for all.
func (c *Client) guessOnce(ctx context.Context, model, system, text string, without []string, refused error) (answer Answer, asked bool, err error) {
	c.guessing.Lock()
	defer c.guessing.Unlock()
	if c.leftOut.settled(model) {
		return Answer{}, false, refused
	}
	answer, err = c.guess(ctx, model, system, text, without, refused)
	return answer, true, err
}

// guess asks with fewer and fewer parameters, for a server that refuses one and does
// not say which in words that are known. It is done until a model has answered once:
// what is refused then, is refused for its text. If nothing helps, refused is the
// error.
func (c *Client) guess(ctx context.Context, model, system, text string, without []string, refused error) (Answer, error) {
	defer c.leftOut.settle(model)
	for i, parameter := range guesses {
		if slices.Contains(without, parameter) {
			continue
		}
		answer, err := c.ask(ctx, model, system, text, slices.Concat(without, guesses[:i+1]))
		var again *Error
		switch {
		case err == nil:
			for _, left := range guesses[:i+1] {
				c.leftOut.add(model, left)
			}
			return answer, nil
		case errors.As(err, &again) && again.plain():
			continue
		case errors.As(err, &again) && again.refuses == "":
			return Answer{}, err // something else went wrong, which may pass
		}
	}
	return Answer{}, refused
}

// ask asks once.
func (c *Client) ask(ctx context.Context, model, system, text string, without []string) (Answer, error) {
	k := classifying(model)
	var w wireAnswer
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, http.MethodPost, "/chat/completions", nil, c.question(model, system, text, without), &w)
	})
	if err != nil {
		return Answer{}, err
	}
	return c.answer(&k, w)
}

// Forget makes the next question to a model be asked with every parameter again: a
// provider may have learned what it refused.
func (c *Client) Forget(model string) { c.leftOut.forget(model) }

// Lacks tells what is left out of the questions to a model, because the provider
// refused it, in the order in which that came up.
func (c *Client) Lacks(model string) []Lack {
	var lacks []Lack
	for _, parameter := range c.leftOut.of(model) {
		lacks = append(lacks, Lack("refuses "+parameter))
	}
	return lacks
}

func classifying(model string) call {
	return call{op: "classifying a conversation", about: fmt.Sprintf("model %q", model), model: model, private: true}
}

// question is what is asked, one by one and in batches, without some parameters.
func (c *Client) question(model, system, text string, without []string) openai.ChatCompletionRequest {
	q := openai.ChatCompletionRequest{
		Model: c.profile.asked(model),
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: system},
			{Role: openai.ChatMessageRoleUser, Content: text},
		},
		// go-openai leaves a plain 0 out, which would mean 1.
		Temperature: math.SmallestNonzeroFloat32,
		// The newer name of this field is unknown to many compatible
		// servers; this one is known to all.
		MaxTokens: maxAnswerTokens,
		LogProbs:  true,
	}
	for _, parameter := range without {
		optional[parameter](&q)
	}
	return q
}

// answer reads what came.
func (c *Client) answer(k *call, w wireAnswer) (Answer, error) {
	if len(w.Choices) == 0 {
		return Answer{}, c.malformed(k, flaw("no choices"))
	}
	choice := w.Choices[0]
	if choice.FinishReason == word(openai.FinishReasonContentFilter) {
		e := &Error{Op: k.op, Status: http.StatusOK}
		return Answer{}, e.permanent(TextFiltered, problem.Refused, "the provider's content filter withheld the answer")
	}
	a := Answer{
		Text:         string(choice.Message.Content),
		PromptTokens: w.Usage.prompt,
		AnswerTokens: w.Usage.completion,
	}
	a.Confidence, a.HasConfidence = confidence(choice.LogProbs, a.Text)
	return a, nil
}

// confidence is the product of the probabilities of an answer's tokens.
func confidence(tokens logProbs, text string) (float64, bool) {
	// Some servers have the end of the answer as a token, with no probability
	// worth the name. It is no part of the text.
	for n := len(tokens) - 1; n > 0 && isEnd(tokens[n].text) && !strings.HasSuffix(text, tokens[n].text); n-- {
		tokens = tokens[:n]
	}
	if len(tokens) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, token := range tokens {
		sum += token.logProb
	}
	if math.IsNaN(sum) {
		return 0, false
	}
	// Rounding on the provider's side can put a sum just above 0.
	return min(math.Exp(sum), 1), true
}

// isEnd reports whether a token is one such as <|eot_id|> or </s>.
func isEnd(token string) bool {
	return len(token) > 2 && token[0] == '<' && token[len(token)-1] == '>'
}

// wireAnswer is an answer as it is sent. What a run can do without is read in any
// form; an answer without a text is not.
type wireAnswer struct {
	Choices []struct {
		Message struct {
			Content content `json:"content"`
		} `json:"message"`
		FinishReason word     `json:"finish_reason"`
		LogProbs     logProbs `json:"logprobs"`
	} `json:"choices"`
	Usage usage `json:"usage"`
}

// content is the text of an answer, which may come in parts: the protocol has them
// for questions, and some servers, such as those of models that reason, for answers.
// Parts of other types, such as what a model thought, are no answer.
type content string

// UnmarshalJSON fails for what is neither a text nor made of parts.
func (t *content) UnmarshalJSON(b []byte) error {
	type part struct {
		Type word `json:"type"`
		Text word `json:"text"`
	}
	var text string
	*t = ""
	if json.Unmarshal(b, &text) == nil { // or null
		*t = content(text)
		return nil
	}
	var parts []json.RawMessage
	if b[0] == '{' {
		parts = []json.RawMessage{b}
	} else if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, raw := range parts {
		var p part
		switch {
		case json.Unmarshal(raw, &text) == nil:
			*t += content(text)
		case json.Unmarshal(raw, &p) == nil && slices.Contains(textParts, p.Type):
			*t += content(p.Text)
		}
	}
	return nil
}

// textParts are the types of the parts that are an answer's text.
var textParts = []word{"text", "output_text", ""}

// logProbs are those of an answer's tokens; nil where they are missing, of another
// form, or not those of every token.
type logProbs []struct {
	text    string
	logProb float64
	top     []Candidate
}

// token is one of an answer's tokens, or what could be in its place.
type token struct {
	Text    word     `json:"token"`
	LogProb *float64 `json:"logprob"`
	Top     []token  `json:"top_logprobs"`
}

// UnmarshalJSON takes the form of the older completions, too, and never fails.
func (l *logProbs) UnmarshalJSON(b []byte) error {
	*l = nil
	var w struct {
		Content  []token    `json:"content"`
		Tokens   []word     `json:"tokens"`
		LogProbs []*float64 `json:"token_logprobs"`
	}
	if json.Unmarshal(b, &w) != nil {
		return nil
	}
	if len(w.Content) == 0 && len(w.Tokens) == len(w.LogProbs) {
		for i, text := range w.Tokens {
			w.Content = append(w.Content, token{Text: text, LogProb: w.LogProbs[i]})
		}
	}
	list := make(logProbs, len(w.Content))
	for i, t := range w.Content {
		if t.LogProb == nil {
			return nil
		}
		list[i].text, list[i].logProb, list[i].top = string(t.Text), *t.LogProb, candidates(t.Top)
	}
	*l = list
	return nil
}

// usage is what was counted, 0 where it was not.
type usage struct{ prompt, completion int }

// UnmarshalJSON never fails.
func (u *usage) UnmarshalJSON(b []byte) error {
	var w struct {
		Prompt     amount `json:"prompt_tokens"`
		Completion amount `json:"completion_tokens"`
	}
	_ = json.Unmarshal(b, &w)
	*u = usage{int(w.Prompt), int(w.Completion)}
	return nil
}
