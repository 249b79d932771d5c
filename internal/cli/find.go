package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// runRef names one run. Without a run id it is the latest of the workflow id.
type runRef struct{ workflow, run string }

// errNoFineTuning tells that no run is named and that there is none to take instead.
var errNoFineTuning = problem.Input("there is no fine-tuning yet; start one with `starter finetune --dataset FILE`, or name a run")

// named returns the run that the arguments name, or else the fine-tuning that was
// started last.
func (c *connection) named(ctx context.Context, args []string) (runRef, error) {
	if len(args) == 1 {
		return c.find(ctx, args[0])
	}
	// Servers differ in the order of their lists, and not all can be told
	// one; the first page has the running ones and those that ended last.
	all, err := c.list(ctx, fmt.Sprintf("WorkflowType = '%s'", pipeline.FineTuneWorkflow), 100)
	if err != nil {
		return runRef{}, err
	}
	// A retraining's own fine-tuning is a part of that, and looked at with it.
	all = slices.DeleteFunc(all, func(info *workflowpb.WorkflowExecutionInfo) bool { return info.GetParentExecution() != nil })
	if len(all) == 0 {
		return runRef{}, errNoFineTuning
	}
	latest := slices.MaxFunc(all, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	return runRef{workflow: latest.GetExecution().GetWorkflowId()}, nil
}

// find returns the run of a workflow id, of a run id, or of the start of either
// that no other run shares. A name that fits none or several is a problem of kind
// BadInput.
func (c *connection) find(ctx context.Context, name string) (runRef, error) {
	_, err := c.describe(ctx, name, "")
	if kind, _ := problem.KindOf(err); err == nil || kind != problem.BadInput || strings.ContainsAny(name, `'"\`) || name == "" {
		return runRef{workflow: name}, err
	}
	some, failed := c.list(ctx, fmt.Sprintf("WorkflowId STARTS_WITH '%s' OR RunId STARTS_WITH '%s'", name, name), maxCandidates+1)
	if failed != nil {
		return runRef{}, failed
	}
	switch found := candidates(some, name); len(found) {
	case 0:
		return runRef{}, err
	case 1:
		return found[0], nil
	default:
		return runRef{}, ambiguous(name, found)
	}
}

// reportOf reports the run of a name, see [connection.find].
func (c *connection) reportOf(ctx context.Context, name string) (report, error) {
	run, err := c.find(ctx, name)
	if err != nil {
		return report{}, err
	}
	return c.report(ctx, run.workflow, run.run)
}

// maxCandidates is how many runs a name is looked up among. A start that more of
// them share is too short in any case.
const maxCandidates = 100

// candidates are the runs that a name may mean, without the parts of other
// candidates: who types the start of a run's id means the run and not what it
// starts in turn.
func candidates(among []*workflowpb.WorkflowExecutionInfo, name string) (found []runRef) {
	for _, info := range among {
		id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
		ref := runRef{workflow: id}
		if !strings.HasPrefix(id, name) {
			ref.run = run
		}
		parent := info.GetParentExecution().GetWorkflowId()
		isPart := parent != "" && strings.HasPrefix(parent, name)
		if !isPart && !slices.Contains(found, ref) {
			found = append(found, ref)
		}
	}
	slices.SortFunc(found, func(a, b runRef) int { return strings.Compare(a.workflow+a.run, b.workflow+b.run) })
	return found
}

// ambiguous refuses a name that several runs share.
func ambiguous(name string, found []runRef) error {
	const shown = 5
	var names []string
	for _, ref := range found[:min(shown, len(found))] {
		text := ref.workflow
		if ref.run != "" {
			text += " (run " + ref.run + ")"
		}
		names = append(names, text)
	}
	if len(found) > shown {
		names = append(names, "others")
	}
	last := len(names) - 1
	return problem.Input("%q is the start of more than one run: %s and %s; type more of it", name, strings.Join(names[:last], ", "), names[last])
}

// list returns the first runs that match a query of Temporal's visibility, at
// most so many.
func (c *connection) list(ctx context.Context, query string, most int) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var all []*workflowpb.WorkflowExecutionInfo
	var next []byte
	for {
		page, token, err := runs.Infos(ctx, c.Client, query, most, next)
		if err != nil {
			return nil, err
		}
		all, next = append(all, page...), token
		if len(all) >= most || len(next) == 0 {
			return all[:min(most, len(all))], nil
		}
	}
}
