package runs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Filter says which runs are listed. Empty fields do not narrow the list, but calls
// are listed only where Kind asks for them: of them there are too many.
type Filter struct {
	// Kind is one of [Kinds], Status one of [Statuses].
	Kind, Task, Status string
	// Since is the earliest start.
	Since time.Time
}

// Query is the filter in the language of Temporal's visibility. A word that is none
// of those it can be is a problem of kind BadInput.
func (f Filter) Query() (string, error) {
	var types []string
	for workflow, kind := range kinds {
		if f.Kind == kind || f.Kind == "" && workflow != pipeline.AnalyzeCallWorkflow {
			types = append(types, "'"+workflow+"'")
		}
	}
	if len(types) == 0 {
		return "", problem.Input("there is no kind of run %q; it can be one of %s", f.Kind, strings.Join(Kinds(), ", "))
	}
	slices.Sort(types)
	conditions := []string{fmt.Sprintf("WorkflowType IN (%s)", strings.Join(types, ", "))}
	if f.Status != "" {
		status, ok := statuses[f.Status]
		if !ok {
			return "", problem.Input("there is no status of runs %q; it can be one of %s", f.Status, strings.Join(Statuses(), ", "))
		}
		conditions = append(conditions, fmt.Sprintf("ExecutionStatus = '%s'", status))
	} else {
		// Such a run goes on under the same id, and is listed as that.
		conditions = append(conditions, fmt.Sprintf("ExecutionStatus != '%s'", enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW))
	}
	if f.Task != "" {
		if err := pipeline.CheckTask(f.Task); err != nil {
			return "", err
		}
		conditions = append(conditions, fmt.Sprintf("%s = '%s'", pipeline.TaskAttribute, f.Task))
	}
	if !f.Since.IsZero() {
		conditions = append(conditions, fmt.Sprintf("StartTime >= '%s'", f.Since.UTC().Format(time.RFC3339)))
	}
	return strings.Join(conditions, " AND "), nil
}
