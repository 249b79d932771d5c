package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// knownTurns marks, in a history, that a model is asked how it does on conversations of
// which it knows a part.
const knownTurns = "known-turns"

// askKnown asks about test conversations at several lengths. It does not where there
// is no such sample: splits from before have none.
func askKnown(ctx workflow.Context, known artifact.Ref, classify func(workflow.Context, string, artifact.Ref, pipeline.Turns) workflow.Future) (said activities.ClassifyPartResult, err error) {
	if workflow.GetVersion(ctx, knownTurns, workflow.DefaultVersion, 1) == workflow.DefaultVersion || known.Rows == 0 {
		return said, nil
	}
	err = classify(ctx, "known", known, "").Get(ctx, &said)
	return said, err
}

// classifying is the summary of asking about a set of examples.
func classifying(set string) string {
	if set == "known" {
		return "classify the beginnings of test conversations"
	}
	return "classify the " + set + " set"
}
