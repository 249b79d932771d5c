package cli

import (
	"errors"
	"fmt"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"

	"switchboard/internal/problem"
)

// The failures of the tests are made as they travel, and read as the client
// reads them.

func application(kind, message string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: message, Cause: cause, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind, NonRetryable: true}}}
}

func inActivity(name string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "activity error", Cause: cause, FailureInfo: &failurepb.Failure_ActivityFailureInfo{
		ActivityFailureInfo: &failurepb.ActivityFailureInfo{ActivityType: &commonpb.ActivityType{Name: name}, ActivityId: "7"}}}
}

func inChild(name string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "child workflow execution error", Cause: cause, FailureInfo: &failurepb.Failure_ChildWorkflowExecutionFailureInfo{
		ChildWorkflowExecutionFailureInfo: &failurepb.ChildWorkflowExecutionFailureInfo{WorkflowType: &commonpb.WorkflowType{Name: name}}}}
}

func silent() *failurepb.Failure {
	return &failurepb.Failure{Message: "activity Heartbeat timeout", FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
		TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: enumspb.TIMEOUT_TYPE_HEARTBEAT}}}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want failure
	}{
		{problem.Input("x"), failure{"BadInput", "x", 2}},
		{fmt.Errorf("doing: %w", problem.Input("x")), failure{"BadInput", "doing: x", 2}},
		{problem.New(problem.Environment, "x"), failure{"Environment", "x", 3}},
		{problem.New(problem.Refused, "x"), failure{"Refused", "x", 1}},
		{errors.New("x"), failure{"Failed", "x", 1}},
		{&interruption{"x"}, failure{"Interrupted", "x", 130}},
	} {
		if got := classify(c.err); got != c.want {
			t.Errorf("classify(%v) is %+v, want %+v", c.err, got, c.want)
		}
	}
}
