package workflows

import (
	"cmp"
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// notifications marks, in a history, that the run tells an address how it goes on. A
// run that began with a worker of before tells nobody.
const notifications = "notifications"

// notifier tells the address of a run. Without one it does nothing.
type notifier struct {
	url string
	// open counts what is being told.
	open int
}

// notifies sets whom the run tells from here on.
func (r *run) notifies(ctx workflow.Context, url string) {
	if url != "" && workflow.GetVersion(ctx, notifications, workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		r.notifier.url = url
	}
}

// checkNotify refuses an address that the workers may not tell.
func (r *run) checkNotify(ctx workflow.Context) error {
	if r.notifier.url == "" {
		return nil
	}
	err := workflow.ExecuteActivity(check(ctx, "look whether the address may be notified"), notify.CheckNotify, activities.CheckNotifyInput{URL: r.notifier.url}).Get(ctx, nil)
	if err != nil {
		r.notifier.url = ""
	}
	return err
}

// tell notifies without waiting: the run goes on, whether anybody hears. What it says
// of the run is what is known by now.
func (r *run) tell(ctx workflow.Context, about pipeline.EventType, more pipeline.EventRun) {
	if r.notifier.url == "" {
		return
	}
	info := workflow.GetInfo(ctx)
	more.Workflow, more.WorkflowID, more.RunID = info.WorkflowType.Name, info.WorkflowExecution.ID, info.FirstRunID
	more.Task, more.Model = r.status.Task, cmp.Or(more.Model, r.status.Model)
	in := activities.NotifyInput{
		URL: r.notifier.url, ID: info.FirstRunID + "-" + string(about),
		Event: pipeline.Event{Type: about, Timestamp: workflow.Now(ctx).UTC(), Data: more},
	}
	// What a run has to tell is told when it is cancelled, too.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.notifier.open++
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() { r.notifier.open-- }()
		if err := workflow.ExecuteActivity(telling(ctx, "notify of "+string(about)), notify.Notify, in).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("nobody could be notified", "event", string(about), "error", err)
		}
	})
}

// tellEnd notifies of how the run ended, and waits until all that it had to tell was
// heard, or given up.
func (r *run) tellEnd(ctx workflow.Context, err error) {
	switch {
	case err == nil:
		r.tell(ctx, pipeline.RunDone, r.outcome)
	case temporal.IsCanceledError(err):
		r.tell(ctx, pipeline.RunCancelled, pipeline.EventRun{})
	default:
		r.tell(ctx, pipeline.RunFailed, pipeline.EventRun{Failure: failureKind(err)})
	}
	_ = workflow.Await(ctx, func() bool { return r.notifier.open == 0 })
}

// failureKind is the kind of a problem, and "Error" for what is none.
func failureKind(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		switch kind := problem.Kind(app.Type()); kind {
		case problem.BadInput, problem.Environment, problem.Refused:
			return string(kind)
		}
	}
	return "Error"
}
