package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// kinds are the commands that start a run, by the type of its workflow.
var kinds = map[string]string{
	pipeline.FineTuneWorkflow:    "finetune",
	pipeline.ApplyWorkflow:       "apply",
	pipeline.EvaluateWorkflow:    "evaluate",
	pipeline.RetrainWorkflow:     "retrain",
	pipeline.AnalyzeCallWorkflow: "call",
}

// kindOf is the command that starts a workflow of a type.
func kindOf(workflow string) string {
	if kind, ok := kinds[workflow]; ok {
		return kind
	}
	return workflow
}

func kindNames() []string { return slices.Sorted(maps.Values(kinds)) }

// statuses are what a list can be narrowed to, by the words of [states].
var statuses = map[string]enumspb.WorkflowExecutionStatus{
	stateRunning:    enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	stateCompleted:  enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	stateFailed:     enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
	stateCancelled:  enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
	stateTerminated: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED,
	"timed-out":     enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
}

func statusNames() []string { return slices.Sorted(maps.Keys(statuses)) }

// runFilter says which runs are listed. Empty fields do not narrow the list.
type runFilter struct {
	kind, task, status, since string
	limit                     int
}

// query is the filter in the language of Temporal's visibility.
func (f runFilter) query(now time.Time) (string, error) {
	if f.limit < 1 {
		return "", problem.Input("the limit is %d; it must be 1 or more runs", f.limit)
	}
	var types []string
	for workflow, kind := range kinds {
		// Of calls there are too many: `calls list` has them.
		if f.kind == kind || f.kind == "" && workflow != pipeline.AnalyzeCallWorkflow {
			types = append(types, "'"+workflow+"'")
		}
	}
	if len(types) == 0 {
		return "", unknownWord("--kind", f.kind, kindNames())
	}
	slices.Sort(types)
	conditions := []string{fmt.Sprintf("WorkflowType IN (%s)", strings.Join(types, ", "))}
	if f.status != "" {
		status, ok := statuses[f.status]
		if !ok {
			return "", unknownWord("--status", f.status, statusNames())
		}
		conditions = append(conditions, fmt.Sprintf("ExecutionStatus = '%s'", status))
	} else {
		// Such a run goes on under the same id, and is listed as that.
		conditions = append(conditions, fmt.Sprintf("ExecutionStatus != '%s'", enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW))
	}
	if f.task != "" {
		if err := pipeline.CheckTask(f.task); err != nil {
			return "", err
		}
		conditions = append(conditions, fmt.Sprintf("%s = '%s'", pipeline.TaskAttribute, f.task))
	}
	if f.since != "" {
		since, err := parsePoint("--since", f.since, now)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, fmt.Sprintf("StartTime >= '%s'", since.UTC().Format(time.RFC3339)))
	}
	return strings.Join(conditions, " AND "), nil
}

// parsePoint reads a point in time, or how long ago it was, from a flag.
func parsePoint(flag, text string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, problem.Input("%s is %q; give a time such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z", flag, text)
}
