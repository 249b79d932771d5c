package runs

import (
	"cmp"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/pipeline"
)

// State is what became of a run, as Temporal sees it.
type State = string

// The states.
const (
	Running    State = "running"
	Completed  State = "completed"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
	Terminated State = "terminated"
	TimedOut   State = "timed out"
)

var states = map[enumspb.WorkflowExecutionStatus]State{
	enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:    Running,
	enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:  Completed,
	enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:     Failed,
	enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:   Cancelled,
	enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: Terminated,
	enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  TimedOut,
	// Such a run goes on under the same workflow id.
	enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: Running,
}

// StateOf is the state of a run of a status; one that is not known is named as the
// server does.
func StateOf(status enumspb.WorkflowExecutionStatus) State {
	return cmp.Or(states[status], status.String())
}

// kinds are the commands that start a run, by the type of its workflow.
var kinds = map[string]string{
	pipeline.FineTuneWorkflow:    "finetune",
	pipeline.ApplyWorkflow:       "apply",
	pipeline.EvaluateWorkflow:    "evaluate",
	pipeline.RetrainWorkflow:     "retrain",
	pipeline.AnalyzeCallWorkflow: "call",
}

// KindOf is the command that starts a workflow of a type, and the type itself where
// no command does.
func KindOf(workflow string) string { return cmp.Or(kinds[workflow], workflow) }

// Types are those of the workflows that commands start, in order.
func Types() []string { return slices.Sorted(maps.Keys(kinds)) }

// Kinds are what a list can be narrowed to, in order.
func Kinds() []string { return slices.Sorted(maps.Values(kinds)) }

// statuses are those by which a list can be narrowed, in words that need no quotes.
var statuses = map[string]enumspb.WorkflowExecutionStatus{
	Running:     enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	Completed:   enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	Failed:      enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
	Cancelled:   enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
	Terminated:  enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED,
	"timed-out": enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
}

// Statuses are what a list can be narrowed to, in order.
func Statuses() []string { return slices.Sorted(maps.Keys(statuses)) }
