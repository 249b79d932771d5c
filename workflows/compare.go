package workflows

import (
	"errors"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// comparison judges several models on the splits of one fine-tuning, each in an Evaluate
// of its own and one after another: side by side they would take each other's time.
type comparison struct {
	evaluation
	contenders []activities.Contender
}

func compare(ctx workflow.Context, r *run, in pipeline.EvaluateInput) (pipeline.EvaluateResult, error) {
	c := comparison{evaluation: evaluation{run: r, in: in.WithDefaults()}}
	if err := r.answerAccept(ctx); err != nil {
		return c.result, err
	}
	if err := c.check(ctx); err != nil {
		return c.result, r.refuse(ctx, err)
	}
	for _, step := range []func(workflow.Context) error{c.judgeEach, c.reportComparison} {
		if err := step(ctx); err != nil {
			return c.result, err
		}
	}
	return c.result, nil
}

func (c *comparison) check(ctx workflow.Context) error {
	if err := c.start(ctx); err != nil {
		return err
	}
	located := workflow.ExecuteActivity(quick(ctx, "find the splits of the fine-tuning"), data.LocateSplits, activities.LocateSplitsInput{Dir: c.in.Dir})
	if err := located.Get(ctx, &c.splits); err != nil {
		return err
	}
	if err := cleared(c.splits.Clearance()); err != nil {
		return err
	}
	c.accepted = &pipeline.Accepted{Model: strings.Join(c.in.Compare, ", ")}
	c.turns = given(c.in.Turns, c.splits.Turns)
	c.status.Privacy, c.status.Turns, c.result.Turns = c.splits.Privacy, c.turns, c.turns
	c.result.Task, c.result.Dir = c.in.Task, c.status.Dir
	c.result.Metrics = pipeline.NoMetrics(c.in.Precision) // the models' own results have theirs
	return nil
}

// judgeEach leaves a row for each model. One that cannot be judged keeps no other from
// it; where none can, the comparison has failed.
func (c *comparison) judgeEach(ctx workflow.Context) error {
	if err := c.enter(ctx, pipeline.Comparing); err != nil {
		return err
	}
	c.status.PartsTotal = len(c.in.Compare)
	judged, why := 0, ""
	for i, name := range c.in.Compare {
		contender := activities.Contender{Name: name}
		err := workflow.ExecuteChildWorkflow(c.child(ctx, i), Evaluate, c.inputFor(name)).Get(ctx, &contender.Result)
		switch {
		case ctx.Err() != nil || temporal.IsCanceledError(err):
			return err
		case err != nil:
			contender.Failure = sentence(err)
			why = contender.Failure
		default:
			judged++
		}
		c.contenders = append(c.contenders, contender)
		c.status.PartsDone++
		c.show(ctx)
	}
	if judged == 0 {
		return refused("none of the %d models could be judged; the last one: %s", len(c.in.Compare), why)
	}
	return nil
}

// sentence is why a child failed, as it says itself.
func sentence(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	return err.Error()
}

func (c *comparison) child(ctx workflow.Context, i int) workflow.Context {
	id := pipeline.ContenderID(workflow.GetInfo(ctx).WorkflowExecution.ID, i)
	return child(ctx, id, c.inputFor(c.in.Compare[i]).Metadata(), taskAttribute.ValueSet(c.in.Task))
}

// inputFor is the input of the part that is about one model.
func (c *comparison) inputFor(model string) pipeline.EvaluateInput {
	in := c.in
	in.Model, in.Contender, in.Compare, in.Notify = model, true, nil, ""
	return in
}

func (c *comparison) reportComparison(ctx workflow.Context) error {
	if err := c.enter(ctx, pipeline.Recording); err != nil {
		return err
	}
	var report activities.ReportComparisonResult
	err := workflow.ExecuteActivity(bulk(ctx, "set the models side by side"), data.ReportComparison, activities.ReportComparisonInput{
		Contenders: c.contenders, Precision: c.in.Precision, Seed: c.in.Seed, Turns: c.turns, Train: c.splits.Train,
		At: workflow.Now(ctx), Dataset: c.splits.Dataset, Run: c.in.Dir, Dir: c.status.Dir,
	}).Get(ctx, &report)
	c.leave(ctx)
	c.result.Compared, c.result.Stages = report.Models, c.status.Stages
	c.result.Report, c.result.JSON = report.HTML, report.JSON
	return err
}

// train fine-tunes the base model that a comparison names on the splits, in the steps of
// a FineTune and with the settings of the one that made them: the job of that one, and
// of earlier comparisons, is taken instead of a second.
func (e *evaluation) train(ctx workflow.Context) error {
	if !e.model.Train {
		return nil
	}
	f := fineTuning{run: e.run, in: pipeline.FineTuneInput{
		BaseModel: e.model.BaseModel, Epochs: e.splits.Epochs, Seed: e.splits.Seed, JobDeadline: pipeline.DefaultJobDeadline,
	}}
	f.splits.TrainFile, f.splits.ValidationFile = e.splits.TrainFile, e.splits.ValidationFile
	f.prepared.Clearance = e.splits.Clearance()
	for _, step := range []func(workflow.Context) error{f.upload, f.submit, f.await, f.measure} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	e.model.Model, e.model.Labels, e.model.Turns = e.status.Model, e.splits.Labels, e.splits.Turns
	e.model.Job = *e.status.Job
	e.result.Model = e.model.Model
	return nil
}

// contend notes what a comparison wants to know.
func (e *evaluation) contend(validation, test activities.ClassifyPartResult) {
	if !e.in.Contender {
		return
	}
	c := pipeline.Contender{
		BaseModel: e.model.BaseModel, Provider: e.model.Provider, Job: e.model.Job,
		Validation: e.splits.Validation, ValidationPredictions: validation.Predictions,
		Test: e.splits.Test, TestPredictions: test.Predictions,
	}
	// Both sets are asked about side by side.
	if took := max(validation.Seconds, test.Seconds); took > 0 {
		c.AnswersPerSecond = float64(validation.Questions+test.Questions) / took
	}
	e.result.Contender = &c
}

// checkBase makes sure that a base model can be trained before anything is uploaded.
func (e *evaluation) checkBase(ctx workflow.Context) error {
	if !e.model.Train {
		return nil
	}
	if e.splits.TrainFile == (artifact.Ref{}) || e.splits.ValidationFile == (artifact.Ref{}) {
		return refused("the run of the splits has left no files to train on")
	}
	var base activities.CheckProviderResult
	err := workflow.ExecuteActivity(check(ctx, "look at the provider"), provider.CheckProvider, activities.CheckProviderInput{BaseModel: e.model.BaseModel}).Get(ctx, &base)
	e.result.Notes = append(e.result.Notes, base.Notes...)
	return err
}
