package dashboard

import (
	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// What is done to models, for the audit.
const (
	modelPromoted   account.Action = "model.promoted"
	modelRolledBack account.Action = "model.rolled_back"
	modelRetired    account.Action = "model.retired"
	modelApproved   account.Action = "model.approved"
	modelRejected   account.Action = "model.rejected"
)

// modelActions are the changes that a form can ask for.
var modelActions = map[pipeline.Action]account.Action{
	pipeline.Promoted: modelPromoted, pipeline.RolledBack: modelRolledBack, pipeline.Retired: modelRetired,
}

// changeModel promotes a model, retires it, or rolls back to the champion before.
func (s *Server) changeModel(v *visit) error {
	in := pipeline.ChangeModelInput{
		Task: v.r.PostFormValue("task"), Action: pipeline.Action(v.r.PostFormValue("action")), Model: v.r.PostFormValue("model"), Who: v.user.Name,
	}
	kept, known := modelActions[in.Action]
	if !known {
		return problem.Input("%s", v.T("Models can be promoted, retired and rolled back."))
	}
	var err error
	if err = pipeline.CheckTask(in.Task); err != nil {
		return err
	}
	if in.Why, err = v.reason(); err != nil {
		return err
	}
	var changed pipeline.ModelDetails
	if err := v.order(pipeline.ChangeModelActivity, in, &changed); err != nil {
		return err
	}
	id, notice := changed.Model.ID, ""
	switch {
	case changed.Unchanged:
		return v.redirect(modelPath(in.Task, id), v.T("Nothing changed: it was so already."))
	case in.Action == pipeline.Promoted:
		notice = v.T("%s is the champion of the task %s now.", id, in.Task)
	case in.Action == pipeline.RolledBack:
		notice = v.T("%s is the champion of the task %s again.", id, in.Task)
	default:
		notice = v.T("%s is retired.", id)
	}
	if err := v.did(kept, id, map[string]string{"task": in.Task, "reason": in.Why}); err != nil {
		return err
	}
	return v.redirect(modelPath(in.Task, id), notice)
}

// approve answers a proposal of a retraining.
func (s *Server) approve(v *visit) error {
	why, err := v.reason()
	if err != nil {
		return err
	}
	verdict := v.r.PostFormValue("verdict")
	if verdict != "approve" && verdict != "reject" {
		return problem.Input("%s", v.T("Approve the proposal or reject it."))
	}
	answer := pipeline.Approval{Approved: verdict == "approve", Who: v.user.Name, Why: why}
	id := v.r.PostFormValue("workflow")
	var p pipeline.Proposal
	if err := v.update(request.Update{WorkflowID: id, RunID: v.r.PostFormValue("run"), Name: pipeline.ApproveUpdate, Args: []any{answer}}, &p); err != nil {
		return err
	}
	kept, notice := modelRejected, v.T("The proposal is rejected: %s stays.", p.Champion)
	if answer.Approved {
		kept, notice = modelApproved, v.T("The proposal is approved: %s takes the place of %s.", p.Challenger, p.Champion)
	}
	if err := v.did(kept, p.Challenger, map[string]string{"run": id, "reason": why}); err != nil {
		return err
	}
	return v.redirect("/models", notice)
}
