package intake

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"switchboard/internal/pipeline"
	"switchboard/internal/request"
)

// Runs is where calls are analyzed.
type Runs interface {
	// Start starts the analysis of a call. It returns once that is durable; false
	// says that there was one before, which is going on or has succeeded.
	Start(ctx context.Context, in pipeline.AnalyzeCallInput) (bool, error)
	// Open counts the analyses that are going on.
	Open(ctx context.Context) (int, error)
}

// Workflows are the runs of a Temporal server.
type Workflows struct {
	Client    client.Client
	Namespace string
}

// Start starts a workflow whose id is that of the call. A call whose analysis failed
// is analyzed again when its event is sent again; one that succeeded is not, for as
// long as the server remembers it.
func (w Workflows) Start(ctx context.Context, in pipeline.AnalyzeCallInput) (bool, error) {
	return request.Analyze(ctx, w.Client, in, false)
}

// openCalls finds the analyses that are going on.
const openCalls = "WorkflowType = '" + pipeline.AnalyzeCallWorkflow + "' AND ExecutionStatus = 'Running'"

// Open asks the server, which knows of a start or an end about a second late.
func (w Workflows) Open(ctx context.Context) (int, error) {
	answer, err := w.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: w.Namespace, Query: openCalls})
	if err != nil {
		return 0, fmt.Errorf("counting the calls that are being analyzed: %w", err)
	}
	return int(answer.GetCount()), nil
}
