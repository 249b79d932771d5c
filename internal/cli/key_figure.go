package cli

import (
	"fmt"
	"strings"

	"switchboard/internal/pipeline"
)

// keyFigure is what a run that is over came to, in a few words.
func (r report) keyFigure() string {
	switch {
	case r.Retrain != nil:
		return string(r.Retrain.Decision)
	case r.FineTune != nil && r.FineTune.DryRun:
		return "dry run"
	case r.FineTune != nil:
		return accuracy(r.FineTune.Metrics)
	case r.Evaluate != nil && len(r.Evaluate.Compared) > 0:
		return bestOf(r.Evaluate.Compared)
	case r.Evaluate != nil:
		return accuracy(r.Evaluate.Metrics)
	case r.Apply != nil:
		return assigned(r.Apply.Counts)
	case r.Call != nil && r.Call.Duplicate != "":
		return "not analyzed: " + string(r.Call.Duplicate)
	case r.Call != nil:
		return fmt.Sprintf("%s, confidence %.2f", r.Call.Status, r.Call.Confidence)
	case r.Failure != nil && r.State == stateFailed:
		return r.Failure.Message
	}
	return ""
}

// accuracy is how often a model was right on its test set, and how much of it the
// threshold leaves.
func accuracy(m pipeline.Metrics) string {
	return fmt.Sprintf("%s right on test, %s answered", m.Test.Accuracy, m.Test.Coverage)
}

// assigned is how many conversations got a company.
func assigned(c pipeline.ApplyCounts) string {
	parts := []string{
		fmt.Sprintf("%s of %s assigned", number(c.ConversationStatuses[string(pipeline.AnswerClassified)]), count(c.Conversations, "conversation")),
		c.UnknownShare.String() + " Unknown",
	}
	if failed := c.ConversationStatuses[string(pipeline.AnswerFailed)]; failed > 0 {
		parts = append(parts, number(failed)+" failed")
	}
	return strings.Join(parts, ", ")
}
