package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
)

var (
	taskAttribute    = temporal.NewSearchAttributeKeyKeyword(pipeline.TaskAttribute)
	datasetAttribute = temporal.NewSearchAttributeKeyKeyword(pipeline.DatasetAttribute)
	modelAttribute   = temporal.NewSearchAttributeKeyKeyword(pipeline.ModelAttribute)
	stageAttribute   = temporal.NewSearchAttributeKeyKeyword(pipeline.StageAttribute)

	decisionAttribute = temporal.NewSearchAttributeKeyKeyword(pipeline.DecisionAttribute)
)

// run is what every workflow keeps about itself: the answer to the status
// query, and whether its input was accepted.
type run struct {
	status   pipeline.Status
	accepted *pipeline.Accepted
	refusal  error
	// bare is set where the namespace may lack the search attributes: a run
	// that sets one would stand still.
	bare bool
	// listed is set where the run says in a search attribute to which task it
	// belongs.
	listed   bool
	notifier notifier
	// folder is where the files are that a child makes: its parent's.
	folder string
	// about is what the run is about where Temporal has forgotten it: it takes
	// nothing of it to a run that is continued as new.
	about string
	// outcome is what is told of how a Retrain ended.
	outcome pipeline.EventRun
	// conversations are those of the parts that the status counts.
	conversations progress
}

// newRun answers status queries from here on.
func newRun(ctx workflow.Context) (*run, error) {
	info := workflow.GetInfo(ctx)
	r := &run{status: pipeline.Status{
		Workflow: info.WorkflowType.Name,
		// The first run's id stays the same when the workflow continues
		// as new, and so does the folder.
		Dir: string(layout.Of(info.WorkflowExecution.ID, info.FirstRunID)),
	}}
	return r, workflow.SetQueryHandler(ctx, pipeline.StatusQuery, func() (pipeline.Status, error) { return r.status, nil })
}

// dir is the run's folder.
func (r *run) dir() layout.Run { return layout.Run(r.status.Dir) }

// carryOut lets do do a workflow's work, and notes how it ended. It does so in no
// deferred function: those run, too, when the workflow merely leaves the worker's
// cache, and could not wait for anything then.
func carryOut[In, Out any](ctx workflow.Context, in In, do func(workflow.Context, *run, In) (Out, error)) (Out, error) {
	r, err := newRun(ctx)
	if err != nil {
		var none Out
		return none, err
	}
	result, err := do(ctx, r, in)
	r.end(ctx, err)
	return result, err
}

// installationCheck marks, in a history, that the run looks at its surroundings
// before anything else.
const installationCheck = "installation-check"

// begin is the first step of a run that somebody started: whether there is what
// it needs around it.
func (r *run) begin(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, installationCheck, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	err := workflow.ExecuteLocalActivity(local(ctx, "look at the installation"), installed.CheckInstallation).Get(ctx, nil)
	r.bare = err != nil
	return err
}

// enter notes that a stage begins, and that the one before it ended, and lists the
// run under the stage.
func (r *run) enter(ctx workflow.Context, stage pipeline.Stage) error {
	r.pass(ctx, stage)
	return workflow.UpsertTypedSearchAttributes(ctx, stageAttribute.ValueSet(string(stage)))
}

// pass is enter for whoever asks the run, but not in lists.
func (r *run) pass(ctx workflow.Context, stage pipeline.Stage) {
	r.leave(ctx)
	r.status.Stage = stage
	r.status.Stages = append(r.status.Stages, pipeline.StageTime{Stage: stage, Started: workflow.Now(ctx)})
	r.status.PartsDone, r.status.PartsTotal = 0, 0
	r.conversations = progress{}
	r.show(ctx)
}

func (r *run) leave(ctx workflow.Context) {
	if n := len(r.status.Stages); n > 0 && r.status.Stages[n-1].Seconds == 0 {
		last := &r.status.Stages[n-1]
		last.Seconds = workflow.Now(ctx).Sub(last.Started).Seconds()
	}
}

