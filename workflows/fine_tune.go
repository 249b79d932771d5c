package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
	"switchboard/internal/registry"
	"switchboard/internal/split"
)

// FineTune makes a model from a dataset: it checks before it spends, prepares,
// splits, uploads, submits one job, awaits it, judges the model on threads it
// has not seen, and registers it. Cancelling the workflow cancels the
// provider's job.
func FineTune(ctx workflow.Context, in pipeline.FineTuneInput) (pipeline.FineTuneResult, error) {
	return carryOut(ctx, in, fineTune)
}

func fineTune(ctx workflow.Context, r *run, in pipeline.FineTuneInput) (result pipeline.FineTuneResult, err error) {
	f := fineTuning{run: r, in: in.WithDefaults()}
	if err := r.answerAccept(ctx); err != nil {
		return result, err
	}
	if err := f.check(ctx); err != nil {
		return result, r.refuse(ctx, err)
	}
	for _, step := range []func(workflow.Context) error{
		f.prepare, f.plan, f.split, f.estimate, f.upload, f.submit, f.await, f.measure, f.evaluate, f.record,
	} {
		if err := step(ctx); err != nil {
			return result, err
		}
		if f.result.DryRun {
			break
		}
	}
	return f.result, nil
}

type fineTuning struct {
	*run
	in       pipeline.FineTuneInput
	prepared pipeline.PrepareResult
	splits   activities.SplitExamplesResult
	costs    activities.EstimateCostResult
	job      activities.SubmitJobInput
	metrics  activities.FetchMetricsResult
	provider string // base URL
	price    cost.Price
	answers  predictions
	judged   activities.EvaluateModelResult
	report   activities.ReportEvaluationResult
	result   pipeline.FineTuneResult
}

// predictions are the model's answers to the splits that it is judged on, and to the
// conversations of the test set that grow; of a model that was trained on either, those
// to first words as well.
type predictions struct {
	validation, test, known artifact.Ref
	firstWords              *activities.AnsweredSplits
}

func (f *fineTuning) check(ctx workflow.Context) error {
	f.notifies(ctx, f.in.Notify)
	if err := f.begin(ctx); err != nil {
		return err
	}
	if err := f.enter(ctx, pipeline.Checking); err != nil {
		return err
	}
	if err := f.in.Validate(); err != nil {
		return invalid(err)
	}
	if err := first(f.belongs(ctx, f.in.Task), f.checkNotify(ctx)); err != nil {
		return err
	}
	model, err := checkFineTune(ctx, f.in)
	if err != nil {
		return err
	}
	f.in.BaseModel, f.provider, f.price = model.BaseModel, model.URL, model.Price
	f.result.Task, f.result.BaseModel, f.result.Dir = f.in.Task, model.BaseModel, f.status.Dir
	f.result.Turns, f.status.Turns = f.in.Turns, f.in.Turns
	f.result.Notes, f.status.Notes = model.Notes, model.Notes
	f.accepted = &pipeline.Accepted{Model: model.BaseModel}
	return workflow.UpsertTypedSearchAttributes(ctx, datasetAttribute.ValueSet(pipeline.DatasetValue(f.in.Dataset)))
}

// checkFineTune looks at the dataset and at the provider.
func checkFineTune(ctx workflow.Context, in pipeline.FineTuneInput) (model activities.CheckProviderResult, err error) {
	dataset, base := activities.FineTuneChecks(in)
	file := workflow.ExecuteActivity(check(ctx, "look at the dataset"), data.CheckDataset, dataset)
	seen := workflow.ExecuteActivity(check(ctx, "look at the provider"), provider.CheckProvider, base)
	if err := file.Get(ctx, nil); err != nil {
		return model, err
	}
	err = seen.Get(ctx, &model)
	return model, err
}

func (f *fineTuning) prepare(ctx workflow.Context) (err error) {
	f.prepared, err = f.prepareDataset(ctx, pipeline.PrepareInput{
		Dataset: f.in.Dataset, Kind: pipeline.Training, MaxTweets: f.in.MaxTweets, MaxUnusable: f.in.MaxUnusable, Force: f.in.Force,
	})
	f.result.Prepared = f.prepared.Counts
	return err
}

