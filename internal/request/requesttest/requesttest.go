// Package requesttest makes failures as they travel through Temporal, for tests that
// read them as a client does.
package requesttest

import (
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
)

// Application is a failure that the code of a workflow or an activity gave, with its
// kind; cause may be nil.
func Application(kind, message string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: message, Cause: cause, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind, NonRetryable: true}}}
}

// InActivity is what the failure of an activity is for its workflow.
func InActivity(name string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "activity error", Cause: cause, FailureInfo: &failurepb.Failure_ActivityFailureInfo{
		ActivityFailureInfo: &failurepb.ActivityFailureInfo{ActivityType: &commonpb.ActivityType{Name: name}, ActivityId: "7"}}}
}

// InChild is what the failure of a child workflow is for its parent.
func InChild(name string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "child workflow execution error", Cause: cause, FailureInfo: &failurepb.Failure_ChildWorkflowExecutionFailureInfo{
		ChildWorkflowExecutionFailureInfo: &failurepb.ChildWorkflowExecutionFailureInfo{WorkflowType: &commonpb.WorkflowType{Name: name}}}}
}

// Silent is the failure of an activity whose worker sent no heartbeat in time.
func Silent() *failurepb.Failure {
	return &failurepb.Failure{Message: "activity Heartbeat timeout", FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
		TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: enumspb.TIMEOUT_TYPE_HEARTBEAT}}}
}
