package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// anonymize judges the anonymizer, lets it work on the conversations that were
// staged into a folder, and adds to what is known of them what became of them. All
// parts run at once; the task queue spreads them over the workers, and there are
// at most about a hundred.
func (r *run) anonymize(ctx workflow.Context, dir string, force bool, prepared *pipeline.PrepareResult) error {
	if err := r.enter(ctx, pipeline.Anonymizing); err != nil {
		return err
	}
	gated := gated(ctx)
	if gated {
		if err := r.evaluateAnonymizer(ctx, dir, prepared); err != nil {
			return err
		}
	}
	// The first part that fails ends the others.
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	parts := prepared.Conversations
	r.parts(ctx, parts, 0)
	prepared.Anonymized = make([]artifact.Ref, len(parts))
	prepared.Audit = make([]artifact.Ref, len(parts))
	prepared.Counts.Spans = make(map[string]int64)
	r.reused(len(parts) > 0) // until a part is not

	var failed error
	selector := workflow.NewSelector(ctx)
	for i, ref := range parts {
		future := workflow.ExecuteActivity(anonymizing(ctx, "anonymize "+partOf(i, len(parts))), data.AnonymizePart, activities.AnonymizePartInput{Conversations: ref, Dir: dir, Part: i, Force: force})
		selector.AddFuture(future, func(f workflow.Future) {
			var done activities.AnonymizePartResult
			if failed = f.Get(ctx, &done); failed == nil && gated {
				failed = sameAnonymizer(*prepared, done)
			}
			if failed == nil {
				r.anonymized(ctx, i, done, prepared)
			}
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

// evaluateAnonymizer judges the anonymizer before it works, so that no hours of a
// slow model go into texts that may not leave the machine.
func (r *run) evaluateAnonymizer(ctx workflow.Context, dir string, prepared *pipeline.PrepareResult) error {
	var judged activities.EvaluateAnonymizerResult
	err := workflow.ExecuteActivity(anonymizing(ctx, "evaluate the anonymizer"), data.EvaluateAnonymizer, activities.EvaluateAnonymizerInput{Dir: dir}).Get(ctx, &judged)
	if err != nil {
		return err
	}
	prepared.Clearance, prepared.EvaluationFile = pipeline.ClearanceBy(judged.Evaluation), judged.File
	r.status.Privacy = judged.Evaluation
	return cleared(prepared.Clearance)
}

// sameAnonymizer refuses a part that another version made than the one that was
// judged: workers of several versions share a task queue while they are replaced.
func sameAnonymizer(prepared pipeline.PrepareResult, done activities.AnonymizePartResult) error {
	return cleared(pipeline.Clearance{Anonymizer: done.Version, Evaluation: prepared.Evaluation})
}

// anonymized notes what became of a part.
func (r *run) anonymized(ctx workflow.Context, i int, done activities.AnonymizePartResult, prepared *pipeline.PrepareResult) {
	prepared.Anonymized[i], prepared.Audit[i] = done.Examples, done.Audit
	prepared.Anonymizer = done.Version
	for _, kind := range workflow.DeterministicKeys(done.Spans) {
		prepared.Counts.Spans[kind] += done.Spans[kind]
	}
	r.partDone(ctx, prepared.Conversations[i])
	if !done.Reused {
		r.reused(false)
	}
}