// tasks marks, in a history, that a run says in a search attribute to which task it
// belongs.
const tasks = "tasks"

// belongs notes the run's task.
func (r *run) belongs(ctx workflow.Context, task string) error {
	r.status.Task = task
	if workflow.GetVersion(ctx, tasks, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	r.listed = true
	return workflow.UpsertTypedSearchAttributes(ctx, taskAttribute.ValueSet(task))
}

// reused notes that the stage's work was taken over from an earlier run.
func (r *run) reused(all bool) { r.status.Stages[len(r.status.Stages)-1].Reused = all }

// setAside lets whoever asks the run see whose corrections are not believed.
func (r *run) setAside(aside pipeline.SetAside) {
	if aside.Calls > 0 {
		r.status.SetAside = &aside
	}
}

// end notes how the run ended. It works on a cancelled context too.
func (r *run) end(ctx workflow.Context, err error) {
	r.leave(ctx)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	switch {
	case err == nil:
		r.status.Stage = pipeline.Done
	case temporal.IsCanceledError(err):
		r.status.Stage = pipeline.Cancelled
	case workflow.IsContinueAsNewError(err):
		return
	default:
		r.status.Stage = pipeline.Failed
	}
	r.show(ctx)
	if !r.bare {
		// The attribute is for lists in the Web UI; a run does not fail for it.
		_ = workflow.UpsertTypedSearchAttributes(ctx, stageAttribute.ValueSet(string(r.status.Stage)))
	}
	r.tellEnd(ctx, err)
}

// answerAccept lets whoever started the run wait for [run.accept] or
// [run.refuse].
func (r *run) answerAccept(ctx workflow.Context) error {
	return workflow.SetUpdateHandler(ctx, pipeline.AcceptUpdate, func(ctx workflow.Context) (pipeline.Accepted, error) {
		if err := workflow.Await(ctx, func() bool { return r.accepted != nil || r.refusal != nil }); err != nil {
			return pipeline.Accepted{}, err
		}
		if r.refusal != nil {
			return pipeline.Accepted{}, r.refusal
		}
		return *r.accepted, nil
	})
}

// refuse answers those who wait and gives the error back. It returns once they
// have their answer, so that the workflow does not end under them.
func (r *run) refuse(ctx workflow.Context, err error) error {
	r.refusal = reason(err)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return err
}

// prepareDataset runs the child workflow in the parent's folder and puts its stages
// in the place of the parent's.
func (r *run) prepareDataset(ctx workflow.Context, in pipeline.PrepareInput) (pipeline.PrepareResult, error) {
	var prepared pipeline.PrepareResult
	if err := r.enter(ctx, pipeline.Preparing); err != nil {
		return prepared, err
	}
	in.Dir = r.status.Dir
	attributes := []temporal.SearchAttributeUpdate{datasetAttribute.ValueSet(pipeline.DatasetValue(in.Dataset))}
	if r.listed {
		attributes = append(attributes, taskAttribute.ValueSet(r.status.Task))
	}
	id := pipeline.PrepareID(workflow.GetInfo(ctx).WorkflowExecution.ID)
	err := workflow.ExecuteChildWorkflow(child(ctx, id, in.Metadata(), attributes...), PrepareDataset, in).Get(ctx, &prepared)
	if err != nil {
		return prepared, err
	}
	r.status.Prepared, r.status.Privacy = &prepared.Counts, prepared.Evaluation
	r.status.Stages = append(r.status.Stages[:len(r.status.Stages)-1], prepared.Stages...)
	// A child that began before there was an evaluation has none.
	if gated(ctx) {
		return prepared, cleared(prepared.Clearance)
	}
	return prepared, nil
}

// first returns the first error that is one. Errors of activities are not
// joined: Temporal would no longer know their kind.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// reason is the application failure at the bottom of an activity's error: the
// sentence for a person, with its kind.
func reason(err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app
	}
	return err
}
