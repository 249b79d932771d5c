package workflows

import (
	"fmt"

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
