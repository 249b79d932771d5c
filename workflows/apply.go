package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// window is how many parts are classified at once. One part keeps the provider
// busy by itself; a second takes over when the first runs out of rows, and more
// spread over several workers.
const window = 4

// Apply lets a model name the company of every conversation of a dataset, and
// writes one row for each row of the input. It can be paused and resumed
// between parts, and goes on in a new run when its history grows long.
func Apply(ctx workflow.Context, in pipeline.ApplyInput) (pipeline.ApplyResult, error) {
	return carryOut(ctx, in, apply)
}

func apply(ctx workflow.Context, r *run, in pipeline.ApplyInput) (result pipeline.ApplyResult, err error) {
	a := application{run: r, in: in.WithDefaults()}
	if err := a.answer(ctx); err != nil {
		return result, err
	}
	a.notifies(ctx, a.in.Notify)
	if in.Resume != nil {
		a.restore(*in.Resume)
	} else {
		if err := a.check(ctx); err != nil {
			return result, r.refuse(ctx, err)
		}
		if err := a.prepare(ctx); err != nil {
			return result, err
		}
	}
	for _, step := range []func(workflow.Context) error{a.classify, a.merge, a.recordRun} {
		if err := step(ctx); err != nil {
			return result, err
		}
	}
	return a.result, nil
}

type application struct {
	*run
	in     pipeline.ApplyInput
	state  pipeline.ApplyProgress
	merged activities.MergeOutputResult
	result pipeline.ApplyResult
}

// answer lets others wait for acceptance, pause and resume.
func (a *application) answer(ctx workflow.Context) error {
	if err := a.answerAccept(ctx); err != nil {
		return err
	}
	hold := func(paused bool) func(workflow.Context) (pipeline.Status, error) {
		return func(ctx workflow.Context) (pipeline.Status, error) {
			a.status.Paused = paused
			a.show(ctx)
			return a.status, nil
		}
	}
	if err := workflow.SetUpdateHandler(ctx, pipeline.PauseUpdate, hold(true)); err != nil {
		return err
	}
	return workflow.SetUpdateHandler(ctx, pipeline.ResumeUpdate, hold(false))
}

// restore takes up what the run before this one left.
func (a *application) restore(s pipeline.ApplyProgress) {
	a.state = s
	m := a.in.Metadata()
	a.about = m.Summary + "\n\n" + m.Details + "\n"
	a.accepted = &a.state.Accepted
	a.status.Task, a.status.Model, a.status.Origin, a.status.Paused = a.in.Task, s.Accepted.Model, s.Origin, s.Paused
	a.status.Turns = s.Turns
	a.status.Prepared, a.status.Privacy = &a.state.Prepared.Counts, a.state.Prepared.Evaluation
	a.status.Stages = s.Stages
}

func (a *application) check(ctx workflow.Context) error {
	if err := a.begin(ctx); err != nil {
		return err
	}
	if err := a.enter(ctx, pipeline.Checking); err != nil {
		return err
	}
	if err := a.in.Validate(); err != nil {
		return invalid(err)
	}
	if err := first(a.belongs(ctx, a.in.Task), a.checkNotify(ctx)); err != nil {
		return err
	}
	dataset, asked := activities.ApplyChecks(a.in)
	file := workflow.ExecuteActivity(check(ctx, "look at the dataset"), data.CheckDataset, dataset)
	named := workflow.ExecuteActivity(check(ctx, "find the model"), provider.ResolveModel, asked)
	if err := file.Get(ctx, nil); err != nil {
		return err
	}
	var model activities.ResolveModelResult
	if err := named.Get(ctx, &model); err != nil {
		return err
	}
	a.state.Accepted = pipeline.Accepted{Model: model.Model}
	a.state.Threshold, a.state.Labels = model.Threshold, model.Labels
	a.state.Provider, a.state.BaseModel = model.Provider, model.BaseModel
	a.state.Origin, a.state.Turns = model.Origin, given(a.in.Turns, model.Turns)
	a.accepted, a.status.Model, a.status.Origin, a.status.Turns = &a.state.Accepted, model.Model, model.Origin, a.state.Turns
	return workflow.UpsertTypedSearchAttributes(ctx,
		datasetAttribute.ValueSet(pipeline.DatasetValue(a.in.Dataset)), modelAttribute.ValueSet(model.Model))
}

