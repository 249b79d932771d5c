package cli

import "switchboard/internal/pipeline"

// writeApply is the summary of a finished application of a model.
func writeApply(t *text, r pipeline.ApplyResult) {
	writeWarnings(t, r.Warnings)
	writeApplied(t, r.Counts)
	writeTask(t, r.Task)
	t.fact("model", r.Model)
	writeTurns(t, "asked about", r.Turns)
	writeOrigin(t, r.Origin)
	if r.Reviewable > 0 {
		t.fact("for review", count(r.Reviewable, "conversation")+" among the calls, in the channel dataset")
	}
	writePrepared(t, r.Prepared)
	writePrivacy(t, r.Privacy)
	writeStages(t, r.Stages)
}

// writeWarnings says loudly what to know before the answers are used.
func writeWarnings(t *text, warnings []string) { t.fact("WARNING", warnings...) }

func writeApplied(t *text, c pipeline.ApplyCounts) {
	t.fact("rows", byStatus(c.Rows, c.RowStatuses))
	t.fact("conversations", byStatus(c.Conversations, c.ConversationStatuses))
	t.fact("companies", number(int64(c.Companies)))
	t.fact("no label", noLabel(c.ConversationStatuses[string(pipeline.AnswerInvalid)], c.Answers()))
	t.fact("tokens", number(c.Tokens))
	if c.Priced && c.Cost > 0 {
		t.fact("cost", dollars(c.Cost)+" for the answers, those taken over from earlier runs included")
	}
}
