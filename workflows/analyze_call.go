package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/pipeline"
)

// AnalyzeCall lets a model name the company that one call is for.
func AnalyzeCall(ctx workflow.Context, in pipeline.AnalyzeCallInput) (pipeline.AnalyzeCallResult, error) {
	if in.Stored {
		return carryOut(ctx, in, storeCall)
	}
	return carryOut(ctx, in, analyzeCall)
}

// storeCall has two steps: the call is stored without what names a person, and it is
// stored whom it is for. There are many calls and every step costs a few writes, so
// there is no third but where a call cannot be analyzed at all.
func storeCall(ctx workflow.Context, r *run, in pipeline.AnalyzeCallInput) (pipeline.AnalyzeCallResult, error) {
	in = in.WithDefaults()
	r.status.Task = in.Task
	// The intake has listed the run under its task; the rest would cost a write a
	// step.
	r.bare = in.Record != nil
	if !r.bare {
		if err := first(r.answerAccept(ctx), r.belongs(ctx, in.Task)); err != nil {
			return pipeline.AnalyzeCallResult{}, err
		}
	}
	if err := in.Validate(); err != nil {
		return pipeline.AnalyzeCallResult{}, r.refuse(ctx, invalid(err))
	}
	r.accepted = &pipeline.Accepted{Model: in.Model}
	r.notifies(ctx, in.Notify)
	result, err := storedCall(ctx, r, in)
	if err == nil || temporal.IsCanceledError(err) {
		return result, err
	}
	return result, first(r.rejectCall(ctx, in, err), err)
}

func storedCall(ctx workflow.Context, r *run, in pipeline.AnalyzeCallInput) (pipeline.AnalyzeCallResult, error) {
	result := pipeline.AnalyzeCallResult{Task: in.Task}
	done, err := redactedCall(ctx, r, in)
	if err != nil {
		return result, err
	}
	result.Turns, result.Spans, result.Status = done.Turns, done.Spans, done.Status
	if done.Outcome != pipeline.CallStored {
		result.Duplicate = done.Outcome
	}
	if result.Duplicate != "" || done.Status != "" {
		return result, nil
	}
	r.pass(ctx, pipeline.Classifying)
	answer := done.Answer
	if answer == nil {
		err = workflow.ExecuteActivity(answering(ctx, "classify the call"), calls.ClassifyCall, activities.ClassifyCallInput{
			CallID: in.CallID, Task: in.Task, Model: in.Model, Clearance: done.Clearance,
		}).Get(ctx, &answer)
		if err != nil {
			return result, err
		}
	}
	result.Model, result.Status, result.Confidence = answer.Model, answer.Status, answer.Confidence
	r.status.Model = answer.Model
	return result, nil
}

// redactedCall has the call stored without what names a person, and its answer if that
// came at once.
func redactedCall(ctx workflow.Context, r *run, in pipeline.AnalyzeCallInput) (done activities.AnswerCallResult, err error) {
	where := activities.RedactCallInput{CallID: in.CallID, Task: in.Task, Event: in.Event, Record: in.Record}
	if in.Audio {
		r.pass(ctx, pipeline.Transcribing)
		err = workflow.ExecuteActivity(transcribing(ctx, "transcribe and redact the call"), calls.TranscribeCall, where).Get(ctx, &done.RedactCallResult)
		return done, err
	}
	r.pass(ctx, pipeline.Anonymizing)
	if workflow.GetVersion(ctx, atOnce, workflow.DefaultVersion, 1) == 1 {
		err = workflow.ExecuteLocalActivity(once(ctx, "redact and classify the call"), calls.AnswerCall, activities.AnswerCallInput{RedactCallInput: where, Model: in.Model}).Get(ctx, &done)
		if err == nil || temporal.IsCanceledError(err) {
			return done, err
		}
	}
	err = workflow.ExecuteActivity(redacting(ctx, "redact the call"), calls.RedactCall, where).Get(ctx, &done.RedactCallResult)
	return done, err
}

// atOnce marks, in a history, that a call with turns is tried in one step first.
const atOnce = "calls-at-once"

// rejectCall keeps what is left of a call that cannot be analyzed, for whoever mends
// what was wrong and sends it again.
func (r *run) rejectCall(ctx workflow.Context, in pipeline.AnalyzeCallInput, why error) error {
	return workflow.ExecuteActivity(quick(ctx, "reject the call"), calls.RejectCall, activities.RejectCallInput{
		CallID: in.CallID, Record: in.Record, Reason: failureKind(why),
	}).Get(ctx, nil)
}
