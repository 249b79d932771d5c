package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// What became of a run, as Temporal sees it.
const (
	stateRunning    = runs.Running
	stateCompleted  = runs.Completed
	stateFailed     = runs.Failed
	stateCancelled  = runs.Cancelled
	stateTerminated = runs.Terminated
	stateTimedOut   = runs.TimedOut
)

// report is all that is known of one run. Finetune, apply and status print it.
type report struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id,omitempty"`
	// Workflow is the workflow's type.
	Workflow string `json:"workflow"`
	// Parent is the workflow id of the run that started this one, if one did.
	Parent  string     `json:"parent,omitempty"`
	State   string     `json:"state"`
	Started *time.Time `json:"started,omitempty"`
	Closed  *time.Time `json:"closed,omitempty"`
	// Stage is that of the run, or of the child that it waits for.
	Stage pipeline.Stage `json:"stage,omitempty"`
	// Accepted is known to the command that started the run. Joined tells that
	// somebody had started it before.
	Accepted *pipeline.Accepted `json:"accepted,omitempty"`
	Joined   bool               `json:"joined,omitempty"`
	// WorkerSilent tells that no worker answered, so that Status is
	// missing and the rest is what the server knows.
	WorkerSilent bool             `json:"worker_silent,omitempty"`
	Status       *pipeline.Status `json:"status,omitempty"`
	// Children are the statuses of the workflow that the run waits for, of
	// the one that this one waits for, and so on.
	Children []pipeline.Status `json:"children,omitempty"`
	// Job is what the activity that awaits the job last saw; Events are the
	// latest of the job's events, oldest first.
	Job    *pipeline.JobProgress `json:"job,omitempty"`
	Events []pipeline.JobEvent   `json:"events,omitempty"`
	// SecondsLeft is how long the present stage still takes; 0 where that is not known.
	SecondsLeft float64 `json:"seconds_left,omitempty"`
	// Activities are those under way or waiting for their next attempt.
	Activities []activity               `json:"activities,omitempty"`
	FineTune   *pipeline.FineTuneResult `json:"fine_tune,omitempty"`
	Apply      *pipeline.ApplyResult    `json:"apply,omitempty"`
	// Retrain is set beside FineTune, which is then that of its child, if
	// there was one.
	Retrain  *pipeline.RetrainResult  `json:"retrain,omitempty"`
	Evaluate *pipeline.EvaluateResult `json:"evaluate,omitempty"`
	// Answer is what Call names, where the run's files can be read.
	Call   *pipeline.AnalyzeCallResult `json:"call,omitempty"`
	Answer *pipeline.CallAnswer        `json:"answer,omitempty"`
	// estimated is what a dry run was started with, nil if it cannot be read.
	estimated *pipeline.FineTuneInput
	// Failure is why a run failed.
	Failure *failure `json:"failure,omitempty"`
	Files   []file   `json:"files,omitempty"`
	// Next is the command that most likely comes next, WebUI where Temporal
	// shows the run.
	Next  string `json:"next,omitempty"`
	WebUI string `json:"web_ui,omitempty"`
}

// describe reports what the server knows of a run without asking a worker. An
// empty run id means the latest run.
func (c *connection) describe(ctx context.Context, id, runID string) (report, error) {
	r, _, err := c.describeWithChildren(ctx, id, runID)
	return r, err
}

func (c *connection) describeWithChildren(ctx context.Context, id, runID string) (report, []*workflowpb.PendingChildExecutionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answer, err := c.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return report{WorkflowID: id}, nil, c.serverProblem(err, "run "+id)
	}
	info := answer.GetWorkflowExecutionInfo()
	if runID != "" && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		// What a person calls the run goes on under the same workflow id.
		return c.describeWithChildren(ctx, id, "")
	}
	r := reportOfInfo(info)
	r.WebUI = c.runURL(r.WorkflowID, r.RunID)
	r.addActivities(c, answer.GetPendingActivities())
	return r, answer.GetPendingChildren(), nil
}

// reportOfInfo is what the server's list has of a run.
func reportOfInfo(info *workflowpb.WorkflowExecutionInfo) report {
	run := runs.Of(info)
	return report{
		WorkflowID: run.WorkflowID, RunID: run.RunID, Workflow: run.Workflow, Parent: run.Parent,
		State: run.State, Stage: run.Stage,
		Started: when(info.GetStartTime()), Closed: when(info.GetCloseTime()),
	}
}

