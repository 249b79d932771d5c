package provider

import (
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/sashabaranov/go-openai"
)

// topAnswers is how many of the likeliest tokens are asked for.
const topAnswers = 5

// Candidate is a word that a model may begin its answer with. It is untrusted text.
type Candidate struct {
	Text        string
	Probability float64
}

// TopAnswers asks a model as [Client.Classify] does, and for the likeliest beginnings
// of its answer too. A provider that has none gives the answer alone.
func (c *Client) TopAnswers(ctx context.Context, model, system, text string) (Answer, []Candidate, error) {
	q := c.question(model, system, text, c.leftOut.of(model))
	if !q.LogProbs {
		a, err := c.Classify(ctx, model, system, text)
		return a, nil, err
	}
	q.TopLogProbs = topAnswers
	k := classifying(model)
	var w wireAnswer
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, http.MethodPost, "/chat/completions", nil, q, &w)
	})
	if refused := new(Error); errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		a, err := c.Classify(ctx, model, system, text)
		return a, nil, err
	}
	if err != nil {
		return Answer{}, nil, err
	}
	a, err := c.answer(&k, w)
	if err != nil || len(w.Choices[0].LogProbs) == 0 {
		return a, nil, err
	}
	return a, w.Choices[0].LogProbs[0].top, nil
}

// Explanation is why a model of the project's own server answers as it does.
type Explanation struct {
	// Answers are the likeliest labels.
	Answers []struct {
		Label       string  `json:"label"`
		Probability float64 `json:"probability"`
	} `json:"answers"`
	// Label is compared with Rival: Features are the words that speak for it,
	// or with a weight below 0 for the rival, Embedding what the sentence
	// encoder adds.
	Label    string `json:"label"`
	Rival    string `json:"rival"`
	Features []struct {
		Text   string  `json:"text"`
		Weight float64 `json:"weight"`
	} `json:"features"`
	Embedding float64 `json:"embedding"`
}

// Explain asks the project's own model server why a model answers as it does; no
// other provider can tell.
func (c *Client) Explain(ctx context.Context, model, system, text string) (x Explanation, err error) {
	in := struct {
		Model    string                         `json:"model"`
		Messages []openai.ChatCompletionMessage `json:"messages"`
	}{c.profile.asked(model), c.question(model, system, text, nil).Messages}
	k := classifying(model)
	k.op = "explaining an answer"
	err = c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, http.MethodPost, "/switchboard/explain", nil, in, &x)
	})
	return x, err
}

// candidates are tokens with their probabilities; those without one are left out.
func candidates(tokens []token) (list []Candidate) {
	for _, t := range tokens {
		if t.LogProb != nil {
			list = append(list, Candidate{string(t.Text), min(math.Exp(*t.LogProb), 1)})
		}
	}
	return list
}