// plan lets the budget decide how much is trained, if there is one.
func (f *fineTuning) plan(ctx workflow.Context) error {
	if f.in.Budget == 0 {
		return nil
	}
	if err := f.enter(ctx, pipeline.Planning); err != nil {
		return err
	}
	var planned activities.PlanBudgetResult
	err := workflow.ExecuteActivity(bulk(ctx, "derive the target size from the budget"), data.PlanBudget, activities.PlanBudgetInput{
		Examples: f.prepared.Anonymized,
		Options:  f.splitOptions(),
		Price:    f.price,
		Epochs:   f.in.Epochs,
		Budget:   f.in.Budget,
	}).Get(ctx, &planned)
	f.in.TargetSize, f.in.Epochs = planned.TargetSize, planned.Epochs
	return err
}

func (f *fineTuning) splitOptions() split.Options {
	return split.Options{
		TargetSize:   f.in.TargetSize,
		MinClassSize: f.in.MinClassSize,
		FoldRare:     f.in.RareClasses == pipeline.FoldRare,
		TestShare:    f.in.TestShare,
		Seed:         f.in.Seed,

		CorrectionWeight: f.in.CorrectionWeight,
		Turns:            f.in.Turns,
	}
}

func (f *fineTuning) split(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Splitting); err != nil {
		return err
	}
	err := workflow.ExecuteActivity(bulk(ctx, "split into training, validation and test"), data.SplitExamples, activities.SplitExamplesInput{
		Examples: f.prepared.Anonymized,
		Options:  f.splitOptions(),
		Task:     f.in.Task,
		Dir:      f.status.Dir,
		Force:    f.in.Force,

		UseSetAside: f.in.UseSetAside,
	}).Get(ctx, &f.splits)
	f.reused(f.splits.Reused)
	f.result.Split, f.result.SetAside = f.splits.Counts, f.splits.SetAside
	f.setAside(f.splits.SetAside)
	f.status.Split = &f.result.Split
	return err
}

// costEstimate marks, in a history, that the run knows what it costs before it
// uploads. A run that was under way when this came goes on without.
const costEstimate = "cost-estimate"

func (f *fineTuning) estimate(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, costEstimate, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	if err := f.enter(ctx, pipeline.Estimating); err != nil {
		return err
	}
	err := workflow.ExecuteActivity(bulk(ctx, "estimate the cost"), data.EstimateCost, activities.EstimateCostInput{
		Train: f.splits.Train, Validation: f.splits.Validation, Test: f.splits.Test, Known: f.splits.Known, Turns: f.in.Turns,
		URL: f.provider, BaseModel: f.in.BaseModel, Epochs: f.in.Epochs, MaxCost: f.in.MaxCost, Dir: f.status.Dir,
	}).Get(ctx, &f.costs)
	if err != nil {
		return err
	}
	f.result.Estimates = f.costs.Estimates
	if f.in.MaxCost > 0 {
		// A trainer that chooses for itself keeps to no limit.
		f.in.Epochs = f.costs.Estimates[0].Epochs
	}
	if f.in.DryRun {
		f.leave(ctx)
		f.result.DryRun, f.result.Stages, f.result.Privacy = true, f.status.Stages, f.prepared.Evaluation
	}
	return nil
}

func (f *fineTuning) upload(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Uploading); err != nil {
		return err
	}
	train := f.uploadFile(ctx, "training", f.splits.TrainFile)
	validation := f.uploadFile(ctx, "validation", f.splits.ValidationFile)
	var trained, validated activities.UploadFileResult
	if err := first(train.Get(ctx, &trained), validation.Get(ctx, &validated)); err != nil {
		return err
	}
	f.reused(trained.Adopted && validated.Adopted)
	f.job = activities.SubmitJobInput{
		BaseModel:        f.in.BaseModel,
		TrainingFile:     trained.FileID,
		ValidationFile:   validated.FileID,
		TrainingSHA256:   f.splits.TrainFile.SHA256,
		ValidationSHA256: f.splits.ValidationFile.SHA256,
		Epochs:           f.in.Epochs,
		Seed:             f.in.Seed,
		Owner:            f.status.Dir,
	}
	return nil
}

