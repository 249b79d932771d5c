package inference

import (
	"context"
	"sync"

	"switchboard/internal/dataset"
	"switchboard/internal/explain"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// TopClassifier answers with the likeliest beginnings of its answer beside it;
// [provider.Client] does.
type TopClassifier interface {
	TopAnswers(ctx context.Context, model, system, text string) (provider.Answer, []provider.Candidate, error)
}

// SingleAnswer is what a model said about one conversation.
type SingleAnswer struct {
	merge.Answer
	// Named is the label that the model named, whatever the threshold makes of
	// it; empty if it named none.
	Named string
	// RunnerUp is the likeliest other label, zero where the provider tells none.
	RunnerUp pipeline.LikelyAnswer
	// PromptTokens and AnswerTokens are as the provider counted them.
	PromptTokens, AnswerTokens int64
}

// Single asks about one conversation that somebody waits for. Its text may be cut in
// pieces, of which the surest counts; an answer below the threshold becomes Unknown.
// Nothing is saved on the way: another attempt asks again. Errors are as those of
// [Run].
func Single(ctx context.Context, c TopClassifier, o Options, pieces []string, threshold float64) (SingleAnswer, error) {
	examples := make([]dataset.Example, len(pieces))
	for i, text := range pieces {
		examples[i] = dataset.Example{ID: int64(i) + 1, Text: text}
	}
	listening := &listener{TopClassifier: c, said: map[string]topAnswer{}}
	outcome, err := Run(ctx, listening, o, examples, Resume{}, func(int, []dataset.Prediction) error { return nil }, nil)
	if err != nil {
		return SingleAnswer{}, err
	}
	answer, any := merge.Surest(outcome.Predictions, threshold)
	if !any {
		return SingleAnswer{Answer: merge.Answer{Company: dataset.Unknown, Status: dataset.Empty}}, nil
	}
	single := SingleAnswer{Answer: answer, PromptTokens: outcome.PromptTokens, AnswerTokens: outcome.AnswerTokens}
	at := answer.Conversation - 1
	if p := outcome.Predictions[at]; p.Status == dataset.Classified {
		single.Named = p.Company
		single.RunnerUp = listening.runnerUp(pieces[at], p.Company, o.Labels)
	}
	return single, nil
}

// listener keeps, by text, what was likely besides the answer.
type listener struct {
	TopClassifier
	mu   sync.Mutex
	said map[string]topAnswer
}

type topAnswer struct {
	answer     provider.Answer
	candidates []provider.Candidate
}

func (l *listener) Classify(ctx context.Context, model, system, text string) (provider.Answer, error) {
	answer, candidates, err := l.TopAnswers(ctx, model, system, text)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.said[text] = topAnswer{answer, candidates}
	}
	return answer, err
}

// runnerUp is the likeliest label but the one that was named.
func (l *listener) runnerUp(text, named string, labels []string) pipeline.LikelyAnswer {
	s := l.said[text]
	for _, likely := range explain.Likely(s.answer, s.candidates, labels) {
		if likely.Label != named {
			return likely
		}
	}
	return pipeline.LikelyAnswer{}
}
