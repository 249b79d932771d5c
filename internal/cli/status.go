package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) statusCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "status [RUN]",
		Short: "Show a run's progress or result",
		Long: `Show a run's progress or result.

RUN is a workflow id, a run id, or the start of one that no other run shares.
Without it the latest fine-tuning is shown.

A running run shows its stage, the provider's job with its latest events, and what
is being retried and why. A finished one shows its key figures first, and ends with
the command that most likely comes next. The exit code is 0 however the run ended;
with --watch the command follows the run and exits as the run does.`,
		Example: `  starter status
  starter status --watch
  starter status apply-prod --anomalies
  starter status apply-production-1a2b3c4d --json | jq -r .stage`,
		Args: maybeOneArg("run"),
		RunE: a.doWithRun(func(ctx context.Context, c *connection, run runRef) (view, error) {
			if watch {
				return a.watch(ctx, c, run)
			}
			r, err := c.report(ctx, run.workflow, run.run)
			if err != nil {
				return nil, err
			}
			a.addFiles(ctx, c, &r)
			return r, nil
		}),
	}
	addWatch(cmd, &watch)
	a.addAnomalies(cmd)
	return cmd
}

// write shows a run in full: its progress, or its summary.
func (r report) write(t *text) {
	t.line("%s %s: %s", r.Workflow, r.WorkflowID, r.standing(t))
	t.fact("result", r.headline())
	if r.WorkerSilent && r.State == stateRunning {
		t.fact("worker", "none answers; this is what the server knows (start one with `go run ./worker`)")
	}
	switch {
	case r.Retrain != nil:
		writeRetrain(t, *r.Retrain)
	case r.FineTune != nil:
		writeFineTune(t, *r.FineTune, r.Parent)
	case r.Apply != nil:
		writeApply(t, *r.Apply)
	case r.Evaluate != nil:
		writeEvaluate(t, *r.Evaluate)
	case r.Call != nil:
		writeCall(t, *r.Call, r.Answer)
	default:
		r.writeUnfinished(t)
	}
	writeEvents(t, r.Events)
	t.fact("run", r.RunID)
	writeFiles(t, r.Files)
	writeEnd(t, r.Next, r.WebUI)
}

// headline is the key figure of a run that succeeded. Why another did not is the
// line below, and so is whom a call is for.
func (r report) headline() string {
	if r.State != stateCompleted || r.Call != nil {
		return ""
	}
	return r.keyFigure()
}

// standing is the state with its times.
func (r report) standing(t *text) string {
	if r.Started == nil {
		return r.State
	}
	if r.Closed == nil {
		return fmt.Sprintf("%s for %s, since %s", r.State, span(t.now.Sub(*r.Started)), t.at(*r.Started))
	}
	return fmt.Sprintf("%s after %s, on %s", r.State, span(r.Closed.Sub(*r.Started)), t.at(*r.Closed))
}

func (r report) writeUnfinished(t *text) {
	if r.Failure != nil && r.State != stateCancelled {
		t.fact("reason", r.Failure.Message)
	}
	t.fact("stage", r.stageLine(t))
	if r.Status != nil {
		writeProposal(t, r.WorkflowID, r.Status.Proposal)
		if r.Status.SetAside != nil {
			writeSetAside(t, *r.Status.SetAside)
		}
	}
	// A preparation is a part of a run, and does not know the run's task.
	if r.Status != nil && r.Workflow != pipeline.PrepareDatasetWorkflow {
		writeTask(t, r.Status.Task)
	}
	for _, s := range r.statuses() {
		t.fact("model", s.Model)
		writeTurns(t, "turns", s.Turns)
		writeOrigin(t, s.Origin)
		if s.Prepared != nil {
			writePrepared(t, *s.Prepared)
		}
		writePrivacy(t, s.Privacy)
		if s.Split != nil {
			writeSplit(t, *s.Split)
		}
	}
	t.fact("job", r.jobLine())
	for _, s := range r.statuses() {
		if s.Metrics != nil {
			writeMetrics(t, *s.Metrics)
		}
		if s.Applied != nil {
			writeApplied(t, *s.Applied)
			t.fact("unknown", s.Applied.UnknownShare.String()+" of the conversations that did not fail")
		}
	}
	if r.State == stateRunning {
		t.fact("retrying", r.trouble(t.now))
	}
	writeStages(t, r.stages())
}

func (r report) stageLine(t *text) string {
	if all := r.stages(); r.State != stateRunning && len(all) > 0 {
		return "ended in " + string(all[len(all)-1].Stage)
	}
	line := string(r.Stage)
	if r.paused() {
		line += ", paused"
	}
	// The job has lines of its own.
	if detail := r.progress().detail; detail != "" && r.Stage != pipeline.TrainingJob {
		line += ", " + detail
	}
	if since, ok := r.stageStart(); ok {
		line += ", for " + span(t.now.Sub(since))
	}
	if left := r.left(t.now); left > 0 {
		line += ", " + about(left)
	}
	return line
}

// paused tells that somebody holds the run.
func (r report) paused() bool {
	return slices.ContainsFunc(r.statuses(), func(s pipeline.Status) bool { return s.Paused })
}

// stageStart is when the present stage began.
func (r report) stageStart() (time.Time, bool) {
	for _, s := range r.stages() {
		if s.Stage == r.Stage && s.Seconds == 0 {
			return s.Started, true
		}
	}
	return time.Time{}, false
}

func (r report) jobLine() string {
	id, state := "", pipeline.JobState{}
	for _, s := range r.statuses() {
		id = cmp.Or(s.JobID, id)
		if s.Job != nil {
			state = *s.Job
		}
	}
	if r.Job != nil {
		state = r.Job.State
	}
	line := id
	if state.Status != "" {
		line += " " + state.Status
	}
	if state.TrainedTokens > 0 {
		line += ", " + count(state.TrainedTokens, "token") + " trained"
	}
	if state.Model != "" {
		line += ", gave " + state.Model
	}
	return line
}
