package cli

import (
	"context"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// watch follows a run to its end, shows its progress on standard error, and
// returns its summary. It ends as the run ends. When ctx is done it stops, and
// the run goes on.
func (a *app) watch(ctx context.Context, c *connection, run runRef) (view, error) {
	id := run.workflow
	show := a.newProgress()
	defer show.stop()
	looking, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- c.GetWorkflow(ctx, id, run.run).Get(ctx, nil)
		// A look that waits for a worker's answer has no point any more.
		stop()
	}()
	tick := time.NewTicker(a.watchEvery)
	defer tick.Stop()
	last := report{WorkflowID: id, RunID: run.run, State: stateRunning}
	for {
		if r, err := c.report(looking, id, run.run); err == nil {
			show.update(r)
			last = r
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		case err := <-ended:
			if ctx.Err() == nil {
				return a.ending(ctx, c, run, err, show)
			}
		}
		if ctx.Err() != nil {
			return a.unlessText(last), &interruption{
				"stopped watching; the run goes on: `starter status " + id + " --watch" + c.flags + "` follows it, `starter cancel " + id + c.flags + "` ends it"}
		}
	}
}

// ending reports a run that ended with err.
func (a *app) ending(ctx context.Context, c *connection, run runRef, err error, show progress) (view, error) {
	if lost := c.serverProblem(err, "run "+run.workflow); lost != nil && lost != err { //nolint:errorlint // another one, not a wrapped one
		return a.unlessText(report{WorkflowID: run.workflow}), lost
	}
	r, failed := c.report(ctx, run.workflow, run.run)
	if failed != nil {
		if kind, _ := problem.KindOf(failed); kind == problem.Environment {
			return nil, failed
		}
		return nil, request.Failure(err)
	}
	show.update(r)
	show.stop()
	a.addFiles(ctx, c, &r)
	if r.State == stateCompleted {
		return r, nil
	}
	return a.unlessText(r), r.runError()
}