// given is how much of a conversation a model is given: what was asked for, or what it
// was trained on. The whole is empty, as it was before anything else could be given.
func given(asked, trained pipeline.Turns) pipeline.Turns {
	if asked.Among(trained) == pipeline.FirstTurn {
		return pipeline.FirstTurn
	}
	return ""
}

func (a *application) prepare(ctx workflow.Context) (err error) {
	a.state.Prepared, err = a.prepareDataset(ctx, pipeline.PrepareInput{
		Dataset: a.in.Dataset, Kind: pipeline.Production, MaxTweets: a.in.MaxTweets, MaxUnusable: a.in.MaxUnusable, Force: a.in.Force,
	})
	return err
}

// classify keeps a bounded window of parts under way. It ends when all parts
// are done, when one fails, or, once those under way have ended, by continuing
// as new.
func (a *application) classify(ctx workflow.Context) error {
	if a.in.Resume == nil {
		if err := a.enter(ctx, pipeline.Classifying); err != nil {
			return err
		}
	} else {
		a.status.Stage = pipeline.Classifying
	}
	parts := a.state.Prepared.Anonymized
	done := make([]*activities.ClassifyPartResult, len(parts))
	a.parts(ctx, parts, len(a.state.Predictions))
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()

	var failed error
	running, next := 0, len(a.state.Predictions)
	for ; next < len(parts) && !workflow.GetInfo(ctx).GetContinueAsNewSuggested(); next++ {
		free := func() bool { return failed != nil || running < window && !a.status.Paused }
		if err := workflow.Await(ctx, free); err != nil {
			failed = err
		}
		if failed != nil {
			break
		}
		part := next
		running++
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { running-- }()
			result, err := a.classifyPart(ctx, part)
			if err != nil {
				// The others stop and save what they have; that they
				// were cancelled is not why the run fails.
				failed = first(failed, err)
				stop()
				return
			}
			done[part] = &result
			a.partDone(ctx, parts[part])
		})
	}
	drained, _ := workflow.NewDisconnectedContext(ctx)
	if err := workflow.Await(drained, func() bool { return running == 0 }); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	for _, result := range done[len(a.state.Predictions):next] {
		a.state.Predictions = append(a.state.Predictions, result.Predictions)
	}
	if next < len(parts) {
		return a.continueAsNew(ctx)
	}
	return nil
}

func (a *application) classifyPart(ctx workflow.Context, i int) (result activities.ClassifyPartResult, err error) {
	in := activities.ClassifyPartInput{
		Model:     a.state.Accepted.Model,
		Labels:    a.state.Labels,
		Examples:  a.state.Prepared.Anonymized[i],
		Path:      a.dir().Predictions(i),
		Turns:     a.state.Turns,
		Clearance: a.state.Prepared.Clearance,
	}
	part := partOf(i, len(a.state.Prepared.Anonymized))
	if a.in.Mode == pipeline.InBatches {
		return a.batches(in, part).run(ctx)
	}
	err = workflow.ExecuteActivity(ask(ctx, "classify "+part), provider.ClassifyPart, in).Get(ctx, &result)
	return result, err
}

func (a *application) continueAsNew(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	next := a.in
	a.state.Stages, a.state.Paused = a.status.Stages, a.status.Paused
	next.Resume = &a.state
	return workflow.NewContinueAsNewError(ctx, pipeline.ApplyWorkflow, next)
}

func (a *application) merge(ctx workflow.Context) error {
	if err := a.enter(ctx, pipeline.Merging); err != nil {
		return err
	}
	err := workflow.ExecuteActivity(bulk(ctx, "write one row for each row of the input"), data.MergeOutput, activities.MergeOutputInput{
		Dataset:     a.state.Prepared.Dataset,
		Examples:    a.state.Prepared.Anonymized,
		Predictions: a.state.Predictions,
		Duplicates:  a.state.Prepared.Duplicates,
		Threshold:   a.state.Threshold,
		MaxUnusable: a.in.MaxUnusable,
		Task:        a.in.Task,
		Model:       a.state.Accepted.Model,
		Origin:      a.state.Origin,
		Provider:    a.state.Provider,
		BaseModel:   a.state.BaseModel,
		Batches:     a.in.Mode == pipeline.InBatches,
		Turns:       a.state.Turns,
		Dir:         a.status.Dir,
	}).Get(ctx, &a.merged)
	if err != nil {
		return err
	}
	a.status.Applied = &a.merged.Counts
	if len(a.merged.Warnings) > 0 {
		a.tell(ctx, pipeline.DataDrifted, pipeline.EventRun{})
	}
	a.result = pipeline.ApplyResult{
		Task:     a.in.Task,
		Model:    a.state.Accepted.Model,
		Origin:   a.state.Origin,
		Warnings: a.merged.Warnings,
		Mode:     a.in.Mode,
		Turns:    a.state.Turns,
		Prepared: a.state.Prepared.Counts,
		Counts:   a.merged.Counts,
		Output:   a.merged.Output,
		Dir:      a.status.Dir,
	}
	err = workflow.ExecuteActivity(quick(ctx, "draw the chart"), data.ChartOutput, activities.ChartOutputInput{
		Companies: a.merged.Companies, Failed: a.merged.Counts.ConversationStatuses[string(dataset.Failed)],
		Model: a.state.Accepted.Model, At: workflow.Now(ctx), Dir: a.status.Dir,
	}).Get(ctx, &a.result.Chart)
	if err != nil {
		return err
	}
	return a.reportApplication(ctx)
}

