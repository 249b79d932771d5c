package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/installation"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything a run needs is in place",
		Long: `Check that everything a run needs is in place, and say how to fix what is not.

The command checks the Temporal server and the workers. A worker checks its
artifacts, its database and its provider, the latter with requests that cost
nothing. What the provider lacks and a run can do without is a note, and so is what
only calls need: a worker for recordings, a recognizer, Kafka, an intake, a dashboard.
Nothing is changed, except that the worker writes a small file among the artifacts and
deletes it. The exit code is 3 if something is missing.`,
		Example: "  starter doctor\n  starter doctor --json | jq '.checks[] | select(.state == \"problem\")'",
		Args:    noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			d := a.examine(ctx)
			if ctx.Err() != nil {
				return d, &interruption{"stopped before all checks were made"}
			}
			if n := d.problems(); n > 0 {
				return d, problem.New(problem.Environment, "%s found", count(int64(n), "problem"))
			}
			return d, nil
		}),
	}
}

// diagnosis is what the doctor found, in the order of the checks.
type diagnosis struct {
	Checks []pipeline.Check `json:"checks"`
}

// checkTimeout bounds one check of the server's.
const checkTimeout = 10 * time.Second

// run makes a check, unless one that it needs did not succeed, and reports
// whether it did.
func (d *diagnosis) run(ctx context.Context, name string, needs bool, look func(ctx context.Context) (string, error)) bool {
	if !needs {
		d.skip(name)
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found, err := look(ctx)
	if err != nil {
		d.Checks = append(d.Checks, pipeline.Check{Name: name, State: pipeline.CheckProblem, Message: err.Error()})
		return false
	}
	d.Checks = append(d.Checks, pipeline.Check{Name: name, State: pipeline.CheckOK, Message: found})
	return true
}

func (d *diagnosis) skip(names ...string) {
	for _, name := range names {
		d.Checks = append(d.Checks, pipeline.Check{Name: name, State: pipeline.CheckSkipped, Message: "needs what is missing above"})
	}
}

func (d diagnosis) problems() int {
	n := 0
	for _, c := range d.Checks {
		if c.State == pipeline.CheckProblem {
			n++
		}
	}
	return n
}

func (d diagnosis) write(t *text) {
	var rows [][]string
	for _, c := range d.Checks {
		rows = append(rows, []string{string(c.State), c.Name, oneLine(c.Message)})
	}
	t.table(nil, rows)
}

// examine makes all checks: those of the server here, the others by a worker.
func (a *app) examine(ctx context.Context) diagnosis {
	var d diagnosis
	var c *connection
	connected := d.run(ctx, "temporal", true, func(ctx context.Context) (_ string, err error) {
		if c, err = a.connect(ctx); err != nil {
			return "", err
		}
		return "a server answers at " + c.Address, nil
	})
	if connected {
		defer c.Close()
	}
	there := d.run(ctx, "namespace", connected, func(ctx context.Context) (string, error) {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
		return c.Namespace, c.serverProblem(err, "namespace "+c.Namespace)
	})
	d.run(ctx, "attributes", there, func(ctx context.Context) (string, error) { return c.probeAttributes(ctx) })
	working := a.examineWorkers(ctx, &d, c, there)
	a.examineSurroundings(ctx, &d, c, working)
	a.examineDashboard(ctx, &d, c, there)
	return d
}

// examineWorkers reports whether somebody works on every task queue.
func (a *app) examineWorkers(ctx context.Context, d *diagnosis, c *connection, there bool) bool {
	working := true
	for _, q := range []struct {
		name, queue string
		kinds       []enumspb.TaskQueueType
	}{
		{"worker", pipeline.TaskQueue, []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY}},
		{"provider worker", pipeline.ProviderTaskQueue, []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY}},
		{"control worker", pipeline.ControlTaskQueue, []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY}},
	} {
		polled := d.run(ctx, q.name, there, func(ctx context.Context) (string, error) { return c.probeQueue(ctx, q.queue, q.kinds) })
		working = working && polled
	}
	d.examineSpeech(ctx, c, there)
	d.run(ctx, "workers' settings", there, func(ctx context.Context) (string, error) { return c.probeWorkers(ctx) })
	return working
}

// examineSpeech reports whether somebody works on recordings of calls, which not
// everybody has.
func (d *diagnosis) examineSpeech(ctx context.Context, c *connection, there bool) {
	var polled bool
	asked := d.run(ctx, "speech worker", there, func(ctx context.Context) (_ string, err error) {
		polled, err = c.polled(ctx, pipeline.SpeechTaskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		return "polls the task queue " + pipeline.SpeechTaskQueue, err
	})
	if asked && !polled {
		last := &d.Checks[len(d.Checks)-1]
		last.State = pipeline.CheckNote
		last.Message = "no worker polls the task queue " + pipeline.SpeechTaskQueue + ", so that recordings of calls wait; start one with `go run ./worker`"
	}
}

// examineDashboard reports where a dashboard answers. Who has no calls needs none.
func (a *app) examineDashboard(ctx context.Context, d *diagnosis, c *connection, there bool) {
	var missing error
	asked := d.run(ctx, "dashboard", there, func(ctx context.Context) (string, error) {
		url, err := a.findDashboard(ctx, c)
		if errors.Is(err, errNoDashboard) {
			missing, err = err, nil
		}
		return "one answers at " + url, err
	})
	if asked && missing != nil {
		last := &d.Checks[len(d.Checks)-1]
		last.State, last.Message = pipeline.CheckNote, missing.Error()
	}
}

// examineSurroundings lets a worker look at what is around it.
func (a *app) examineSurroundings(ctx context.Context, d *diagnosis, c *connection, working bool) {
	var found pipeline.Diagnosis
	answered := d.run(ctx, "surroundings", working, func(context.Context) (string, error) {
		// The request has a bound of its own for the time until a worker takes it.
		err := a.request(ctx, c, pipeline.DiagnoseActivity, nil, &found)
		return "the worker " + found.Worker + " looked at what follows", err
	})
	if !answered {
		d.skip("artifacts", "database", "permissions", "provider", "recognizer", "kafka", "intake")
		return
	}
	d.Checks = append(d.Checks, found.Checks...)
}

// probeAttributes looks for the search attributes that runs set.
func (c *connection) probeAttributes(ctx context.Context) (string, error) {
	if err := installation.CheckAttributes(ctx, c, c.Namespace); err != nil {
		return "", c.serverProblem(err, "search attributes")
	}
	return strings.Join(pipeline.SearchAttributes, ", "), nil
}

// probeWorkers compares the workers' settings.
func (c *connection) probeWorkers(ctx context.Context) (string, error) {
	if err := installation.CheckWorkers(ctx, c, c.Namespace, time.Now()); err != nil {
		return "", c.serverProblem(err, "workers")
	}
	return "all workers have the same", nil
}

func (c *connection) probeQueue(ctx context.Context, queue string, kinds []enumspb.TaskQueueType) (string, error) {
	for _, kind := range kinds {
		polled, err := c.polled(ctx, queue, kind)
		if err != nil {
			return "", err
		}
		if !polled {
			return "", problem.New(problem.Environment, "no worker polls the task queue %s; start one with `go run ./worker`, or everything with `go run ./standalone`", queue)
		}
	}
	return "polls the task queue " + queue, nil
}