func (f *fineTuning) uploadFile(ctx workflow.Context, name string, file artifact.Ref) workflow.Future {
	return workflow.ExecuteActivity(call(ctx, "upload the "+name+" file"), provider.UploadFile, activities.UploadFileInput{
		File: file, Clearance: f.prepared.Clearance, Force: f.in.Force,
	})
}

// submit does not let a cancellation interrupt the submission: the job's id
// would be lost, and with it the way to cancel the job.
func (f *fineTuning) submit(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Submitting); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	whole, _ := workflow.NewDisconnectedContext(ctx)
	var job activities.SubmitJobResult
	if err := workflow.ExecuteActivity(call(whole, "submit the fine-tuning job"), provider.SubmitJob, f.job).Get(whole, &job); err != nil {
		return err
	}
	f.status.JobID, f.result.JobID = job.JobID, job.JobID
	return nil
}

func (f *fineTuning) await(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.TrainingJob); err != nil {
		return err
	}
	var state pipeline.JobState
	err := workflow.ExecuteActivity(await(ctx, "await the fine-tuning job", f.in.JobDeadline), provider.AwaitJob, activities.AwaitJobInput{JobID: f.status.JobID}).Get(ctx, &state)
	if err != nil {
		// Whatever the reason, nobody waits for the job any more. One that
		// has ended by itself is left as it is.
		f.cancelJob(ctx)
		if outOfTime(err) {
			return refused("the fine-tuning job %s did not end within %s and was cancelled; give it more time with --job-deadline, or look it up at the provider", f.status.JobID, f.in.JobDeadline)
		}
		return err
	}
	if state.Model == "" {
		return refused("the fine-tuning job %s succeeded but names no model; look it up at the provider", f.status.JobID)
	}
	f.status.Job, f.status.Model = &state, state.Model
	f.result.Model, f.result.TrainedTokens = state.Model, state.TrainedTokens
	return workflow.UpsertTypedSearchAttributes(ctx, modelAttribute.ValueSet(state.Model))
}

// outOfTime tells whether an activity's time ran out: while it worked, or
// before the next attempt after a failure.
func outOfTime(err error) bool {
	var late *temporal.TimeoutError
	if errors.As(err, &late) && late.TimeoutType() == enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE {
		return true
	}
	var failed *temporal.ActivityError
	return errors.As(err, &failed) && failed.RetryState() == enums.RETRY_STATE_TIMEOUT
}

// cancelJob stops the job on a context of its own, since the workflow's is
// cancelled. If even that fails, the log says so: the run ends either way.
func (f *fineTuning) cancelJob(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(call(ctx, "cancel the fine-tuning job"), provider.CancelJob, activities.CancelJobInput{JobID: f.status.JobID, Owner: f.status.Dir}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("The fine-tuning job could not be cancelled; cancel it at the provider.", "job", f.status.JobID, "error", err)
	}
}

func (f *fineTuning) measure(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Measuring); err != nil {
		return err
	}
	metrics := workflow.ExecuteActivity(call(ctx, "fetch the metrics of the training"), provider.FetchMetrics, activities.FetchMetricsInput{JobID: f.status.JobID, Dir: f.status.Dir})
	probe := workflow.ExecuteActivity(appear(ctx, "wait until the model answers"), provider.ProbeModel, activities.ProbeModelInput{Model: f.status.Model})
	return first(metrics.Get(ctx, &f.metrics), probe.Get(ctx, nil))
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

