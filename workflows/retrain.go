package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// Retrain is what a Schedule starts: where enough has come in, it fine-tunes a
// challenger on the dataset as it is by then, asks the champion what the
// challenger was asked, and promotes the challenger if it is better beyond
// chance and no class falls; with a person's approval, if that is asked for.
// Otherwise the champion stays, and the result says why. Where the dataset has
// not changed, the provider's finished job and the answers to its evaluation are
// found, and nothing is paid again.
func Retrain(ctx workflow.Context, in pipeline.RetrainInput) (pipeline.RetrainResult, error) {
	return carryOut(ctx, in, retrain)
}

func retrain(ctx workflow.Context, r *run, in pipeline.RetrainInput) (result pipeline.RetrainResult, err error) {
	t := retraining{run: r, in: in.WithDefaults()}
	if workflow.GetVersion(ctx, promotion, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		t.in.FineTune = in.FineTune
		err := t.train(ctx)
		return t.result, err
	}
	if err := t.accept(ctx); err != nil {
		return result, err
	}
	if t.in.CheckOnly {
		return result, workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	}
	for _, step := range []func(workflow.Context) error{t.plan, t.train, t.compare, t.approve, t.conclude} {
		if err := step(ctx); err != nil {
			return result, err
		}
		if t.result.Decision != "" {
			break
		}
	}
	return t.result, t.listDecision(ctx)
}

// retrainingAttributes marks, in a history, that a retraining says in search
// attributes on which dataset it was and how it was decided. It is asked for at the
// beginning: in a namespace that has known the attribute for the decision since
// only, a run from before would stand still at its end.
const retrainingAttributes = "retraining-attributes"

func (t *retraining) list(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, retrainingAttributes, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	t.decides = true
	return workflow.UpsertTypedSearchAttributes(ctx, datasetAttribute.ValueSet(pipeline.DatasetValue(t.in.FineTune.Dataset)))
}

func (t *retraining) listDecision(ctx workflow.Context) error {
	t.outcome.Decision, t.outcome.Model = string(t.result.Decision), t.result.FineTune.Model
	if !t.decides {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, decisionAttribute.ValueSet(string(t.result.Decision)))
}

// promotion marks, in a history, that the challenger is compared with the
// champion. A retraining from before replaces nothing.
const promotion = "promotion"

type retraining struct {
	*run
	in       pipeline.RetrainInput
	planned  activities.PlanRetrainingResult
	asked    activities.ClassifyPartResult
	held     heldCalls
	compared activities.CompareModelsResult
	proposal *pipeline.Proposal
	approval *pipeline.Approval
	result   pipeline.RetrainResult
	decides  bool // sets the attribute for its decision
}

