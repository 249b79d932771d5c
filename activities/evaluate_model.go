package activities

import (
	"context"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// EvaluateModelInput names two splits and a model's answers to them.
type EvaluateModelInput struct {
	Validation            artifact.Ref `json:"validation"`
	ValidationPredictions artifact.Ref `json:"validation_predictions"`
	Test                  artifact.Ref `json:"test"`
	TestPredictions       artifact.Ref `json:"test_predictions"`
	// Precision is what the threshold is calibrated to.
	Precision float64 `json:"precision"`
	Dir       string  `json:"dir"`
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
// both splits.
func (d *Data) EvaluateModel(ctx context.Context, in EvaluateModelInput) (EvaluateModelResult, error) {
	validation, err := d.answers(ctx, in.Validation, in.ValidationPredictions)
	if err != nil {
		return EvaluateModelResult{}, err
	}
	test, err := d.answers(ctx, in.Test, in.TestPredictions)
	if err != nil {
		return EvaluateModelResult{}, err
	}
	threshold := evaluate.Threshold(validation, in.Precision)
	result := EvaluateModelResult{Metrics: pipeline.Metrics{
		Threshold:  threshold,
		Precision:  in.Precision,
		Validation: evaluate.Measure(validation, threshold),
		Test:       evaluate.Measure(test, threshold),
	}}
	var confidences []float64
	for _, a := range test {
		confidences = append(confidences, a.Confidence)
	}
	result.Confidences = evaluate.ConfidenceBins(confidences)
	result.Report, err = d.Store.WriteJSON(ctx, in.Dir+"/evaluation/scores.json", result.Metrics)
	return result, err
}

// answers pairs each example with its prediction.
func (d *Data) answers(ctx context.Context, examples, predictions artifact.Ref) ([]evaluate.Answer, error) {
	truths, err := rows[dataset.Example](ctx, d.Store, examples)
	if err != nil {
		return nil, err
	}
	said, err := rows[dataset.Prediction](ctx, d.Store, predictions)
	if err != nil {
		return nil, err
	}
	if len(said) != len(truths) {
		return nil, fmt.Errorf("evaluating: %d examples have %d predictions", len(truths), len(said))
	}
	answers := make([]evaluate.Answer, len(truths))
	failed := 0
	for i, p := range said {
		if p.Status == dataset.Failed {
			failed++
		}
		if p.ConversationID != truths[i].ID {
			return nil, fmt.Errorf("evaluating: row %d of %s is conversation %d, of %s conversation %d", i, examples.Path, truths[i].ID, predictions.Path, p.ConversationID)
		}
		answers[i] = evaluate.Answer{Thread: truths[i].ThreadID, Truth: truths[i].Label, Company: p.Company, Confidence: p.Confidence}
	}
	if failed > 0 {
		// Judged by these answers, a good model would look bad, and be the
		// latest one all the same.
		return nil, problem.New(problem.Refused, "the provider gave no answer to %d of %d conversations in all attempts, so the model is not judged; when the provider answers again, start the run again: it adopts the finished job", failed, len(truths))
	}
	return answers, nil
}
