package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// Evaluate judges any registered model on the splits of any finished
// fine-tuning, as FineTune judges the model that it made. It registers and
// promotes nothing. Of several models it judges each in a child of its own and sets them
// side by side.
func Evaluate(ctx workflow.Context, in pipeline.EvaluateInput) (pipeline.EvaluateResult, error) {
	if len(in.Compare) > 0 {
		return carryOut(ctx, in, compare)
	}
	return carryOut(ctx, in, evaluate)
}

func evaluate(ctx workflow.Context, r *run, in pipeline.EvaluateInput) (result pipeline.EvaluateResult, err error) {
	e := evaluation{run: r, in: in.WithDefaults()}
	if err := r.answerAccept(ctx); err != nil {
		return result, err
	}
	if err := e.check(ctx); err != nil {
		return result, r.refuse(ctx, err)
	}
	for _, step := range []func(workflow.Context) error{e.train, e.judge} {
		if err := step(ctx); err != nil {
			return result, err
		}
	}
	return e.result, nil
}

type evaluation struct {
	*run
	in     pipeline.EvaluateInput
	model  activities.ResolveModelResult
	splits activities.LocateSplitsResult
	// turns is how much of a conversation the model is given.
	turns  pipeline.Turns
	result pipeline.EvaluateResult
}

// start begins the run, and looks at its input.
func (e *evaluation) start(ctx workflow.Context) error {
	e.notifies(ctx, e.in.Notify)
	if err := e.begin(ctx); err != nil {
		return err
	}
	if err := e.enter(ctx, pipeline.Checking); err != nil {
		return err
	}
	if err := e.in.Validate(); err != nil {
		return invalid(err)
	}
	return first(e.belongs(ctx, e.in.Task), e.checkNotify(ctx))
}

func (e *evaluation) check(ctx workflow.Context) error {
	if err := e.start(ctx); err != nil {
		return err
	}
	named := workflow.ExecuteActivity(check(ctx, "find the model"), provider.ResolveModel, activities.EvaluateChecks(e.in))
	located := workflow.ExecuteActivity(quick(ctx, "find the splits of the fine-tuning"), data.LocateSplits, activities.LocateSplitsInput{Dir: e.in.Dir})
	if err := first(named.Get(ctx, &e.model), located.Get(ctx, &e.splits)); err != nil {
		return err
	}
	if err := cleared(e.splits.Clearance()); err != nil {
		return err
	}
	if err := e.checkBase(ctx); err != nil {
		return err
	}
	if e.model.Train {
		e.model.Turns = e.splits.Turns
	}
	e.accepted = &pipeline.Accepted{Model: cmp.Or(e.model.Model, e.model.BaseModel)}
	e.status.Model, e.status.Privacy = e.model.Model, e.splits.Privacy
	e.result.Task, e.result.Model, e.result.Dir = e.in.Task, e.model.Model, e.status.Dir
	e.turns = given(e.in.Turns, e.splits.Turns)
	e.status.Turns, e.result.Turns = e.turns, e.turns
	e.note()
	return workflow.UpsertTypedSearchAttributes(ctx, modelAttribute.ValueSet(e.accepted.Model))
}

// note says where the model was trained on something else than it is judged by.
func (e *evaluation) note() {
	if unlike := e.turns.Unlike(e.model.Turns); unlike != "" {
		e.result.Notes = append(e.result.Notes, unlike)
		e.status.Notes = e.result.Notes
	}
}

// takeFirstWords takes the place of splits that were made for whole conversations.
func (e *evaluation) takeFirstWords(ctx workflow.Context) error {
	if e.turns != pipeline.FirstTurn || e.splits.Turns == pipeline.FirstTurn {
		return nil
	}
	var taken activities.TakeFirstWordsResult
	err := workflow.ExecuteActivity(quick(ctx, "take the first words of both splits"), data.TakeFirstWords, activities.TakeFirstWordsInput{
		Validation: e.splits.Validation, Test: e.splits.Test, Dir: e.status.Dir,
	}).Get(ctx, &taken)
	e.splits.Validation, e.splits.Test = taken.Validation, taken.Test
	return err
}

