package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// launch is a run to be started.
type launch struct {
	workflow, id string
	input        described
}

// described is a run's input: the Web UI shows a summary of it, and a worker can say
// whether a run could begin with it.
type described interface {
	Metadata() pipeline.Metadata
	Check() pipeline.CheckRunInput
}

// startAndWatch starts a run and, if asked, follows it to its end.
func (a *app) startAndWatch(ctx context.Context, l launch, watch bool) (view, error) {
	c, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := a.checkRun(ctx, c, l.input.Check()); err != nil {
		return nil, err
	}
	r, err := a.start(ctx, c, l)
	if err != nil {
		return a.unlessText(r), err
	}
	if !watch {
		return started{r}, nil
	}
	return a.watch(ctx, c, runRef{r.WorkflowID, r.RunID})
}

// unlessText is the report for JSON, and nothing for text: there the error
// says it all.
func (a *app) unlessText(r report) view {
	if !a.json || r.WorkflowID == "" {
		return nil
	}
	return r
}

// start starts the run, or joins the one of the same id if it is going on, and
// waits until a worker has checked its input. So bad input is refused here and
// now, although the run itself goes on in the background.
func (a *app) start(ctx context.Context, c *connection, l launch) (report, error) {
	r := report{WorkflowID: l.id, Workflow: l.workflow, State: stateRunning}
	wait, cancel := context.WithTimeout(ctx, a.acceptWait)
	defer cancel()
	before, _ := c.describe(wait, l.id, "") // a run that cannot be looked at cannot be joined
	shown := l.input.Metadata()
	operation := c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       l.id,
		TaskQueue:                pipeline.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            shown.Summary,
		StaticDetails:            shown.Details,
		Priority:                 temporal.Priority{PriorityKey: pipeline.Priority(l.workflow)},
	}, l.workflow, l.input)
	handle, err := c.UpdateWithStartWorkflow(wait, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: operation,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName:   pipeline.AcceptUpdate,
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		var accepted pipeline.Accepted
		if err = handle.Get(wait, &accepted); err == nil {
			r.RunID, r.Accepted = handle.RunID(), &accepted
			r.Joined = before.State == stateRunning && before.RunID == r.RunID
			r.Next, r.WebUI = c.next(r), c.runURL(r.WorkflowID, r.RunID)
			return r, nil
		}
		r.RunID = handle.RunID()
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case ctx.Err() != nil:
		return r, &interruption{"stopped before a worker answered; if the run " + l.id + " was started, it goes on"}
	case errors.As(err, &late), wait.Err() != nil:
		return a.unanswered(ctx, c, r)
	}
	r.State = stateFailed
	return r, c.refusal(ctx, r, err)
}

// refusal is the reason why a run was not accepted. A run that ends before it
// answers has the reason in its result.
func (c *connection) refusal(ctx context.Context, r report, err error) error {
	reason := request.Failure(err)
	if _, ok := problem.KindOf(reason); ok {
		return reason
	}
	// Without a run id the run may be an earlier one.
	if r.RunID != "" {
		described, unknown := c.describe(ctx, r.WorkflowID, r.RunID)
		if unknown == nil && described.State != stateRunning {
			if ended := c.GetWorkflow(ctx, r.WorkflowID, r.RunID).Get(ctx, nil); ended != nil {
				return request.Failure(ended)
			}
		}
	}
	return c.serverProblem(reason, "run "+r.WorkflowID)
}

// unanswered finds out why a started run has not accepted its input in time.
func (a *app) unanswered(ctx context.Context, c *connection, r report) (report, error) {
	r, err := c.describe(ctx, r.WorkflowID, "")
	if err != nil {
		return r, err
	}
	for _, queue := range []string{pipeline.TaskQueue, pipeline.ProviderTaskQueue} {
		polled, err := c.polled(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		if err != nil {
			return r, err
		}
		if !polled {
			return r, problem.New(problem.Environment,
				"no worker answered within %s; the run %s waits for one: start one with `go run ./worker` (nobody works on the queue %q)", span(a.acceptWait), r.WorkflowID, queue)
		}
	}
	if trouble := r.trouble(a.now()); trouble != "" {
		return r, problem.New(problem.Environment, "the run %s is started, but its checks do not succeed: %s", r.WorkflowID, trouble)
	}
	return r, nil
}

// polled tells whether a worker asked the queue for work in the last minutes.
func (c *connection) polled(ctx context.Context, queue string, kind enumspb.TaskQueueType) (bool, error) {
	answer, err := c.DescribeTaskQueue(ctx, queue, kind)
	if err != nil {
		return false, c.serverProblem(err, "task queue "+queue)
	}
	return len(answer.GetPollers()) > 0, nil
}

// started is the report of a run that goes on in the background.
type started struct{ report }

func (s started) write(t *text) {
	if s.Joined {
		t.line("joined %s, which was running already", s.WorkflowID)
	} else {
		t.line("started %s", s.WorkflowID)
	}
	t.fact("run", s.RunID)
	if s.Accepted != nil {
		t.fact("model", s.Accepted.Model)
	} else {
		t.fact("note", "its input is still being checked")
	}
	writeEnd(t, s.Next, s.WebUI)
}

// datasetURL makes a relative path absolute, because workers run elsewhere.
// URLs pass through; the worker knows which schemes there are.
func datasetURL(path string) (string, error) {
	if path == "" || strings.Contains(path, "://") {
		return path, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", problem.New(problem.Environment, "the current folder cannot be found, so that %s has no absolute path: %w", path, err)
	}
	return abs, nil
}
