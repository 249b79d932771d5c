package workflows

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"
)

// Runs that were under way when a new version is deployed go on in it. So
// every version must replay the histories of the versions before it: one that
// cannot needs workflow.GetVersion, not new histories.
func TestRecordedHistoriesReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d recorded histories, %v", len(files), err)
	}
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	if err != nil {
		t.Fatal(err)
	}
	Register(replayer)
	logger := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var history historypb.History
			if err := protojson.Unmarshal(text, &history); err != nil {
				t.Fatal(err)
			}
			// Ids of children are made of the parent's.
			id := history.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
			options := worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: id}}
			if err := replayer.ReplayWorkflowHistoryWithOptions(logger, &history, options); err != nil {
				t.Error(err)
			}
		})
	}
}
