package provider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"

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
// says what is wanted, at temperature 0. Its errors never hold the provider's
// message. A model that the provider does not have (yet) yields an [*Error]
// with [Error.NotFound]; where it has to be deployed first, the error says how.
func (c *Client) Classify(ctx context.Context, model, system, text string) (Answer, error) {
	k := classifying(model)
	for {
		var resp openai.ChatCompletionResponse
		err := c.do(ctx, k, func(ctx context.Context) (err error) {
			resp, err = c.openai.CreateChatCompletion(ctx, c.question(model, system, text))
			return err
		})
		var refusal *Error
		if errors.As(err, &refusal) && refusal.refuses != "" && c.leftOut.add(model, refusal.refuses) {
			continue // without it
		}
		if err != nil {
			return Answer{}, err
		}
		return c.answer(&k, resp)
	}
}

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

// question is what is asked, one by one and in batches, without what this model was
// found to refuse.
func (c *Client) question(model, system, text string) openai.ChatCompletionRequest {
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
	for _, parameter := range c.leftOut.of(model) {
		optional[parameter](&q)
	}
	return q
}

// answer reads what came.
func (c *Client) answer(k *call, resp openai.ChatCompletionResponse) (Answer, error) {
	if len(resp.Choices) == 0 {
		return Answer{}, c.malformed(k, flaw("no choices"))
	}
	choice := resp.Choices[0]
	if choice.FinishReason == openai.FinishReasonContentFilter {
		e := &Error{Op: k.op, Status: http.StatusOK}
		return Answer{}, e.permanent(TextFiltered, problem.Refused, "the provider's content filter withheld the answer")
	}
	a := Answer{
		Text:         textOf(choice.Message),
		PromptTokens: resp.Usage.PromptTokens,
		AnswerTokens: resp.Usage.CompletionTokens,
	}
	a.Confidence, a.HasConfidence = confidence(choice.LogProbs)
	return a, nil
}

// textOf is an answer's text, which may come in parts: the protocol has them for
// questions, and some servers, such as those of models that reason, for answers.
// Parts of other types, such as what a model thought, are no answer.
func textOf(m openai.ChatCompletionMessage) string {
	text := m.Content
	for _, part := range m.MultiContent {
		if part.Type == openai.ChatMessagePartTypeText || part.Type == "output_text" {
			text += part.Text
		}
	}
	return text
}

// confidence is the product of the tokens' probabilities.
func confidence(l *openai.LogProbs) (float64, bool) {
	if l == nil || len(l.Content) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, token := range l.Content {
		sum += token.LogProb
	}
	if math.IsNaN(sum) {
		return 0, false
	}
	// Rounding on the provider's side can put a sum just above 0.
	return min(math.Exp(sum), 1), true
}
