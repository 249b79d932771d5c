package host

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/installation"
	"switchboard/internal/temporal"
)

// acceptance lets every activity of a run know with which settings the run was
// accepted, and refuses to carry one out in a worker that keeps its artifacts or its
// models elsewhere: one that joined later is in no comparison of the workers that a
// run begins with. The refusal is tried again, by a worker that fits if there is one.
type acceptance struct {
	interceptor.WorkerInterceptorBase
	settings installation.Settings
	// worker is this process, as people know it.
	worker string
}

// acceptedHeader names the settings in the headers of activities and of the runs
// that a run starts. They are digests.
const acceptedHeader = "switchboard-accepted-with"

// installed has the name of the step that looks at a run's surroundings.
const installed = "CheckInstallation"

func (a *acceptance) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &acceptedActivity{interceptor.ActivityInboundInterceptorBase{Next: next}, a}
}

type acceptedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	own *acceptance
}

func (a *acceptedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	var accepted installation.Settings
	if payload := interceptor.Header(ctx)[acceptedHeader]; payload != nil {
		if err := temporal.DecodeHeader(payload, &accepted); err != nil {
			return nil, err
		}
	}
	if err := a.own.settings.CheckPlaces(accepted, a.own.worker); err != nil {
		return nil, err
	}
	return a.Next.ExecuteActivity(ctx, in)
}

func (a *acceptance) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &acceptedWorkflow{interceptor.WorkflowInboundInterceptorBase{Next: next}, &acceptedCalls{}}
}

// acceptedWorkflow takes over what a run was accepted with that started this one.
type acceptedWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	calls *acceptedCalls
}

func (w *acceptedWorkflow) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	w.calls.Next = outbound
	return w.Next.Init(w.calls)
}

func (w *acceptedWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	w.calls.accepted = interceptor.WorkflowHeader(ctx)[acceptedHeader]
	return w.Next.ExecuteWorkflow(ctx, in)
}

// acceptedCalls hands it on. Headers are no part of what a replay compares.
type acceptedCalls struct {
	interceptor.WorkflowOutboundInterceptorBase
	look     workflow.Future
	accepted *commonpb.Payload
}

func (c *acceptedCalls) ExecuteLocalActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	future := c.Next.ExecuteLocalActivity(ctx, activityType, args...)
	if activityType == installed {
		c.look = future
	}
	return future
}

func (c *acceptedCalls) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	c.handOn(ctx)
	return c.Next.ExecuteActivity(ctx, activityType, args...)
}

func (c *acceptedCalls) ExecuteChildWorkflow(ctx workflow.Context, workflowType string, args ...any) workflow.ChildWorkflowFuture {
	c.handOn(ctx)
	return c.Next.ExecuteChildWorkflow(ctx, workflowType, args...)
}

func (c *acceptedCalls) NewContinueAsNewError(ctx workflow.Context, wfn any, args ...any) error {
	c.handOn(ctx)
	return c.Next.NewContinueAsNewError(ctx, wfn, args...)
}

func (c *acceptedCalls) handOn(ctx workflow.Context) {
	if c.look != nil && c.look.IsReady() {
		var found activities.CheckInstallationResult
		if c.look.Get(ctx, &found) == nil {
			// Without a payload nothing is compared, as before.
			c.accepted, _ = temporal.EncodeHeader(found.Settings)
		}
		c.look = nil
	}
	if c.accepted != nil {
		interceptor.WorkflowHeader(ctx)[acceptedHeader] = c.accepted
	}
}
