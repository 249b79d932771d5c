package workflows

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// summarized fails the test where an activity or a child is started without a
// summary for the Web UI. Every test of this package has it.
type summarized struct {
	interceptor.WorkerInterceptorBase
	t *testing.T
}

func (s *summarized) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &summarizedInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, s.t}
}

type summarizedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	t *testing.T
}

func (s *summarizedInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return s.Next.Init(&summarizedOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, s.t})
}

// onAllCores are the activities that work as fast as the machine lets them.
var onAllCores = map[string]bool{"StageConversations": true, "AnonymizePart": true, "EvaluateAnonymizer": true, "SplitExamples": true, "EvaluateModel": true, "MergeOutput": true}

type summarizedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	t *testing.T
}

func (s *summarizedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	options := workflow.GetActivityOptions(ctx)
	if options.Summary == "" {
		s.t.Errorf("the activity %s has no summary", name)
	}
	// What takes all cores is late with its heartbeats on a busy machine; and a worker
	// that died is missed all the same.
	if silence := options.HeartbeatTimeout; silence == 0 || silence > 2*time.Minute || silence < time.Minute && onAllCores[name] {
		s.t.Errorf("the activity %s may be silent for %s", name, silence)
	}
	return s.Next.ExecuteActivity(ctx, name, args...)
}

func (s *summarizedOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if workflow.GetLocalActivityOptions(ctx).Summary == "" {
		s.t.Errorf("the local activity %s has no summary", name)
	}
	return s.Next.ExecuteLocalActivity(ctx, name, args...)
}

func (s *summarizedOutbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if options := workflow.GetChildWorkflowOptions(ctx); options.StaticSummary == "" || options.StaticDetails == "" {
		s.t.Errorf("the child %s has no summary, or no details", name)
	}
	return s.Next.ExecuteChildWorkflow(ctx, name, args...)
}

// What the Web UI shows of a run follows its parts: of how many, and of how many
// conversations.
func TestCurrentDetailsFollowTheParts(t *testing.T) {
	r := run{status: pipeline.Status{Dir: "apply-x-1/run", Stage: pipeline.Classifying, Model: model}}
	require.Equal(t, "classifying\n\n- model: `"+model+"`\n- files: `apply-x-1/run`", r.details())
	r.status.PartsDone, r.status.PartsTotal, r.conversations = 3, 7, progress{61, 99}
	r.status.Paused = true
	require.Equal(t, "classifying: part 4 of 7, 61% (paused)\n\n- model: `"+model+"`\n- files: `apply-x-1/run`", r.details())
}

func TestCurrentDetailsOfAnApplication(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).After(time.Hour).Return(
		func(_ context.Context, in activities.ClassifyPartInput) (activities.ClassifyPartResult, error) {
			return activities.ClassifyPartResult{Predictions: artifact.Ref{Path: in.Path, Rows: 10}}, nil
		})
	for minutes, want := range map[int]string{
		30: "classifying: part 1 of 11, 0%\n",
		90: fmt.Sprintf("classifying: part %d of 11, %d%%\n", window+1, 100*window/11),
	} {
		w.RegisterDelayedCallback(func() { require.Contains(t, w.details(), want) }, time.Duration(minutes)*time.Minute)
	}
	w.applies(11)
	w.ExecuteWorkflow(Apply, applyInput)
	require.NoError(t, w.GetWorkflowError())
	require.Contains(t, w.details(), "done\n\n- model: `"+model+"`\n")
}

func TestCurrentDetailsSayWhatIsWaitedFor(t *testing.T) {
	r := run{status: pipeline.Status{
		Dir: "retrain-x-1/run", Stage: pipeline.Approving,
		Proposal: &pipeline.Proposal{Reason: "AcmeHelp is found more often", Deadline: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)},
	}}
	require.Equal(t, "approving\n\n- files: `retrain-x-1/run`\n- waits until 2026-03-02T12:00:00Z for `starter models approve retrain-x-1`", r.details())
}

// details are what the Web UI asks for.
func (w *world) details() string {
	w.t.Helper()
	value, err := w.QueryWorkflow("__temporal_workflow_metadata")
	require.NoError(w.t, err)
	var m sdkpb.WorkflowMetadata
	require.NoError(w.t, value.Get(&m))
	return m.CurrentDetails
}
