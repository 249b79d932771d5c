package runs

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/temporal"
)

// lookTimeout bounds one question to the server.
const lookTimeout = 5 * time.Second

// resultsAtOnce is how many runs are looked at at the same time.
const resultsAtOnce = 8

// MaxPage is how many runs the server gives at most in one answer.
const MaxPage = 1000

// Run is one run in a list.
type Run struct {
	WorkflowID, RunID string
	// Workflow is the workflow's type, Parent the workflow id of the run that
	// started this one, if one did.
	Workflow, Parent string
	// Task is empty for runs from before there were tasks.
	Task  string
	State State
	// Stage is that of the run, or of the part that it waits for.
	Stage   pipeline.Stage
	Started time.Time
	// Closed is zero while the run goes on.
	Closed time.Time
	// Result is what a run came to that is over, Failure why it failed.
	Result  Result
	Failure error
}

// Of is what the server's list has of a run.
func Of(info *workflowpb.WorkflowExecutionInfo) Run {
	r := Run{
		WorkflowID: info.GetExecution().GetWorkflowId(),
		RunID:      info.GetExecution().GetRunId(),
		Workflow:   info.GetType().GetName(),
		Parent:     info.GetParentExecution().GetWorkflowId(),
		Task:       temporal.Keyword(info.GetSearchAttributes(), pipeline.TaskAttribute),
		State:      StateOf(info.GetStatus()),
		Stage:      pipeline.Stage(temporal.Keyword(info.GetSearchAttributes(), pipeline.StageAttribute)),
		Started:    info.GetStartTime().AsTime(),
	}
	if info.GetCloseTime() != nil {
		r.Closed = info.GetCloseTime().AsTime()
	}
	return r
}

// Page is a part of the list of runs.
type Page struct {
	Runs []Run
	// Next is the token of the page after this one, nil if there is none.
	Next []byte
}

// List returns the runs that match a query of Temporal's visibility, in the
// server's order, each with its stage or what it came to. The first page has the
// token nil. No worker is asked.
func List(ctx context.Context, c *temporal.Client, query string, size int, token []byte) (Page, error) {
	infos, next, err := Infos(ctx, c, query, size, token)
	if err != nil {
		return Page{}, err
	}
	return Page{Look(ctx, c, infos), next}, ctx.Err()
}

// Get returns a run with its stage or what it came to. Without a run id it is the
// latest of the workflow id. One that is not there is a problem of kind BadInput.
func Get(ctx context.Context, c *temporal.Client, workflowID, runID string) (Run, error) {
	wait, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answer, err := c.DescribeWorkflowExecution(wait, workflowID, runID)
	if err != nil {
		return Run{}, request.Problem(c, err, "run "+workflowID)
	}
	if runID != "" && answer.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		// What a person calls the run goes on under the same workflow id.
		return Get(ctx, c, workflowID, "")
	}
	r := Of(answer.GetWorkflowExecutionInfo())
	r.look(ctx, c)
	return r, nil
}

// Look tells of runs what each came to. What cannot be had is left out.
func Look(ctx context.Context, c *temporal.Client, infos []*workflowpb.WorkflowExecutionInfo) []Run {
	all := make([]Run, len(infos))
	var asking errgroup.Group
	asking.SetLimit(resultsAtOnce)
	for i, info := range infos {
		asking.Go(func() error {
			all[i] = Of(info)
			all[i].look(ctx, c)
			return nil
		})
	}
	_ = asking.Wait() // none of them fails
	return all
}

func (r *Run) look(ctx context.Context, c *temporal.Client) {
	if r.State == Running {
		r.Stage = presentStage(ctx, c, r.WorkflowID, r.RunID, r.Stage)
		return
	}
	r.Result, r.Failure = ReadResult(ctx, c, r.WorkflowID, r.RunID, r.Workflow)
}

// Infos returns a page of what the server's list has of runs, and the token of the
// page after it.
func Infos(ctx context.Context, c *temporal.Client, query string, size int, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answer, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, PageSize: int32(min(size, MaxPage)), Query: query, NextPageToken: token,
	})
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && strings.Contains(invalid.Message, pipeline.TaskAttribute) {
		return nil, nil, problem.New(problem.Environment, "the namespace %q has no search attribute %s; `starter doctor` says how to create it", c.Namespace, pipeline.TaskAttribute)
	}
	if err != nil {
		return nil, nil, request.Problem(c, err, "list of runs")
	}
	return answer.GetExecutions(), answer.GetNextPageToken(), nil
}

// presentStage is the stage of a running run: that of the part that it waits for.
func presentStage(ctx context.Context, c *temporal.Client, id, runID string, known pipeline.Stage) pipeline.Stage {
	wait, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answer, err := c.DescribeWorkflowExecution(wait, id, runID)
	// A part may end between two questions.
	if err != nil || StateOf(answer.GetWorkflowExecutionInfo().GetStatus()) != Running {
		return known
	}
	if answer.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW && runID != "" {
		return presentStage(ctx, c, id, "", known)
	}
	stage := cmp.Or(Of(answer.GetWorkflowExecutionInfo()).Stage, known)
	for _, child := range answer.GetPendingChildren() {
		stage = presentStage(ctx, c, child.GetWorkflowId(), child.GetRunId(), stage)
	}
	return stage
}