// applicationReport marks, in a history, that the result is written for people to
// read.
const applicationReport = "application-report"

func (a *application) reportApplication(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, applicationReport, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	// A worker of an earlier version may have merged.
	if a.merged.Summary.Path == "" {
		return nil
	}
	return workflow.ExecuteActivity(quick(ctx, "write the report"), data.ReportApplication, activities.ReportApplicationInput{
		Summary: a.merged.Summary, Task: a.in.Task, Origin: a.state.Origin, Dir: a.status.Dir,
	}).Get(ctx, &a.result.Report)
}

func (a *application) recordRun(ctx workflow.Context) error {
	if err := a.enter(ctx, pipeline.Recording); err != nil {
		return err
	}
	if err := a.storeConversations(ctx); err != nil {
		return err
	}
	info := workflow.GetInfo(ctx)
	in := a.in
	in.Resume, in.Model = nil, a.state.Accepted.Model
	err := workflow.ExecuteActivity(quick(ctx, "write the manifest"), data.WriteManifest, activities.WriteManifestInput{
		Dir: a.status.Dir,
		Manifest: activities.Manifest{
			Workflow: info.WorkflowType.Name, WorkflowID: info.WorkflowExecution.ID, RunID: info.FirstRunID,
			Parameters: in,
			Facts:      facts(a.state.Prepared),
			Privacy:    a.state.Prepared.Evaluation,
			Stages:     append(preparedFiles(a.state.Prepared), a.files()...),
			Checks:     a.checks(),
			Result:     a.result,
		},
	}).Get(ctx, &a.result.Manifest)
	a.leave(ctx)
	a.result.Stages, a.result.Privacy = a.status.Stages, a.state.Prepared.Evaluation
	return err
}

// storeConversations lets people look at the conversations, if that is asked for.
func (a *application) storeConversations(ctx workflow.Context) error {
	if !a.in.Review {
		return nil
	}
	parts := a.state.Prepared.Anonymized
	for i := range parts {
		var stored activities.StoreConversationsResult
		err := workflow.ExecuteActivity(bulk(ctx, "keep "+partOf(i, len(parts))+" for review"), data.StoreConversations, activities.StoreConversationsInput{
			Examples: parts[i], Predictions: a.state.Predictions[i], Run: workflow.GetInfo(ctx).WorkflowExecution.ID, Task: a.in.Task,
			Model: a.state.Accepted.Model, Threshold: a.state.Threshold, Anonymizer: a.state.Prepared.Anonymizer,
		}).Get(ctx, &stored)
		if err != nil {
			return err
		}
		a.result.Reviewable += stored.Stored
	}
	return nil
}

func (a *application) files() []activities.ManifestStage {
	return []activities.ManifestStage{
		{Name: "predictions", Files: a.state.Predictions},
		{Name: "output", Files: []artifact.Ref{a.merged.Output, a.merged.Companies, a.merged.Summary, a.result.Chart, a.result.Report}},
	}
}

func (a *application) checks() []activities.Check {
	p := a.state.Prepared
	return append(preparedChecks(p),
		activities.Check{Name: "conversations have a prediction", In: rowsOf(p.Anonymized), Out: rowsOf(a.state.Predictions)},
		activities.Check{Name: "input rows are in the output", In: p.Dataset.Rows, Out: a.merged.Output.Rows},
	)
}