// accept checks the input, and lets approvals come. A retraining from before the
// checks replays in the order that it had: its updates would change places.
func (t *retraining) accept(ctx workflow.Context) error {
	if err := t.answerAccept(ctx); err != nil {
		return err
	}
	steps := []func(workflow.Context) error{t.answerApprove, t.check}
	if workflow.GetVersion(ctx, retrainingChecks, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		steps = []func(workflow.Context) error{t.checkInput, t.answerApprove}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// answerApprove lets a person answer a proposal.
func (t *retraining) answerApprove(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, pipeline.ApproveUpdate,
		func(_ workflow.Context, a pipeline.Approval) (pipeline.Proposal, error) {
			proposal := *t.proposal
			t.approval, t.proposal, t.status.Proposal = &a, nil, nil
			return proposal, nil
		},
		workflow.UpdateHandlerOptions{Validator: func(pipeline.Approval) error {
			if t.proposal == nil {
				return refused("the retraining waits for no approval: it is %s", t.status.Stage)
			}
			return nil
		}})
}

// retrainingChecks marks, in a history, that a retraining looks at what its
// fine-tuning will need before it is accepted. One from before leaves that to the
// fine-tuning.
const retrainingChecks = "retraining-checks"

func (t *retraining) check(ctx workflow.Context) error {
	t.notifies(ctx, t.in.Notify)
	if err := t.begin(ctx); err != nil {
		return t.refuse(ctx, err)
	}
	if err := t.enter(ctx, pipeline.Checking); err != nil {
		return err
	}
	if err := t.in.Validate(); err != nil {
		return t.refuse(ctx, invalid(err))
	}
	if err := t.belongs(ctx, t.in.FineTune.Task); err != nil {
		return err
	}
	if err := t.checkNotify(ctx); err != nil {
		return t.refuse(ctx, err)
	}
	if err := t.list(ctx); err != nil {
		return err
	}
	t.result.Task = t.in.FineTune.Task
	checked, err := checkFineTune(ctx, t.in.FineTune)
	if err != nil {
		return t.refuse(ctx, err)
	}
	t.accepted = &pipeline.Accepted{Model: checked.BaseModel}
	if t.in.CheckOnly {
		t.notifier.url = "" // this was about the runs to come
	}
	return nil
}

func (t *retraining) checkInput(ctx workflow.Context) error {
	if err := t.in.Validate(); err != nil {
		return t.refuse(ctx, invalid(err))
	}
	t.accepted = &pipeline.Accepted{Model: t.in.FineTune.BaseModel}
	return nil
}

// id names the retraining in the database.
func (t *retraining) id(ctx workflow.Context) pipeline.RetrainingID {
	info := workflow.GetInfo(ctx)
	return pipeline.RetrainingID{Task: t.in.FineTune.Task, WorkflowID: info.WorkflowExecution.ID, RunID: info.FirstRunID, At: workflow.Now(ctx)}
}

// plan looks at the dataset as it is now. What it stages, the fine-tuning takes
// over.
func (t *retraining) plan(ctx workflow.Context) error {
	if err := t.enter(ctx, pipeline.Planning); err != nil {
		return err
	}
	var staged activities.StageConversationsResult
	err := workflow.ExecuteActivity(bulk(ctx, "load the file and stage its conversations"), data.StageConversations, activities.StageConversationsInput{
		Dataset: t.in.FineTune.Dataset, Kind: pipeline.Training, MaxTweets: t.in.FineTune.MaxTweets,
		MaxUnusable: t.in.FineTune.MaxUnusable, Dir: t.status.Dir,
	}).Get(ctx, &staged)
	if err != nil {
		return err
	}
	err = workflow.ExecuteActivity(quick(ctx, "decide whether to train"), data.PlanRetraining, activities.PlanRetrainingInput{
		Dataset: staged.Dataset, LoadReport: staged.LoadReport, Enough: t.in.When, Retraining: t.id(ctx), UseSetAside: t.in.FineTune.UseSetAside,
	}).Get(ctx, &t.planned)
	if err != nil {
		return err
	}
	t.result.Champion, t.result.SetAside = t.planned.Champion, t.planned.SetAside
	t.setAside(t.planned.SetAside)
	if max(t.planned.Drift, t.planned.ConfidenceDrift) >= t.in.When.Drift {
		t.tell(ctx, pipeline.DataDrifted, pipeline.EventRun{})
	}
	if !t.planned.Train {
		t.result.Decision, t.result.Reason = registry.Skip, t.planned.Reason
	}
	return nil
}

func (t *retraining) train(ctx workflow.Context) error {
	if err := t.enter(ctx, pipeline.Retraining); err != nil {
		return err
	}
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	tuning := child(ctx, pipeline.RetrainedID(id), t.in.FineTune.ChallengerMetadata(id))
	if err := workflow.ExecuteChildWorkflow(tuning, FineTune, t.in.FineTune).Get(ctx, &t.result.FineTune); err != nil {
		return err
	}
	// People may have said more since it was planned.
	if aside := t.result.FineTune.SetAside; aside.Calls > 0 {
		t.result.SetAside = aside
		t.setAside(aside)
	}
	return nil
}

// compare asks the champion about the challenger's test set, in the same run. A
// first model has nobody to be compared with, and a model cannot be better than
// itself.
func (t *retraining) compare(ctx workflow.Context) error {
	if err := t.enter(ctx, pipeline.Comparing); err != nil {
		return err
	}
	trained := t.result.FineTune
	switch t.planned.Champion {
	case "":
		t.compared = activities.CompareModelsResult{Better: true, Reason: "the first model: there is nothing to compare it with"}
		t.keepUnfit()
		return nil
	case trained.Model:
		t.compared.Reason = "the same data gave the same model, which is the champion"
		return nil
	}
	err := workflow.ExecuteActivity(ask(ctx, "classify the test set with the champion"), provider.ClassifyPart, activities.ClassifyPartInput{
		Model:     t.planned.Champion,
		Labels:    t.planned.Labels,
		Examples:  trained.Test,
		Path:      t.dir().ChampionAnswers(),
		Turns:     given("", t.in.FineTune.Turns),
		Clearance: pipeline.ClearanceBy(trained.Privacy),
	}).Get(ctx, &t.asked)
	if err != nil {
		return err
	}
	if err := t.askHeld(ctx); err != nil {
		return err
	}
	err = workflow.ExecuteActivity(bulk(ctx, "compare challenger and champion"), data.CompareModels, activities.CompareModelsInput{
		Champion:              t.planned.Champion,
		Challenger:            trained.Model,
		Test:                  trained.Test,
		ChampionPredictions:   t.asked.Predictions,
		ChallengerPredictions: trained.TestPredictions,
		Rule:                  t.in.Rule,
		Seed:                  uint64(t.in.FineTune.Seed),
		Retraining:            t.id(ctx),
		Dir:                   t.status.Dir,
		ChampionLabels:        t.planned.Labels,
		FromCalls:             trained.Split.ClassesOfCalls,
		Held:                  t.held.staged.Calls,
		HeldChampion:          t.held.champion.Predictions,
		HeldChallenger:        t.held.challenger.Predictions,
	}).Get(ctx, &t.compared)
	t.result.Comparison, t.result.HeldCalls = t.compared.File, t.compared.HeldCalls
	t.keepUnfit()
	return err
}

// keepUnfit lets no comparison make a champion of a model that only a person may
// promote.
func (t *retraining) keepUnfit() {
	if unfit := t.result.FineTune.Unfit; unfit != "" && (t.compared.Better || t.compared.Ask) {
		t.compared.Better, t.compared.Ask, t.compared.Reason = false, false, unfit
	}
}

// asks tells whether a person is to decide, and on what: where it was asked for,
// where the test set cannot tell, where the challenger is made for something else than
// the champion, and where somebody's corrections are not believed,
// for then they may have been believed too long.
func (t *retraining) asks() bool {
	if t.planned.Champion == "" || !t.compared.Better && !t.compared.Ask {
		return false
	}
	if aside := t.result.SetAside; aside.Calls > 0 {
		t.compared.Reason = aside.Why() + ": " + t.compared.Reason
		return true
	}
	if was, is := t.planned.Turns, t.in.FineTune.Turns; was != is {
		t.compared.Reason = fmt.Sprintf("a person must approve, because the champion was trained on %s and the challenger on %s: %s", was.Words(), is.Words(), t.compared.Reason)
		return true
	}
	return t.in.Approve || t.compared.Ask
}

// approve waits for a person, if there is something to decide.
func (t *retraining) approve(ctx workflow.Context) error {
	if !t.asks() {
		return nil
	}
	if err := t.enter(ctx, pipeline.Approving); err != nil {
		return err
	}
	t.proposal = &pipeline.Proposal{
		Champion: t.planned.Champion, Challenger: t.result.FineTune.Model, Reason: t.compared.Reason,
		Deadline: workflow.Now(ctx).Add(t.in.ApprovalDeadline),
	}
	t.status.Proposal = t.proposal
	t.show(ctx)
	t.tell(ctx, pipeline.ApprovalDue, pipeline.EventRun{Model: t.proposal.Challenger, Deadline: &t.proposal.Deadline})
	answered, err := workflow.AwaitWithTimeout(ctx, t.in.ApprovalDeadline, func() bool { return t.approval != nil })
	if err != nil {
		return err
	}
	t.proposal, t.status.Proposal = nil, nil
	switch {
	case !answered:
		t.compared.Better = false
		t.compared.Reason = fmt.Sprintf("nobody approved it within %s: %s", t.in.ApprovalDeadline, t.compared.Reason)
	case !t.approval.Approved:
		t.compared.Better = false
		t.compared.Reason = "it was rejected: " + t.approval.Why
	default:
		t.compared.Better = true
		t.compared.Reason = t.approval.Why + " (" + t.compared.Reason + ")"
	}
	return nil
}

func (t *retraining) conclude(ctx workflow.Context) error {
	if err := t.enter(ctx, pipeline.Recording); err != nil {
		return err
	}
	in := activities.ConcludeRetrainingInput{
		Promote: t.compared.Better, Reason: t.compared.Reason,
		Champion: t.planned.Champion, Challenger: t.result.FineTune.Model, Retraining: t.id(ctx),
	}
	if t.approval != nil {
		in.By = t.approval.Who
	}
	var done activities.ConcludeRetrainingResult
	if err := workflow.ExecuteActivity(quick(ctx, "record the decision"), data.ConcludeRetraining, in).Get(ctx, &done); err != nil {
		return err
	}
	t.result.Decision, t.result.Reason = done.Decision, done.Reason
	return t.recordRun(ctx)
}

// retrainingManifest marks, in a history, that a retraining leaves a manifest beside
// that of its fine-tuning.
const retrainingManifest = "retraining-manifest"

func (t *retraining) recordRun(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, retrainingManifest, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	manifest := activities.Manifest{
		Parameters: t.in,
		Privacy:    t.result.FineTune.Privacy,
		Stages: []activities.ManifestStage{
			{Name: "fine-tuning", Files: []artifact.Ref{t.result.FineTune.Manifest}},
			{Name: "comparison", Files: []artifact.Ref{
				t.asked.Predictions, t.compared.File, t.held.staged.Calls, t.held.champion.Predictions, t.held.challenger.Predictions,
			}},
		},
		Result: t.result,
	}
	if t.asked.Predictions.Path != "" {
		manifest.Checks = []activities.Check{{Name: "test conversations have a prediction of the champion", In: t.result.FineTune.Test.Rows, Out: t.asked.Predictions.Rows}}
	}
	info := workflow.GetInfo(ctx)
	manifest.Workflow, manifest.WorkflowID, manifest.RunID = info.WorkflowType.Name, info.WorkflowExecution.ID, info.FirstRunID
	return workflow.ExecuteActivity(quick(ctx, "write the manifest"), data.WriteManifest, activities.WriteManifestInput{Dir: t.status.Dir, Manifest: manifest}).Get(ctx, &t.result.Manifest)
}
