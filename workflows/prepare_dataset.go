package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/pipeline"
)

// The activities, for their names and types alone: a workflow never calls one.
var (
	data      *activities.Data
	provider  *activities.Provider
	calls     *activities.Calls
	installed *activities.Installation
	notify    *activities.Notifier
)

// PrepareDataset turns a file into conversations without personal names. It
// runs as the child of the workflows that need one.
func PrepareDataset(ctx workflow.Context, in pipeline.PrepareInput) (pipeline.PrepareResult, error) {
	return carryOut(ctx, in, prepareDataset)
}

func prepareDataset(ctx workflow.Context, r *run, in pipeline.PrepareInput) (pipeline.PrepareResult, error) {
	r.folder = in.Dir
	var prepared pipeline.PrepareResult
	if err := r.stage(ctx, in, &prepared); err != nil {
		return pipeline.PrepareResult{}, err
	}
	if err := r.anonymize(ctx, in.Dir, in.Force, &prepared); err != nil {
		return pipeline.PrepareResult{}, err
	}
	r.leave(ctx)
	prepared.Stages = r.status.Stages
	return prepared, nil
}

func (r *run) stage(ctx workflow.Context, in pipeline.PrepareInput, prepared *pipeline.PrepareResult) error {
	if err := r.enter(ctx, pipeline.Staging); err != nil {
		return err
	}
	var staged activities.StageConversationsResult
	err := workflow.ExecuteActivity(bulk(ctx, "load the file and stage its conversations"), data.StageConversations, activities.StageConversationsInput{
		Dataset: in.Dataset, Kind: in.Kind, MaxTweets: in.MaxTweets, MaxUnusable: in.MaxUnusable, Dir: in.Dir, Force: in.Force,
	}).Get(ctx, &staged)
	if err != nil {
		return err
	}
	r.reused(staged.Reused)
	prepared.Dataset = staged.Dataset
	prepared.Counts = staged.Counts
	prepared.LoadReport = staged.LoadReport
	prepared.Duplicates = staged.Duplicates
	prepared.Conversations = staged.Conversations
	r.status.Prepared = &prepared.Counts
	return nil
}
