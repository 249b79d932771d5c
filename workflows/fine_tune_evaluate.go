package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// predictions are the model's answers to the splits that it is judged on, and to the
// conversations of the test set that grow; of a model that was trained on either, those
// to first words as well.
type predictions struct {
	validation, test, known artifact.Ref
	firstWords              *activities.AnsweredSplits
}

func (f *fineTuning) evaluate(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Evaluating); err != nil {
		return err
	}
	turns := given("", f.in.Turns)
	validation := f.classify(ctx, "validation", f.splits.Validation, turns)
	test := f.classify(ctx, "test", f.splits.Test, turns)
	known, err := askKnown(ctx, f.splits.Known, f.classify)
	if err != nil {
		return err
	}
	var onValidation, onTest activities.ClassifyPartResult
	if err := first(validation.Get(ctx, &onValidation), test.Get(ctx, &onTest)); err != nil {
		return err
	}
	f.answers = predictions{validation: onValidation.Predictions, test: onTest.Predictions, known: known.Predictions}
	if err := f.askFirstWords(ctx); err != nil {
		return err
	}
	err = workflow.ExecuteActivity(bulk(ctx, "evaluate the model"), data.EvaluateModel, activities.EvaluateModelInput{
		Validation:            f.splits.Validation,
		ValidationPredictions: f.answers.validation,
		Test:                  f.splits.Test,
		TestPredictions:       f.answers.test,
		Known:                 f.splits.Known,
		KnownPredictions:      f.answers.known,
		FirstWords:            f.answers.firstWords,
		Precision:             f.in.Precision,
		MaxUnusable:           f.in.MaxUnusable,
		Dir:                   f.status.Dir,
	}).Get(ctx, &f.judged)
	f.result.Metrics = f.judged.Metrics
	f.result.Metrics.WithoutConfidence = onValidation.WithoutConfidence + onTest.WithoutConfidence
	f.status.Metrics = &f.result.Metrics
	if err != nil {
		return err
	}
	return f.reportEvaluation(ctx)
}

// askFirstWords asks a model that was trained on either about first words alone too.
func (f *fineTuning) askFirstWords(ctx workflow.Context) error {
	if f.in.Turns != pipeline.BothTurns {
		return nil
	}
	var taken activities.TakeFirstWordsResult
	err := workflow.ExecuteActivity(quick(ctx, "take the first words of both splits"), data.TakeFirstWords, activities.TakeFirstWordsInput{
		Validation: f.splits.Validation, Test: f.splits.Test, Dir: f.status.Dir,
	}).Get(ctx, &taken)
	if err != nil {
		return err
	}
	validation := f.classify(ctx, "first-words-validation", taken.Validation, pipeline.FirstTurn)
	test := f.classify(ctx, "first-words-test", taken.Test, pipeline.FirstTurn)
	var onValidation, onTest activities.ClassifyPartResult
	if err := first(validation.Get(ctx, &onValidation), test.Get(ctx, &onTest)); err != nil {
		return err
	}
	f.answers.firstWords = &activities.AnsweredSplits{
		Validation: taken.Validation, ValidationPredictions: onValidation.Predictions,
		Test: taken.Test, TestPredictions: onTest.Predictions,
	}
	return nil
}

// firstThreshold is that of a model that was trained on either.
func (f *fineTuning) firstThreshold() float64 {
	if m := f.result.Metrics.FirstWords; m != nil {
		return m.Threshold
	}
	return 0
}

// evaluationReport marks, in a history, that the model is judged beside others,
// for people to read.
const evaluationReport = "evaluation-report"

func (f *fineTuning) reportEvaluation(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, evaluationReport, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	return workflow.ExecuteActivity(bulk(ctx, "write the evaluation report"), data.ReportEvaluation, activities.ReportEvaluationInput{
		Train:                 f.splits.Train,
		Validation:            f.splits.Validation,
		ValidationPredictions: f.answers.validation,
		Test:                  f.splits.Test,
		TestPredictions:       f.answers.test,
		Model:                 f.status.Model,
		BaseModel:             f.in.BaseModel,
		Precision:             f.in.Precision,
		TrainedTokens:         f.result.TrainedTokens,
		Estimates:             f.costs.Estimates,
		Seed:                  f.in.Seed,
		TrainedOnThese:        true,
		Epochs:                f.in.Epochs,
		At:                    workflow.Now(ctx),
		Dataset:               pipeline.DatasetName(f.in.Dataset),
		Dir:                   f.status.Dir,
		Split:                 f.splits.Counts,
		SetAside:              f.splits.SetAside,
		Turns:                 f.in.Turns,
		Known:                 f.result.Metrics.Known,
		FirstWords:            f.result.Metrics.FirstWords,
	}).Get(ctx, &f.report)
}

func (f *fineTuning) classify(ctx workflow.Context, name string, examples artifact.Ref, turns pipeline.Turns) workflow.Future {
	return workflow.ExecuteActivity(ask(ctx, classifying(name)), provider.ClassifyPart, activities.ClassifyPartInput{
		Model:     f.status.Model,
		Labels:    f.splits.Labels,
		Examples:  examples,
		Path:      f.dir().Answers(name),
		Turns:     turns,
		Clearance: f.prepared.Clearance,
	})
}

func (p predictions) files() []artifact.Ref {
	files := []artifact.Ref{p.validation, p.test, p.known}
	if s := p.firstWords; s != nil {
		files = append(files, s.Validation, s.ValidationPredictions, s.Test, s.TestPredictions)
	}
	return files
}
