package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// analyzeCall leaves a file for every step. It is for whoever wants to look into
// them, and for runs that began before calls had a database.
func analyzeCall(ctx workflow.Context, r *run, in pipeline.AnalyzeCallInput) (result pipeline.AnalyzeCallResult, err error) {
	a := analysis{run: r, call: in.WithDefaults()}
	if err := r.answerAccept(ctx); err != nil {
		return result, err
	}
	if err := a.check(ctx); err != nil {
		return result, r.refuse(ctx, err)
	}
	for _, step := range []func(workflow.Context) error{a.anonymize, a.classify, a.recordRun} {
		if err := step(ctx); err != nil {
			return result, err
		}
	}
	return a.analyzed, nil
}

// analysis is the work on one call. What it prepares is a dataset of one part.
type analysis struct {
	*run
	call        pipeline.AnalyzeCallInput
	model       activities.ResolveModelResult
	prepared    pipeline.PrepareResult
	predictions artifact.Ref
	analyzed    pipeline.AnalyzeCallResult
}

// check stages the call too: whoever started the run learns at once if the event
// is none.
func (a *analysis) check(ctx workflow.Context) error {
	a.notifies(ctx, a.call.Notify)
	if err := a.begin(ctx); err != nil {
		return err
	}
	if err := a.enter(ctx, pipeline.Checking); err != nil {
		return err
	}
	if err := a.call.Validate(); err != nil {
		return invalid(err)
	}
	if err := first(a.belongs(ctx, a.call.Task), a.checkNotify(ctx)); err != nil {
		return err
	}
	event := workflow.ExecuteActivity(quick(ctx, "read the call"), data.StageCall, activities.StageCallInput{Event: a.call.Event, CallID: a.call.CallID, Dir: a.status.Dir})
	named := workflow.ExecuteActivity(check(ctx, "find the model"), provider.ResolveModel, activities.ResolveModelInput{Task: a.call.Task, Model: a.call.Model})
	var staged activities.StageCallResult
	if err := first(event.Get(ctx, &staged), named.Get(ctx, &a.model)); err != nil {
		return err
	}
	a.prepared.Dataset, a.prepared.Conversations = staged.Event, []artifact.Ref{staged.Conversations}
	a.accepted, a.status.Model = &pipeline.Accepted{Model: a.model.Model}, a.model.Model
	return workflow.UpsertTypedSearchAttributes(ctx, modelAttribute.ValueSet(a.model.Model))
}

func (a *analysis) anonymize(ctx workflow.Context) error {
	return a.run.anonymize(ctx, a.status.Dir, false, &a.prepared)
}

func (a *analysis) classify(ctx workflow.Context) error {
	if err := a.enter(ctx, pipeline.Classifying); err != nil {
		return err
	}
	prepared := a.prepared
	var said activities.ClassifyPartResult
	err := workflow.ExecuteActivity(ask(ctx, "classify the call"), provider.ClassifyPart, activities.ClassifyPartInput{
		Model: a.model.Model, Labels: a.model.Labels, Examples: prepared.Anonymized[0],
		Path:      a.dir().Predictions(0),
		Turns:     given("", a.model.Turns),
		Clearance: prepared.Clearance,
	}).Get(ctx, &said)
	a.predictions = said.Predictions
	return err
}

// recordRun writes the answer, and the manifest.
func (a *analysis) recordRun(ctx workflow.Context) error {
	if err := a.enter(ctx, pipeline.Recording); err != nil {
		return err
	}
	prepared := a.prepared
	var concluded activities.ConcludeCallResult
	err := workflow.ExecuteActivity(quick(ctx, "write the answer"), data.ConcludeCall, activities.ConcludeCallInput{
		Event: prepared.Dataset, Predictions: a.predictions, Threshold: a.model.Threshold, Model: a.model.Model, Dir: a.status.Dir,
	}).Get(ctx, &concluded)
	if err != nil {
		return err
	}
	a.analyzed = pipeline.AnalyzeCallResult{
		Task: a.call.Task, Model: a.model.Model, Status: concluded.Status, Confidence: concluded.Confidence, Spans: prepared.Counts.Spans,
		Answer: concluded.Answer, Dir: a.status.Dir, Privacy: prepared.Evaluation,
	}
	info := workflow.GetInfo(ctx)
	parameters := a.call
	parameters.Model = a.model.Model
	err = workflow.ExecuteActivity(quick(ctx, "write the manifest"), data.WriteManifest, activities.WriteManifestInput{
		Dir: a.status.Dir,
		Manifest: activities.Manifest{
			Workflow: info.WorkflowType.Name, WorkflowID: info.WorkflowExecution.ID, RunID: info.FirstRunID,
			Parameters: parameters,
			Facts:      facts(prepared),
			Privacy:    prepared.Evaluation,
			Stages: append(conversationFiles(prepared),
				activities.ManifestStage{Name: "predictions", Files: []artifact.Ref{a.predictions}},
				activities.ManifestStage{Name: "output", Files: []artifact.Ref{concluded.Answer}}),
			Checks: []activities.Check{
				{Name: "conversations were anonymized", In: rowsOf(prepared.Conversations), Out: rowsOf(prepared.Anonymized)},
				{Name: "conversations have a prediction", In: rowsOf(prepared.Anonymized), Out: a.predictions.Rows},
			},
			Result: a.analyzed,
		},
	}).Get(ctx, &a.analyzed.Manifest)
	a.leave(ctx)
	a.analyzed.Stages = a.status.Stages
	return err
}
