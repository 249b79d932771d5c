package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// heldCallsAsked marks, in a history, that both models are asked about calls that
// people judged and that are never trained on.
const heldCallsAsked = "held-calls"

// heldCalls are such calls, and what both models said of them; all zero where there
// are too few.
type heldCalls struct {
	staged               activities.StageHeldCallsResult
	champion, challenger activities.ClassifyPartResult
}

// askHeld asks both models anew: what a champion of the past said of a call tells
// nothing of this one.
func (t *retraining) askHeld(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, heldCallsAsked, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	err := workflow.ExecuteActivity(quick(ctx, "gather calls that people judged"), data.StageHeldCalls, activities.StageHeldCallsInput{
		Task: t.in.FineTune.Task, Challenger: t.result.FineTune.Model, Dir: t.status.Dir,
	}).Get(ctx, &t.held.staged)
	if err != nil || t.held.staged.Calls.Rows == 0 {
		return err
	}
	champion := t.askAbout(ctx, "champion", t.planned.Champion, t.planned.Labels, t.planned.Turns)
	challenger := t.askAbout(ctx, "challenger", t.result.FineTune.Model, t.held.staged.Labels, t.in.FineTune.Turns)
	return first(champion.Get(ctx, &t.held.champion), challenger.Get(ctx, &t.held.challenger))
}

// askAbout gives a model what of a call it is given when the call comes in.
func (t *retraining) askAbout(ctx workflow.Context, who, model string, labels artifact.Ref, trained pipeline.Turns) workflow.Future {
	return workflow.ExecuteActivity(ask(ctx, "classify judged calls with the "+who), provider.ClassifyPart, activities.ClassifyPartInput{
		Model: model, Labels: labels, Examples: t.held.staged.Calls, Path: t.dir().HeldAnswers(who),
		Turns:     given("", trained),
		Clearance: pipeline.ClearanceBy(t.result.FineTune.Privacy),
	})
}
