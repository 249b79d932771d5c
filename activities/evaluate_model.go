package activities

import (
	"cmp"
	"context"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

// EvaluateModelInput names two splits and a model's answers to them.
type EvaluateModelInput struct {
	Validation            artifact.Ref `json:"validation"`
	ValidationPredictions artifact.Ref `json:"validation_predictions"`
	Test                  artifact.Ref `json:"test"`
	TestPredictions       artifact.Ref `json:"test_predictions"`
	// Known are test conversations at several lengths, see [split.Growing]; zero
	// where there are none.
	Known            artifact.Ref `json:"known,omitzero"`
	KnownPredictions artifact.Ref `json:"known_predictions,omitzero"`
	// FirstWords are the splits that are judged besides by first words alone, with a
	// threshold of their own; nil where that is not asked for.
	FirstWords *AnsweredSplits `json:"first_words,omitempty"`
	// Precision is what the threshold is calibrated to.
	Precision float64 `json:"precision"`
	// MaxUnusable is the largest share of answers that may be no label; 0 is
	// [pipeline.DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	Dir         string  `json:"dir"`
}

// AnsweredSplits are two splits and a model's answers to them.
type AnsweredSplits struct {
	Validation            artifact.Ref `json:"validation"`
	ValidationPredictions artifact.Ref `json:"validation_predictions"`
	Test                  artifact.Ref `json:"test"`
	TestPredictions       artifact.Ref `json:"test_predictions"`
}

// EvaluateModelResult is the judgement.
type EvaluateModelResult struct {
	Metrics pipeline.Metrics `json:"metrics"`
	// Report is scores.json, which holds the same.
	Report artifact.Ref `json:"report"`
	// Confidences counts the answers to the test set by confidence.
	Confidences map[int]int64 `json:"confidences,omitempty"`
}

// EvaluateModel finds the threshold on validation and measures the model on
// both splits. A model too many of whose answers are no label, or that there is
// nothing to judge by, is not judged: that is a problem of kind Refused.
func (d *Data) EvaluateModel(ctx context.Context, in EvaluateModelInput) (EvaluateModelResult, error) {
	validation, err := d.answers(ctx, in.Validation, in.ValidationPredictions)
	if err != nil {
		return EvaluateModelResult{}, err
	}
	test, err := d.answers(ctx, in.Test, in.TestPredictions)
	if err != nil {
		return EvaluateModelResult{}, err
	}
	invalid := validation.invalid + test.invalid
	if err := judgeable(len(validation.answers), len(test.answers), invalid, in.MaxUnusable); err != nil {
		return EvaluateModelResult{}, err
	}
	threshold := evaluate.Threshold(validation.answers, in.Precision)
	_, majority := evaluate.Majority(test.answers)
	result := EvaluateModelResult{Metrics: pipeline.Metrics{
		Threshold:        threshold,
		Precision:        in.Precision,
		Validation:       evaluate.Measure(validation.answers, threshold),
		Test:             evaluate.Measure(test.answers, threshold),
		InvalidAnswers:   invalid,
		MajorityAccuracy: majority,
	}}
	if err := d.scoreParts(ctx, in, &result.Metrics); err != nil {
		return EvaluateModelResult{}, err
	}
	var confidences []float64
	for _, a := range test.answers {
		confidences = append(confidences, a.Confidence)
	}
	result.Confidences = evaluate.ConfidenceBins(confidences)
	result.Report, err = d.Store.WriteJSON(ctx, layout.Run(in.Dir).Scores(), result.Metrics)
	return result, err
}

// scoreParts measures the model on first words, and on conversations that grow, where
// that is asked for.
func (d *Data) scoreParts(ctx context.Context, in EvaluateModelInput, m *pipeline.Metrics) error {
	first := m.Threshold
	if s := in.FirstWords; s != nil {
		validation, err := d.answers(ctx, s.Validation, s.ValidationPredictions)
		if err != nil {
			return err
		}
		test, err := d.answers(ctx, s.Test, s.TestPredictions)
		if err != nil {
			return err
		}
		first = evaluate.Threshold(validation.answers, in.Precision)
		m.FirstWords = &pipeline.FirstWordsMetrics{
			Threshold:  first,
			Validation: evaluate.Measure(validation.answers, first), Test: evaluate.Measure(test.answers, first),
		}
	}
	if in.KnownPredictions.Path == "" {
		return nil
	}
	known, err := d.answers(ctx, in.Known, in.KnownPredictions)
	if err != nil {
		return err
	}
	m.Known = evaluate.Known(known.answers, split.Known[:], func(tweets int) float64 {
		if tweets == 1 {
			return first
		}
		return m.Threshold
	})
	return nil
}

// judgeable refuses what says nothing of a model: splits without a conversation,
// and answers of which too many are no label.
func judgeable(validation, test, invalid int, limit float64) error {
	answers := validation + test
	switch {
	case validation == 0 || test == 0:
		return problem.New(problem.Refused, "there are %d conversations to calibrate the model on and %d to test it on, so it cannot be judged: use a larger dataset, or hold out more of it with --test-share", validation, test)
	case evaluate.TooMany(invalid, answers, cmp.Or(limit, pipeline.DefaultMaxUnusable)):
		return problem.New(problem.Refused, "%d of %d answers of the model were no label, so it is not judged and not kept: it has not learnt to answer with a company's name alone; train for more epochs or with more examples, choose another base model, or raise the limit with --max-unusable", invalid, answers)
	}
	return nil
}

// judged are a model's answers beside the truth. Invalid counts those that were no
// label.
type judged struct {
	answers []evaluate.Answer
	invalid int
}

// answers pairs each example with its prediction.
func (d *Data) answers(ctx context.Context, examples, predictions artifact.Ref) (judged, error) {
	truths, err := rows[dataset.Truth](ctx, d.Store, examples)
	if err != nil {
		return judged{}, err
	}
	said, err := rows[dataset.Prediction](ctx, d.Store, predictions)
	if err != nil {
		return judged{}, err
	}
	if len(said) != len(truths) {
		return judged{}, fmt.Errorf("evaluating: %d examples have %d predictions", len(truths), len(said))
	}
	j := judged{answers: make([]evaluate.Answer, len(truths))}
	failed := 0
	for i, p := range said {
		switch p.Status {
		case dataset.Failed:
			failed++
		case dataset.Invalid:
			j.invalid++
		}
		if p.ConversationID != truths[i].ID {
			return judged{}, fmt.Errorf("evaluating: row %d of %s is conversation %d, of %s conversation %d", i, examples.Path, truths[i].ID, predictions.Path, p.ConversationID)
		}
		j.answers[i] = evaluate.Answer{Thread: truths[i].ThreadID, Truth: truths[i].Label, Company: p.Company, Confidence: p.Confidence}
	}
	if failed > 0 {
		// Judged by these answers, a good model would look bad, and be the
		// latest one all the same.
		return judged{}, problem.New(problem.Refused, "the provider gave no answer to %d of %d conversations in all attempts, so the model is not judged; when the provider answers again, start the run again: it adopts the finished job", failed, len(truths))
	}
	return j, nil
}
