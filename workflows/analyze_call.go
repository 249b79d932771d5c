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
	r.pass(ctx, pipeline.Anonymizing)
	step, within := calls.RedactCall, redacting(ctx, "redact the call")
	if in.Audio {
		r.pass(ctx, pipeline.Transcribing)
		step, within = calls.TranscribeCall, transcribing(ctx, "transcribe and redact the call")
	}
	var redacted activities.RedactCallResult
	err := workflow.ExecuteActivity(within, step, activities.RedactCallInput{CallID: in.CallID, Task: in.Task, Event: in.Event, Record: in.Record}).Get(ctx, &redacted)
	if err != nil {
		return result, err
	}
	result.Turns, result.Spans, result.Status = redacted.Turns, redacted.Spans, redacted.Status
	if redacted.Outcome != pipeline.CallStored {
		result.Duplicate = redacted.Outcome
	}
	if result.Duplicate != "" || redacted.Status != "" {
		return result, nil
	}
	r.pass(ctx, pipeline.Classifying)
	var answered activities.ClassifyCallResult
	err = workflow.ExecuteActivity(answering(ctx, "classify the call"), calls.ClassifyCall, activities.ClassifyCallInput{
		CallID: in.CallID, Task: in.Task, Model: in.Model, Clearance: redacted.Clearance,
	}).Get(ctx, &answered)
	result.Model, result.Status, result.Confidence = answered.Model, answered.Status, answered.Confidence
	r.status.Model = answered.Model
	return result, err
}

// rejectCall keeps what is left of a call that cannot be analyzed, for whoever mends
// what was wrong and sends it again.
func (r *run) rejectCall(ctx workflow.Context, in pipeline.AnalyzeCallInput, why error) error {
	return workflow.ExecuteActivity(quick(ctx, "reject the call"), calls.RejectCall, activities.RejectCallInput{
		CallID: in.CallID, Record: in.Record, Reason: failureKind(why),
	}).Get(ctx, nil)
}
