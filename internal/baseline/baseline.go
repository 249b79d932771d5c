// Package baseline answers conversations in ways that a fine-tuned model has to
// beat to be of any use: always the commonest company, and the model server's own
// classifier, which trains on a CPU in this process.
package baseline

import (
	"context"
	"fmt"
	"math"

	"switchboard/internal/classifier"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
)

// IsServers tells whether a base model is one of the model server's classifiers.
func IsServers(baseModel string) bool {
	return baseModel == config.SoftmaxBaseModel || baseModel == config.HybridBaseModel
}

// Respondent says which company a conversation is about, and how sure it is.
type Respondent func(text string) (company string, confidence float64)

// Answers sets what the respondent says of examples beside their labels.
func (say Respondent) Answers(examples []dataset.Example) []evaluate.Answer {
	answers := make([]evaluate.Answer, len(examples))
	for i, e := range examples {
		company, confidence := say(e.Text)
		answers[i] = evaluate.Answer{Thread: e.ThreadID, Truth: e.Label, Company: company, Confidence: confidence}
	}
	return answers
}

// Majority always names the commonest company of a test set, which has the natural
// mix of companies, where other splits may be balanced. It is as sure of it as it
// is common there.
func Majority(test []evaluate.Answer) (company string, say Respondent) {
	company, share := evaluate.Majority(test)
	return company, func(string) (string, float64) { return company, max(0, float64(share)) }
}

// Train trains the model server's classifier with its own settings, which takes
// no money and little time. After each epoch it calls onEpoch.
func Train(ctx context.Context, train, validation []dataset.Example, onEpoch func(done, of int)) (Respondent, error) {
	trained, err := classifier.Train(ctx, texts(train), texts(validation), classifier.Options{
		Seed: config.BaseModelSeed, OnEpoch: func(e classifier.Epoch) { onEpoch(e.Number, e.Of) },
	})
	if err != nil {
		return nil, fmt.Errorf("training the baseline: %w", err)
	}
	return func(text string) (string, float64) {
		best := trained.Predict(text)[0]
		return best.Label, best.Probability
	}, nil
}

func texts(examples []dataset.Example) []classifier.Example {
	list := make([]classifier.Example, len(examples))
	for i, e := range examples {
		list[i] = classifier.Example{Text: e.Text, Label: e.Label}
	}
	return list
}

// IsModel tells whether [Train] would give a model once more that was trained on
// the same examples with these settings: training is deterministic. No epochs
// means the trainer's own number.
func IsModel(baseModel string, epochs int, seed int64) bool {
	return baseModel == config.SoftmaxBaseModel && epochs == 0 && seed == config.BaseModelSeed
}

// sameConfidence is how far two confidences may lie apart that differ by how a
// number was written.
const sameConfidence = 1e-6

// Same tells whether two lists of answers are those of one model.
func Same(a, b []evaluate.Answer) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Company != b[i].Company || math.Abs(a[i].Confidence-b[i].Confidence) > sameConfidence {
			return false
		}
	}
	return len(a) > 0
}
