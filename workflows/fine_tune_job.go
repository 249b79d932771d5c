package workflows

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

func (f *fineTuning) upload(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Uploading); err != nil {
		return err
	}
	train := f.uploadFile(ctx, "training", f.splits.TrainFile)
	validation := f.uploadFile(ctx, "validation", f.splits.ValidationFile)
	var trained, validated activities.UploadFileResult
	if err := first(train.Get(ctx, &trained), validation.Get(ctx, &validated)); err != nil {
		return err
	}
	f.reused(trained.Adopted && validated.Adopted)
	f.job = activities.SubmitJobInput{
		BaseModel:        f.in.BaseModel,
		TrainingFile:     trained.FileID,
		ValidationFile:   validated.FileID,
		TrainingSHA256:   f.splits.TrainFile.SHA256,
		ValidationSHA256: f.splits.ValidationFile.SHA256,
		Epochs:           f.in.Epochs,
		Seed:             f.in.Seed,
		Owner:            f.status.Dir,
	}
	return nil
}

func (f *fineTuning) uploadFile(ctx workflow.Context, name string, file artifact.Ref) workflow.Future {
	return workflow.ExecuteActivity(call(ctx, "upload the "+name+" file"), provider.UploadFile, activities.UploadFileInput{
		File: file, Clearance: f.prepared.Clearance, Force: f.in.Force,
	})
}

// submit does not let a cancellation interrupt the submission: the job's id
// would be lost, and with it the way to cancel the job.
func (f *fineTuning) submit(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Submitting); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	whole, _ := workflow.NewDisconnectedContext(ctx)
	var job activities.SubmitJobResult
	if err := workflow.ExecuteActivity(call(whole, "submit the fine-tuning job"), provider.SubmitJob, f.job).Get(whole, &job); err != nil {
		return err
	}
	f.status.JobID, f.result.JobID = job.JobID, job.JobID
	return nil
}

func (f *fineTuning) await(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.TrainingJob); err != nil {
		return err
	}
	var state pipeline.JobState
	err := workflow.ExecuteActivity(await(ctx, "await the fine-tuning job", f.in.JobDeadline), provider.AwaitJob, activities.AwaitJobInput{JobID: f.status.JobID}).Get(ctx, &state)
	if err != nil {
		// Whatever the reason, nobody waits for the job any more. One that
		// has ended by itself is left as it is.
		f.cancelJob(ctx)
		if outOfTime(err) {
			return refused("the fine-tuning job %s did not end within %s and was cancelled; give it more time with --job-deadline, or look it up at the provider", f.status.JobID, f.in.JobDeadline)
		}
		return err
	}
	if state.Model == "" {
		return refused("the fine-tuning job %s succeeded but names no model; look it up at the provider", f.status.JobID)
	}
	f.status.Job, f.status.Model = &state, state.Model
	f.result.Model, f.result.TrainedTokens = state.Model, state.TrainedTokens
	return workflow.UpsertTypedSearchAttributes(ctx, modelAttribute.ValueSet(state.Model))
}

// outOfTime tells whether an activity's time ran out: while it worked, or
// before the next attempt after a failure.
func outOfTime(err error) bool {
	var late *temporal.TimeoutError
	if errors.As(err, &late) && late.TimeoutType() == enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE {
		return true
	}
	var failed *temporal.ActivityError
	return errors.As(err, &failed) && failed.RetryState() == enums.RETRY_STATE_TIMEOUT
}

// cancelJob stops the job on a context of its own, since the workflow's is
// cancelled. If even that fails, the log says so: the run ends either way.
func (f *fineTuning) cancelJob(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(call(ctx, "cancel the fine-tuning job"), provider.CancelJob, activities.CancelJobInput{JobID: f.status.JobID, Owner: f.status.Dir}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("The fine-tuning job could not be cancelled; cancel it at the provider.", "job", f.status.JobID, "error", err)
	}
}

func (f *fineTuning) measure(ctx workflow.Context) error {
	if err := f.enter(ctx, pipeline.Measuring); err != nil {
		return err
	}
	metrics := workflow.ExecuteActivity(call(ctx, "fetch the metrics of the training"), provider.FetchMetrics, activities.FetchMetricsInput{JobID: f.status.JobID, Dir: f.status.Dir})
	probe := workflow.ExecuteActivity(appear(ctx, "wait until the model answers"), provider.ProbeModel, activities.ProbeModelInput{Model: f.status.Model})
	return first(metrics.Get(ctx, &f.metrics), probe.Get(ctx, nil))
}
