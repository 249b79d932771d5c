package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/runs"
)

func (a *app) runsCommand() *cobra.Command {
	var f runFilter
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs, newest first",
		Long: `List the runs, newest first, each with its key figure: the accuracy of a
fine-tuning, the conversations that an application assigned, the decision of a
retraining, or why a run failed.

Running runs come before those that ended longest ago, so a limit never hides
them. What a run started in turn, such as the preparation of its dataset, is left
out, and so are calls unless --kind call asks for them: ` + "`starter calls list`" + ` lists
those.

Every command that is about a run takes its workflow id, its run id, or the start
of one that no other run shares.`,
		Example: `  starter runs
  starter runs --kind apply --status failed --since 7d
  starter runs --task airlines --since 2026-11-01 --limit 100

  # a script: the ids of all runs under way
  starter runs --status running --json | jq -r '.runs[].workflow_id'`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			query, err := f.query(a.now())
			if err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return c.runs(ctx, query, f.limit)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "kind", "", "only this `kind`: "+enumeration(runs.Kinds()))
	flags.StringVar(&f.task, "task", "", "only runs of the task of this `name`")
	flags.StringVar(&f.status, "status", "", "only runs of this `status`: "+enumeration(runs.Statuses()))
	flags.StringVar(&f.since, "since", "", "only runs started since: a `time` such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z")
	flags.IntVar(&f.limit, "limit", 20, "most runs to list")
	return cmd
}

// runList is the answer of runs.
type runList struct {
	Runs []runEntry `json:"runs"`
	// More tells that there are more than the limit.
	More bool `json:"more,omitempty"`
}

// runEntry is one run in a list.
type runEntry struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Kind       string `json:"kind"`
	// Task is empty for runs from before there were tasks.
	Task   string         `json:"task,omitempty"`
	State  string         `json:"state"`
	Stage  pipeline.Stage `json:"stage,omitempty"`
	Start  time.Time      `json:"started"`
	Closed *time.Time     `json:"closed,omitempty"`
	// Seconds is how long the run took, or has been going on.
	Seconds float64 `json:"seconds"`
	// KeyFigure is the result in a few words, or why the run failed.
	KeyFigure string `json:"key_figure,omitempty"`
}

// runs lists the runs of a query, newest first, with what each came to.
func (c *connection) runs(ctx context.Context, query string, limit int) (runList, error) {
	infos, err := c.list(ctx, query, limit+1)
	if err != nil {
		return runList{}, err
	}
	l := runList{Runs: []runEntry{}, More: len(infos) > limit}
	for _, run := range runs.Look(ctx, c.Client, infos[:min(limit, len(infos))]) {
		l.Runs = append(l.Runs, entryOf(run))
	}
	slices.SortStableFunc(l.Runs, func(a, b runEntry) int { return b.Start.Compare(a.Start) })
	return l, ctx.Err()
}

// entryOf is a run as the list shows it.
func entryOf(run runs.Run) runEntry {
	e := runEntry{
		WorkflowID: run.WorkflowID, RunID: run.RunID, Kind: runs.KindOf(run.Workflow), Task: run.Task,
		State: run.State, Stage: run.Stage, Start: run.Started,
	}
	if run.State == stateRunning {
		return e
	}
	e.Closed, e.Seconds = &run.Closed, run.Closed.Sub(run.Started).Seconds()
	r := report{State: run.State}
	r.setResult(run.Result, run.Failure)
	e.KeyFigure = r.keyFigure()
	return e
}

func (l runList) write(t *text) {
	if len(l.Runs) == 0 {
		t.line("no runs match; start one with `starter finetune` or `starter apply`, or use fewer filters")
		return
	}
	seen := map[string]bool{}
	var rows [][]string
	for _, e := range l.Runs {
		name := e.WorkflowID
		if seen[name] {
			name += fmt.Sprintf(" (run %s)", e.RunID[:min(runStart, len(e.RunID))])
		}
		seen[e.WorkflowID] = true
		took, figure := e.Seconds, e.KeyFigure
		if e.Closed == nil {
			took, figure = t.now.Sub(e.Start).Seconds(), string(e.Stage)
		}
		rows = append(rows, []string{e.Kind, e.Task, e.State, t.at(e.Start), seconds(took), name, clip(oneLine(figure), figureWidth)})
	}
	t.table([]string{"KIND", "TASK", "STATUS", "STARTED", "TOOK", "RUN", "KEY FIGURE"}, rows)
	if l.More {
		t.line("there are more: --limit, --since, --kind, --status and --task choose others")
	}
}

// runStart is how much of a run id tells it from others: run ids begin with the
// time to the millisecond, which takes as many characters.
const runStart = 13

// figureWidth keeps the reason of a failure from filling the screen; status has
// all of it.
const figureWidth = 60