// report reports a run: what the server knows, what the run says of itself,
// and the same of the children it waits for.
func (c *connection) report(ctx context.Context, id, runID string) (report, error) {
	r, children, err := c.describeWithChildren(ctx, id, runID)
	if err != nil {
		return r, err
	}
	status, err := c.status(ctx, r.WorkflowID, r.RunID)
	if err != nil {
		r.WorkerSilent = true
	} else {
		r.setStatus(status)
	}
	for _, child := range children {
		r.addChild(ctx, c, child)
	}
	if r.State != stateRunning {
		c.addResult(ctx, &r)
	}
	if r.FineTune != nil && r.FineTune.DryRun {
		var in pipeline.FineTuneInput
		if c.input(ctx, r, &in) == nil {
			r.estimated = &in
		}
	}
	r.SecondsLeft = r.left(time.Now()).Seconds()
	r.Next = c.next(r)
	return r, nil
}

// addChild adds what is known of a child that the run waits for. A child may
// end between two questions, so what cannot be had is left out.
func (r *report) addChild(ctx context.Context, c *connection, child *workflowpb.PendingChildExecutionInfo) {
	described, children, err := c.describeWithChildren(ctx, child.GetWorkflowId(), child.GetRunId())
	if err != nil || described.State != stateRunning {
		return
	}
	r.Activities = append(r.Activities, described.Activities...)
	if described.Job != nil {
		r.Job, r.Events = described.Job, described.Events
	}
	r.Stage = cmp.Or(described.Stage, r.Stage)
	if !r.WorkerSilent {
		if status, err := c.status(ctx, child.GetWorkflowId(), child.GetRunId()); err == nil {
			r.Children = append(r.Children, status)
			r.Stage = cmp.Or(status.Stage, r.Stage)
		}
	}
	for _, grandchild := range children {
		r.addChild(ctx, c, grandchild)
	}
}

func (r *report) setStatus(s pipeline.Status) {
	r.Status = &s
	r.Stage = cmp.Or(s.Stage, r.Stage)
}

// status asks a worker for the status of a run, open or closed.
func (c *connection) status(ctx context.Context, id, runID string) (pipeline.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var s pipeline.Status
	answer, err := c.QueryWorkflow(ctx, id, runID, pipeline.StatusQuery)
	if err != nil {
		return s, err
	}
	return s, answer.Get(&s)
}

// addResult adds what a closed run came to: its result, or its failure.
func (c *connection) addResult(ctx context.Context, r *report) {
	r.setResult(runs.ReadResult(ctx, c.Client, r.WorkflowID, r.RunID, r.Workflow))
}

func (r *report) setResult(result runs.Result, err error) {
	r.FineTune, r.Apply, r.Retrain, r.Evaluate, r.Call = result.FineTune, result.Apply, result.Retrain, result.Evaluate, result.Call
	if err != nil {
		f := classify(err)
		r.Failure = &f
	}
}

func when(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := t.AsTime()
	return &at
}

// statuses are those of the run and of the children it waits for, outermost
// first.
func (r report) statuses() []pipeline.Status {
	var all []pipeline.Status
	if r.Status != nil {
		all = append(all, *r.Status)
	}
	return append(all, r.Children...)
}

// stages are those of the run, with those of a child it waits for in the place
// of the stage in which it waits.
func (r report) stages() []pipeline.StageTime {
	var all []pipeline.StageTime
	for _, s := range r.statuses() {
		all = append(slices.DeleteFunc(all, waits), s.Stages...)
	}
	return slices.DeleteFunc(all, waits)
}

// waits tells a stage that only waits for a child.
func waits(s pipeline.StageTime) bool {
	return s.Seconds == 0 && (s.Stage == pipeline.Preparing || s.Stage == pipeline.Retraining)
}

// runError is the error with which a command that followed the run ends.
func (r report) runError() error {
	if r.Failure == nil {
		return nil
	}
	for _, kind := range []problem.Kind{problem.BadInput, problem.Environment, problem.Refused} {
		if r.Failure.Kind == string(kind) {
			return problem.New(kind, "%s", r.Failure.Message)
		}
	}
	return errors.New(r.Failure.Message)
}