func (f *fineTuning) record(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Recording); err != nil {
		return err
	}
	info := workflow.GetInfo(ctx)
	err := workflow.ExecuteActivity(quick(ctx, "write the manifest"), data.WriteManifest, activities.WriteManifestInput{
		Dir: f.status.Dir,
		Manifest: activities.Manifest{
			Workflow: info.WorkflowType.Name, WorkflowID: info.WorkflowExecution.ID, RunID: info.FirstRunID,
			Parameters: f.in,
			Facts:      facts(f.prepared),
			Privacy:    f.prepared.Evaluation,
			Stages:     append(preparedFiles(f.prepared), f.files()...),
			Checks:     f.checks(),
			Result:     f.result,
		},
	}).Get(ctx, &f.result.Manifest)
	if err != nil {
		return err
	}
	var registered activities.RegisterModelResult
	err = workflow.ExecuteActivity(quick(ctx, "register the model"), data.RegisterModel, registry.Model{
		ID:                 f.result.Model,
		Task:               f.in.Task,
		BaseModel:          f.result.BaseModel,
		ProviderURL:        f.provider,
		JobID:              f.result.JobID,
		Created:            workflow.Now(ctx),
		Threshold:          f.result.Metrics.Threshold,
		AskedPrecision:     f.in.Precision,
		Turns:              f.in.Turns,
		FirstThreshold:     f.firstThreshold(),
		Labels:             f.splits.Labels,
		PromptVersion:      prompt.Version(),
		Dataset:            pipeline.DatasetName(f.in.Dataset),
		DatasetSHA256:      f.prepared.Dataset.SHA256,
		DatasetRows:        f.prepared.Dataset.Rows,
		Anonymizer:         f.prepared.Anonymizer,
		Parameters:         f.in,
		ValidationAccuracy: float64(f.result.Metrics.Validation.Accuracy),
		TestAccuracy:       float64(f.result.Metrics.Test.Accuracy),
		TestCoverage:       float64(f.result.Metrics.Test.Coverage),
		MajorityAccuracy:   float64(f.result.Metrics.MajorityAccuracy),
		Confidences:        f.judged.Confidences,
		WorkflowID:         info.WorkflowExecution.ID,
		RunID:              info.FirstRunID,
	}).Get(ctx, &registered)
	f.result.Champion, f.result.Unfit = registered.Champion, registered.Unfit
	f.leave(ctx)
	f.result.Stages, f.result.Privacy = f.status.Stages, f.prepared.Evaluation
	f.result.Report = f.report.HTML
	f.result.Test, f.result.TestPredictions = f.splits.Test, f.answers.test
	return err
}

func (f *fineTuning) files() []activities.ManifestStage {
	return []activities.ManifestStage{
		{Name: "split", Files: []artifact.Ref{f.splits.Train, f.splits.Validation, f.splits.Test, f.splits.Known, f.splits.Report, f.splits.Calls}},
		{Name: "cost", Files: []artifact.Ref{f.costs.File}},
		{Name: "finetune", Files: []artifact.Ref{f.splits.TrainFile, f.splits.ValidationFile, f.splits.Labels, f.metrics.Job, f.metrics.Events}},
		{Name: "metrics", Files: []artifact.Ref{f.metrics.Steps, f.metrics.Curves}},
		{Name: "evaluation", Files: append(f.answers.files(), f.judged.Report, f.report.JSON, f.report.HTML, f.report.Confusion)},
	}
}

func (p predictions) files() []artifact.Ref {
	files := []artifact.Ref{p.validation, p.test, p.known}
	if s := p.firstWords; s != nil {
		files = append(files, s.Validation, s.ValidationPredictions, s.Test, s.TestPredictions)
	}
	return files
}

func (f *fineTuning) checks() []activities.Check {
	c := f.splits.Counts
	used := c.Train - c.Repeated + c.Validation + c.Test + c.Unlabelled + c.Empty + c.Unopened + c.Duplicates + c.Rare + c.Surplus
	return append(preparedChecks(f.prepared),
		activities.Check{Name: "anonymized conversations, and corrected calls, are in a split or counted as left out", In: rowsOf(f.prepared.Anonymized) + c.CallExamples, Out: used},
		activities.Check{Name: "test conversations have a prediction", In: f.splits.Test.Rows, Out: f.answers.test.Rows},
	)
}

// invalid makes a workflow's failure of a problem in its input.
func invalid(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), string(problem.BadInput), nil)
}

func refused(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(problem.Refused), nil)
}
