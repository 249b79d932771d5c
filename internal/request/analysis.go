package request

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
)

// Starter starts workflows, as a client of Temporal does.
type Starter interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
}

var taskAttribute = sdk.NewSearchAttributeKeyKeyword(pipeline.TaskAttribute)

// Analyze starts the analysis of a call, by a workflow whose id is that of the call. It
// returns once that is durable, and false where one is going on. One that has succeeded
// counts as going on, for as long as the server remembers it, unless the call is to be
// analyzed again.
func Analyze(ctx context.Context, c Starter, in pipeline.AnalyzeCallInput, again bool) (started bool, err error) {
	reuse := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	if again {
		reuse = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	}
	shown := in.Metadata()
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       pipeline.CallWorkflowID(in.CallID),
		TaskQueue:                                pipeline.TaskQueue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    reuse,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		// A worker of the same process, as in standalone, begins at once.
		EnableEagerStart:      true,
		TypedSearchAttributes: sdk.NewSearchAttributes(taskAttribute.ValueSet(in.WithDefaults().Task)),
		StaticSummary:         shown.Summary,
		StaticDetails:         shown.Details,
		Priority:              sdk.Priority{PriorityKey: pipeline.Priority(pipeline.AnalyzeCallWorkflow)},
	}, pipeline.AnalyzeCallWorkflow, in)
	var known *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &known) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("starting the analysis of a call: %w", err)
	}
	return true, nil
}
