package modelserver

import (
	"context"
	"net/http"

	"switchboard/internal/classifier"
)

// Bounds of an explanation.
const (
	maxExplainedAnswers  = 5
	maxExplainedFeatures = 20
)

// explainRequest is the body of a request for an explanation: that of a request for
// an answer, as far as it matters here.
type explainRequest struct {
	Model    string    `json:"model"`
	Messages []message `json:"messages"`
}

// explanation is why a model answers as it does. No other server has it.
type explanation struct {
	Object string `json:"object"`
	Model  string `json:"model"`
	// Answers are the likeliest labels.
	Answers []labelled `json:"answers"`
	// Label is compared with Rival, the label after it.
	Label string `json:"label"`
	Rival string `json:"rival"`
	// Features are the words with the greatest influence on that, embedding the
	// influence of the sentence encoder.
	Features  []feature `json:"features"`
	Embedding float64   `json:"embedding"`
	Usage     usage     `json:"usage"`
}

type labelled struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

type feature struct {
	Text   string  `json:"text"`
	Weight float64 `json:"weight"`
}

// explain answers POST /v1/switchboard/explain. It counts against the limits of the
// key as a question does, and a model of another key is not there.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) error {
	var request explainRequest
	if err := readJSON(w, r, &request); err != nil {
		return err
	}
	leave, err := s.turns(request.Model).enter(r.Context(), w)
	if err != nil {
		return err
	}
	defer leave()
	x, err := s.explanation(r.Context(), request, holderOf(r).may)
	if err != nil {
		return err
	}
	if err := s.spendTokens(w, r, x.Usage); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, x)
	return nil
}

func (s *Server) explanation(ctx context.Context, request explainRequest, may func(owner string) bool) (explanation, error) {
	ask := chatRequest{Model: request.Model, Messages: request.Messages}
	if err := ask.validate(); err != nil {
		return explanation{}, err
	}
	model, text, err := s.asked(ask, may)
	if err != nil {
		return explanation{}, err
	}
	scored, told, err := model.explain(ctx, text)
	if err != nil {
		return explanation{}, err
	}
	return explanationOf(request, scored, told), nil
}

func explanationOf(request explainRequest, scored []classifier.Scored, told classifier.Explanation) explanation {
	x := explanation{
		Object: "switchboard.explanation", Model: request.Model, Label: told.Label, Rival: told.Rival, Embedding: told.Embedding,
		Answers: []labelled{}, Features: []feature{},
	}
	for _, s := range scored[:min(maxExplainedAnswers, len(scored))] {
		x.Answers = append(x.Answers, labelled{s.Label, s.Probability})
	}
	for _, f := range told.Features[:min(maxExplainedFeatures, len(told.Features))] {
		x.Features = append(x.Features, feature{f.Text, f.Weight})
	}
	x.Usage.PromptTokens = promptTokens(request.Messages)
	x.Usage.TotalTokens = x.Usage.PromptTokens
	return x
}
