package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// ChangeModel promotes a model, retires it, or rolls back to the champion before
// this one, as a person asks. The audit trail keeps who asked and why, and which
// request it was: another attempt of the same request changes nothing more.
func (c *Control) ChangeModel(ctx context.Context, in pipeline.ChangeModelInput) (pipeline.ModelDetails, error) {
	task, err := c.task(in.Task)
	if err != nil {
		return pipeline.ModelDetails{}, err
	}
	if in.Who == "" || in.Why == "" {
		return pipeline.ModelDetails{}, problem.Input("a change needs a name and a reason for the audit trail")
	}
	by := database.Who{Name: in.Who, Run: requestID(ctx)}
	model, err := task.Resolve(ctx, in.Model)
	if err != nil {
		return pipeline.ModelDetails{}, err
	}
	before, err := modelDetails(ctx, task, model)
	if in.Action != pipeline.RolledBack && err != nil {
		return pipeline.ModelDetails{}, err
	}
	switch in.Action {
	case pipeline.Promoted:
		err = task.Promote(ctx, model, "", by, in.Why)
	case pipeline.Retired:
		err = task.Retire(ctx, model, by, in.Why)
	case pipeline.RolledBack:
		model, err = task.Rollback(ctx, by, in.Why)
	default:
		err = problem.Input("models can be promoted, retired and rolled back; this worker knows no change %q", in.Action)
	}
	if err != nil {
		return pipeline.ModelDetails{}, err
	}
	details, err := modelDetails(ctx, task, model)
	// An earlier attempt may have made the change.
	details.Unchanged = in.Action != pipeline.RolledBack && activity.GetInfo(ctx).Attempt == 1 && len(details.Changes) == len(before.Changes)
	return details, err
}

// requestID names the request that an activity carries out, the same in every
// attempt.
func requestID(ctx context.Context) string {
	info := activity.GetInfo(ctx)
	return info.ActivityID + "/" + info.ActivityRunID
}
