package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// The activities, for their names and types alone: a workflow never calls one.
var (
	data      *activities.Data
	provider  *activities.Provider
	installed *activities.Installation
	notify    *activities.Notifier
)

// PrepareDataset turns a file into conversations without personal names. It
// runs as the child of the workflows that need one.
func PrepareDataset(ctx workflow.Context, in pipeline.PrepareInput) (pipeline.PrepareResult, error) {
	return carryOut(ctx, in, prepareDataset)
}

func prepareDataset(ctx workflow.Context, r *run, in pipeline.PrepareInput) (result pipeline.PrepareResult, err error) {
	p := preparation{run: r, in: in}
	if err := p.stage(ctx); err != nil {
		return result, err
	}
	if err := p.anonymize(ctx); err != nil {
		return result, err
	}
	r.leave(ctx)
	p.result.Stages = r.status.Stages
	return p.result, nil
}

type preparation struct {
	*run
	in     pipeline.PrepareInput
	result pipeline.PrepareResult
	gated  bool
}

func (p *preparation) stage(ctx workflow.Context) error {
	if err := p.enter(ctx, pipeline.Staging); err != nil {
		return err
	}
	var staged activities.StageConversationsResult
	err := workflow.ExecuteActivity(bulk(ctx, "load the file and stage its conversations"), data.StageConversations, activities.StageConversationsInput{
		Dataset: p.in.Dataset, Kind: p.in.Kind, MaxTweets: p.in.MaxTweets, MaxUnusable: p.in.MaxUnusable, Dir: p.in.Dir, Force: p.in.Force,
	}).Get(ctx, &staged)
	if err != nil {
		return err
	}
	p.reused(staged.Reused)
	p.result.Dataset = staged.Dataset
	p.result.Counts = staged.Counts
	p.result.LoadReport = staged.LoadReport
	p.result.Duplicates = staged.Duplicates
	p.result.Conversations = staged.Conversations
	p.status.Prepared = &p.result.Counts
	return nil
}

// anonymize lets all parts run at once; the task queue spreads them over the
// workers, and there are at most about a hundred.
func (p *preparation) anonymize(ctx workflow.Context) error {
	if err := p.enter(ctx, pipeline.Anonymizing); err != nil {
		return err
	}
	if err := p.evaluate(ctx); err != nil {
		return err
	}
	// The first part that fails ends the others.
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	parts := p.result.Conversations
	p.parts(ctx, parts, 0)
	p.result.Anonymized = make([]artifact.Ref, len(parts))
	p.result.Audit = make([]artifact.Ref, len(parts))
	p.result.Counts.Spans = make(map[string]int64)
	p.reused(len(parts) > 0) // until a part is not

	var failed error
	selector := workflow.NewSelector(ctx)
	for i, ref := range parts {
		future := workflow.ExecuteActivity(anonymizing(ctx, "anonymize "+partOf(i, len(parts))), data.AnonymizePart, activities.AnonymizePartInput{Conversations: ref, Dir: p.in.Dir, Part: i, Force: p.in.Force})
		selector.AddFuture(future, func(f workflow.Future) {
			var done activities.AnonymizePartResult
			if err := f.Get(ctx, &done); err != nil {
				failed = err
				return
			}
			failed = p.keep(ctx, i, done)
		})
	}
	for range parts {
		selector.Select(ctx)
		if failed != nil {
			return failed
		}
	}
	return nil
}

// evaluate judges the anonymizer before it works, so that no hours of a slow
// model go into texts that may not leave the machine.
func (p *preparation) evaluate(ctx workflow.Context) error {
	if p.gated = gated(ctx); !p.gated {
		return nil
	}
	var judged activities.EvaluateAnonymizerResult
	err := workflow.ExecuteActivity(anonymizing(ctx, "evaluate the anonymizer"), data.EvaluateAnonymizer, activities.EvaluateAnonymizerInput{Dir: p.in.Dir}).Get(ctx, &judged)
	if err != nil {
		return err
	}
	p.result.Evaluation, p.result.EvaluationFile = judged.Evaluation, judged.File
	p.result.Anonymizer = judged.Evaluation.Anonymizer
	p.status.Privacy = judged.Evaluation
	return cleared(p.result.Evaluation, p.result.Anonymizer)
}

// keep notes what became of a part. Workers of several versions share a task
// queue while they are replaced: a part that another version made than the one
// that was judged is refused.
func (p *preparation) keep(ctx workflow.Context, i int, done activities.AnonymizePartResult) error {
	if p.gated {
		if err := cleared(p.result.Evaluation, done.Version); err != nil {
			return err
		}
	}
	p.result.Anonymized[i], p.result.Audit[i] = done.Examples, done.Audit
	p.result.Anonymizer = done.Version
	for kind, n := range done.Spans {
		p.result.Counts.Spans[kind] += n
	}
	p.partDone(ctx, p.result.Conversations[i])
	if !done.Reused {
		p.reused(false)
	}
	return nil
}
