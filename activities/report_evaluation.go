package activities

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/baseline"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/reports"
	"switchboard/internal/split"
)

// ReportEvaluationInput names the splits, a model's answers, and what is known
// of the model.
type ReportEvaluationInput struct {
	Train                 artifact.Ref `json:"train"`
	Validation            artifact.Ref `json:"validation"`
	ValidationPredictions artifact.Ref `json:"validation_predictions"`
	Test                  artifact.Ref `json:"test"`
	TestPredictions       artifact.Ref `json:"test_predictions"`
	Model                 string       `json:"model"`
	BaseModel             string       `json:"base_model"`
	// Untuned are the answers of its base model, each a column.
	Untuned []UntunedAnswers `json:"untuned,omitempty"`
	// Precision is what thresholds are calibrated to.
	Precision     float64 `json:"precision"`
	TrainedTokens int64   `json:"trained_tokens"`
	// Estimates are the run's; the first tells the price, if it was chosen.
	Estimates []pipeline.CostEstimate `json:"estimates,omitempty"`
	Seed      int64                   `json:"seed"`
	// At is the report's date, Dataset the name of the file that the splits are of.
	At      time.Time `json:"at,omitzero"`
	Dataset string    `json:"dataset,omitempty"`
	// TrainedOnThese is true if the model was trained on Train, with Epochs
	// (0 is what the trainer chooses) and Seed.
	TrainedOnThese bool `json:"trained_on_these,omitempty"`
	Epochs         int  `json:"epochs,omitempty"`
	// WithoutTexts leaves the conversations out, for a report to be shared.
	WithoutTexts bool   `json:"without_texts,omitempty"`
	Dir          string `json:"dir"`
	// Split and SetAside tell what was learned from calls; zero where nothing was.
	Split    pipeline.SplitCounts `json:"split,omitzero"`
	SetAside pipeline.SetAside    `json:"set_aside,omitzero"`
	// Turns is how much of a conversation is trained on; what the answers are about
	// follows from it. Known and FirstWords are as in [pipeline.Metrics].
	Turns      pipeline.Turns              `json:"turns,omitempty"`
	Known      []pipeline.KnownScore       `json:"known,omitempty"`
	FirstWords *pipeline.FirstWordsMetrics `json:"first_words,omitempty"`
	// Notes are to be in the report, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// UntunedAnswers are those of a base model that was not trained.
type UntunedAnswers struct {
	Way        pipeline.Untuned `json:"way"`
	Validation artifact.Ref     `json:"validation"`
	Test       artifact.Ref     `json:"test"`
}

// ReportEvaluationResult names the report and its parts.
type ReportEvaluationResult struct {
	// JSON is for machines, HTML for people; it holds its pictures. Confusion
	// is one of them.
	JSON      artifact.Ref `json:"json"`
	HTML      artifact.Ref `json:"html"`
	Confusion artifact.Ref `json:"confusion"`
}

// ReportEvaluation judges a model on the test set, beside the commonest class
// and a classifier that is trained here on the same split, and writes what came
// out for people and for machines. The same input gives the same report, but
// for its timing.
func (d *Data) ReportEvaluation(ctx context.Context, in ReportEvaluationInput) (ReportEvaluationResult, error) {
	e, err := d.judge(ctx, in)
	if err != nil {
		return ReportEvaluationResult{}, err
	}
	dir := layout.Run(in.Dir)
	var result ReportEvaluationResult
	if result.JSON, err = d.Store.WriteJSON(ctx, dir.Report(), e); err != nil {
		return result, err
	}
	if result.HTML, err = d.draw(ctx, dir.ReportPage(), func(w io.Writer) error { return reports.WriteEvaluation(w, e) }); err != nil {
		return result, err
	}
	result.Confusion, err = d.draw(ctx, dir.Confusion(), func(w io.Writer) error { return reports.Confused(w, e.Confusion) })
	return result, err
}

// draw stores what paint writes.
func (d *Data) draw(ctx context.Context, path string, paint func(io.Writer) error) (artifact.Ref, error) {
	var content bytes.Buffer
	if err := paint(&content); err != nil {
		return artifact.Ref{}, err
	}
	return d.Store.Write(ctx, path, content.Bytes())
}

// splits are the examples that a model is judged on.
type splits struct{ validation, test []dataset.Example }

func (d *Data) judge(ctx context.Context, in ReportEvaluationInput) (reports.Evaluation, error) {
	var s splits
	var err error
	if s.validation, err = d.shown(ctx, in.Validation, in.Turns); err != nil {
		return reports.Evaluation{}, err
	}
	if s.test, err = rows[dataset.Example](ctx, d.Store, in.Test); err != nil {
		return reports.Evaluation{}, err
	}
	s.test = dataset.Given(s.test, in.Turns)
	trained, err := d.trained(ctx, in)
	if err != nil {
		return reports.Evaluation{}, err
	}
	subject := reports.Subject{
		Model: in.Model, BaseModel: in.BaseModel, Dataset: in.Dataset, Run: in.Dir, At: in.At,
		Trained: trained, Test: s.test,
		Precision: in.Precision, Seed: in.Seed, TrainedTokens: in.TrainedTokens, Estimates: in.Estimates, WithoutTexts: in.WithoutTexts,
		Turns: in.Turns, Known: in.Known,
	}
	validation, err := d.answers(ctx, in.Validation, in.ValidationPredictions)
	if err != nil {
		return reports.Evaluation{}, err
	}
	test, err := d.answers(ctx, in.Test, in.TestPredictions)
	if err != nil {
		return reports.Evaluation{}, err
	}
	subject.Answers = reports.Answers{Validation: validation.answers, Test: test.answers, Invalid: test.invalid}
	if subject.Predictions, err = rows[dataset.Prediction](ctx, d.Store, in.TestPredictions); err != nil {
		return reports.Evaluation{}, err
	}
	beside, notes, err := d.beside(ctx, in, s, subject)
	if err != nil {
		return reports.Evaluation{}, err
	}
	notes = slices.Concat(in.Notes, notes, reports.OnFirstWords(in.FirstWords, in.Precision), reports.FromCalls(in.Split, in.SetAside))
	return subject.Judge(beside, notes), nil
}

// shown are the examples of a split as a trainer is shown them.
func (d *Data) shown(ctx context.Context, ref artifact.Ref, turns pipeline.Turns) ([]dataset.Example, error) {
	examples, err := rows[dataset.Example](ctx, d.Store, ref)
	return split.Shown(examples, turns), err
}

// trained are the classes of the training split. Its texts, of which there are many more
// than of the others, are read where it depends on them which examples are shown.
func (d *Data) trained(ctx context.Context, in ReportEvaluationInput) ([]string, error) {
	if in.Turns == pipeline.FirstTurn {
		examples, err := d.shown(ctx, in.Train, in.Turns)
		return dataset.Labels(examples), err
	}
	truths, err := rows[dataset.Truth](ctx, d.Store, in.Train)
	if err != nil {
		return nil, err
	}
	labels := make([]string, len(truths))
	for i, t := range truths {
		labels[i] = t.Label
	}
	slices.Sort(labels)
	return slices.Compact(labels), nil
}

// beside are the columns that the model is compared with, and why one is missing.
func (d *Data) beside(ctx context.Context, in ReportEvaluationInput, s splits, subject reports.Subject) (columns []reports.Column, notes []string, err error) {
	columns = append(columns, subject.Majority(s.validation))
	trained, isModel, err := d.baseline(ctx, in, s, subject)
	switch {
	case err != nil:
		return nil, nil, err
	case isModel:
		notes = append(notes, reports.IsBaseline)
	default:
		columns = append(columns, subject.Baseline(trained))
	}
	for _, u := range in.Untuned {
		validation, err := d.answers(ctx, in.Validation, u.Validation)
		if err != nil {
			return nil, nil, err
		}
		test, err := d.answers(ctx, in.Test, u.Test)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, subject.Untuned(u.Way, reports.Answers{
			Validation: validation.answers, Test: test.answers, Invalid: validation.invalid + test.invalid,
		}))
	}
	return columns, notes, nil
}

// baseline trains the baseline in this process, and tells whether it is the model:
// then there is nothing to compare.
func (d *Data) baseline(ctx context.Context, in ReportEvaluationInput, s splits, subject reports.Subject) (a reports.Answers, isModel bool, err error) {
	if in.TrainedOnThese && baseline.IsModel(in.BaseModel, in.Epochs, in.Seed) {
		return a, true, nil
	}
	train, err := d.shown(ctx, in.Train, in.Turns)
	if err != nil {
		return a, false, err
	}
	say, err := baseline.Train(ctx, train, s.validation, func(done, of int) {
		report(ctx, pipeline.Progress{Done: int64(done), Total: int64(of), Unit: "epochs"})
	})
	if err != nil {
		return a, false, err
	}
	a = reports.Answers{Validation: say.Answers(s.validation), Test: say.Answers(s.test)}
	return a, baseline.Same(a.Test, subject.Answers.Test), nil
}
