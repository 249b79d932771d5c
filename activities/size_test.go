package activities

import (
	"encoding/json"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
)

// The largest result is that of staging, with a hundred parts. It must stay
// small with the longest workflow id that there can be.
func TestLargestResultStaysSmall(t *testing.T) {
	id := pipeline.FineTuneID(pipeline.FineTuneInput{Dataset: "/data/" + strings.Repeat("long", 100) + ".csv"})
	id = pipeline.RetrainedID(id + "-2026-11-22T21:00:00Z")
	r := StageConversationsResult{Counts: pipeline.PrepareCounts{Anomalies: make(map[string]int64)}}
	for i := range 100 {
		r.Conversations = append(r.Conversations, artifact.Ref{
			Path:   layout.Of(id, "01a2052d-87ac-7ddd-8d77-e750a554b05d").Conversations(i),
			SHA256: strings.Repeat("f", 64), Bytes: 1 << 30, Rows: 1 << 20,
		})
	}
	for i := range 40 {
		r.Counts.Anomalies[strings.Repeat("anomaly", 3)+string(rune('a'+i))] = 1 << 30
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 32<<10 {
		t.Errorf("the result of staging may have %d bytes, more than 32 KB", len(text))
	}
}
