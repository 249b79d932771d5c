package workflows

import (
	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/prompt"
)

// facts are the versions and hashes that shaped what comes out.
func facts(p pipeline.PrepareResult) map[string]string {
	return map[string]string{
		"dataset_sha256": p.Dataset.SHA256,
		"anonymizer":     p.Anonymizer,
		"prompt":         prompt.Version(),
	}
}

func preparedFiles(p pipeline.PrepareResult) []activities.ManifestStage {
	load := activities.ManifestStage{Name: "load", Files: []artifact.Ref{p.LoadReport, p.Duplicates}}
	return append([]activities.ManifestStage{load}, conversationFiles(p)...)
}

func conversationFiles(p pipeline.PrepareResult) []activities.ManifestStage {
	return []activities.ManifestStage{
		{Name: "conversations", Files: p.Conversations},
		{Name: "anonymized", Files: p.Anonymized},
		{Name: "audit", Files: p.Audit},
		{Name: "privacy", Files: []artifact.Ref{p.EvaluationFile}},
	}
}

func preparedChecks(p pipeline.PrepareResult) []activities.Check {
	return []activities.Check{
		{Name: "input rows are tweets, duplicates of one, or repeat the header", In: p.Dataset.Rows, Out: p.Counts.Tweets + p.Duplicates.Rows + p.Counts.Headers},
		{Name: "conversations were staged", In: p.Counts.Conversations, Out: rowsOf(p.Conversations)},
		{Name: "conversations were anonymized", In: rowsOf(p.Conversations), Out: rowsOf(p.Anonymized)},
	}
}

func rowsOf(refs []artifact.Ref) int64 {
	var n int64
	for _, ref := range refs {
		n += ref.Rows
	}
	return n
}
