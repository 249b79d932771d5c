package merge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/dustin/go-humanize"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Usable refuses answers that are none: a larger share of them than the limit is
// no label, or not one conversation was answered in all attempts. That is a
// problem of kind Refused. What was answered is kept, so that another run pays
// for none of it. A limit of 0 is [pipeline.DefaultMaxUnusable].
func (m *Merge) Usable(limit float64) error {
	invalid, failed := m.statuses[string(dataset.Invalid)], m.failed()
	answers := pipeline.ApplyCounts{ConversationStatuses: m.statuses}.Answers()
	switch {
	case failed > 0 && answers == 0:
		return problem.New(problem.Refused, "the provider answered none of %d conversations in all attempts: when it answers again, start the run again", failed)
	case evaluate.TooMany(invalid, answers, cmp.Or(limit, pipeline.DefaultMaxUnusable)):
		return problem.New(problem.Refused, "%d of %d answers of the model were no label, so there is no output: use another model, or raise the limit with --max-unusable; the answers are kept and not paid for again", invalid, answers)
	}
	return nil
}

func (m *Merge) failed() int64 { return m.statuses[string(dataset.Failed)] }

// Counts tells what became of the rows that were given out, and of the
// conversations. The cost is the caller's to fill in, from [Merge.Tokens].
func (m *Merge) Counts() pipeline.ApplyCounts {
	c := pipeline.ApplyCounts{
		Conversations: m.conversations, ConversationStatuses: maps.Clone(m.statuses), RowStatuses: maps.Clone(m.written),
		Companies: len(m.companies), Tokens: m.asked + m.answered,
		UnknownShare: evaluate.ShareOf(int64(m.companies[dataset.Unknown]), m.conversations-m.failed()),
	}
	for _, n := range m.written {
		c.Rows += n
	}
	if m.companies[dataset.Unknown] > 0 {
		c.Companies--
	}
	return c
}

// Tokens are those of all questions and of all answers.
func (m *Merge) Tokens() (asked, answered int64) { return m.asked, m.answered }

// Companies counts conversations by company, Unknown among them. Those that failed
// are left out.
func (m *Merge) Companies() map[string]int { return m.companies }

// Confidences counts the model's answers as [evaluate.ConfidenceBins] does.
func (m *Merge) Confidences() map[int]int64 { return evaluate.ConfidenceBins(m.confidences) }

// Warnings says, one sentence each, what to know before the answers are used: that
// conversations got none, and what [evaluate.Warnings] says of the others beside
// the model's own test.
func (m *Merge) Warnings(test evaluate.Practice) []string {
	var warnings []string
	if failed := m.failed(); failed > 0 {
		warnings = append(warnings, fmt.Sprintf("%s of %s (%s) got no answer in all attempts%s and are left out of all shares: ask them again with --retry-failed",
			humanize.Comma(failed), conversations(m.conversations), evaluate.ShareOf(failed, m.conversations), m.commonestError()))
	}
	// In a test no conversation is empty, and none fails.
	return append(warnings, evaluate.Warnings(test, evaluate.Practice{
		Given:       m.statuses[string(dataset.Classified)],
		Unknown:     m.statuses[string(dataset.Unsure)] + m.statuses[string(dataset.Invalid)],
		Confidences: m.Confidences(),
	})...)
}

func conversations(n int64) string {
	if n == 1 {
		return "1 conversation"
	}
	return humanize.Comma(n) + " conversations"
}

// commonestError names the error code of most that failed, in brackets.
func (m *Merge) commonestError() string {
	codes := slices.SortedFunc(maps.Keys(m.errorCodes), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.errorCodes[b], m.errorCodes[a]), cmp.Compare(a, b))
	})
	if len(codes) == 0 || codes[0] == "" {
		return ""
	}
	return fmt.Sprintf(" (mostly %s)", codes[0])
}