// judge asks the model about both splits and reports. The labels are the
// model's own: it may know other companies than the fine-tuning of the splits.
func (e *evaluation) judge(ctx workflow.Context) error {
	if err := e.enter(ctx, pipeline.Evaluating); err != nil {
		return err
	}
	if err := e.takeFirstWords(ctx); err != nil {
		return err
	}
	tuned := respondent{model: e.model.Model, labels: e.model.Labels}
	validation, test := e.classify(ctx, "validation", e.splits.Validation, tuned), e.classify(ctx, "test", e.splits.Test, tuned)
	known, err := askKnown(ctx, e.splits.Known, func(ctx workflow.Context, set string, examples artifact.Ref, _ pipeline.Turns) workflow.Future {
		return e.classify(ctx, set, examples, respondent{model: e.model.Model, labels: e.model.Labels, asIs: true})
	})
	if err != nil {
		return err
	}
	var onValidation, onTest activities.ClassifyPartResult
	if err := first(validation.Get(ctx, &onValidation), test.Get(ctx, &onTest)); err != nil {
		return err
	}
	untuned, err := e.askUntuned(ctx)
	if err != nil {
		return err
	}
	var judged activities.EvaluateModelResult
	err = workflow.ExecuteActivity(bulk(ctx, "evaluate the model"), data.EvaluateModel, activities.EvaluateModelInput{
		Validation: e.splits.Validation, ValidationPredictions: onValidation.Predictions,
		Test: e.splits.Test, TestPredictions: onTest.Predictions,
		Known: e.splits.Known, KnownPredictions: known.Predictions,
		Precision: e.in.Precision, MaxUnusable: e.in.MaxUnusable, Dir: e.status.Dir,
	}).Get(ctx, &judged)
	if err != nil {
		return err
	}
	e.contend(onValidation, onTest)
	e.result.Metrics = judged.Metrics
	e.result.Metrics.WithoutConfidence = onValidation.WithoutConfidence + onTest.WithoutConfidence
	e.status.Metrics = &e.result.Metrics
	var report activities.ReportEvaluationResult
	err = workflow.ExecuteActivity(bulk(ctx, "write the evaluation report"), data.ReportEvaluation, activities.ReportEvaluationInput{
		Train:      e.splits.Train,
		Validation: e.splits.Validation, ValidationPredictions: onValidation.Predictions,
		Test: e.splits.Test, TestPredictions: onTest.Predictions,
		Untuned: untuned, Turns: e.turns, Known: judged.Metrics.Known, Notes: e.result.Notes,
		Model: e.model.Model, BaseModel: e.model.BaseModel, Precision: e.in.Precision,
		Seed: e.in.Seed, WithoutTexts: e.in.WithoutTexts,
		At: workflow.Now(ctx), Dataset: e.splits.Dataset, Dir: e.status.Dir,
	}).Get(ctx, &report)
	e.leave(ctx)
	e.result.Report, e.result.JSON, e.result.Stages = report.HTML, report.JSON, e.status.Stages
	return err
}

// askUntuned has the base model answer both splits in every way that was asked
// for. Labels are those of the splits: it knows no others.
func (e *evaluation) askUntuned(ctx workflow.Context) ([]activities.UntunedAnswers, error) {
	if len(e.in.With) == 0 {
		return nil, nil
	}
	var written activities.WritePromptsResult
	err := workflow.ExecuteActivity(quick(ctx, "write the prompts of the base model"), data.WritePrompts, activities.WritePromptsInput{
		Train: e.splits.Train, With: e.in.With, Seed: e.in.Seed, Turns: e.turns, Dir: e.status.Dir,
	}).Get(ctx, &written)
	if err != nil {
		return nil, err
	}
	var all []activities.UntunedAnswers
	for i, way := range e.in.With {
		base := respondent{way: way, model: e.model.BaseModel, labels: e.splits.Labels, prompt: written.Prompts[i]}
		validation := e.classify(ctx, "validation", e.splits.Validation, base)
		test := e.classify(ctx, "test", e.splits.Test, base)
		var onValidation, onTest activities.ClassifyPartResult
		if err := first(validation.Get(ctx, &onValidation), test.Get(ctx, &onTest)); err != nil {
			return nil, err
		}
		all = append(all, activities.UntunedAnswers{Way: way, Validation: onValidation.Predictions, Test: onTest.Predictions})
	}
	return all, nil
}

// respondent is who is asked, with which answers to choose from. The way and the
// prompt are those of a model that was not trained.
type respondent struct {
	way            pipeline.Untuned
	model          string
	labels, prompt artifact.Ref
	// asIs asks about the examples as they are, whatever the turns.
	asIs bool
}

func (e *evaluation) classify(ctx workflow.Context, set string, examples artifact.Ref, r respondent) workflow.Future {
	name, summary := set, classifying(set)
	if r.way != "" {
		name, summary = string(r.way)+"-"+set, summary+" with the base model ("+string(r.way)+")"
	}
	turns := e.turns
	if r.asIs {
		turns = ""
	}
	return workflow.ExecuteActivity(ask(ctx, summary), provider.ClassifyPart, activities.ClassifyPartInput{
		Model: r.model, Labels: r.labels, Prompt: r.prompt, Examples: examples, Turns: turns,
		Path:      e.dir().Answers(name),
		Clearance: e.splits.Clearance(),
	})
}
